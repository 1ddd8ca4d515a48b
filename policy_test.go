package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/org/ct-action"

// The rings. The core decides and does no I/O; edges speak to one technology
// each; leaves know nothing of us.
var (
	core   = []string{"triggers", "gate", "evidence", "paired", "rank", "metrics", "promote", "state", "parallel", "sanity", "foreign", "jsonpointer"}
	edges  = []string{"mlflow", "github", "service", "train", "dataset", "ledger"}
	leaves = []string{"actions", "retry", "parquetfile"}

	// What only tests import: it has flags, clocks and whole servers.
	support = []string{"golden", "pythontest", "mlflowtest", "githubtest"}
)

// only names the one package that may import a library, so that its traps are
// dealt with in one place.
var only = map[string]string{
	"github.com/sethvargo/go-githubactions":  "actions",
	"github.com/google/go-github/v60/github": "github",
	"github.com/hashicorp/go-retryablehttp":  "retry",
}

// pureStandard is what the core may import of the standard library; of io it
// needs io.EOF, which a JSON decoder answers.
var pureStandard = []string{
	"bytes", "cmp", "encoding/binary", "encoding/json", "errors", "fmt", "io", "maps", "math", "math/big", "math/bits",
	"regexp", "slices", "sort", "strconv", "strings", "sync", "sync/atomic", "time", "unicode", "unicode/utf8",
}

// sources parses every Go file that is not a test.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && name != "." || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			files[filepath.ToSlash(name)] = file
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("found %d source files: is the test run from the repository's root?", len(files))
	}
	return files
}

func imports(file *ast.File) []string {
	var paths []string
	for _, spec := range file.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		paths = append(paths, p)
	}
	return paths
}

// ours is the package under internal/ that an import path names, "" if none.
func ours(importPath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(importPath, module+"/internal/"), importPath)
}

func TestRings(t *testing.T) {
	for name, file := range sources(t) {
		from := path.Base(path.Dir(name))
		for _, imported := range imports(file) {
			to := ours(imported)
			external := to == "" && strings.Contains(strings.Split(imported, "/")[0], ".")
			switch {
			case slices.Contains(support, path.Base(to)) && !slices.Contains(support, from):
				t.Errorf("%s imports %s, which is for tests", name, imported)
			case slices.Contains(core, from) && to != "" && !slices.Contains(core, to):
				t.Errorf("%s: core package %s imports %s: the core imports only the core", name, from, to)
			case slices.Contains(core, from) && to == "" && !slices.Contains(pureStandard, imported):
				t.Errorf("%s: core package %s imports %s: the core does no I/O and needs no library", name, from, imported)
			case slices.Contains(edges, from) && (slices.Contains(edges, to) || to == "loop" || to == "scoring"):
				t.Errorf("%s: edge %s imports %s: edges know neither one another nor the loop nor scoring", name, from, to)
			case slices.Contains(leaves, from) && to != "":
				t.Errorf("%s: leaf %s imports %s: leaves import nothing of ours", name, from, to)
			case (from == "loop" || from == "scoring") && (slices.Contains(edges, to) || slices.Contains(leaves, to) || external):
				t.Errorf("%s: %s imports %s: it reaches the outside through the interfaces that it declares", name, from, imported)
			case from == "scoring" && to == "loop":
				t.Errorf("%s: scoring imports the loop, which uses it", name)
			case (from == "inputs" || from == "summary") && slices.Contains(edges, to):
				t.Errorf("%s: %s imports edge %s", name, from, to)
			case only[imported] != "" && from != only[imported]:
				t.Errorf("%s: only package %s may import %s", name, only[imported], imported)
			}
		}
	}
}

// forbidden calls, by the qualified name, and where they are allowed.
var forbidden = map[string]string{
	"time.Now":    "loop gets the clock as a value; only main.go, the edges and the tests look at it",
	"os.Exit":     "only main exits",
	"fmt.Print":   "streams are parameters",
	"fmt.Printf":  "streams are parameters",
	"fmt.Println": "streams are parameters",
	"os.Setenv":   "nothing changes the environment: tests run in parallel",
	"log.Fatal":   "nothing ends the process but main",
	"log.Fatalf":  "nothing ends the process but main",
}

func TestForbiddenCalls(t *testing.T) {
	exits := 0
	for name, file := range sources(t) {
		from := path.Base(path.Dir(name))
		ast.Inspect(file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			base, ok := selector.X.(*ast.Ident)
			if !ok {
				return true
			}
			call := base.Name + "." + selector.Sel.Name
			why, isForbidden := forbidden[call]
			switch {
			case call == "os.Exit" && name == "main.go":
				exits++
			case call == "time.Now" && (name == "main.go" || slices.Contains(slices.Concat(edges, leaves, support), from)):
			case isForbidden:
				t.Errorf("%s: calls %s: %s", name, call, why)
			}
			return true
		})
	}
	if exits != 1 {
		t.Errorf("main.go calls os.Exit %d times, expected once", exits)
	}
}

// A package's comment is its manual, and a name that says nothing is no name.
func TestPackages(t *testing.T) {
	documented := map[string]bool{}
	for name, file := range sources(t) {
		dir := path.Dir(name)
		documented[dir] = documented[dir] || file.Doc != nil
		for _, bad := range []string{"util", "common", "helper", "manager"} {
			if strings.Contains(strings.ToLower(name), bad) {
				t.Errorf("%s: %q is no name", name, bad)
			}
		}
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("package in %s has no comment", dir)
		}
	}
}
