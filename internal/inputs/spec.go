package inputs

import (
	"slices"
	"strings"

	"github.com/org/ct-action/internal/field"
)

// An Input is one row of the Spec.
type Input struct {
	field.Field
	Group string // what it belongs to, for help and documentation
	Modes []Mode // that read it

	fallback string            // variable of MLflow's own that is read before the default
	target   func(*Inputs) any // pointer to the field of Inputs that holds it
}

// ReadBy says whether a mode reads the input.
func (i Input) ReadBy(mode Mode) bool { return slices.Contains(i.Modes, mode) }

// Flag is the input's name on the command line.
func (i Input) Flag() string { return "--" + i.Name }

// Variable is the environment variable in which a container action receives
// the input. The runner upper-cases the key, turns spaces into underscores and
// keeps hyphens: INPUT_MODEL-NAME, never INPUT_MODEL_NAME.
func (i Input) Variable() string { return variable(i.Name) }

func variable(name string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(name, " ", "_"))
}

const variablePrefix = "INPUT_"

// lookup finds a row of the Spec by its name.
func lookup(name string) (Input, bool) {
	i := slices.IndexFunc(Spec(), func(input Input) bool { return input.Name == name })
	if i < 0 {
		return Input{}, false
	}
	return Spec()[i], true
}
