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

	"github.com/org/ct-action/internal/text"
)

// shown caps how many rows or classes an error lists.
const shown = 5

// mostCell is how many characters of a cell an error shows.
const mostCell = 40

// Labels turns a column of class labels into positive or not. A class is a
// text or a number: "1", "1.0" and "1e0" are one class, and so are " yes" and
// "yes". There must be at most two classes, and positiveClass must be one of
// them; otherwise the error lists the classes that are there.
//
// A column of one class only is accepted whatever the class, since a quiet week has
// no positives. AUC is then absent.
//
// Missing labels, blank or a word for a missing value, do not count as the other
// class: they are an error that names their rows, counted from 1.
func Labels(text []string, positiveClass string) ([]bool, error) {
	return LabelsOf(categoryOf(text), positiveClass)
}

// LabelsOf is Labels for a column that is coded already. It has the same rules and
// errors, and looks at each different text only once.
func LabelsOf(c Category, positiveClass string) ([]bool, error) {
	all, err := tally(c, positiveClass)
	if err != nil {
		return nil, err
	}
	want := class(positiveClass)
	_, matched := all.counts[want]
	switch {
	case len(all.counts) > 2:
		return nil, all.otherTask(positiveClass)
	case len(all.counts) == 2 && !matched:
		return nil, fmt.Errorf("no label is the positive class %q: the classes are %s\nset positive-class to one of them",
			positiveClass, all)
	}
	positive := make([]bool, len(c.Codes))
	for i, code := range c.Codes {
		positive[i] = all.keys[code] == want
	}
	return positive, nil
}

// An OtherTask is the error of labels that are not a binary classifier's. Task says
// what they look like: Numeric or Multiclass.
type OtherTask struct {
	Task     Task
	Numbers  bool // every label is one
	Classes  int  // different labels
	text     string
	positive string
}

// Error says what was found, and on a further line what was expected.
func (e *OtherTask) Error() string {
	found := fmt.Sprintf("%d classes in the label column: %s", e.Classes, e.text)
	if e.Task == Numeric { // examples of numbers would help nobody
		found = fmt.Sprintf("%d different numbers in the label column", e.Classes)
	}
	return fmt.Sprintf("%s\nexpected two classes, one of them the positive class %q", found, e.positive)
}

// mostNumbered is up to how many different whole numbers count as names of classes.
const mostNumbered = 20

func (t classTally) otherTask(positiveClass string) *OtherTask {
	e := &OtherTask{Task: Multiclass, Numbers: true, Classes: len(t.counts), text: t.String(), positive: positiveClass}
	whole := true
	for key := range t.counts {
		number, ok := finiteNumber(key)
		e.Numbers = e.Numbers && ok
		whole = whole && number == math.Trunc(number)
	}
	if e.Numbers && !(whole && len(t.counts) <= mostNumbered) {
		e.Task = Numeric
	}
	return e
}

// ClassesOf turns a column of class labels into indexes of classes, which are
// sorted as scikit-learn sorts them: by value where all are finite numbers,
// else by bytes. Spellings of one class are one, as in Labels; it is written
// without space around it, a number with the fewest digits that read back as
// the same. Missing labels are an error that names their rows, counted from 1.
func ClassesOf(c Category) (codes []uint32, classes []string, err error) {
	all, err := tally(c, "")
	if err != nil {
		return nil, nil, err
	}
	classes = slices.SortedFunc(maps.Keys(all.counts), classOrder(all.counts))
	place := map[string]uint32{}
	for i, key := range classes {
		place[key] = uint32(i)
	}
	of := make([]uint32, len(all.keys)) // the class of each text
	for i, key := range all.keys {
		of[i] = place[key]
	}
	codes = make([]uint32, len(c.Codes))
	for i, code := range c.Codes {
		codes[i] = of[code]
	}
	return codes, classes, nil
}

// classOrder compares classes by value if each is a number.
func classOrder(classes map[string]int) func(a, b string) int {
	values := make(map[string]float64, len(classes))
	for key := range classes {
		value, ok := finiteNumber(key)
		if !ok {
			return strings.Compare
		}
		values[key] = value
	}
	return func(a, b string) int { return cmp.Compare(values[a], values[b]) }
}

// A classTally is what there is in a column of labels.
type classTally struct {
	keys   []string          // the class of each text
	names  map[string]string // of each class, as its first row spells it
	counts map[string]int    // rows of each class
}

func tally(c Category, positiveClass string) (classTally, error) {
	all := classTally{make([]string, len(c.Texts)), map[string]string{}, map[string]int{}}
	missing := make([]bool, len(c.Texts))
	for i, text := range c.Texts {
		all.keys[i], missing[i] = class(text), MissingLabel(text, positiveClass)
	}
	rowsOf := make([]int, len(c.Texts))
	var absent badCells
	for i, code := range c.Codes {
		if missing[code] {
			absent.add(i+1, strings.TrimSpace(c.Texts[code]))
			continue
		}
		if rowsOf[code]++; rowsOf[code] == 1 && all.names[all.keys[code]] == "" {
			all.names[all.keys[code]] = strings.TrimSpace(c.Texts[code])
		}
	}
	if err := absent.missing(len(c.Codes)); err != nil {
		return all, err
	}
	for code, n := range rowsOf {
		if n > 0 {
			all.counts[all.keys[code]] += n
		}
	}
	return all, nil
}

// categoryOf codes a column of texts.
func categoryOf(text []string) Category {
	c := Category{Codes: make([]uint32, len(text))}
	places := map[string]uint32{}
	for i, t := range text {
		code, ok := places[t]
		if !ok {
			code = uint32(len(c.Texts))
			places[t], c.Texts = code, append(c.Texts, t)
		}
		c.Codes[i] = code
	}
	return c
}

// class is the one spelling that all spellings of a class are brought to.
func class(label string) string {
	label = strings.TrimSpace(label)
	number, ok := finiteNumber(label)
	if !ok {
		return label
	}
	return strconv.FormatFloat(number+0, 'g', -1, 64) // +0 makes -0 the 0 it is
}

func finiteNumber(text string) (number float64, ok bool) {
	number, err := strconv.ParseFloat(text, 64)
	return number, err == nil && !math.IsNaN(number) && !math.IsInf(number, 0)
}

// String names the classes, the most frequent first: "no" (1470), "yes" (530).
func (t classTally) String() string {
	keys := slices.SortedFunc(maps.Keys(t.counts), func(a, b string) int {
		return cmp.Or(t.counts[b]-t.counts[a], cmp.Compare(a, b))
	})
	var parts []string
	for _, key := range keys[:min(shown, len(keys))] {
		parts = append(parts, fmt.Sprintf("%s (%d)", text.Quote(t.names[key], mostCell), t.counts[key]))
	}
	if more := len(keys) - shown; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, ", ")
}

// Scores reads a column of numbers. Cells that are blank or no number are one
// error, which names the first of their rows, counted from 1. NaN and
// infinities are numbers here; AUC and Brier say what they make of them.
func Scores(text []string) ([]float64, error) {
	scores := make([]float64, len(text))
	var bad BadScores
	for i, cell := range text {
		scores[i] = bad.Read(i+1, cell)
	}
	return scores, bad.Err()
}

// BadScores collects the cells of one column that Scores refuses, in the order of
// the rows.
type BadScores struct{ cells badCells }

// Read reads the cell of a row, counted from 1, as Scores does. It keeps
// nothing of a cell that is a number.
func (b *BadScores) Read(row int, cell string) float64 {
	trimmed := strings.TrimSpace(cell)
	if trimmed == "" {
		b.cells.add(row, cell)
		return 0
	}
	number, err := strconv.ParseFloat(trimmed, 64)
	if errors.Is(err, strconv.ErrSyntax) {
		b.cells.add(row, cell)
	}
	return number // 1e999 is out of range and reads as Inf
}

// Join adds what was found in rows behind these.
func (b *BadScores) Join(behind BadScores) {
	cells, next := &b.cells, behind.cells
	if cells.wrong.count == 0 {
		cells.first = next.first
	}
	cells.blank.join(next.blank)
	cells.wrong.join(next.wrong)
}

// Err is nil when every cell was a number.
func (b *BadScores) Err() error {
	var problems []error
	if blank := b.cells.blank; blank.count > 0 {
		problems = append(problems, fmt.Errorf("blank score in %s: expected a score in every row", blank))
	}
	if wrong := b.cells.wrong; wrong.count > 0 {
		problems = append(problems, fmt.Errorf("no number in %s (the first is %s): expected a score in every row", wrong, b.cells.first))
	}
	return errors.Join(problems...)
}

// rows are the numbers of the first few rows, and how many there are.
type rows struct {
	first []int
	count int
}

func (r *rows) add(row int) {
	if r.count++; r.count <= shown {
		r.first = append(r.first, row)
	}
}

func (r *rows) join(behind rows) {
	r.first = append(r.first, behind.first[:min(len(behind.first), shown-len(r.first))]...)
	r.count += behind.count
}

func (r rows) String() string {
	if r.count == 1 {
		return fmt.Sprintf("row %d", r.first[0])
	}
	var parts []string
	for _, n := range r.first {
		parts = append(parts, strconv.Itoa(n))
	}
	text := "rows " + strings.Join(parts, ", ")
	if more := r.count - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// SameClass reports whether two labels name one class, as Labels reads them.
func SameClass(a, b string) bool { return a == b || class(a) == class(b) }
