package inputs

import (
	"slices"
	"strings"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/text"
)

// readVariables reads the INPUT_ variables of an environment in the form of
// os.Environ. A variable that belongs to no input is a problem, blank or not:
// it is a key of the workflow's `with:` that nothing reads.
func readVariables(environ []string) (layer, Problems) {
	byVariable := map[string]string{}
	for _, name := range names() {
		byVariable[variable(name)] = name
	}
	values, unknown := layer{}, []string{}
	for _, entry := range environ {
		key, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(key, variablePrefix) || foreign(key) {
			continue
		}
		name, ok := byVariable[key]
		if !ok {
			unknown = append(unknown, key)
			continue
		}
		delete(values, name) // of two entries the last one counts, as it does for a child process
		values.add(name, text, Source{Layer: FromVariable, Where: key})
	}
	slices.Sort(unknown)
	return values, unknownVariables(slices.Compact(unknown))
}

// foreign says whether a variable is the runner's own (args and entrypoint of
// a container action) or meant for actions/create-github-app-token, whose
// users set INPUT_PERMISSION-… by hand.
func foreign(key string) bool {
	return key == "INPUT_ARGS" || key == "INPUT_ENTRYPOINT" || strings.HasPrefix(key, "INPUT_PERMISSION-")
}

func unknownVariables(keys []string) Problems {
	var problems Problems
	for _, key := range keys {
		name := strings.ToLower(strings.TrimPrefix(key, variablePrefix))
		expected := "the name of an input"
		if near := text.Nearest(strings.ReplaceAll(name, "_", "-"), names()); near != nil {
			expected += "; the nearest is " + near[0] + " (" + variable(near[0]) + ")"
		}
		problems = append(problems, Problem{Input: field.Bare(name), Where: field.Bare(key), Expected: expected})
	}
	return problems
}

// ignored are unknown variables where other programs than the runner set them.
func ignored(unknown Problems) []Warning {
	var warnings []Warning
	for _, p := range unknown {
		warnings = append(warnings, Warning{Input: p.Input, Where: p.Where, Text: "not read; expected " + p.Expected})
	}
	return warnings
}

// readMLflow reads the variables of MLflow's own that stand below the
// configuration file.
func readMLflow(environ []string) layer {
	values := layer{}
	for _, input := range Spec() {
		if input.fallback == "" {
			continue
		}
		for _, entry := range environ {
			if key, text, _ := strings.Cut(entry, "="); key == input.fallback {
				delete(values, input.Name)
				values.add(input.Name, text, Source{Layer: FromMLflow, Where: key})
			}
		}
	}
	return values
}
