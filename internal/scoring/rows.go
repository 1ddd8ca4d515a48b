package scoring

import (
	"fmt"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
)

// rows are the holdout's labels, the columns that the policy names, and, once they
// are read, the predictions of both versions.
type rows struct {
	label  metrics.Category
	sample metrics.Sample
}

// readRows reads the label column of a file and the columns that the policy needs.
// numbers are further columns to read, such as predictions in the same file.
func (s *Scorer) readRows(path, label string, numbers ...string) (h rows, more [][]float64, err error) {
	segments, err := s.segmentColumns(path)
	if err != nil {
		return h, nil, err
	}
	categories := append([]string{label}, segments...)
	if s.In.GroupColumn != "" {
		categories = append(categories, s.In.GroupColumn)
	}
	if s.In.WeightColumn != "" {
		numbers = append(slices.Clone(numbers), s.In.WeightColumn)
	}
	table, err := s.Data.Table(path, categories, numbers)
	if err != nil {
		return h, nil, InFile(path, err)
	}
	h = rows{label: table.Categories[0], sample: metrics.Sample{Rows: table.Rows, Segments: table.Categories[1 : 1+len(segments)]}}
	if s.In.GroupColumn != "" {
		groups := table.Categories[len(categories)-1]
		if err := groups.Filled("group-column"); err != nil {
			return h, nil, InFile(path, err)
		}
		h.sample.Groups = groups.Codes
	}
	if s.In.WeightColumn != "" {
		h.sample.Weights, table.Numbers = table.Numbers[len(numbers)-1], table.Numbers[:len(numbers)-1]
	}
	if err := s.target(&h); err != nil {
		return h, nil, InFile(path, fmt.Errorf("labels: %w", err))
	}
	return h, table.Numbers, nil
}

// segmentColumns are the columns that the policy judges by and the file has. One that
// the file lacks is not an error: it is absent evidence, and the gate reports it.
func (s *Scorer) segmentColumns(path string) ([]string, error) {
	wanted := s.Policy.Columns()
	if len(wanted) == 0 {
		return nil, nil
	}
	header, err := s.Data.Header(path)
	if err != nil {
		return nil, InFile(path, err)
	}
	return slices.DeleteFunc(wanted, func(name string) bool { return !slices.Contains(header, name) }), nil
}

// target reads the labels as the truth of the task that the policy's metrics are for.
// Where they are for several tasks, two classes are a binary one.
func (s *Scorer) target(h *rows) (err error) {
	tasks := s.Policy.Tasks()
	sample := &h.sample
	switch {
	case slices.Contains(tasks, metrics.Numeric) && (!slices.Contains(tasks, metrics.Binary) || h.manyNumbers()):
		sample.Task = metrics.Numeric
		if sample.Target, err = h.label.Numbers(); err != nil {
			err = fmt.Errorf("%w\ngate.checks are a regression model's; where this is another model, give each a configuration file of its own with config", err)
		}
	case slices.Contains(tasks, metrics.Multiclass) && (!slices.Contains(tasks, metrics.Binary) || len(h.label.Texts) > 2):
		sample.Task = metrics.Multiclass
		sample.Class, sample.Classes, err = metrics.ClassesOf(h.label)
	default:
		sample.Task = metrics.Binary
		sample.Positive, err = metrics.LabelsOf(h.label, s.In.PositiveClass)
	}
	return err
}

// manyNumbers reports whether the labels are more than two, and all numbers.
func (h *rows) manyNumbers() bool {
	if len(h.label.Texts) <= 2 {
		return false
	}
	_, err := h.label.Numbers()
	return err == nil
}

// columns are those with one version's predictions: prefix itself, or for a
// multiclass task prefix_CLASS for each class of the labels and of the header.
func (h *rows) columns(prefix string, header []string) []string {
	if h.sample.Task != metrics.Multiclass {
		return []string{prefix}
	}
	var names []string
	for _, class := range h.sample.Classes {
		names = append(names, prefix+"_"+class)
	}
	for _, name := range header { // may have a class of which the holdout has no row
		if class, ok := strings.CutPrefix(name, prefix+"_"); ok && !slices.Contains(names, name) {
			names = append(names, name)
			h.sample.Classes = append(h.sample.Classes, class)
		}
	}
	return names
}

// predictions are those of one version, from its columns.
func (h *rows) predictions(columns [][]float64) metrics.Predictions {
	if h.sample.Task == metrics.Multiclass {
		return metrics.Predictions{ByClass: columns}
	}
	return metrics.Predictions{Values: columns[0]}
}

// agree compares the labels of a file of scores with the holdout's, row by row, as
// texts or as numbers. A pair of texts is compared once, however many rows have it.
func agree(got, want metrics.Category) error {
	same := map[[2]uint32]bool{}
	var rows []string
	count := 0
	for i := range want.Codes {
		pair := [2]uint32{got.Codes[i], want.Codes[i]}
		equal, known := same[pair]
		if !known {
			equal = metrics.SameClass(got.At(i), want.At(i))
			same[pair] = equal
		}
		if equal {
			continue
		}
		if count++; count <= 3 {
			rows = append(rows, fmt.Sprintf("row %d has label %q, the holdout %q", i+1, text.Clip(got.At(i), 40), text.Clip(want.At(i), 40)))
		}
	}
	if count == 0 {
		return nil
	}
	return fmt.Errorf("the labels of %d of %d rows disagree with the holdout's (%s)\nkeep the rows in the holdout's order: one score a row, none dropped, none sorted", count, len(want.Codes), strings.Join(rows, "; "))
}
