package inputs

import (
	"errors"
	"fmt"
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
}

// Error is the problem on one line.
func (p Problem) Error() string {
	var line strings.Builder
	if p.Where != "" {
		line.WriteString(p.Where + ": ")
	}
	if p.Input != "" && p.Where != "--"+p.Input { // the flag says its name already
		line.WriteString(p.Input + ": ")
	}
	if p.Value != "" {
		line.WriteString(p.Value + ": ")
	}
	return line.String() + "expected " + p.Expected
}

// Problems is everything that is wrong, in the order of the Spec after
// whatever could not be matched with it.
type Problems []Problem

// Error lists all of them, one a line, and ends with the way to the list of
// inputs.
func (ps Problems) Error() string {
	var text strings.Builder
	if len(ps) == 1 {
		text.WriteString("1 problem in the inputs:\n")
	} else {
		fmt.Fprintf(&text, "%d problems in the inputs:\n", len(ps))
	}
	for _, p := range ps {
		text.WriteString(" - " + p.Error() + "\n")
	}
	return text.String() + "the inputs of a mode are listed by: ct-action MODE --help"
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
