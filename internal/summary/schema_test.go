package summary

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// documented are the documents that have a schema and a page: the golden files
// that hold one, and how many objects there are at least.
var documented = []struct {
	name, golden, schema, page string
	objects                    int
}{
	{"decision", "document.json", "../../docs/decision.schema.json", "../../docs/decision.md", 20},
	{"judge", "judge.json", "../../docs/judge.schema.json", "../../docs/judge.md", 4},
}

func compiled(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestSchemaGolden validates every golden document.
func TestSchemaGolden(t *testing.T) {
	t.Parallel()
	for _, d := range documented {
		schema := compiled(t, d.schema)
		files, err := filepath.Glob("testdata/*/" + d.golden)
		if err != nil || len(files) == 0 {
			t.Fatalf("no golden document: %v", err)
		}
		for _, path := range files {
			document := parsedFile(t, path)
			if err := schema.Validate(document); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			document.(map[string]any)["a_key_that_nobody_declared"] = true
			if schema.Validate(document) == nil {
				t.Errorf("%s: an undeclared key passes", path)
			}
		}
	}
}

func parsedFile(t *testing.T, path string) any {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	value, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestSchemaClosed looks at the schemas themselves: every object is closed,
// demands all its keys, and says what each means, as its page does.
func TestSchemaClosed(t *testing.T) {
	t.Parallel()
	for _, d := range documented {
		docs, err := os.ReadFile(d.page)
		if err != nil {
			t.Fatal(err)
		}
		if n := closed(t, d.name, parsedFile(t, d.schema), string(docs)); n < d.objects {
			t.Errorf("%s: only %d objects found", d.schema, n)
		}
	}
}

// TestSchemaShared holds the two documents to the same words for a check.
func TestSchemaShared(t *testing.T) {
	t.Parallel()
	items := func(path, key string) any {
		return parsedFile(t, path).(map[string]any)["properties"].(map[string]any)[key].(map[string]any)["items"]
	}
	for _, key := range []string{"checks", "segments_not_judged"} {
		if a, b := items(documented[0].schema, key), items(documented[1].schema, key); a == nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s differ between the schemas", key)
		}
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
				t.Errorf("%s/%s: its page lacks it, or its meaning %q", path, name, meaning)
			}
			objects += closed(t, path+"/"+name, property, docs)
		}
	}
	return objects + closed(t, path+"[]", schema["items"], docs)
}
