package summary

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	schemaFile = "../../docs/decision.schema.json"
	schemaDocs = "../../docs/decision.md"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestSchemaGolden validates every golden document.
func TestSchemaGolden(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	files, err := filepath.Glob("testdata/*/document.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden document: %v", err)
	}
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		document.(map[string]any)["a_key_that_nobody_declared"] = true
		if schema.Validate(document) == nil {
			t.Errorf("%s: an undeclared key passes", path)
		}
	}
}

// TestSchemaClosed looks at the schema itself: every object is closed, demands
// all its keys, and says what each means, as docs/decision.md does.
func TestSchemaClosed(t *testing.T) {
	t.Parallel()
	f, err := os.Open(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	root, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile(schemaDocs)
	if err != nil {
		t.Fatal(err)
	}
	if n := closed(t, "", root, string(docs)); n < 10 {
		t.Errorf("only %d objects found", n)
	}
}

func closed(t *testing.T, path string, node any, docs string) (objects int) {
	t.Helper()
	schema, ok := node.(map[string]any)
	if !ok {
		return 0
	}
	properties, isObject := schema["properties"].(map[string]any)
	if isObject {
		objects++
		if schema["additionalProperties"] != false {
			t.Errorf("%s/: additionalProperties is not false", path)
		}
		required := fmt.Sprint(schema["required"])
		for name, property := range properties {
			if !strings.Contains(required, name) {
				t.Errorf("%s/%s is not required", path, name)
			}
			meaning, _ := property.(map[string]any)["description"].(string)
			if meaning == "" {
				t.Errorf("%s/%s has no description", path, name)
			}
			row := "| `" + name + "` | "
			at := strings.Index(docs, row)
			if at < 0 || !strings.Contains(docs, " | "+meaning) {
				t.Errorf("%s/%s: docs/decision.md lacks it, or its meaning %q", path, name, meaning)
			}
			objects += closed(t, path+"/"+name, property, docs)
		}
	}
	return objects + closed(t, path+"[]", schema["items"], docs)
}
