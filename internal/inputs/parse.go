package inputs

import (
	"errors"
	"io/fs"
	"slices"
)

// Parse reads the arguments after the program's name, an environment in the
// form of os.Environ, and the configuration file through readFile, which is
// given the path as the user wrote it.
//
// The error is ErrHelp, ErrVersion, or Problems with everything that is wrong.
// Beside Problems, the Inputs hold what could be read, so that a report can
// still name the model; nothing may be done with them.
func Parse(args, environ []string, readFile func(string) ([]byte, error)) (Inputs, error) {
	line := readFlags(args)
	if line.help || line.version {
		return askedFor(line)
	}
	variables, problems := readVariables(environ)
	problems = slices.Concat(line.problems, problems)

	config, path, found := readLayer(line.values, variables, readFile)
	problems = append(problems, found...)

	in, found := resolve([]layer{line.values, variables, config.values, readMLflow(environ)})
	if path != "" {
		in.Config = path
	}
	in.Requirements, in.checks = config.requirements, config.checks
	problems = append(problems, found...)
	if in.StateVariable == "" && in.ModelName != "" {
		in.StateVariable = stateVariable(in.ModelName)
	}
	problems = append(problems, in.check(found)...)
	in.Warnings = in.unread()
	if len(problems) > 0 {
		return in, problems.without(secrets(environ, line.values, variables))
	}
	return in, nil
}

// Default is every input's default and nothing else: not a valid request, but
// the ground on which tests and examples build one.
func Default() Inputs {
	in, problems := resolve(nil)
	if len(problems) > 0 {
		panic(problems) // the Spec contradicts itself
	}
	return in
}

// askedFor answers --help and --version; a mode before --help chooses its page.
func askedFor(line commandLine) (Inputs, error) {
	if line.version && !line.help {
		return Inputs{}, ErrVersion
	}
	mode := Mode(line.values["mode"].text)
	if _, ok := mode.info(); !ok {
		mode = ""
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
		if _, valid := input.canonical(path); !valid {
			return config, "", nil // resolve says so
		}
	}
	data, err := readFile(path)
	switch {
	case err == nil:
		config = readConfig(path, data)
		return config, path, config.problems
	case !errors.Is(err, fs.ErrNotExist):
		p := input.invalid(path, named.source, "a file that can be read: "+bare(err.Error()))
		if !ok {
			p.Where = "default"
		}
		return config, "", Problems{p}
	case ok:
		return config, "", Problems{input.invalid(path, named.source, "a file that is there")}
	}
	return config, "", nil
}

// resolve takes each input from the first layer that has it, else its default,
// and reads it into its field.
func resolve(layers []layer) (Inputs, Problems) {
	in := Inputs{sources: map[string]Source{}}
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
		if value.text != "" && !input.read(&in, value.text) {
			problems = append(problems, input.invalid(value.text, value.source, input.expectedInstead(value.text)))
		}
	}
	return in, problems
}

// expectedInstead is Expected, with the nearest choice where there are choices.
func (i Input) expectedInstead(text string) string {
	if i.Kind != KindEnumeration {
		return i.Expected()
	}
	return i.Expected() + "; the nearest is " + nearest(text, i.Choices)
}

// unread warns of flags that the mode does not read. Variables and the
// configuration file may hold any input: one of each serves all modes.
func (in Inputs) unread() []Warning {
	var warnings []Warning
	for _, input := range Spec() {
		source := in.Source(input.Name)
		if source.Layer != FromFlag || in.Mode == "" || input.ReadBy(in.Mode) {
			continue
		}
		warnings = append(warnings, Warning{
			Input: input.Name, Where: source.Where,
			Text: "mode " + string(in.Mode) + " does not read it; it is for " + readers(input),
		})
	}
	return warnings
}
