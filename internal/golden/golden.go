// Package golden compares what a test got with a file that says what it wants.
//
//	go test ./internal/gate                     a mismatch fails, and shows a diff
//	go test ./internal/gate -run Judge -update  rewrites the files instead
//
// A mismatch leaves the text that the test got beside the file, under the
// file's name and ".got"; a match removes what an earlier run left there. Git
// ignores such files.
//
// Only tests import the package: it declares the flag -update.
package golden

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
)

var update = flag.Bool("update", false, "rewrite the golden files with what the tests got")

// Compare fails the test if the file holds another text than got. An empty text
// and a file that is not there are the same.
func Compare(t testing.TB, file, got string) {
	t.Helper()
	want, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	switch {
	case got == string(want):
		err = removed(file + ".got")
	case *update:
		err = errors.Join(write(file, got), removed(file+".got"))
	default:
		err = write(file+".got", got)
		t.Errorf("%s differs; -update rewrites it\n%s", file, diff.Diff(file, want, file+".got", []byte(got)))
	}
	if err != nil {
		t.Error(err)
	}
}

// Section fails the test if another text than got stands between the markers
// begin and end in the file. Each of them has to be there once: what stands
// between a second pair would be compared with nothing.
func Section(t testing.TB, file, begin, end, got string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	before, rest, _ := strings.Cut(text, begin)
	want, after, inOrder := strings.Cut(rest, end)
	switch {
	case strings.Count(text, begin) != 1 || strings.Count(text, end) != 1 || !inOrder:
		t.Errorf("%s: expected %q once, and %q once after it", file, begin, end)
	case got == want:
	case *update:
		if err := write(file, before+begin+got+end+after); err != nil {
			t.Error(err)
		}
	default:
		t.Errorf("%s differs after %q; -update rewrites it\n%s", file, begin, diff.Diff(file, []byte(want), "got", []byte(got)))
	}
}

// write writes the file, or removes it for an empty text.
func write(file, text string) error {
	if text == "" {
		return removed(file)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// removed removes a file that may not be there.
func removed(file string) error {
	if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
