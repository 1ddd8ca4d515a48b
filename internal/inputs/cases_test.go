package inputs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/golden"
)

// TestCases runs every directory of testdata/cases: args and env hold one
// entry a line, ct.yml is the default configuration file, any other file can
// be named by --config, and want.txt is what Parse made of it.
func TestCases(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/cases/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("finding cases: %d found, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			in, err := Parse(lines(t, dir, "args"), lines(t, dir, "env"), caseFiles(dir))
			golden.Compare(t, filepath.Join(dir, "want.txt"), outcome(in, err))
		})
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	in, _ := Parse(nil, nil, noFile)
	var dump strings.Builder
	for _, input := range Spec() {
		fmt.Fprintf(&dump, "%s = %v\n", input.Name, value(input, &in))
		if in.Given(input.Name) {
			t.Errorf("%s counts as given", input.Name)
		}
	}
	golden.Compare(t, "testdata/defaults.txt", dump.String())
}

// lines reads a case's file, absent meaning empty; \n, \x01 and \xff in an entry are
// the characters.
func lines(t *testing.T, dir, name string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	entries := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i, entry := range entries {
		entries[i] = strings.NewReplacer(`\n`, "\n", `\x01`, "\x01", `\xff`, "\xff").Replace(entry)
	}
	return entries
}

// caseFiles serves ct.yml as the default configuration file, and the case's
// other files under their own names.
func caseFiles(dir string) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		if path == DefaultConfig {
			path = "ct.yml"
		}
		return fs.ReadFile(os.DirFS(dir), path)
	}
}

// outcome writes what Parse returned: the error, or every input that was given.
func outcome(in Inputs, err error) string {
	var text strings.Builder
	fmt.Fprintf(&text, "mode %s\n", in.Mode)
	if err != nil {
		fmt.Fprintf(&text, "%v\n", err)
		return text.String()
	}
	for _, input := range Spec() {
		if in.Given(input.Name) {
			fmt.Fprintf(&text, "%s = %v (%s)\n", input.Name, value(input, &in), in.sourceOf(input.Name).Where)
		}
	}
	for _, r := range in.Requirements {
		fmt.Fprintf(&text, "check %s\n", requirement(r))
	}
	for _, warning := range in.Warnings {
		fmt.Fprintf(&text, "warning: %v\n", warning)
	}
	return text.String()
}

// requirement writes the fields of a check that are not zero.
func requirement(r gate.Requirement) string {
	text := fmt.Sprintf("%q: %s", r.Name, r.Metric)
	for _, c := range r.Conditions {
		text += fmt.Sprintf(" %s %s", c.Kind, c.Limit)
	}
	for v, i := reflect.ValueOf(r), 3; i < v.NumField(); i++ {
		field := v.Type().Field(i)
		if !v.Field(i).IsZero() {
			text += fmt.Sprintf("; %s %v", field.Name, v.Field(i).Interface())
		}
	}
	return text
}

// value is what the field of an input holds.
func value(input Input, in *Inputs) any {
	return reflect.ValueOf(input.target(in)).Elem().Interface()
}
