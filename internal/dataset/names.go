package dataset

import (
	"errors"
	"fmt"
	"strings"

	"github.com/org/ct-action/internal/text"
)

// Errors show at most so many names of a file, and so many characters of each:
// a header is text from outside.
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
		if len(at) == 1 {
			found[i] = at[0]
			continue
		}
		if reported[name] {
			continue
		}
		reported[name] = true
		if len(at) > 1 {
			problems = append(problems, fmt.Errorf("%s: %d columns are called %s, expected one\nrename all but one of them", file, len(at), text.Quote(name, lettersShown)))
		} else {
			problems = append(problems, missing(file, header, name))
		}
	}
	return found, errors.Join(problems...)
}

func missing(file string, header []string, name string) error {
	message := fmt.Sprintf("%s: no column %s, expected one of %s", file, text.Quote(name, lettersShown), list(header))
	if near := text.Nearest(name, header); near != nil {
		message += "\ndid you mean " + text.Quote(near[0], lettersShown) + "?"
	} else if sep := separator(header); sep != "" {
		message += "\nthe values seem to be separated by " + sep + ": write the file with commas"
	}
	return errors.New(message)
}

// separator names what separates the values of a CSV whose header came out as
// a single name, if that can be seen.
func separator(header []string) string {
	switch {
	case len(header) != 1:
		return ""
	case strings.Contains(header[0], ";"):
		return "semicolons"
	case strings.Contains(header[0], "\t"):
		return "tabs"
	case strings.Contains(header[0], "|"):
		return "bars"
	}
	return ""
}

func list(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i == namesShown {
			fmt.Fprintf(&b, " and %d more", len(names)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(text.Quote(name, lettersShown))
	}
	return b.String()
}
