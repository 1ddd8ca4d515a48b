package docs_test

import (
	"go/ast"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMakeTargets: what people are told to make is in the Makefile.
func TestMakeTargets(t *testing.T) {
	t.Parallel()
	makefile, found := fileText(t, "Makefile"), 0
	for _, page := range append(handbook(t), "CONTRIBUTING.md", "examples/churn/README.md") {
		for _, target := range makeSpan.FindAllStringSubmatch(fileText(t, page), -1) {
			found++
			if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(target[1]) + `:`).MatchString(makefile) {
				t.Errorf("%s: make %s: the Makefile has no such target", page, target[1])
			}
		}
	}
	if found == 0 {
		t.Error("no page makes anything")
	}
}

var makeSpan = regexp.MustCompile("(?m)(?:`|^    )make\\s+([a-z0-9-]+)")

var (
	mapEntry = regexp.MustCompile(`(?m)^ {4}(internal/\n(?: {6}\S.*\n)+)`)
	mapRoom  = regexp.MustCompile(`(?m)^ {6}([a-z/]+)/ `)
	ruleRow  = regexp.MustCompile("^\\| (.+?) \\| \\[[^]]+\\]\\((docs/[a-z-]+\\.md)[^)]*\\) \\| `([^`]+)` \\|$")
)

// TestMap: every package is on the map of CONTRIBUTING.md.
func TestMap(t *testing.T) {
	t.Parallel()
	packages := map[string]bool{}
	for name := range sources(t) {
		packages[filepath.Dir(name)] = true
	}
	for _, room := range mapRoom.FindAllStringSubmatch(mapEntry.FindString(fileText(t, "CONTRIBUTING.md")), -1) {
		name := "internal/" + room[1]
		if !packages[name] {
			t.Errorf("CONTRIBUTING.md: there is no package %s", name)
		}
		delete(packages, name)
	}
	for room := range packages {
		t.Errorf("CONTRIBUTING.md: the map lacks %s", room)
	}
}

// TestRules walks the table "Where a rule lives": every function of it exists,
// none holds two rules, and no rule has two rows. Each page that says what the
// program decides has a row.
func TestRules(t *testing.T) {
	t.Parallel()
	_, table, found := strings.Cut(fileText(t, "CONTRIBUTING.md"), "\n## Where a rule lives\n")
	if !found {
		t.Fatal(`CONTRIBUTING.md: expected a section "Where a rule lives"`)
	}
	table, _, _ = strings.Cut(table, "\n## ")
	functions := declared(sources(t))
	rules, places, pages := map[string]bool{}, map[string]string{}, map[string]bool{}
	for line := range strings.Lines(table) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| rule |") {
			continue
		}
		cells := ruleRow.FindStringSubmatch(line)
		if cells == nil {
			t.Errorf("CONTRIBUTING.md: expected | rule | [page](docs/page.md#heading) | `package.Function` |, found %s", line)
			continue
		}
		rule, page, function := cells[1], cells[2], cells[3]
		switch {
		case !functions[function]:
			t.Errorf("CONTRIBUTING.md: %s: there is no function %s", rule, function)
		case places[function] != "":
			t.Errorf("CONTRIBUTING.md: %s holds two rules, %q and %q", function, places[function], rule)
		case rules[rule]:
			t.Errorf("CONTRIBUTING.md: the rule %q has two rows", rule)
		}
		rules[rule], places[function], pages[page] = true, rule, true
	}
	if len(rules) < 60 {
		t.Errorf("CONTRIBUTING.md has %d rules, expected at least 60", len(rules))
	}
	for _, page := range []string{"gate", "checks", "triggers", "protocol", "rollback", "state", "data", "evidence", "judge", "split-training", "security", "container"} {
		if !pages["docs/"+page+".md"] {
			t.Errorf("CONTRIBUTING.md: no rule of docs/%s.md has a row", page)
		}
	}
}

// declared are the functions of the sources: package.Function, or
// package.Type.Method.
func declared(files map[string]*ast.File) map[string]bool {
	names := map[string]bool{}
	for _, file := range files {
		for _, declaration := range file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			name := function.Name.Name
			if function.Recv != nil {
				of := function.Recv.List[0].Type
				if pointer, ok := of.(*ast.StarExpr); ok {
					of = pointer.X
				}
				receiver, ok := of.(*ast.Ident)
				if !ok { // of a generic type
					continue
				}
				name = receiver.Name + "." + name
			}
			names[file.Name.Name+"."+name] = true
		}
	}
	return names
}
