// Package field reads one named text of a user: a flag, a variable, a line of
// the configuration file, a key of a check. A Field says of which kind it is, in
// which range and what it means; reading, help and documentation follow from it.
package field

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/org/ct-action/internal/metrics"
)

// A Kind says how an input's text is read.
type Kind int

// The kinds. Text of every kind is trimmed first, and a blank one was not
// given.
const (
	Text        Kind = iota // one line without control characters
	Integer                 // whole number
	Decimal                 // exact decimal, no exponent
	Share                   // decimal from 0 to 1; 30% means 0.3
	Duration                // 7d, 6h, 5m, 120s, 1h30m
	Path                    // file or folder, relative to the workspace
	ModelName               // registered model
	Alias                   // registered model alias, without the @
	Version                 // model version: a positive integer
	URL                     // http or https, with a host
	Boolean                 // true, True, TRUE, false, False, FALSE
	Enumeration             // one of Choices
	Command                 // shell text, may have several lines
	Digest                  // SHA-256: 64 hexadecimal digits
	Identifier              // letters, digits, and . _ : / -
	Repository              // owner/name
	Variable                // repository variable: letters, digits, _
	Workflow                // workflow file below .github/workflows
	Pointer                 // JSON pointer, RFC 6901
)

// kinds are each kind's name in help and documentation, and in words which texts
// it accepts.
var kinds = [...]struct{ name, accepts string }{
	Text:        {"text", "one line of UTF-8 without control characters, at most 500 characters"},
	Integer:     {"integer", "a whole number"},
	Decimal:     {"decimal", "a decimal number such as "},
	Share:       {"share", "a share such as 0.3 or 30%"},
	Duration:    {"duration", "a duration such as "},
	Path:        {"path", "a local path (not a URL) without control characters"},
	ModelName:   {"model name", "a registered model's name: one line of up to 256 characters, without / : and @"},
	Alias:       {"alias", "an alias of letters, digits, _ and -, up to 255, not reserved (latest, v1)"},
	Version:     {"version", "a version number such as 8"},
	URL:         {"URL", "an http:// or https:// URL with a host"},
	Boolean:     {"boolean", "true or false"},
	Enumeration: {"choice", "one of "},
	Command:     {"command", "shell text in UTF-8 without NUL, at most 64 KiB"},
	Digest:      {"SHA-256", "64 hexadecimal digits"},
	Identifier:  {"identifier", "letters, digits, and . _ : / -, at most 100 of them"},
	Repository:  {"repository", "owner/name"},
	Variable:    {"variable name", "letters, digits and _, not starting with a digit or GITHUB_, at most 100"},
	Workflow:    {"workflow file", "the name of a file in .github/workflows, such as deploy.yml"},
	Pointer:     {"JSON pointer", "a JSON pointer (RFC 6901) such as /models/0/version"},
}

// examples end what some kinds accept, as far as they are in the range.
var examples = map[Kind][]string{
	Decimal: {"0.005", "0.95"}, Duration: {"7d", "6h", "5m", "120s", "1h30m"},
}

// String is the kind's name in help and documentation.
func (k Kind) String() string { return kinds[k].name }

// A Field is a named text and what it may be.
type Field struct {
	Name    string // as in action.yml, in the configuration file and after --
	Kind    Kind
	Unit    string   // of a number, such as "days"; often empty
	Min     string   // smallest value allowed, in the kind's own notation; "" = none
	Max     string   // largest value allowed; "" = none
	Choices []string // of an Enumeration
	Open    bool     // of a decimal: Min and Max themselves are not allowed
	Off     bool     // the word off is allowed
	Auto    bool     // the word auto is allowed
	Default string   // text in force when nothing is given; "" = none
	Absent  string   // where Default is "": what then holds, in words
	Meaning string   // one line, lower case, no full stop
	Secret  bool     // never shown, and refused in the configuration file
}

// InForce is the default as documentation shows it: the text itself, or in
// words what holds when nothing is given.
func (i Field) InForce() string {
	switch {
	case i.Default != "":
		return i.Default
	case i.Absent != "":
		return i.Absent
	}
	return "none"
}

// Expected says in words which texts are accepted. Every problem with a value
// ends in it.
func (i Field) Expected() string {
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
func (i Field) form() string {
	accepts := kinds[i.Kind].accepts
	switch {
	case i.Secret:
		return "one line without control characters"
	case i.Unit != "":
		return accepts + " of " + i.Unit
	}
	return accepts + strings.Join(i.Choices, ", ") + i.examples()
}

// examples are the examples that lie in the range; of decimals, one will do.
func (i Field) examples() string {
	fit := slices.DeleteFunc(slices.Clone(examples[i.Kind]), func(text string) bool {
		if i.Kind == Duration {
			return !i.readDuration(new(time.Duration), text)
		}
		return !i.readDecimal(new(metrics.Decimal), text)
	})
	if i.Kind != Duration || len(fit) < 2 {
		return strings.Join(fit[:min(1, len(fit))], "")
	}
	last := len(fit) - 1
	return strings.Join(fit[:last], ", ") + " or " + fit[last]
}

// bounds is the range in words, empty where there is none.
func (i Field) bounds() string {
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
