package docs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/triggers"
)

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
			if in, _ := inputs.Parse(nil, nil, os.ReadFile); dispatch.Action != in.EventType {
				t.Errorf("event %q, expected %q", dispatch.Action, in.EventType)
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
