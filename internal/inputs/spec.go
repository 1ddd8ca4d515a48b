package inputs

import (
	"fmt"
	"slices"
	"strings"
)

// A Kind says how an input's text is read.
type Kind int

// The kinds. Text of every kind is trimmed first, and a blank one was not
// given.
const (
	KindText        Kind = iota // one line without control characters
	KindInteger                 // whole number
	KindDecimal                 // exact decimal, no exponent
	KindShare                   // decimal from 0 to 1; 30% means 0.3
	KindDuration                // 7d, 6h, 5m, 120s, 1h30m
	KindPath                    // file or folder, relative to the workspace
	KindModelName               // registered model
	KindAlias                   // registered model alias, without the @
	KindVersion                 // model version: a positive integer
	KindURL                     // http or https, with a host
	KindBoolean                 // true, True, TRUE, false, False, FALSE
	KindEnumeration             // one of Choices
	KindCommand                 // shell text, may have several lines
	KindDigest                  // SHA-256: 64 hexadecimal digits
	KindIdentifier              // letters, digits, and . _ : / -
	KindRepository              // owner/name
	KindVariable                // repository variable: letters, digits, _
	KindWorkflow                // workflow file below .github/workflows
	KindPointer                 // JSON pointer, RFC 6901
)

var kindNames = map[Kind]string{
	KindText: "text", KindInteger: "integer", KindDecimal: "decimal", KindShare: "share",
	KindDuration: "duration", KindPath: "path", KindModelName: "model name", KindAlias: "alias",
	KindVersion: "version", KindURL: "URL", KindBoolean: "boolean", KindEnumeration: "choice",
	KindCommand: "command", KindDigest: "SHA-256", KindIdentifier: "identifier",
	KindRepository: "repository", KindVariable: "variable name", KindWorkflow: "workflow file",
	KindPointer: "JSON pointer",
}

// String is the kind's name in help and documentation.
func (k Kind) String() string { return kindNames[k] }

// An Input is one row of the Spec.
type Input struct {
	Name    string // as in action.yml, in the configuration file and after --
	Group   string // what it belongs to, for help and documentation
	Kind    Kind
	Unit    string   // of a number, such as "days"; often empty
	Min     string   // smallest value allowed, in the kind's own notation; "" = none
	Max     string   // largest value allowed; "" = none
	Choices []string // of a KindEnumeration
	Open    bool     // of a decimal: Min and Max themselves are not allowed
	Off     bool     // whether the word off is allowed
	Auto    bool     // whether the word auto is allowed
	Default string   // text in force when nothing is given; "" = none
	Absent  string   // where Default is "": what then holds, in words
	Modes   []Mode   // that read it
	Meaning string   // one line, lower case, no full stop
	Secret  bool     // never shown, and refused in the configuration file

	fallback string            // variable of MLflow's own that is read before the default
	field    func(*Inputs) any // pointer to the field that holds it
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

// InForce is the default as documentation shows it: the text itself, or in
// words what holds when nothing is given.
func (i Input) InForce() string {
	switch {
	case i.Default != "":
		return i.Default
	case i.Absent != "":
		return i.Absent
	}
	return "none"
}

// Expected says in words which texts are accepted; it ends every problem with
// the input's value.
func (i Input) Expected() string {
	words := i.form() + i.bounds()
	if i.Off {
		words += ", or off"
	}
	if i.Auto {
		words += ", or auto"
	}
	return words
}

// form is Expected without its range.
func (i Input) form() string {
	switch i.Kind {
	case KindInteger:
		return strings.TrimSpace("a whole number of " + i.Unit)
	case KindDecimal:
		return "a decimal number such as 0.005"
	case KindShare:
		return "a share such as 0.3 or 30%"
	case KindDuration:
		return "a duration such as 7d, 6h, 5m, 120s or 1h30m"
	case KindPath:
		return "a local path (not a URL) without control characters"
	case KindModelName:
		return "a registered model's name: one line of up to 256 characters, without / : and @"
	case KindAlias:
		return "an alias of letters, digits, _ and -, up to 255, not reserved (latest, v1)"
	case KindVersion:
		return "a version number such as 8"
	case KindURL:
		return "an http:// or https:// URL with a host"
	case KindBoolean:
		return "true or false"
	case KindEnumeration:
		return oneOf(i.Choices)
	case KindCommand:
		return "shell text in UTF-8 without NUL, at most 64 KiB"
	case KindDigest:
		return "64 hexadecimal digits"
	case KindIdentifier:
		return "letters, digits, and . _ : / -, at most 100 of them"
	case KindRepository:
		return "owner/name"
	case KindVariable:
		return "letters, digits and _, not starting with a digit or GITHUB_, at most 100"
	case KindWorkflow:
		return "the name of a file in .github/workflows, such as deploy.yml"
	case KindPointer:
		return "a JSON pointer (RFC 6901) such as /models/0/version"
	}
	if i.Secret {
		return "one line without control characters"
	}
	return "one line of UTF-8 without control characters, at most 500 characters"
}

// bounds is the range in words, empty where there is none.
func (i Input) bounds() string {
	switch {
	case i.Open:
		return fmt.Sprintf(", above %s and below %s", i.Min, i.Max)
	case i.Min != "" && i.Max != "":
		return fmt.Sprintf(", from %s to %s", i.Min, i.Max)
	case i.Min != "":
		return ", at least " + i.Min
	case i.Max != "":
		return ", at most " + i.Max
	}
	return ""
}

func oneOf(choices []string) string { return "one of " + strings.Join(choices, ", ") }

// lookup finds a row of the Spec by its name.
func lookup(name string) (Input, bool) {
	for _, input := range Spec() {
		if input.Name == name {
			return input, true
		}
	}
	return Input{}, false
}
