package inputs

import (
	"maps"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/text"
)

// variables are an environment by name.
type variables map[string]string

// readEnviron reads an environment in the form of os.Environ. Of two entries the
// last one counts, as it does for a child process.
func readEnviron(environ []string) variables {
	env := variables{}
	for _, entry := range environ {
		key, value, _ := strings.Cut(entry, "=")
		env[key] = value
	}
	return env
}

// layer reads each input from its variable, where it has one in this layer.
func (env variables) layer(from origin, nameOf func(Input) string) layer {
	values := layer{}
	for _, input := range Spec() {
		if name := nameOf(input); name != "" {
			values.add(input.Name, env[name], from, Place{Where: name})
		}
	}
	return values
}

// foreign says whether a variable belongs to the runner (args and entrypoint of a
// container action) or to actions/create-github-app-token, whose users set
// INPUT_PERMISSION-… by hand.
func foreign(key string) bool {
	return key == "INPUT_ARGS" || key == "INPUT_ENTRYPOINT" || strings.HasPrefix(key, "INPUT_PERMISSION-")
}

// unknown are the INPUT_ variables that belong to no input, blank or not: each is
// a key of the workflow's `with:` that nothing reads.
func (env variables) unknown() Problems {
	all := names()
	var problems Problems
	for _, key := range slices.Sorted(maps.Keys(env)) {
		name, ok := strings.CutPrefix(key, variablePrefix)
		name = strings.ToLower(name)
		if !ok || foreign(key) || slices.ContainsFunc(all, func(input string) bool { return variable(input) == key }) {
			continue
		}
		expected := "the name of an input"
		if near := text.Nearest(strings.ReplaceAll(name, "_", "-"), all); near != nil {
			expected += "; the nearest is " + near[0] + " (" + variable(near[0]) + ")"
		}
		problems = append(problems, Problem{Input: field.Bare(name), Expected: expected, Place: Place{Where: field.Bare(key)}})
	}
	return problems
}

// ignored are warnings of unknown variables, where they may be another program's.
func ignored(unknown Problems) []Warning {
	var warnings []Warning
	for _, p := range unknown {
		warnings = append(warnings, Warning{Input: p.Input, Where: p.Where, Text: "not read; expected " + p.Expected})
	}
	return warnings
}
