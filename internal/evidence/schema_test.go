package evidence_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/org/ct-action/internal/evidence"
)

const schemaFile, page = "../../docs/evidence.schema.json", "../../docs/evidence.md"

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid holds a file to the schema.
func valid(t *testing.T, s *jsonschema.Schema, name string, data []byte) {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err == nil {
		err = s.Validate(document)
	}
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

func TestSchemaFixtures(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 2 {
		t.Fatalf("fixtures %v: %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		valid(t, schema(t), file, data)
	}
}

// TestSchemaRefuses tries what neither the schema nor Parse may let through.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	s := schema(t)
	valid(t, s, "good", []byte(good))
	for _, c := range []struct{ old, new string }{
		{`"schema": 1`, `"schema": 2`},
		{`"task": "binary"`, `"task": "continuous"`},
		{`"task": "binary"`, `"task": "multiclass"`},
		{`"task": "binary"`, `"task": "ordinal"`},
		{`"task"`, `"holdout_sha256": "ABC", "task"`},
		{`"task"`, `"holdout_sha256": "", "task"`},
		{`"task"`, `"bins": {"kind": "width"}, "task"`},
		{`"task"`, `"bins": {"kind": "width", "width": 0}, "task"`},
		{`"task"`, `"bins": {"kind": "distinct", "width": 0.1}, "task"`},
		{`"task"`, `"producer": {"engine": 1}, "task"`},
		{`"task"`, `"unknown": 1, "task"`},
		{`"rows": 3, `, ``},
		{`"rows": 3`, `"rows": 3.5`},
		{`"positives": 1,`, ``},
		{`[1, 0.5, 0.5, 1]`, `[2, 0.5, 0.5, 1]`},
		{`[1, 0.5, 0.5, 1]`, `[1, 0.5, 1]`},
		{`[1, 0.5, 0.5, 1]`, `[1, null, 0.5, 1]`},
		{`"brier"`, `"mae"`},
		{`"var_champion": 1`, `"var_champion": -1`},
		{`"var_champion": 1, `, ``},
		{`"negatives"`, `"negative"`},
		{`"segment": {}`, `"segment": {"a": 1}`},
		{`"joint_histogram"`, `"confusion": {"decision_threshold": 0.5, "counts": [[0, 0, 2, 2], [1, 1, 1, 1]]}, "joint_histogram"`},
	} {
		broken := strings.Replace(good, c.old, c.new, 1)
		if broken == good {
			t.Fatalf("%s is not there", c.old)
		}
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(broken))
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(document) == nil {
			t.Errorf("%s → %s: the schema lets it through", c.old, c.new)
		}
		if _, err := evidence.Parse("e.json", []byte(broken)); err == nil {
			t.Errorf("%s → %s: Parse lets it through", c.old, c.new)
		}
	}
}

// TestSchemaPage holds the page's tables to the schema, both ways.
func TestSchemaPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{} // of the page, by "key | meaning"
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\| (.*) \\|$").FindAllStringSubmatch(string(text), -1) {
		rows[m[1]+" | "+m[2]]++
	}
	described(document, "", rows)
	if len(rows) < 20 {
		t.Fatalf("only %d keys", len(rows))
	}
	for row, n := range rows {
		switch {
		case n < 0:
			t.Errorf("the page lacks %q", row)
		case n > 0:
			t.Errorf("the schema lacks %q", row)
		}
	}
}

// described takes off every key of the schema that has a description, and
// marks with a negative number the ones that rows lack.
func described(node any, key string, rows map[string]int) {
	object, ok := node.(map[string]any)
	if !ok {
		return
	}
	if meaning, ok := object["description"].(string); ok && key != "" {
		rows[key+" | "+meaning]--
	}
	for name, inner := range object {
		if name == "properties" {
			properties, _ := inner.(map[string]any)
			for property, of := range properties {
				described(of, property, rows)
			}
			continue
		}
		if name != "allOf" { // which only says what goes with which task
			described(inner, "", rows)
		}
	}
}
