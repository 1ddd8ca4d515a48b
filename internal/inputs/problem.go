package inputs

import (
	"cmp"
	"errors"
	"strings"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/text"
)

// ErrHelp and ErrVersion are what Parse returns when the command line asks for
// them; Inputs.Mode then names the mode whose help is wanted, or none.
var (
	ErrHelp    = errors.New("help requested")
	ErrVersion = errors.New("version requested")
)

// A Problem is one thing that is wrong with the inputs. It holds no secret and
// no line break, whatever the user wrote.
type Problem struct {
	Input    string // the input's name, or the unknown name as it was written
	Value    string // the offending value, quoted and cut short; "" where there is none
	Expected string // what would have been right
	Place

	mode Mode // that was asked for; "" where it is not known
}

// Error is the problem on one line.
func (p Problem) Error() string {
	input := p.Input
	if p.Where == "--"+input { // the flag says its name already
		input = ""
	}
	line := ""
	for _, part := range []string{p.Where, input, p.Value} {
		if part != "" {
			line += part + ": "
		}
	}
	return line + "expected " + p.Expected
}

// Problems is everything that is wrong, in the order of the Spec after
// whatever could not be matched with it.
type Problems []Problem

// Error lists all of them, one a line, and ends with the command that lists the
// inputs of the mode.
func (ps Problems) Error() string {
	list, mode := text.Count(len(ps), "problem")+" in the inputs:\n", Mode("MODE")
	for _, p := range ps {
		list += " - " + p.Error() + "\n"
		mode = cmp.Or(p.mode, mode)
	}
	return list + "the inputs of a mode are listed by: ct-action " + string(mode) + " --help"
}

// invalid is the problem with an input's value as it was read.
func (i Input) invalid(value string, at Place, expected string) Problem {
	switch {
	case i.Secret:
		value = field.Hidden
	case i.Kind == field.URL:
		value = text.HiddenURL(value)
	}
	return Problem{Input: i.Name, Value: field.Shown(value), Expected: expected, Place: at}
}

// secrets are the texts that no message may repeat: what came as a secret input,
// and MLflow's own.
func secrets(env variables, layers ...layer) []string {
	found := []string{env["MLFLOW_TRACKING_PASSWORD"], env["MLFLOW_TRACKING_TOKEN"]}
	for _, input := range Spec() {
		for _, l := range layers {
			if input.Secret {
				found = append(found, l[input.Name].text)
			}
		}
	}
	return found
}

// without hides secrets in the values that are shown, and also the beginning of
// one at the end of a value that was cut, where a search for the whole secret
// would not find it.
func (ps Problems) without(secrets []string) Problems {
	for i := range ps {
		for _, secret := range secrets {
			if len(secret) < text.Recognisable {
				continue
			}
			value := strings.ReplaceAll(ps[i].Value, secret, field.Hidden)
			if body, wasCut := strings.CutSuffix(value, `…"`); wasCut {
				for n := len(secret) - 1; n >= text.Recognisable; n-- {
					if rest, ok := strings.CutSuffix(body, secret[:n]); ok {
						value = rest + field.Hidden + `…"`
						break
					}
				}
			}
			ps[i].Value = value
		}
	}
	return ps
}
