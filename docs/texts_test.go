package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// leastTexts is how many error texts troubleshooting.md explains at least.
const leastTexts = 60

// TestTroubleshooting looks for each text that troubleshooting.md explains in
// the program: an item begins with the text in backticks, … stands for what
// differs from case to case, and its last sentence begins with "Do:".
func TestTroubleshooting(t *testing.T) {
	t.Parallel()
	said := programTexts(t)
	seen := map[string]bool{}
	for _, item := range troubles(t) {
		switch {
		case seen[item.text]:
			t.Errorf("docs/troubleshooting.md:%d: %s: explained twice", item.line, item.text)
		case !distinctive(item.text):
			t.Errorf("docs/troubleshooting.md:%d: %s: too little to be found by", item.line, item.text)
		case !slices.ContainsFunc(said, matcher(item.text)):
			t.Errorf("docs/troubleshooting.md:%d: %s: the program says no such thing", item.line, item.text)
		case !strings.Contains(item.rest, "**Do:** "):
			t.Errorf("docs/troubleshooting.md:%d: %s: does not say what to do (**Do:** …)", item.line, item.text)
		}
		seen[item.text] = true
	}
	if len(seen) < leastTexts {
		t.Errorf("docs/troubleshooting.md explains %d texts, expected at least %d", len(seen), leastTexts)
	}
}

// TestQuotedTables: what other pages say that the program says. The first cell
// of each row is its text.
func TestQuotedTables(t *testing.T) {
	t.Parallel()
	said := programTexts(t)
	for page, heading := range map[string]string{"docs/rollback.md": "## When it refuses", "docs/state.md": "## How to mend it"} {
		_, section, _ := strings.Cut(fileText(t, page), "\n"+heading+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		rows := firstCell.FindAllStringSubmatch(section, -1)
		if len(rows) < 3 {
			t.Errorf("%s: %s: found %d texts in its table, expected at least 3", page, heading, len(rows))
		}
		for _, row := range rows {
			if !distinctive(row[1]) || !slices.ContainsFunc(said, matcher(row[1])) {
				t.Errorf("%s: %s: the program says no such thing", page, row[1])
			}
		}
	}
}

var firstCell = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")

// A trouble is one item of troubleshooting.md.
type trouble struct {
	line int
	text string // in backticks
	rest string // its explanation
}

var troubleItem = regexp.MustCompile("(?m)^- (.*\n(?:  .*\n)*)")

func troubles(t *testing.T) (items []trouble) {
	t.Helper()
	page := fileText(t, "docs/troubleshooting.md")
	for _, at := range troubleItem.FindAllStringSubmatchIndex(page, -1) {
		item := strings.Join(strings.Fields(page[at[2]:at[3]]), " ")
		line := 1 + strings.Count(page[:at[0]], "\n")
		text, rest, ok := strings.Cut(strings.TrimPrefix(item, "`"), "`")
		if !ok || !strings.HasPrefix(item, "`") {
			t.Errorf("docs/troubleshooting.md:%d: expected an item that begins with a text in backticks", line)
			continue
		}
		items = append(items, trouble{line, text, rest})
	}
	return items
}

// distinctive reports whether a quoted text has a fixed part that is worth
// looking for.
func distinctive(text string) bool {
	longest := 0
	for _, part := range strings.Split(text, "…") {
		longest = max(longest, utf8.RuneCountInString(strings.TrimSpace(part)))
	}
	return longest >= 12
}

// matcher finds a quoted text in a text of the program.
func matcher(text string) func(string) bool {
	var parts []string
	for _, part := range strings.Split(text, "…") {
		parts = append(parts, regexp.QuoteMeta(part))
	}
	return regexp.MustCompile(strings.Join(parts, `.*?`)).MatchString
}

// programTexts are the string literals of the program, Go and Python, each as
// one line with … for what it is filled with. Literals that are added to one
// another are one text.
func programTexts(t *testing.T) (texts []string) {
	t.Helper()
	for _, file := range sources(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			expr, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			text, found := spoken(expr)
			if found {
				texts = append(texts, plainText(text))
			}
			return !found
		})
	}
	scripts, _ := filepath.Glob("internal/train/*.py")
	for _, script := range scripts {
		texts = append(texts, pythonTexts(fileText(t, script))...)
	}
	if len(texts) < 1000 || len(scripts) < 2 {
		t.Fatalf("found %d texts and %d Python programs", len(texts), len(scripts))
	}
	return texts
}

// sources are the Go files of the program.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	err := filepath.WalkDir("internal", func(name string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			files[name], err = parser.ParseFile(token.NewFileSet(), name, nil, 0)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// spoken is what an expression of literals and sums of them says.
func spoken(expr ast.Expr) (text string, found bool) {
	switch e := expr.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "…", false
		}
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return "…", false
		}
		left, inLeft := spoken(e.X)
		right, inRight := spoken(e.Y)
		return left + right, inLeft || inRight
	case *ast.ParenExpr:
		return spoken(e.X)
	}
	return "…", false
}

var verb = regexp.MustCompile(`%(\[\d\])?[-+#]*[\d.]*[a-zA-Z]`)

// plainText is a format on one line, with … for its verbs and without the
// backticks that a quotation cannot hold.
func plainText(format string) string {
	text := strings.ReplaceAll(verb.ReplaceAllString(format, "…"), "%%", "%")
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "`", "")), " ")
}

var (
	pythonString = regexp.MustCompile(`(?:(?:\bf)?"(?:[^"\\\n]|\\.)*"\s*)+`)
	pythonPart   = regexp.MustCompile(`"((?:[^"\\\n]|\\.)*)"`)
	pythonValue  = regexp.MustCompile(`\{[^{}]*\}`)
)

// pythonTexts are the string literals of a Python program, neighbours joined.
func pythonTexts(source string) (texts []string) {
	for _, group := range pythonString.FindAllString(source, -1) {
		var text strings.Builder
		for _, part := range pythonPart.FindAllStringSubmatch(group, -1) {
			text.WriteString(part[1])
		}
		texts = append(texts, plainText(pythonValue.ReplaceAllString(text.String(), "…")))
	}
	return texts
}

func TestProgramTexts(t *testing.T) {
	t.Parallel()
	got := pythonTexts("raise Problem(f\"{uri} needs {some(x)}, which\"\n    \" is not\", \"do\")\nx = \"a\"\n")
	want := []string{"… needs …, which is not", "do", "a"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := plainText("a %s of %q: 100%%\n`b` %[1]d"); got != "a … of …: 100% b …" {
		t.Errorf("got %q", got)
	}
	if !matcher("needs … not")(want[0]) || matcher("needs … is, not")(want[0]) {
		t.Error("matcher does not tell a text from another")
	}
}
