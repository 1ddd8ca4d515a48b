package docs_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	anyBlock  = regexp.MustCompile("(?ms)^ *```.*?^ *```$|^    .*?$")
	codeSpan  = regexp.MustCompile("`[^`]*`")
	link      = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	ourPage   = regexp.MustCompile(`https://github\.com/org/ct-action/blob/main/([^\s"')]+)`)
	docsPath  = regexp.MustCompile(`\bdocs/[a-z-]+\.md`)
	heading   = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	notInSlug = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestLinks: what a page links to is there, with the heading that it names.
func TestLinks(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, page := range everyPage(t) {
		prose := codeSpan.ReplaceAllString(anyBlock.ReplaceAllString(fileText(t, page), ""), "")
		for _, found := range link.FindAllStringSubmatch(prose, -1) {
			if strings.Contains(found[1], "://") || strings.HasPrefix(found[1], "mailto:") {
				continue
			}
			checked++
			path, anchor, _ := strings.Cut(found[1], "#")
			target := page
			if path != "" {
				target = filepath.Join(filepath.Dir(page), path)
			}
			checkTarget(t, page, target, anchor)
		}
	}
	if checked < 50 {
		t.Errorf("checked %d links, expected at least 50", checked)
	}
}

func checkTarget(t *testing.T, page, target, anchor string) {
	t.Helper()
	if _, err := os.Stat(target); err != nil {
		t.Errorf("%s: links to %s: %v", page, target, err)
		return
	}
	if anchor != "" && !slices.Contains(anchors(fileText(t, target)), anchor) {
		t.Errorf("%s: links to %s#%s: no such heading", page, target, anchor)
	}
}

// anchors are those that GitHub gives to the headings of a page.
func anchors(markdown string) []string {
	var all []string
	times := map[string]int{}
	for _, found := range heading.FindAllStringSubmatch(anyBlock.ReplaceAllString(markdown, ""), -1) {
		slug := strings.ReplaceAll(notInSlug.ReplaceAllString(strings.ToLower(found[1]), ""), " ", "-")
		if n := times[slug]; n > 0 {
			all = append(all, fmt.Sprintf("%s-%d", slug, n))
		} else {
			all = append(all, slug)
		}
		times[slug]++
	}
	return all
}

// TestLinksInTexts: the pages that the program's own texts send people to.
func TestLinksInTexts(t *testing.T) {
	t.Parallel()
	found := 0
	for name, file := range sources(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			for _, at := range ourPage.FindAllStringSubmatch(literal.Value, -1) {
				path, anchor, _ := strings.Cut(at[1], "#")
				found++
				checkTarget(t, name, path, anchor)
			}
			for _, path := range docsPath.FindAllString(literal.Value, -1) {
				checkTarget(t, name, path, "")
			}
			return true
		})
	}
	if found == 0 {
		t.Error("no text of the program names a page")
	}
}

// TestDocsIndex: every page can be found from the README.
func TestDocsIndex(t *testing.T) {
	t.Parallel()
	index := fileText(t, "docs/README.md")
	for _, page := range handbook(t) {
		name, inDocs := strings.CutPrefix(page, "docs/")
		if inDocs && name != "README.md" && !strings.Contains(index, "]("+name+")") {
			t.Errorf("docs/README.md: no link to %s", name)
		}
	}
	if !strings.Contains(fileText(t, "README.md"), "](docs/README.md)") {
		t.Error("README.md: no link to docs/README.md")
	}
}
