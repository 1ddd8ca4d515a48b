package evidence

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/org/ct-action/internal/metrics"
)

// losses are the names of the metrics whose row losses a file of a task may have.
func losses(task metrics.Task) (names []string) {
	for _, m := range metrics.Metrics() {
		if m.Summed(task) {
			names = append(names, m.Name)
		}
	}
	return names
}

func (r *reader) segment(path string, raw json.RawMessage, e *Sums) segment {
	p := segment{path: path, positives: -1}
	fields, ok := r.object(path, raw)
	if !ok {
		return p
	}
	required, optional := []string{"segment", "rows"}, []string{"losses"}
	if e.task == metrics.Binary {
		required, optional = append(required, "positives"), append(optional, "joint_histogram", "confusion")
		p.positives = r.count(join(path, "positives"), fields["positives"])
	}
	r.keys(path, fields, required, optional)
	p.rows = r.count(join(path, "rows"), fields["rows"])
	p.columns, p.values = r.columns(join(path, "segment"), fields["segment"])
	if e.task == metrics.Binary {
		p.cells = r.histogram(join(path, "joint_histogram"), fields["joint_histogram"], e.width, p)
		p.confusion = r.confusion(join(path, "confusion"), fields["confusion"], p)
	}
	p.losses = r.losses(join(path, "losses"), fields["losses"], e.task, p)
	if p.positives > p.rows {
		r.problem(join(path, "positives"), fmt.Sprint(p.positives), "at most the %d rows", p.rows)
	}
	return p
}

// columns is an object of texts, such as {"contract": "Two year"}; a missing
// value is "".
func (r *reader) columns(path string, raw json.RawMessage) (columns, values []string) {
	fields, ok := r.object(path, raw)
	if !ok {
		return nil, nil
	}
	for _, column := range slices.Sorted(maps.Keys(fields)) {
		var value *string
		if json.Unmarshal(fields[column], &value) != nil || value == nil {
			r.problem(join(path, column), shown(fields[column]), "a text; a missing value is the empty text")
			continue
		}
		columns, values = append(columns, column), append(values, *value)
	}
	return columns, values
}

// A strict number, which null is not.
type strict float64

func (s *strict) UnmarshalJSON(raw []byte) error {
	x, ok := number(raw)
	if !ok {
		return fmt.Errorf("%s: no number", raw)
	}
	*s = strict(x)
	return nil
}

// table reads a list of lists of four numbers whose first is a label and whose
// last is a count; the counts must be those of the segment.
func (r *reader) table(path string, raw json.RawMessage, p segment) (rows [][]strict) {
	if raw == nil {
		return nil
	}
	if err := json.Unmarshal(raw, &rows); err != nil || rows == nil {
		r.problem(path, shown(raw), "a list of [label, champion, challenger, count], all numbers")
		return nil
	}
	var counted [2]float64
	for i, row := range rows {
		if len(row) != 4 || row[0] != 0 && row[0] != 1 || !isCount(float64(row[3])) {
			r.problem(fmt.Sprintf("%s[%d]", path, i), fmt.Sprint(row), "[label, champion, challenger, count]: a label of 0 or 1, a count of 0 or more")
			return nil
		}
		counted[int(row[0])] += float64(row[3])
	}
	if counted != [2]float64{float64(p.rows - p.positives), float64(p.positives)} {
		r.problem(path, fmt.Sprintf("counts add up to %.0f negatives and %.0f positives", counted[0], counted[1]),
			"%d and %d, as rows and positives say", p.rows-p.positives, p.positives)
	}
	return rows
}

func (r *reader) histogram(path string, raw json.RawMessage, width float64, p segment) []cell {
	rows := r.table(path, raw, p)
	if rows == nil {
		return nil
	}
	cells := make([]cell, 0, len(rows))
	for i, row := range rows {
		c := cell{int(row[0]), float64(row[1]), float64(row[2]), int(row[3])}
		if width > 0 && (c.champion != math.Trunc(c.champion) || c.challenger != math.Trunc(c.challenger)) {
			r.problem(fmt.Sprintf("%s[%d]", path, i), fmt.Sprint(row), "whole bin numbers, since bins have a width")
		}
		if c.count > 0 {
			cells = append(cells, c)
		}
	}
	return cells
}

func (r *reader) confusion(path string, raw json.RawMessage, p segment) *confusion {
	fields, ok := r.object(path, raw)
	if !ok {
		return nil
	}
	r.keys(path, fields, []string{"decision_threshold", "counts"}, nil)
	threshold, err := metrics.ParseDecimal(string(fields["decision_threshold"]))
	if err != nil && fields["decision_threshold"] != nil {
		r.problem(join(path, "decision_threshold"), shown(fields["decision_threshold"]), "a decimal number such as 0.5")
	}
	c := confusion{threshold: threshold}
	for i, row := range r.table(join(path, "counts"), fields["counts"], p) {
		if row[1] != 0 && row[1] != 1 || row[2] != 0 && row[2] != 1 {
			r.problem(fmt.Sprintf("%s.counts[%d]", path, i), fmt.Sprint(row), "a prediction of 0 or 1 by each version")
			return nil
		}
		c.counts[int(row[0])][int(row[1])][int(row[2])] += int(row[3])
	}
	return &c
}

func (r *reader) losses(path string, raw json.RawMessage, task metrics.Task, p segment) map[string][]moments {
	fields, ok := r.object(path, raw)
	if !ok {
		return nil
	}
	r.keys(path, fields, nil, losses(task))
	found := map[string][]moments{}
	for _, metric := range slices.Sorted(maps.Keys(fields)) {
		if task != metrics.Binary {
			found[metric] = []moments{r.moments(join(path, metric), fields[metric], metric, p.rows)}
			continue
		}
		if classes, ok := r.object(join(path, metric), fields[metric]); ok {
			r.keys(join(path, metric), classes, []string{"negatives", "positives"}, nil)
			found[metric] = []moments{
				r.moments(join(path, metric)+".negatives", classes["negatives"], metric, p.rows-p.positives),
				r.moments(join(path, metric)+".positives", classes["positives"], metric, p.positives),
			}
		}
	}
	return found
}

var momentKeys = []string{"champion", "difference", "var_champion", "var_difference", "cov_difference_champion"}

func (r *reader) moments(path string, raw json.RawMessage, metric string, rows int) moments {
	fields, ok := r.object(path, raw)
	if !ok {
		return moments{}
	}
	before := len(r.problems)
	r.keys(path, fields, momentKeys, nil)
	var x [5]float64
	for i, key := range momentKeys {
		value, ok := number(fields[key])
		if !ok && fields[key] != nil {
			r.problem(join(path, key), shown(fields[key]), "a finite number")
		}
		x[i] = value
	}
	m := moments{rows, x[0], x[1], x[2], x[3], x[4]}
	if len(r.problems) == before {
		r.possible(path, m, metric)
	}
	return m
}

// possible checks that moments are possible for the metric.
func (r *reader) possible(path string, m moments, metric string) {
	top := math.Inf(1)
	if known, ok := metrics.Lookup(metric); ok {
		top = known.Max
	}
	for _, mean := range []struct {
		key   string
		value float64
	}{{"champion", m.champion}, {"champion + difference", m.champion + m.difference}} {
		if !(mean.value >= -tolerance && mean.value <= top+tolerance) {
			r.problem(join(path, mean.key), fmt.Sprint(mean.value), "a mean loss from 0 to %v", top)
		}
	}
	if !(m.varChampion >= 0 && m.varDifference >= 0) || m.covariance*m.covariance > m.varChampion*m.varDifference*(1+tolerance) {
		r.problem(path, fmt.Sprintf("var_champion %v, var_difference %v, cov_difference_champion %v", m.varChampion, m.varDifference, m.covariance),
			"a covariance matrix: variances of 0 or more, and a squared covariance of at most their product")
	}
}
