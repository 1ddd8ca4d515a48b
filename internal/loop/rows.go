package loop

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/org/ct-action/internal/evidence"
	"github.com/org/ct-action/internal/foreign"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/metrics"
)

// A holdout is what is read of the data that judge, before anything has
// scored them: labels, and the columns that the policy names.
type holdout struct {
	path   string
	label  metrics.Category
	sample metrics.Sample // without predictions
}

// readHoldout reads the label column of a file and what the policy needs
// beside it. numbers are more columns to read, such as the predictions that
// are in the same file.
func (l *Loop) readHoldout(path, label string, numbers ...string) (h holdout, more [][]float64, err error) {
	segments, err := l.segmentColumns(path)
	if err != nil {
		return h, nil, err
	}
	categories := append([]string{label}, segments...)
	if l.In.GroupColumn != "" {
		categories = append(categories, l.In.GroupColumn)
	}
	if l.In.WeightColumn != "" {
		numbers = append(slices.Clone(numbers), l.In.WeightColumn)
	}
	table, err := l.Data.Table(path, categories, numbers)
	if err != nil {
		return h, nil, named(path, err)
	}
	h = holdout{path: path, label: table.Categories[0]}
	h.sample = metrics.Sample{Rows: table.Rows, Segments: table.Categories[1 : 1+len(segments)]}
	if l.In.GroupColumn != "" {
		groups := table.Categories[len(categories)-1]
		if err := groups.Filled("group-column"); err != nil {
			return h, nil, named(path, err)
		}
		h.sample.Groups = groups.Codes
	}
	if l.In.WeightColumn != "" {
		h.sample.Weights, table.Numbers = table.Numbers[len(numbers)-1], table.Numbers[:len(numbers)-1]
	}
	if err := l.target(&h); err != nil {
		return h, nil, named(path, fmt.Errorf("labels: %w", err))
	}
	return h, table.Numbers, nil
}

// segmentColumns are the columns that the policy judges by and the file has.
// One that it lacks is for the gate to say: absent evidence, not an error.
func (l *Loop) segmentColumns(path string) ([]string, error) {
	wanted := l.r.Policy.Columns()
	if len(wanted) == 0 {
		return nil, nil
	}
	header, err := l.Data.Header(path)
	if err != nil {
		return nil, named(path, err)
	}
	return slices.DeleteFunc(wanted, func(name string) bool { return !slices.Contains(header, name) }), nil
}

// target makes the truth of the labels, of the kind that the policy's metrics
// are about. Where they leave it open, two classes are a binary task.
func (l *Loop) target(h *holdout) (err error) {
	tasks := l.r.Policy.Tasks()
	s := &h.sample
	switch {
	case slices.Contains(tasks, metrics.Numeric) && (!slices.Contains(tasks, metrics.Binary) || h.manyNumbers()):
		s.Task = metrics.Numeric
		if s.Target, err = h.label.Numbers(); err != nil {
			err = fmt.Errorf("%w\ngate.checks are a regression model's; where this is another model, give each a configuration file of its own with config", err)
		}
	case slices.Contains(tasks, metrics.Multiclass) && (!slices.Contains(tasks, metrics.Binary) || len(h.label.Texts) > 2):
		s.Task = metrics.Multiclass
		s.Class, s.Classes, err = metrics.ClassesOf(h.label)
	default:
		s.Task = metrics.Binary
		s.Positive, err = metrics.LabelsOf(h.label, l.In.PositiveClass)
	}
	return err
}

// withStart says of labels and columns that are another task's which checks
// there are for that task, and how a configuration file with them begins.
func (l *Loop) withStart(err error) error {
	var other *metrics.OtherTask
	classes, one := l.predicted(err)
	switch {
	case errors.As(err, &other) && other.Numbers && one: // a score a class would be several columns
		return fmt.Errorf("%w; %s", err, l.start(metrics.Numeric))
	case other != nil:
		return fmt.Errorf("%w; %s", err, l.start(other.Task))
	case classes && slices.Contains(l.r.Policy.Tasks(), metrics.Binary):
		return fmt.Errorf("%w\n%s", err, l.start(metrics.Multiclass))
	}
	return err
}

// predicted reports whether a file of predictions that an error is about has a
// column for each of several classes, or one for them all.
func (l *Loop) predicted(err error) (classes, one bool) {
	if err == nil || l.In.Predictions == "" || l.In.Predictions == "-" {
		return false, false
	}
	header, _ := l.Data.Header(l.In.Predictions) // what is wrong with it, err says
	one = slices.Contains(header, columnChallenger)
	several := 0
	for _, name := range header {
		if strings.HasPrefix(name, columnChallenger+"_") {
			several++
		}
	}
	return several > 1 && !one, one
}

// start is how a configuration file begins for a task that the checks of this
// policy are not for.
func (l *Loop) start(task metrics.Task) string {
	model, column, config := "multiclass", l.In.TargetColumn, l.In.Config
	if task == metrics.Numeric {
		model = "regression"
	}
	if l.In.Predictions != "" {
		column = columnLabel
	}
	if config == "" {
		config = ".github/ct.yml"
	}
	text := fmt.Sprintf("if %q is the right column, these are a %s model's, which gate.checks judge (docs/other-models.md); begin in %s with:", column, model, config)
	if l.r.Policy.Requirements != nil {
		text = fmt.Sprintf("if %q is the right column, these are a %s model's, and the checks in %s are for a binary classifier; begin with (docs/other-models.md):", column, model, config)
	}
	return text + "\n" + strings.Join(inputs.StartingGate(task), "\n")
}

// manyNumbers reports whether the labels are more than two, and all numbers.
func (h *holdout) manyNumbers() bool {
	if len(h.label.Texts) <= 2 {
		return false
	}
	_, err := h.label.Numbers()
	return err == nil
}

// columns are those that one version's predictions take: prefix itself, or for
// many classes prefix_CLASS for each class of the labels, and of the header.
func (h *holdout) columns(prefix string, header []string) []string {
	if h.sample.Task != metrics.Multiclass {
		return []string{prefix}
	}
	var names []string
	for _, class := range h.sample.Classes {
		names = append(names, prefix+"_"+class)
	}
	for _, name := range header { // a class that the holdout happens not to have
		if strings.HasPrefix(name, prefix+"_") && !slices.Contains(names, name) {
			names = append(names, name)
			h.sample.Classes = append(h.sample.Classes, strings.TrimPrefix(name, prefix+"_"))
		}
	}
	return names
}

// predictions are one version's out of its columns.
func (h *holdout) predictions(columns [][]float64) metrics.Predictions {
	if h.sample.Task == metrics.Multiclass {
		return metrics.Predictions{ByClass: columns}
	}
	return metrics.Predictions{Values: columns[0]}
}

// agree compares the labels of a file of scores with the holdout's, row by
// row, as text or as numbers. Two texts are compared once, however many rows
// have them.
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
			rows = append(rows, fmt.Sprintf("row %d has label %q, the holdout %q", i+1, clip(got.At(i), 40), clip(want.At(i), 40)))
		}
	}
	if count == 0 {
		return nil
	}
	return fmt.Errorf("the labels of %d of %d rows disagree with the holdout's (%s)\nkeep the rows in the holdout's order: one score a row, none dropped, none sorted", count, len(want.Codes), strings.Join(rows, "; "))
}

// own reads the metrics of the user's own: for each a number out of a JSON
// file per version. One that cannot be read, or is not of what is judged, is
// absent evidence, with the reason.
func (l *Loop) own(champion, challenger string) map[string]evidence.Own {
	owned := map[string]evidence.Own{}
	judged := gate.Tie{}
	for _, q := range l.r.Policy.Requirements {
		if q.File == "" {
			continue
		}
		if judged == (gate.Tie{}) {
			judged = l.judgedData()
		}
		one := func(role, version string) metrics.Value {
			if version == "" {
				return metrics.Absent("there is no " + role)
			}
			file := strings.NewReplacer("{role}", role, "{version}", version).Replace(q.File)
			number, said, err := l.ownNumber(file, q.Pointer)
			if err != nil {
				return metrics.Absent(err.Error())
			}
			of := judged
			if l.In.Mode != inputs.ModeJudge { // where version is a column
				of.Version = version
			}
			if strings.Contains(q.File, "{version}") && said.Version == "" {
				said.Version = version
			}
			return gate.Tied(number, file, said, of)
		}
		owned[q.Source()] = evidence.Own{Champion: one("champion", champion), Challenger: one("challenger", challenger)}
	}
	return owned
}

// judgedData is what judges, as a number of the user's own is tied to it.
func (l *Loop) judgedData() gate.Tie {
	t := gate.Tie{Holdout: l.r.Holdout.SHA256}
	if path := cmp.Or(l.In.Evidence, l.In.Predictions); path != "" && path != inputs.StandardInput {
		t.Predictions, _ = l.Data.Digest(path) // a folder or glob has none
	}
	return t
}

// ownNumber reads a number, and what the objects around it say of it, the
// nearest one first.
func (l *Loop) ownNumber(path, pointer string) (number metrics.Value, said gate.Tie, err error) {
	content, err := l.Data.ReadFile(path)
	if err != nil {
		return number, said, err
	}
	var document any
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber() // 0.2 is a decimal, and compared as one
	if err := decoder.Decode(&document); err != nil {
		if is := foreign.NotJSON(content); is != nil {
			err = is
		}
		return number, said, fmt.Errorf("%s: expected JSON: %w", path, err)
	}
	if _, err := decoder.Token(); err != io.EOF { // two numbers: which is it?
		return number, said, fmt.Errorf("%s: expected one JSON document, and nothing after it", path)
	}
	found, said, err := pointTo(document, pointer)
	if err != nil {
		return number, said, fmt.Errorf("%s: %w", path, err)
	}
	digits, ok := found.(json.Number)
	if !ok {
		return number, said, fmt.Errorf("%s: expected a number at %q", path, pointer)
	}
	if exact, err := metrics.ParseDecimal(digits.String()); err == nil {
		return metrics.Exact(exact.Rat()), said, nil
	}
	float, err := digits.Float64() // with an exponent
	if err != nil {
		return number, said, fmt.Errorf("%s: number at %q: %w", path, pointer, err)
	}
	return written(float), said, nil
}

// written is the shortest decimal that reads as the float: 3e-1 is 3/10, and
// reaches a threshold of 0.3 as the float itself does not.
func written(float float64) metrics.Value {
	exact, _ := new(big.Rat).SetString(strconv.FormatFloat(float, 'f', -1, 64))
	return metrics.Exact(exact)
}

// pointTo follows a JSON pointer (RFC 6901) through objects and arrays, and
// reads the tie of what it points to on the way.
func pointTo(document any, pointer string) (found any, said gate.Tie, err error) {
	for _, key := range strings.Split(pointer, "/")[1:] {
		ok := false
		switch within := document.(type) {
		case map[string]any:
			tie(&said, within)
			document, ok = within[strings.NewReplacer("~1", "/", "~0", "~").Replace(key)]
		case []any:
			if i, err := strconv.Atoi(key); err == nil && strconv.Itoa(i) == key && i >= 0 && i < len(within) { // no +1, no 01
				document, ok = within[i], true
			}
		}
		if !ok {
			return nil, said, fmt.Errorf("nothing at %q", pointer)
		}
	}
	return document, said, nil
}

// tie reads what an object says of the numbers in it.
func tie(said *gate.Tie, object map[string]any) {
	for key, field := range map[string]*string{
		"version": &said.Version, "holdout_sha256": &said.Holdout, "predictions_sha256": &said.Predictions,
	} {
		switch value := object[key].(type) {
		case string:
			*field = value
		case json.Number:
			*field = value.String()
		}
	}
}
