package metrics

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// shown caps how many rows or classes an error lists.
const shown = 5

// Labels turns a column of class labels into positive or not. A class is a
// text or a number: "1", "1.0" and "1e0" are one class, and so are " yes" and
// "yes". There must be at most two classes, and positiveClass must be one of
// them; otherwise the error lists the classes that are there.
//
// A column of one class only is accepted whatever the class: a quiet week has
// no positives in it. AUC is absent then, so nothing can rest on it.
//
// Blank labels are an error that names their rows, counted from 1.
func Labels(text []string, positiveClass string) ([]bool, error) {
	want := class(positiveClass)
	positive := make([]bool, len(text))
	names, counts := map[string]string{}, map[string]int{}
	var blank []int
	for i, label := range text {
		key := class(label)
		if key == "" {
			blank = append(blank, i+1)
			continue
		}
		if counts[key]++; counts[key] == 1 {
			names[key] = strings.TrimSpace(label)
		}
		positive[i] = key == want
	}
	if blank != nil {
		return nil, fmt.Errorf("blank label in %s: expected a class in every row", rows(blank))
	}
	_, matched := counts[want]
	switch {
	case len(counts) > 2:
		return nil, fmt.Errorf("%d classes in the label column: %s\nexpected two, one of them the positive class %q",
			len(counts), listed(names, counts), positiveClass)
	case len(counts) == 2 && !matched:
		return nil, fmt.Errorf("no label is the positive class %q: the classes are %s\nset positive-class to one of them",
			positiveClass, listed(names, counts))
	}
	return positive, nil
}

// class is what two spellings of one class have in common.
func class(label string) string {
	label = strings.TrimSpace(label)
	number, err := strconv.ParseFloat(label, 64)
	if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
		return label
	}
	return strconv.FormatFloat(number+0, 'g', -1, 64) // +0 makes -0 the 0 it is
}

// listed names the classes, the most frequent first: "no" (1470), "yes" (530).
func listed(names map[string]string, counts map[string]int) string {
	keys := slices.SortedFunc(maps.Keys(names), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b))
	})
	var parts []string
	for _, key := range keys[:min(shown, len(keys))] {
		parts = append(parts, fmt.Sprintf("%s (%d)", quote(names[key]), counts[key]))
	}
	if more := len(keys) - shown; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, ", ")
}

// quote keeps a hostile or a huge cell from filling an error.
func quote(cell string) string {
	if r := []rune(cell); len(r) > 40 {
		cell = string(r[:40]) + "…"
	}
	return strconv.Quote(cell)
}

// Scores reads a column of numbers. Cells that are blank or no number are one
// error, which names the first of their rows, counted from 1. NaN and
// infinities are numbers here; AUC and Brier say what they make of them.
func Scores(text []string) ([]float64, error) {
	scores := make([]float64, len(text))
	var blank, wrong []int
	for i, cell := range text {
		cell = strings.TrimSpace(cell)
		if cell == "" {
			blank = append(blank, i+1)
			continue
		}
		number, err := strconv.ParseFloat(cell, 64)
		if errors.Is(err, strconv.ErrSyntax) {
			wrong = append(wrong, i+1)
		}
		scores[i] = number // 1e999 is out of range and reads as Inf
	}
	return scores, errors.Join(problem("blank score", blank, text), problem("no number", wrong, text))
}

// problem is nil when there are no rows to name.
func problem(what string, bad []int, text []string) error {
	if bad == nil {
		return nil
	}
	example := ""
	if cell := text[bad[0]-1]; strings.TrimSpace(cell) != "" {
		example = fmt.Sprintf(" (the first is %s)", quote(cell))
	}
	return fmt.Errorf("%s in %s%s: expected a score in every row", what, rows(bad), example)
}

// rows names the first few rows and counts the others.
func rows(numbers []int) string {
	if len(numbers) == 1 {
		return fmt.Sprintf("row %d", numbers[0])
	}
	var parts []string
	for _, n := range numbers[:min(shown, len(numbers))] {
		parts = append(parts, strconv.Itoa(n))
	}
	text := "rows " + strings.Join(parts, ", ")
	if more := len(numbers) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// SameClass reports whether two labels name one class, as Labels reads them.
func SameClass(a, b string) bool { return a == b || class(a) == class(b) }
