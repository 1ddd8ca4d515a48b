package dataset

import (
	"errors"
	"fmt"
	"strings"

	"github.com/org/ct-action/internal/text"
)

// Errors show at most so many names of a header, and so many characters of each,
// as a header is text from outside.
const (
	namesShown   = 30
	lettersShown = 60
)

// find returns the index of each wanted name in the header of a file. The error
// tells of every name that the header lacks or has more than once.
func find(file string, header, wanted []string) ([]int, error) {
	all := map[string][]int{}
	for i, name := range header {
		all[name] = append(all[name], i)
	}
	found := make([]int, len(wanted))
	var problems []error
	reported := map[string]bool{}
	for i, name := range wanted {
		at := all[name]
		switch {
		case len(at) == 1:
			found[i] = at[0]
			continue
		case reported[name]:
		case len(at) > 1:
			problems = append(problems, fmt.Errorf("%s: %d columns are called %s, expected one\nrename all but one of them", file, len(at), quote(name)))
		default:
			problems = append(problems, missing(file, header, name))
		}
		reported[name] = true
	}
	return found, errors.Join(problems...)
}

func missing(file string, header []string, name string) error {
	message := fmt.Sprintf("%s: no column %s, expected one of %s", file, quote(name), list(header))
	if sep := separator(name, header); sep != "" { // before nearness: a name at the begin of such a line would be near to it
		message += "\nthe values seem to be separated by " + sep + ": write the file with commas"
	} else if near := text.Nearest(name, header); near != nil {
		message += "\ndid you mean " + quote(near[0]) + "?"
	}
	return errors.New(message)
}

// separator names what seems to separate the values of a CSV whose header was read
// as a single name; "" where nothing does, or where the wanted name itself holds it.
func separator(name string, header []string) string {
	for _, s := range []struct{ mark, name string }{{";", "semicolons"}, {"\t", "tabs"}, {"|", "bars"}} {
		if len(header) == 1 && strings.Contains(header[0], s.mark) && !strings.Contains(name, s.mark) {
			return s.name
		}
	}
	return ""
}

func quote(name string) string { return text.Quote(name, lettersShown) }

func list(names []string) string {
	var shown []string
	for _, name := range names[:min(len(names), namesShown)] {
		shown = append(shown, quote(name))
	}
	listed := strings.Join(shown, ", ")
	if more := len(names) - len(shown); more > 0 {
		listed += fmt.Sprintf(" and %d more", more)
	}
	return listed
}
