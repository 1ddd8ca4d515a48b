package inputs

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/org/ct-action/internal/field"
)

// Bare, as a value in Command, makes a boolean flag without a value. Why stands in
// the place of a person's reason.
const (
	Bare = "\x00bare"
	Why  = `"why"`
)

// Command is a command of this program on the same model, for a person to copy;
// flags are name, value, name, value. It repeats the inputs that were given with
// this invocation, by a flag or by the workflow, and without which it would act on
// other aliases or judge by other rules. It need not repeat the configuration
// file, which is still there when the command runs.
func (in Inputs) Command(mode Mode, flags ...string) string {
	words := []string{"ct-action", string(mode)}
	add := func(name, value string) { words = append(words, "--"+name+flagValue(value)) }
	add("model-name", in.ModelName)
	for i := 0; i+1 < len(flags); i += 2 {
		if flags[i+1] == Bare {
			words = append(words, "--"+flags[i])
			continue
		}
		add(flags[i], flags[i+1])
	}
	for _, g := range in.repeated() {
		switch {
		case !g.input.ReadBy(mode), mode == ModeRollback && slices.Contains(rehearsed, g.input.Name):
		case g.input.Kind == field.Boolean: // which takes its value attached
			words = append(words, g.input.Flag()+"="+g.value)
		default:
			add(g.input.Name, g.value)
		}
	}
	return strings.Join(words, " ")
}

// flagValue is a flag's value after its name, quoted for a shell where it needs
// it. A value that begins with a hyphen is joined by =, or it would be read as a
// flag.
func flagValue(value string) string {
	if value == Why {
		return " " + Why
	}
	if strings.HasPrefix(value, "-") {
		return "=" + Quote(value)
	}
	return " " + Quote(value)
}

// Quote quotes a word for a POSIX shell where it needs it. Control characters
// are dropped: the command is shown to a person first.
func Quote(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
	harmless := strings.IndexFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,+%@", r)
	}) < 0
	if harmless && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// A repeat is an input that a copied command must repeat.
type repeat struct {
	input Input
	value string
}

// repeated are the inputs of this invocation that a copied command must repeat, in
// the order of the Spec. A value of several lines is left to the reader.
func (in Inputs) repeated() (kept []repeat) {
	for _, input := range Spec() {
		if !input.repeats() || in.sourceOf(input.Name).origin < fromVariable {
			continue
		}
		value := fmt.Sprint(reflect.ValueOf(input.target(&in)).Elem())
		if input.Off && value == "0" {
			value = "off"
		}
		if value != "" && !strings.ContainsAny(value, "\r\n") {
			kept = append(kept, repeat{input, value})
		}
	}
	return kept
}

// repeats reports whether a copied command must repeat the input: everything that
// says how a model is scored and judged, but for what was accepted or is done once;
// and under which aliases, where, and how a service names its version.
func (i Input) repeats() bool {
	switch i.Group {
	case "scoring", "gate":
		return !slices.Contains([]string{"holdout-sha256", "on-flag", "review-issue"}, i.Name)
	}
	return slices.Contains([]string{
		"config", "working-directory", "champion-alias", "previous-alias", "challenger-alias",
		"verify-model-pointer", "verify-alias-pointer", "verify-version-pointer",
	}, i.Name)
}
