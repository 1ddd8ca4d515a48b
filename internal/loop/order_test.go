package loop_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestOrder: the package comment lists every file once, and no call of an
// unexported function or method runs to a file further up in that list.
func TestOrder(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile("loop.go")
	if err != nil {
		t.Fatal(err)
	}
	place := map[string]int{}
	for i, line := range regexp.MustCompile(`(?m)^//\t(\w+\.go) `).FindAllStringSubmatch(string(manual), -1) {
		place[line[1]] = i
	}
	files, declared := parseFiles(t), map[string]string{} // unexported name → file; "" where it is in several
	for name, file := range files {
		if _, listed := place[name]; !listed {
			t.Errorf("%s is not in the package comment's list", name)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.IsExported() {
				continue
			}
			if _, again := declared[f.Name.Name]; again {
				declared[f.Name.Name] = ""
				continue
			}
			declared[f.Name.Name] = name
		}
	}
	if len(place) != len(files) {
		t.Errorf("the package comment lists %d files, and there are %d", len(place), len(files))
	}
	calls := 0
	for name, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			to := declared[called(call)]
			if to == "" || to == name {
				return true
			}
			if calls++; place[to] < place[name] {
				t.Errorf("%s calls %s of %s, which stands further up", name, called(call), to)
			}
			return true
		})
	}
	if calls < 100 {
		t.Errorf("found %d calls between files: is this still how they are written?", calls)
	}
}

// called is the name of the function or method that is called.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func parseFiles(t *testing.T) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if files[name], err = parser.ParseFile(token.NewFileSet(), name, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return files
}
