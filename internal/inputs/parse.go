package inputs

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/text"
)

// Parse reads the arguments after the program's name, an environment in the
// form of os.Environ, and the configuration file through readFile, which is
// given the path as the user wrote it.
//
// The error is ErrHelp, ErrVersion, or Problems with everything that is wrong.
// An error that wraps ErrHelp is a request for help among other flags.
// Beside Problems, the Inputs hold what could be read, so that a report can
// still name the model; nothing may be done with them.
func Parse(args, environ []string, readFile func(string) ([]byte, error)) (Inputs, error) {
	line := readFlags(args)
	if line.help || line.version {
		return askedFor(line)
	}
	env := readEnviron(environ)
	problems := env.unknown()
	var others []Warning
	if env["GITHUB_ACTIONS"] != "true" { // outside GitHub Actions other programs may have set them
		others, problems = ignored(problems), nil
	}
	problems = slices.Concat(line.problems, problems)

	workflow := env.layer(fromVariable, Input.Variable)
	config, path, found := readLayer(line.values, workflow, readFile)
	problems = append(problems, found...)

	layers := []layer{line.values, workflow, config.values, env.layer(fromMLflow, func(i Input) string { return i.fallback })}
	yield(layers, line.blank)
	in, found := resolve(layers)
	if path != "" {
		in.Config = path
	}
	in.Rehearse = in.Rehearse && in.Mode == ModeRollback // mode verify can become a rollback, and never this one
	in.Requirements, in.checks, in.unsure = config.policy.Requirements, config.checks, config.policy.Problems != nil
	problems = append(problems, found...)
	if in.StateVariable == "" && in.ModelName != "" {
		in.StateVariable = stateVariable(in.ModelName)
	}
	problems = append(problems, in.check(found)...)
	unread, refused := in.unread()
	in.Warnings, problems = slices.Concat(others, unread), append(problems, refused...)
	for i := range problems {
		problems[i].mode = in.Mode
	}
	if len(problems) > 0 {
		return in, problems.without(secrets(env, line.values, workflow))
	}
	return in, nil
}

// askedFor answers --help and --version; a mode before --help chooses its page.
func askedFor(line commandLine) (Inputs, error) {
	if line.version && !line.help {
		return Inputs{}, ErrVersion
	}
	mode := Mode(line.values["mode"].text)
	if _, ok := mode.info(); !ok && mode != HelpChecks {
		mode = ""
	}
	if line.others {
		return Inputs{Mode: mode}, fmt.Errorf("%w beside other flags: nothing was done", ErrHelp)
	}
	return Inputs{Mode: mode}, ErrHelp
}

// readLayer finds and reads the configuration file. The path is empty when
// there is none: the default file may be missing, one that was named may not.
func readLayer(flags, variables layer, readFile func(string) ([]byte, error)) (config configFile, path string, problems Problems) {
	input, _ := lookup("config")
	named, ok := flags[input.Name]
	if !ok {
		named, ok = variables[input.Name]
	}
	path = DefaultConfig
	if ok {
		path = named.text
		if _, valid := input.Canonical(path); !valid {
			return config, "", nil // resolve says so
		}
	}
	data, err := readFile(path)
	switch {
	case err == nil:
		config = readConfig(path, data)
		return config, path, config.problems
	case !errors.Is(err, fs.ErrNotExist):
		p := input.invalid(path, named.Place, "a file that can be read: "+field.Bare(err.Error()))
		if !ok {
			p.Where = "default"
		}
		return config, "", Problems{p}
	case ok:
		return config, "", Problems{input.invalid(path, named.Place, "a file that is there")}
	}
	return config, "", nil
}

// resolve takes each input from the first layer that has it, else its default,
// and reads it into its field.
func resolve(layers []layer) (Inputs, Problems) {
	in := Inputs{sources: map[string]source{}}
	var problems Problems
	for _, input := range Spec() {
		value := given{text: input.Default}
		for _, l := range layers {
			if found, ok := l[input.Name]; ok {
				value = found
				in.sources[input.Name] = found.source
				break
			}
		}
		if value.text != "" && !input.Store(input.target(&in), value.text) {
			problems = append(problems, input.invalid(value.text, value.Place, input.expectedInstead(value.text)))
		}
	}
	return in, problems
}

// expectedInstead is Expected, with the nearest choice where there are choices.
func (i Input) expectedInstead(written string) string {
	return text.OrNearest(i.Expected(), written, i.Choices)
}

// yields lists, for an input, the inputs that take its place where they are given
// in a stronger layer: somebody who writes --predictions means them, whatever way
// to score stands in the configuration file. Where both stand in one layer, check
// refuses them, or the input's documentation says which counts.
var yields = map[string][]string{
	"predictions":        {"evidence", "score-command", "holdout"},
	"evidence":           {"predictions", "score-command", "holdout"},
	"score-command":      {"predictions", "evidence"},
	"challenger-version": {"attempt", "train-command"},
}

// yield removes from the layers, strongest first, the inputs that yield to one in
// a stronger layer, and those of yields that a blank flag switches off. For any
// other input a blank flag counts as not given: if it switched off a confidence, it
// would relax the gate.
func yield(layers []layer, blank []string) {
	mode := ModeRun
	for _, l := range slices.Backward(layers) {
		if asked, ok := l["mode"]; ok {
			mode = Mode(asked.text)
		}
	}
	given := func(name string) int {
		input, _ := lookup(name)
		at := slices.IndexFunc(layers, func(l layer) bool { _, ok := l[name]; return ok })
		if at < 0 || !input.ReadBy(mode) {
			return len(layers)
		}
		return at
	}
	var gone []string
	for name, stronger := range yields {
		own := given(name)
		weaker := slices.ContainsFunc(stronger, func(other string) bool { return given(other) < own })
		if own > 0 && slices.Contains(blank, name) || own < len(layers) && weaker {
			gone = append(gone, name)
		}
	}
	for _, name := range gone {
		for _, l := range layers {
			delete(l, name)
		}
	}
}

// emergency says whether a person uses the mode to intervene. A flag that would do
// nothing is then a mistake to be reported before anything is done.
func (m Mode) emergency() bool { return m == ModeRollback || m == ModePromote || m == ModeRelease }

// unread warns of flags that the mode does not read, and refuses them in an
// emergency. Variables and the configuration file may hold any input: one of
// each serves all modes.
func (in Inputs) unread() (warnings []Warning, problems Problems) {
	for _, input := range Spec() {
		source := in.sourceOf(input.Name)
		if source.origin != fromFlag || in.Mode == "" || input.ReadBy(in.Mode) {
			continue
		}
		if in.Mode.emergency() {
			expected := "a flag that mode " + string(in.Mode) + " reads; this one is for " + readers(input)
			if meant := versionOf[in.Mode]; input.Kind == field.Version {
				expected += "; the version is named by --" + meant
			}
			problems = append(problems, Problem{Input: input.Name, Place: source.Place, Expected: expected})
			continue
		}
		warnings = append(warnings, Warning{
			Input: input.Name, Where: source.Where,
			Text: "mode " + string(in.Mode) + " does not read it; it is for " + readers(input),
		})
	}
	return warnings, problems
}
