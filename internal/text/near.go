package text

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// longestName is how many bytes a name may have to be compared with others:
// the time to compare two grows with the square of it.
const longestName = 200

// Nearest are the candidates that a mistyped name may have meant, the likeliest
// first. At most a third of the name may be mistyped, or two characters of a
// short one, but not the whole of it; case and space around it do not matter.
// A candidate that begins with the name is near as well: somebody stopped
// typing.
func Nearest(name string, candidates []string) []string {
	name = folded(name)
	letters := utf8.RuneCountInString(name)
	if len(name) > longestName {
		return nil
	}
	most := min(max(2, letters/3), letters-1)
	type near struct {
		name  string
		edits int
	}
	var found []near
	for _, candidate := range candidates {
		edits, other := most+1, folded(candidate)
		if more := utf8.RuneCountInString(other) - letters; -most <= more && more <= most {
			edits = distance(name, other)
		}
		if letters >= 3 && strings.HasPrefix(other, name) {
			edits = min(edits, most)
		}
		if edits <= most {
			found = append(found, near{candidate, edits})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Compare(a.edits, b.edits) })
	var names []string
	for _, f := range found {
		names = append(names, f.name)
	}
	return names
}

// OneOf is "one of a, b, c", what was expected in the place of a name, with the
// nearest of them where there is one.
func OneOf(names []string, name string) string {
	return OrNearest("one of "+strings.Join(names, ", "), name, names)
}

// OrNearest adds to what was expected the candidate that a mistyped name may
// have meant.
func OrNearest(expected, name string, candidates []string) string {
	if near := Nearest(name, candidates); near != nil {
		expected += "; the nearest is " + near[0]
	}
	return expected
}

func folded(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// distance is Levenshtein's: how many characters have to be put in, taken out
// or replaced to make one text of the other.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1) // distances of what was read of a to each beginning of b
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range to {
			edits := diagonal
			if r != s {
				edits = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], edits
		}
	}
	return row[len(to)]
}
