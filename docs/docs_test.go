// Package docs_test holds the documentation, and the workflows that people copy,
// to the program.
package docs_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/itchyny/gojq"
	"gopkg.in/yaml.v3"

	"github.com/org/ct-action/internal/cli"
	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/summary"
	"github.com/org/ct-action/internal/triggers"
)

var snippets = flag.String("snippets", "", "folder into which TestSnippetWorkflows writes the workflows of the documentation, for actionlint")

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

var wholeWorkflow = regexp.MustCompile(`(?ms)^on:.*^jobs:`)

// snippetWorkflows are the blocks of the documentation that are whole
// workflows, with their text.
func snippetWorkflows(t *testing.T) (workflows []workflowFile, texts []string) {
	t.Helper()
	for _, page := range handbook(t) {
		for _, block := range yamlBlocks(fileText(t, page)) {
			if !wholeWorkflow.MatchString(block.text) {
				continue
			}
			w := workflowFile{path: fmt.Sprintf("%s:%d", page, block.line)}
			if err := yaml.Unmarshal([]byte(block.text), &w); err != nil {
				t.Errorf("%s: %v", w.path, err)
				continue
			}
			workflows, texts = append(workflows, w), append(texts, block.text)
		}
	}
	if len(workflows) < 3 {
		t.Fatalf("found %d whole workflows in the documentation, expected at least 3", len(workflows))
	}
	return workflows, texts
}

// TestSnippetWorkflows: a workflow that the documentation shows whole works as
// it stands, with no configuration file beside it.
func TestSnippetWorkflows(t *testing.T) {
	t.Parallel()
	workflows, texts := snippetWorkflows(t)
	for i, w := range workflows {
		if w.Permissions == nil {
			t.Errorf("%s: says no permissions", w.path)
		}
		for name, job := range w.Jobs {
			where := w.path + ": job " + name
			checkInputs(t, where, w, job)
			checkReads(t, where, w, name, job)
			if strings.Contains(job.If, ".outputs.promoted") && !strings.HasPrefix(job.If, "${{ !cancelled() && ") {
				t.Errorf("%s: if: %s\nexpected ${{ !cancelled() && …, or a red job hides that the champion has moved", where, job.If)
			}
		}
		if *snippets != "" {
			path := filepath.Join(*snippets, strings.NewReplacer("/", "-", ":", "-", ".md", "").Replace(w.path)+".yml")
			if err := os.WriteFile(path, []byte(texts[i]), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// checkInputs gives the inputs of a job's steps of ours to the program's parser.
func checkInputs(t *testing.T, where string, w workflowFile, job workflowJob) {
	t.Helper()
	nothing := func(string) ([]byte, error) { return nil, fs.ErrNotExist }
	for _, step := range job.Steps {
		if expression.MatchString(step.Run) {
			t.Errorf("%s: an expression in run: pass it by env", where)
		}
		if step.Uses != self {
			continue
		}
		in, err := inputs.Parse(nil, stepEnviron(w, job, step), nothing)
		if err != nil {
			t.Errorf("%s: %v", where, err)
		}
		for _, warning := range in.Warnings {
			t.Errorf("%s: %v", where, warning)
		}
	}
}

// checkReads follows the outputs that a job reads to who sets them.
func checkReads(t *testing.T, where string, w workflowFile, name string, job workflowJob) {
	t.Helper()
	text := flatten(t, job)
	for _, read := range stepOutput.FindAllStringSubmatch(text, -1) {
		i := slices.IndexFunc(job.Steps, func(s workflowStep) bool { return s.ID == read[1] })
		if i < 0 || job.Steps[i].Uses == self && !isOutput(read[2]) {
			t.Errorf("%s: reads %s: no step sets it", where, read[0])
		}
	}
	for _, read := range jobOutput.FindAllStringSubmatch(text, -1) {
		if _, ok := w.Jobs[read[1]].Outputs[read[2]]; !ok || !slices.Contains(job.Needs, read[1]) {
			t.Errorf("%s: reads %s: it needs that job, and the job that output", where, read[0])
		}
	}
}

// TestFirstWorkflow: the README and the quick start show the same one.
func TestFirstWorkflow(t *testing.T) {
	t.Parallel()
	first := func(page string) string {
		blocks := yamlBlocks(fileText(t, page))
		if len(blocks) == 0 {
			t.Fatalf("%s: no ```yaml block", page)
		}
		return blocks[0].text
	}
	if first("README.md") != first("docs/quick-start.md") {
		t.Error("the first workflows of README.md and docs/quick-start.md differ")
	}
}

// TestSnippetPins: the actions in snippets are pinned, as the examples pin them.
func TestSnippetPins(t *testing.T) {
	t.Parallel()
	known := map[string]string{}
	for _, w := range examples(t) {
		var node yaml.Node
		if err := yaml.Unmarshal([]byte(fileText(t, w.path)), &node); err != nil {
			t.Fatal(err)
		}
		for _, uses := range usesNodes(&node) {
			action, _, _ := strings.Cut(uses.Value, "@")
			known[action] = uses.Value + " " + uses.LineComment
		}
	}
	for _, page := range handbook(t) {
		for _, block := range yamlBlocks(fileText(t, page)) {
			var node yaml.Node
			if err := yaml.Unmarshal([]byte(block.text), &node); err != nil {
				continue // TestSnippets says so
			}
			for _, uses := range usesNodes(&node) {
				where := fmt.Sprintf("%s:%d", page, block.line+uses.Line)
				action, _, _ := strings.Cut(uses.Value, "@")
				switch got := uses.Value + " " + uses.LineComment; {
				case uses.Value == self, action == "docker://ghcr.io/org/ct-action":
				case !pinned.MatchString(uses.Value) || !release.MatchString(uses.LineComment):
					t.Errorf("%s: uses: %s\nexpected owner/name@<40 hexadecimal digits> # v1.2.3", where, got)
				case action != "org/ct-action" && known[action] != "" && known[action] != got:
					t.Errorf("%s: uses: %s, the examples have %s", where, got, known[action])
				}
			}
		}
	}
}

var shBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// TestCommandSnippets gives every command of ours in the documentation to the
// program's parser.
func TestCommandSnippets(t *testing.T) {
	t.Parallel()
	found := 0
	for _, page := range append(handbook(t), "CONTRIBUTING.md", "examples/churn/README.md") {
		text := fileText(t, page)
		for _, at := range shBlock.FindAllStringSubmatchIndex(text, -1) {
			where := fmt.Sprintf("%s:%d", page, 1+strings.Count(text[:at[0]], "\n"))
			for _, words := range shellCommands(text[at[2]:at[3]]) {
				args, environ, ok := ourCommand(words)
				if !ok {
					continue
				}
				found++
				environ = append([]string{"MLFLOW_TRACKING_URI=http://127.0.0.1:5000", "GITHUB_REPOSITORY=octo/churn"}, environ...)
				in, err := inputs.Parse(filled(args), environ, readSnippetFile)
				if err != nil && !errors.Is(err, inputs.ErrHelp) && !errors.Is(err, inputs.ErrVersion) {
					t.Errorf("%s: %s: %v", where, strings.Join(words, " "), err)
				}
				for _, warning := range in.Warnings {
					t.Errorf("%s: %s: %v", where, strings.Join(words, " "), warning)
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("found %d commands, expected at least 20", found)
	}
}

// readSnippetFile reads a file of the examples' project, or no file at all.
func readSnippetFile(path string) ([]byte, error) {
	if path == os.DevNull {
		return nil, nil
	}
	return readChurn(path)
}

// ourCommand is what the program is given by a command line that starts it,
// also through docker run.
func ourCommand(words []string) (args, environ []string, ok bool) {
	for len(words) > 0 && (words[0] == "env" || assignment.MatchString(words[0])) {
		if words[0] != "env" {
			environ = append(environ, words[0])
		}
		words = words[1:]
	}
	if len(words) > 2 && words[0] == "docker" && words[1] == "run" {
		at := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "ghcr.io/org/ct-action") })
		if at < 0 {
			return nil, nil, false
		}
		return words[at+1:], environ, true
	}
	if len(words) == 0 || words[0] != "ct-action" {
		return nil, nil, false
	}
	return words[1:], environ, true
}

var (
	assignment  = regexp.MustCompile(`^[A-Z][A-Z0-9_-]*=`)
	placeholder = regexp.MustCompile(`\$\(.*\)|\$\{?[A-Za-z_]+\}?|^N$|^…$`)
)

// filled puts a sample in the place of each shell variable and each N.
func filled(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		name := ""
		if i > 0 {
			name = args[i-1]
		}
		if flag, _, joined := strings.Cut(arg, "="); joined {
			name = flag
		}
		for _, input := range inputs.Spec() {
			if "--"+input.Name != name {
				continue
			}
			sample := sampleOf(input)
			if input.Kind == field.Digest {
				sample = strings.Repeat("0", 64)
			}
			args[i] = placeholder.ReplaceAllLiteralString(arg, sample)
		}
	}
	return args
}

// shellCommands reads shell text as far as the documentation uses it: words,
// quotes, comments, continued lines, and what ends a command.
func shellCommands(text string) (commands [][]string) {
	var words []string
	var word strings.Builder
	inWord, quote := false, rune(0)
	endWord := func() {
		if inWord {
			words = append(words, word.String())
		}
		word.Reset()
		inWord = false
	}
	endCommand := func() {
		endWord()
		if len(words) > 0 {
			commands = append(commands, words)
		}
		words = nil
	}
	comment := false
	for _, c := range strings.ReplaceAll(text, "\\\n", " ") {
		switch {
		case comment:
			comment = c != '\n'
			if !comment {
				endCommand()
			}
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			quote, inWord = c, true
		case c == '#' && !inWord:
			comment = true
		case c == '\n' || strings.ContainsRune(";|&<>()", c):
			endCommand()
		case unicode.IsSpace(c):
			endWord()
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	endCommand()
	return commands
}

func TestShellCommands(t *testing.T) {
	t.Parallel()
	got := shellCommands("A=1 ct-action run --reason 'two  words' # not this\nct-action \\\n  gate \"$V\" && echo '#'x; ct-action --help | less\n")
	want := [][]string{{"A=1", "ct-action", "run", "--reason", "two  words"}, {"ct-action", "gate", "$V"}, {"echo", "#x"}, {"ct-action", "--help"}, {"less"}}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

var inlineCommand = regexp.MustCompile("`ct-action ([a-z]+)([^`]*)`")

// TestInlineCommands: modes and flags in running text exist. A value may be
// left out there.
func TestInlineCommands(t *testing.T) {
	t.Parallel()
	found := 0
	for _, page := range handbook(t) {
		for _, command := range inlineCommand.FindAllStringSubmatch(fileText(t, page), -1) {
			found++
			step := workflowStep{Uses: self, With: map[string]string{"mode": command[1]}}
			for _, flag := range longFlag.FindAllStringSubmatch(command[2], -1) {
				if flag[1] != "help" {
					step.With[flag[1]] = "x"
				}
			}
			checkKeys(t, page, step)
		}
	}
	if found == 0 {
		t.Error("no command in running text: are they looked for in the right way?")
	}
}

// TestCurlSnippet: the event that triggers.md tells monitors to send is what
// the receiving run reads.
func TestCurlSnippet(t *testing.T) {
	t.Parallel()
	for _, block := range shBlock.FindAllStringSubmatch(fileText(t, "docs/triggers.md"), -1) {
		for _, words := range shellCommands(block[1]) {
			at := slices.Index(words, "-d")
			if words[0] != "curl" || at < 0 {
				continue
			}
			var body struct {
				EventType string          `json:"event_type"`
				Payload   json.RawMessage `json:"client_payload"`
			}
			if err := json.Unmarshal([]byte(words[at+1]), &body); err != nil {
				t.Fatal(err)
			}
			event := fmt.Sprintf(`{"action": %q, "client_payload": %s}`, body.EventType, body.Payload)
			dispatch, err := triggers.ParseDispatch([]byte(event))
			if err != nil {
				t.Fatal(err)
			}
			if dispatch.Action != inputs.Default().EventType {
				t.Errorf("event %q, expected %q", dispatch.Action, inputs.Default().EventType)
			}
			if drift, err := triggers.ParseDrift(dispatch.Drift); err != nil || drift.Share != 0.42 {
				t.Errorf("share %v (%v), expected 0.42", drift.Share, err)
			}
			return
		}
	}
	t.Error("docs/triggers.md: no curl with -d")
}

// TestStateVariableName: the name that state.md gives as an example is what the
// program makes of that model.
func TestStateVariableName(t *testing.T) {
	t.Parallel()
	text, found := fileText(t, "docs/state.md"), 0
	for _, pair := range regexp.MustCompile("`([^`]+)` \\| `(CT_STATE_[A-Z0-9a-f_]+)`").FindAllStringSubmatch(text, -1) {
		found++
		in, err := inputs.Parse([]string{"trigger", "--model-name", pair[1], "--tracking-uri", "http://h"}, nil, readChurn)
		if err != nil || in.StateVariable != pair[2] {
			t.Errorf("the variable of %s is %s (%v), the page says %s", pair[1], in.StateVariable, err, pair[2])
		}
	}
	if found < 3 {
		t.Errorf("docs/state.md: found %d models with their variables, expected at least 3", found)
	}
}

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
	ruleFile = regexp.MustCompile("(?m)^\\|.*\\| (`.*`) \\|$")
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
		for name := range strings.SplitSeq(row[1], ", ") {
			rules++
			if _, err := os.Stat(strings.Trim(name, "`")); err != nil {
				t.Errorf("CONTRIBUTING.md: where a rule lives: %v", err)
			}
		}
	}
	if rules < 30 {
		t.Errorf("CONTRIBUTING.md names %d files where a rule lives, expected at least 30", rules)
	}
}

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

var judgeExample = regexp.MustCompile("(?s)here of 2,000 rows with\n`(.*?)`:\n\n```text\n(.*?)```")

// TestJudgeExample: what docs/judge.md shows of a judgement is what it prints.
func TestJudgeExample(t *testing.T) {
	found := judgeExample.FindStringSubmatch(fileText(t, "docs/judge.md"))
	if found == nil {
		t.Fatal("docs/judge.md: no example")
	}
	predictions, err := filepath.Abs("scenarios/testdata/shared/segments.csv")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir()) // .ct is written there
	args := append([]string{"judge", "--predictions", predictions}, strings.Fields(found[1])...)
	status, stdout, stderr := ctAction(t, args...)
	if status != 3 || stderr != found[2] {
		t.Errorf("exit status %d, printed:\n%s\nthe page has:\n%s", status, stderr, found[2])
	}
	if !json.Valid([]byte(stdout)) {
		t.Errorf("stdout is no JSON document:\n%s", stdout)
	}
}

var jqRecipe = regexp.MustCompile(`\bjq (?:-r )?'([^']+)'`)

// recipes are the jq programs of the documentation.
func recipes(t *testing.T) map[string]*gojq.Query {
	t.Helper()
	programs := map[string]*gojq.Query{}
	for _, page := range handbook(t) {
		for _, found := range jqRecipe.FindAllStringSubmatch(fileText(t, page), -1) {
			query, err := gojq.Parse(found[1])
			if err != nil {
				t.Fatalf("%s: jq %s: %v", page, found[1], err)
			}
			programs[found[1]] = query
		}
	}
	return programs
}

// TestRecipesOfARegression: AUC and Brier score are absent where the labels are
// numbers, and no reason for anything where the policy's check passed.
func TestRecipesOfARegression(t *testing.T) {
	programs := recipes(t)
	t.Chdir(t.TempDir())
	for file, text := range map[string]string{
		"p.csv":  "label,champion,challenger\n29.85,20,29\n56.95,50,57\n42.3,40,42\n70.7,60,71\n",
		"ct.yml": "model-name: House prices\ngate: {checks: [{metric: mae, max-absolute-regression: 0}]}\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	status, stdout, stderr := ctAction(t, "judge", "--predictions", "p.csv", "--config", "ct.yml")
	if status != 0 {
		t.Fatalf("exit status %d:\n%s", status, stderr)
	}
	for _, text := range []string{stdout, fileText(t, summary.DocumentPath("House prices"))} {
		var document map[string]any
		if err := json.Unmarshal([]byte(text), &document); err != nil || !strings.Contains(text, `"absent"`) {
			t.Fatalf("%v: expected a document in which a check is absent:\n%s", err, text)
		}
		for program, query := range programs {
			if got := recipe(t, query, document); len(got) > 0 {
				t.Errorf("jq '%s' printed %q of a challenger that passed", program, got)
			}
		}
	}
}

// TestRecipes runs every jq program of the documentation on the documents that
// the renderer's tests hold: it names what the output failed-checks names, and
// nothing where nothing failed.
func TestRecipes(t *testing.T) {
	t.Parallel()
	programs := recipes(t)
	documents, err := filepath.Glob("internal/summary/testdata/*/*.json")
	if err != nil || len(documents) < 50 || len(programs) < 2 {
		t.Fatalf("%d documents, %d recipes, %v", len(documents), len(programs), err)
	}
	failures := 0
	for _, path := range documents {
		var document map[string]any
		var failed []string
		outputs := fileText(t, filepath.Join(filepath.Dir(path), "outputs.txt"))
		_, rest, _ := strings.Cut(outputs, "\nfailed-checks=")
		list, _, _ := strings.Cut(rest, "\n")
		if err := errors.Join(json.Unmarshal([]byte(fileText(t, path)), &document), json.Unmarshal([]byte(list), &failed)); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if _, ok := document["checks"]; !ok { // of another mode
			continue
		}
		failures += min(len(failed), 1)
		for program, query := range programs {
			got := recipe(t, query, document)
			if (len(got) > 0) != (len(failed) > 0) {
				t.Errorf("%s: jq '%s' printed %q, and what failed is %q", path, program, got, failed)
			}
			slices.Sort(failed)
			if strings.Contains(program, ".text") && !slices.Equal(got, slices.Compact(failed)) {
				t.Errorf("%s: jq '%s' printed %q, expected %q", path, program, got, failed)
			}
		}
	}
	if failures < 10 {
		t.Errorf("%d documents in which a check failed", failures)
	}
}

// recipe is what a jq program prints of a document.
func recipe(t *testing.T, query *gojq.Query, document any) (lines []string) {
	t.Helper()
	for results := query.Run(document); ; {
		result, ok := results.Next()
		if !ok {
			return lines
		}
		if err, ok := result.(error); ok {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(result))
	}
}

// TestOtherModels holds the policies, the script and the summary that
// docs/other-models.md shows to the scenarios that carry them out.
func TestOtherModels(t *testing.T) {
	t.Parallel()
	const page = "docs/other-models.md"
	text, scenarios := fileText(t, page), "scenarios/testdata/promoted-"
	for _, model := range []string{"regression", "multiclass"} {
		policy := fileText(t, scenarios+model+"/files/.github/ct.yml")
		if !strings.Contains(text, "```yaml\n"+policy+"```\n") {
			t.Errorf("%s: expected the policy of %s%s:\n%s", page, scenarios, model, policy)
		}
	}
	for file, begins := range map[string]string{"files/train.py": "window = ", "want/2-better-one/summary.md": "| Metric"} {
		_, block, found := strings.Cut(text, "```text\n"+begins)
		block, _, _ = strings.Cut(block, "```\n")
		if !found || !strings.Contains(fileText(t, scenarios+"regression/"+file), begins+block) {
			t.Errorf("%s: expected the lines of %s after %q, not\n%s", page, file, begins, block)
		}
	}
}
