package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/org/ct-action"

// A ring is what a package may know of the others.
type ring string

const (
	core     ring = "core"     // decides; the standard library without I/O, and the core
	boundary ring = "boundary" // makes values of what people wrote; no edge
	edge     ring = "edge"     // speaks to one technology; neither another edge nor the loop
	ground   ring = "ground"   // under every other one; the standard library without I/O
	leaf     ring = "leaf"     // knows nothing of ours
	spine    ring = "spine"    // the loop and its parts; reach the outside through interfaces of their own
	render   ring = "render"   // words a report; no edge
	wiring   ring = "wiring"   // knows all of them
	support  ring = "support"  // what only tests import: flags, clocks, whole servers
)

// rooms are the packages under internal, each in its ring.
var rooms = map[string]ring{
	"triggers": core, "bake": core, "gate": core, "evidence": core, "paired": core, "rank": core, "metrics": core,
	"promote": core, "state": core, "parallel": core, "sanity": core, "foreign": core, "jsonpointer": core,
	"text":   ground,
	"inputs": boundary, "field": boundary, "policyfile": boundary,
	"mlflow": edge, "github": edge, "service": edge, "train": edge, "dataset": edge, "ledger": edge,
	"actions": leaf, "parquetfile": leaf, "retry": leaf, "workspace": leaf,
	"loop": spine, "scoring": spine, "document": render, "summary": render, "cli": wiring,
	"github/githubtest": support, "golden": support, "mlflowtest": support, "pythontest": support,
}

// only names the one package that may import a library, so that its traps are
// dealt with in one place.
var only = map[string]string{
	"github.com/sethvargo/go-githubactions":  "actions",
	"github.com/google/go-github/v60/github": "github",
	"github.com/hashicorp/go-retryablehttp":  "retry",
}

// exempt are the imports that a ring's rule would refuse, each with its reason.
var exempt = map[[2]string]string{
	{"summary", "actions"}: "summary.Outputs makes the values that actions writes: actions.Output",
}

// plainStandard is what the boundary and the render ring may import of the standard
// library beside pureStandard: digests, and the types of what they are given.
var plainStandard = []string{"crypto/sha256", "encoding/hex", "io/fs", "reflect"}

// pureStandard is what the core may import of the standard library; of io it
// needs io.EOF, which a JSON decoder answers.
var pureStandard = []string{
	"bytes", "cmp", "encoding/base64", "encoding/binary", "encoding/json", "errors", "fmt", "io", "maps", "math", "math/big", "math/bits", "net/url",
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

// roomOf is the package under internal/ that a file is in, "" if none.
func roomOf(name string) string {
	room, ok := strings.CutPrefix(path.Dir(name), "internal/")
	if !ok {
		return ""
	}
	return room
}

// TestRooms: every package has its ring, and no ring is of a package that has gone.
func TestRooms(t *testing.T) {
	found := map[string]bool{}
	for name := range sources(t) {
		room := roomOf(name)
		if room == "" && path.Dir(name) != "." {
			t.Errorf("%s: the program is main.go and packages under internal", name)
		}
		if room != "" && rooms[room] == "" {
			t.Errorf("%s: package %s has no ring: expected it in rooms", name, room)
		}
		found[room] = true
	}
	for room := range rooms {
		if !found[room] {
			t.Errorf("rooms: there is no package internal/%s", room)
		}
	}
}

func TestRings(t *testing.T) {
	used := map[[2]string]bool{}
	for name, file := range sources(t) {
		from := roomOf(name)
		for _, imported := range imports(file) {
			if only[imported] != "" && from != only[imported] {
				t.Errorf("%s: only package %s may import %s", name, only[imported], imported)
			}
			used[[2]string{from, ours(imported)}] = true
			if why := trespass(from, imported); why != "" {
				t.Errorf("%s: %s imports %s: %s", name, from, imported, why)
			}
		}
	}
	for pair := range exempt {
		if !used[pair] {
			t.Errorf("exempt: package %s does not import %s", pair[0], pair[1])
		}
	}
}

// trespass says why a package may not import another one, "" if it may.
func trespass(from, imported string) string {
	to := ours(imported)
	outside := to == "" && strings.Contains(strings.Split(imported, "/")[0], ".")
	there := rooms[to]
	switch here := rooms[from]; {
	case from == "" && to != "" && there != wiring:
		return "main.go calls package cli and nothing else"
	case there == wiring && from != "":
		return "only main.go knows who wires"
	case there == support && here != support:
		return "only tests import what is for tests"
	case there == ground:
		return ""
	case here == ground && (to != "" || !slices.Contains(pureStandard, imported)):
		return "the ground stands on the standard library without I/O"
	case here == core && to != "" && there != core:
		return "the core imports only the core"
	case here == core && to == "" && !slices.Contains(pureStandard, imported):
		return "the core does no I/O and needs no library"
	case here == edge && (there == edge || there == spine || there == render):
		return "edges know neither one another nor the spine nor who words its report"
	case here == leaf && to != "":
		return "leaves import nothing of ours but the ground"
	case here == spine && (there == edge || there == leaf || outside):
		return "the spine reaches the outside through the interfaces that it declares"
	case (here == boundary || here == render) && there == edge:
		return "what people write and read knows no edge"
	case here == boundary && (there == spine || there == render):
		return "what people write is read before the loop begins"
	case here == render && there == leaf && exempt[[2]string{from, to}] == "":
		return "a report is worded, and written elsewhere"
	case (here == boundary || here == render) && to == "" && !outside && !slices.Contains(pureStandard, imported) && !slices.Contains(plainStandard, imported):
		return "what people write and read does no I/O"
	}
	return ""
}

// A rule that lets everything pass would hold nothing.
func TestTrespass(t *testing.T) {
	for _, row := range []struct{ from, imported string }{
		{"gate", "os"}, {"state", module + "/internal/inputs"}, {"paired", "gonum.org/v1/gonum/stat"}, {"mlflow", module + "/internal/github"},
		{"train", module + "/internal/loop"}, {"retry", module + "/internal/metrics"}, {"loop", "github.com/google/uuid"},
		{"summary", module + "/internal/mlflow"}, {"inputs", module + "/internal/cli"}, {"github", module + "/internal/github/githubtest"},
		{"", module + "/internal/loop"}, {"text", module + "/internal/metrics"},
		{"mlflow", module + "/internal/summary"}, {"ledger", module + "/internal/document"}, {"inputs", module + "/internal/loop"},
		{"field", module + "/internal/loop"}, {"policyfile", module + "/internal/summary"}, {"summary", module + "/internal/retry"},
		{"document", module + "/internal/actions"}, {"inputs", "net/http"}, {"field", "os"}, {"policyfile", "os/exec"},
		{"summary", "net"}, {"document", "os"}, {"summary", "os/exec"},
	} {
		if trespass(row.from, row.imported) == "" {
			t.Errorf("package %q may import %s", row.from, row.imported)
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
		ring := rooms[roomOf(name)]
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
			case call == "time.Now" && (name == "main.go" || ring == edge || ring == leaf || ring == support):
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

// docs/dependencies.md says of each module of go.mod why it is there, and of no other.
func TestDependenciesHaveReasons(t *testing.T) {
	module := regexp.MustCompile(`(?m)^\t(?:github\.com/)?(\S+?)(?:/v\d+)? v\S+$`) // none that is indirect
	row := regexp.MustCompile("(?m)^\\| (`.+?`) \\|")
	name := regexp.MustCompile("`(.+?)`")
	text := func(path string) string {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	var required, explained []string
	for _, m := range module.FindAllStringSubmatch(text("go.mod"), -1) {
		required = append(required, m[1])
	}
	table, _, _ := strings.Cut(text("docs/dependencies.md"), "\n## ")
	for _, r := range row.FindAllStringSubmatch(table, -1) {
		for _, n := range name.FindAllStringSubmatch(r[1], -1) {
			explained = append(explained, n[1])
		}
	}
	slices.Sort(required)
	slices.Sort(explained)
	if len(required) < 10 || !slices.Equal(required, explained) {
		t.Errorf("docs/dependencies.md explains %q, go.mod requires %q", explained, required)
	}
}
