package inputs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/text"
)

// A given is one value as one layer holds it, not yet checked.
type given struct {
	text string
	source
}

// A layer maps the names of inputs to what one place gave for them. A blank
// value is not in it.
type layer map[string]given

// add keeps a value unless it is blank.
func (l layer) add(name, text string, from origin, at Place) {
	if text = strings.TrimSpace(text); text != "" {
		l[name] = given{text, source{from, at}}
	}
}

// A commandLine is what the arguments say.
type commandLine struct {
	values   layer
	blank    []string // inputs that were given a blank value
	problems Problems
	help     bool
	version  bool
	others   bool // there are arguments beside --help and --version

	secretAhead bool // the flag just read was a secret's, without its value
}

// readFlags reads `[mode] --name value --name=value --boolean`. It is written
// out, and not done by package flag, for two reasons: that one stops at the
// first mistake, and it takes the next flag for the value of one whose value
// was an empty shell variable (--model-name $UNSET --dry-run would name the
// model "--dry-run", and write).
func readFlags(args []string) commandLine {
	line := commandLine{values: layer{}}
	if len(args) > 0 && (args[0] == "help" || args[0] == "version") { // the form that many programs have
		args = append(slices.Clone(args[1:]), "--"+args[0]) // "help gate" is "gate --help"
	}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		line.values.add("mode", args[0], fromFlag, Place{Where: "first argument"})
		args = args[1:]
	}
	for at := 0; at < len(args); {
		at += line.readOne(args[at:])
	}
	if line.version && (line.others || len(line.values) > 0) {
		line.notTheProgram()
	}
	return line
}

// notTheProgram refuses --version in a command that asks for something else.
// Answered with the program's version and exit status 0, an emergency command
// would seem done and have done nothing.
func (line *commandLine) notTheProgram() {
	line.version = false
	expected := "to stand alone, where it asks for the program's version"
	if meant := versionOf[Mode(line.values["mode"].text)]; meant != "" {
		expected += "; the model version is --" + meant
	}
	line.problems = append(line.problems, Problem{Place: Place{Where: "--version"}, Expected: expected})
}

// versionOf is the input that holds the model version a mode is about.
var versionOf = map[Mode]string{
	ModeRun: "challenger-version", ModeGate: "challenger-version", ModePromote: "challenger-version",
	ModeRelease: "challenger-version", ModeRollback: "rollback-to",
}

// readOne reads the first of args and reports how many it took.
func (line *commandLine) readOne(args []string) int {
	name, value, attached := strings.Cut(args[0], "=")
	afterSecret := line.secretAhead
	line.secretAhead = attached && value == "" && strings.Contains(name, "token")
	switch {
	case !strings.HasPrefix(name, "-"):
		line.others = true
		if afterSecret { // --github-token= TOKEN, a slip of the space bar
			line.unexpected(field.Hidden)
		} else {
			line.unexpected(args[0])
		}
		return 1
	case name == "--help" || name == "-help" || name == "-h":
		line.help = true
		return 1
	case name == "--version" || name == "-version":
		line.version = true
		line.others = line.others || attached
		if !attached && len(args) > 1 && !strings.HasPrefix(args[1], "-") { // probably the version of a model
			line.others = true
			return 2
		}
		return 1
	}
	line.others = true
	return line.readInput(args, name, value, attached)
}

// readInput reads an input's flag, whose value is attached to it or the next of
// args, and reports how many it took.
func (line *commandLine) readInput(args []string, name, value string, attached bool) int {
	input, known := lookup(strings.TrimLeft(name, "-"))
	separate := !attached && len(args) > 1 && !strings.HasPrefix(args[1], "--")
	switch {
	case !known:
		line.unknown(name)
		if separate { // probably its value
			return 2
		}
	case attached:
		line.set(input, value)
	case input.Kind == field.Boolean:
		line.set(input, "true")
	case separate:
		line.set(input, args[1])
		return 2
	default:
		line.problems = append(line.problems, Problem{
			Input: input.Name, Place: Place{Where: input.Flag()},
			Expected: fmt.Sprintf("a value after it (one that starts with -- is written %s=VALUE)", input.Flag()),
		})
	}
	return 1
}

// set keeps a flag's value; a first argument that names the mode stays.
func (line *commandLine) set(input Input, text string) {
	earlier, twice := line.values[input.Name]
	switch {
	case twice && input.Name == "mode" && earlier.Where != input.Flag():
		return
	case twice:
		line.problems = append(line.problems, input.invalid(text, Place{Where: input.Flag()}, "to be given once"))
	case strings.TrimSpace(text) == "":
		line.blank = append(line.blank, input.Name)
	default:
		line.values.add(input.Name, text, fromFlag, Place{Where: input.Flag()})
	}
}

// unknown names the nearest flag. The value is not repeated: it may be a secret.
func (line *commandLine) unknown(flag string) {
	expected := "the name of an input"
	if near := text.Nearest(strings.TrimLeft(flag, "-"), append(names(), "help", "version")); near != nil {
		expected += "; the nearest is --" + near[0]
	}
	line.problems = append(line.problems, Problem{Place: Place{Where: field.Bare(flag)}, Expected: expected})
}

func (line *commandLine) unexpected(argument string) {
	line.problems = append(line.problems, Problem{
		Value: field.Shown(argument), Place: Place{Where: "command line"},
		Expected: "flags after the mode (a boolean's value is attached: --dry-run=false)",
	})
}

// names lists every input.
func names() []string {
	var all []string
	for _, input := range Spec() {
		all = append(all, input.Name)
	}
	return all
}
