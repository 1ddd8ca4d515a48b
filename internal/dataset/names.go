package dataset

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Errors show at most so many names of a file, and so many characters of each:
// a header is text from outside.
const (
	namesShown   = 30
	lettersShown = 60
)

// find returns the place of each wanted name in the header of a file, or every
// name that is not there, or there more than once.
func find(file string, header, wanted []string) ([]int, error) {
	places := map[string][]int{}
	for i, name := range header {
		places[name] = append(places[name], i)
	}
	found := make([]int, len(wanted))
	var problems []error
	reported := map[string]bool{}
	for i, name := range wanted {
		at := places[name]
		if len(at) == 1 {
			found[i] = at[0]
			continue
		}
		if reported[name] {
			continue
		}
		reported[name] = true
		if len(at) > 1 {
			problems = append(problems, fmt.Errorf("%s: %d columns are called %s, expected one\nrename all but one of them", file, len(at), quote(name)))
		} else {
			problems = append(problems, missing(file, header, name))
		}
	}
	return found, errors.Join(problems...)
}

func missing(file string, header []string, name string) error {
	text := fmt.Sprintf("%s: no column %s, expected one of %s", file, quote(name), list(header))
	if near := nearest(name, header); near != "" {
		text += "\ndid you mean " + quote(near) + "?"
	} else if sep := separator(header); sep != "" {
		text += "\nthe values seem to be separated by " + sep + ": write the file with commas"
	}
	return errors.New(text)
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

// nearest returns the name that was probably meant, or nothing: it may differ
// in case, in space around it, and in one of three letters.
func nearest(name string, header []string) string {
	best, least := "", len([]rune(name))/3+1
	fold := func(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
	for _, candidate := range header {
		if len(candidate) > 4*len(name)+8 {
			continue // far off, and slow to compare
		}
		if d := levenshtein.ComputeDistance(fold(name), fold(candidate)); d < least {
			best, least = candidate, d
		}
	}
	return best
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
		b.WriteString(quote(name))
	}
	return b.String()
}

// quote makes a name from outside harmless on one line.
func quote(name string) string {
	if letters := []rune(name); len(letters) > lettersShown {
		return strconv.Quote(string(letters[:lettersShown])) + "…"
	}
	return strconv.Quote(name)
}
