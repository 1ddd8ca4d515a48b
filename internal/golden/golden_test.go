package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A recorder is a test whose failures are wanted.
type recorder struct {
	testing.TB
	said strings.Builder
}

func (r *recorder) Helper()                           {}
func (r *recorder) Error(args ...any)                 { fmt.Fprintln(&r.said, args...) }
func (r *recorder) Errorf(format string, args ...any) { fmt.Fprintf(&r.said, format+"\n", args...) }

// TestCompare does one step after another in one folder, with -update where a
// step says so. Files are what the folder holds after the step.
func TestCompare(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "deep", "want.txt")
	given := *update
	t.Cleanup(func() { *update = given })
	for _, step := range []struct {
		name   string
		update bool
		got    string
		fails  []string // parts of what the test says
		files  map[string]string
	}{
		{"nothing, and no file", false, "", nil, map[string]string{}},
		{"no file", false, "a\n", []string{"want.txt differs", "+a\n"}, map[string]string{"want.txt.got": "a\n"}},
		{"update makes the file", true, "a\n", nil, map[string]string{"want.txt": "a\n"}},
		{"match", false, "a\n", nil, map[string]string{"want.txt": "a\n"}},
		{"mismatch", false, "b\n", []string{"-a\n", "+b\n"}, map[string]string{"want.txt": "a\n", "want.txt.got": "b\n"}},
		{"a match clears", false, "a\n", nil, map[string]string{"want.txt": "a\n"}},
		{"nothing", false, "", []string{"-a\n"}, map[string]string{"want.txt": "a\n"}},
		{"update rewrites", true, "c", nil, map[string]string{"want.txt": "c"}},
		{"update removes", true, "", nil, map[string]string{}},
	} {
		*update = step.update
		r := &recorder{TB: t}
		Compare(r, file, step.got)
		expectSaid(t, step.name, r.said.String(), step.fails)
		expectFiles(t, step.name, filepath.Dir(file), step.files)
	}
}

func TestSection(t *testing.T) {
	for _, test := range []struct{ name, text, fails string }{
		{"match", "x\n<a>\nwanted\n<b>\ny\n", ""},
		{"mismatch", "x\n<a>\nother\n<b>\ny\n", "+wanted\n"},
		{"no begin", "x\nwanted\n<b>\n", "once"},
		{"no end", "x\n<a>\nwanted\n", "once"},
		{"two", "<a>\nwanted\n<b>\n<a>\nwanted\n<b>\n", "once"},
		{"in another order", "<b>\n<a>\nwanted\n", "once"},
	} {
		file := filepath.Join(t.TempDir(), "page.md")
		if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := &recorder{TB: t}
		Section(r, file, "<a>\n", "<b>\n", "wanted\n")
		var parts []string
		if test.fails != "" {
			parts = []string{test.fails}
		}
		expectSaid(t, test.name, r.said.String(), parts)
	}
}

func expectSaid(t *testing.T, name, said string, parts []string) {
	t.Helper()
	if (said == "") != (len(parts) == 0) {
		t.Errorf("%s: said %q, want %q", name, said, parts)
	}
	for _, part := range parts {
		if !strings.Contains(said, part) {
			t.Errorf("%s: %q is not in what it said:\n%s", name, part, said)
		}
	}
}

func expectFiles(t *testing.T, name, dir string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if len(entries) != len(want) {
		t.Errorf("%s: the folder has %v, want %v", name, entries, want)
	}
	for file, text := range want {
		if got, err := os.ReadFile(filepath.Join(dir, file)); string(got) != text || err != nil {
			t.Errorf("%s: %s holds %q (%v), want %q", name, file, got, err, text)
		}
	}
}
