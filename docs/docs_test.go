// Package docs_test holds the documentation, and the workflows that people copy,
// to the program.
package docs_test

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/cli"
	"github.com/org/ct-action/internal/inputs"
)

// TestMain names pages as readers do, from the repository's root.
func TestMain(m *testing.M) {
	if err := os.Chdir(".."); err != nil {
		panic(err)
	}
	m.Run()
}

// ctAction carries out one command of the program.
func ctAction(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err strings.Builder
	status = cli.Run(t.Context(), cli.Process{
		Version: "test", Args: args, UID: -1, Stdout: &out, Stderr: &err,
		Terminal: func(io.Writer) (int, bool) { return 0, false }, Now: time.Now, Sleep: cli.Sleep,
	})
	return status, out.String(), err.String()
}

// handbook is what readers are sent to for how to use the action.
func handbook(t *testing.T) []string {
	t.Helper()
	docs, _ := filepath.Glob("docs/*.md")
	if len(docs) < 10 {
		t.Fatalf("found %d pages in docs", len(docs))
	}
	return append(docs, "README.md", "SECURITY.md")
}

// everyPage is each Markdown file of the repository but the goldens.
func everyPage(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		golden := strings.Contains(path, "testdata/") && d.Name() != "README.md"
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != ".":
			return filepath.SkipDir
		case strings.HasSuffix(path, ".md") && !golden:
			found = append(found, filepath.ToSlash(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestFences: a block that is indented, or that says no language, would be
// looked at by none of the tests here.
func TestFences(t *testing.T) {
	t.Parallel()
	for _, page := range handbook(t) {
		open := false
		for i, line := range strings.Split(fileText(t, page), "\n") {
			if !strings.HasPrefix(strings.TrimSpace(line), "```") {
				continue
			}
			language := strings.TrimPrefix(line, "```")
			if !open && !slices.Contains([]string{"yaml", "sh", "text", "json", "toml"}, language) || open && language != "" {
				t.Errorf("%s:%d: %q: expected ```yaml, sh, text, json or toml at the beginning of a line, and ``` at its end", page, i+1, line)
			}
			open = !open
		}
		if open {
			t.Errorf("%s: a block that does not end", page)
		}
	}
}

var promises = regexp.MustCompile(`(?i)\b(later release|next release|future (release|version)|this release|not yet|coming soon|planned|to ?do:|fixme|work in progress|under construction)\b`)

// TestPromisesNothing: a page says what is, not what is to come.
func TestPromisesNothing(t *testing.T) {
	t.Parallel()
	for _, page := range handbook(t) {
		for i, line := range strings.Split(fileText(t, page), "\n") {
			if found := promises.FindString(line); found != "" {
				t.Errorf("%s:%d: %q", page, i+1, found)
			}
		}
	}
}

// TestReadmeModes: the table of modes is that of the program.
func TestReadmeModes(t *testing.T) {
	t.Parallel()
	_, section, _ := strings.Cut(fileText(t, "README.md"), "\n## Modes\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, mode := range inputs.Modes() {
		if !strings.Contains(section, "\n| `"+string(mode.Mode)+"` |") {
			t.Errorf("README.md: mode %s is not listed", mode.Mode)
		}
	}
}
