package docs_test

import (
	"os"
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
	ruleFile = regexp.MustCompile("(?m)^\\|.*\\| ([^|]*`) \\|$")

	inBackticks = regexp.MustCompile("`([^`]+)`")
)

// TestMap: every package is on the map of CONTRIBUTING.md, and every file that it
// names is there.
func TestMap(t *testing.T) {
	t.Parallel()
	text := fileText(t, "CONTRIBUTING.md")
	var drawn []string
	for _, room := range mapRoom.FindAllStringSubmatch(mapEntry.FindString(text), -1) {
		drawn = append(drawn, "internal/"+room[1])
	}
	packages := map[string]bool{}
	for name := range sources(t) {
		packages[filepath.Dir(name)] = true
	}
	for _, room := range drawn {
		if !packages[room] {
			t.Errorf("CONTRIBUTING.md: there is no package %s", room)
		}
		delete(packages, room)
	}
	for room := range packages {
		t.Errorf("CONTRIBUTING.md: the map lacks %s", room)
	}
	rules := 0
	for _, row := range ruleFile.FindAllStringSubmatch(text, -1) {
		dir := ""
		for _, quoted := range inBackticks.FindAllStringSubmatch(row[1], -1) {
			name := quoted[1]
			if !strings.Contains(name, "/") { // of the same package as the one before
				name = filepath.Join(dir, name)
			}
			if _, err := os.Stat(name); err != nil {
				t.Errorf("CONTRIBUTING.md: where a rule lives: %v", err)
			}
			dir = filepath.Dir(name)
			rules++
		}
	}
	if rules < 30 {
		t.Errorf("CONTRIBUTING.md names %d files where a rule lives, expected at least 30", rules)
	}
}
