package metrics

import (
	"cmp"
	"fmt"
	"math"

	"github.com/org/ct-action/internal/text"
)

// Measure computes a metric of one version's predictions on all rows of a
// sample. Only a metric with Decision reads decisionThreshold: a row is
// predicted positive iff its score ≥ the float nearest to it, so that a score
// that was written 0.3 reaches a threshold that was written 0.3. Its zero value
// is the threshold 0, not 0.5.
//
// The value is absent, with the reason, where the metric is not defined for
// the sample's task; without predictions or rows; where columns differ in
// length; where a label is no class, or a target, a weight or a prediction is
// not finite (the reason names the row, counted from 1); where a weight is
// negative or beyond 1e±100, or all are 0; and where the metric itself is not
// defined, which the package comment lists for each.
func Measure(m Metric, s Sample, p Predictions, decisionThreshold Decimal) Value {
	d, found := m.by[s.Task]
	if !found {
		return Absent(fmt.Sprintf("no metric %q of a %s", m.Name, s.Task.model()))
	}
	if reason := s.flaw(p); reason != "" {
		return Absent(reason)
	}
	if d.flaw != nil {
		if reason := d.flaw(s, p); reason != "" {
			return Absent(reason)
		}
	}
	switch {
	case d.counted != nil:
		return d.counted.value(countsAt(s, p, Cut(decisionThreshold)))
	case d.value != nil:
		return d.value(s, p)
	}
	v := average(s.Rows, s.Weights, d.loss(s, p))
	if d.root && v.Present() {
		return Float(math.Sqrt(v.Float64()))
	}
	return v
}

// Cut is the float that scores are compared with: the nearest to a decision
// threshold.
func Cut(decisionThreshold Decimal) float64 {
	cut, _ := decisionThreshold.Rat().Float64()
	return cut
}

// model is what predicts for the task, in words.
func (t Task) model() string {
	return [...]string{"model without a task", "binary classifier", "regression", "multiclass classifier"}[t]
}

// flaw says why nothing can be measured on a sample's rows; it is empty where
// nothing is wrong with them.
func (s Sample) flaw(p Predictions) string {
	if !p.Present() {
		return "no predictions"
	}
	if s.Rows <= 0 {
		return "no rows"
	}
	if reason := cmp.Or(s.lengthFlaw(p), s.classFlaw(), s.weightFlaw()); reason != "" {
		return reason
	}
	for k, column := range p.ByClass {
		if reason := finite("score of class "+text.Quote(s.Classes[k], mostCell), column); reason != "" {
			return reason
		}
	}
	if s.Task == Numeric {
		return cmp.Or(finite("target", s.Target), finite("prediction", p.Values))
	}
	return finite("score", p.Values)
}

func (s Sample) lengthFlaw(p Predictions) string {
	var truth int
	columns := [][]float64{p.Values}
	switch s.Task {
	case Binary:
		truth = len(s.Positive)
	case Numeric:
		truth = len(s.Target)
	case Multiclass:
		truth, columns = len(s.Class), p.ByClass
		if len(p.ByClass) != len(s.Classes) || len(s.Classes) == 0 {
			return fmt.Sprintf("%d columns of scores for %d classes: expected as many of each", len(p.ByClass), len(s.Classes))
		}
	}
	if truth != s.Rows {
		return fmt.Sprintf("%d labels for %d rows: expected as many of each", truth, s.Rows)
	}
	for _, column := range columns {
		if len(column) != truth {
			return fmt.Sprintf("%d labels and %d scores: expected as many of each", truth, len(column))
		}
	}
	if s.Weights != nil && len(s.Weights) != truth {
		return fmt.Sprintf("%d labels and %d weights: expected as many of each", truth, len(s.Weights))
	}
	return ""
}

func (s Sample) classFlaw() string {
	if s.Task != Multiclass {
		return ""
	}
	for i, class := range s.Class {
		if int64(class) >= int64(len(s.Classes)) {
			return fmt.Sprintf("class number %d in row %d: expected one of the %d classes, counted from 0", class, i+1, len(s.Classes))
		}
	}
	return ""
}

func (s Sample) weightFlaw() string {
	some := s.Weights == nil
	for i, w := range s.Weights {
		if w != 0 && !(w >= 1e-100 && w <= 1e100) { // so that no product of two under- or overflows
			return fmt.Sprintf("weight %v in row %d: expected 0 or a number from 1e-100 to 1e100", w, i+1)
		}
		some = some || w > 0
	}
	if !some {
		return "all weights are 0"
	}
	return ""
}

// finite names the first number that is not finite; it is empty where all are.
func finite(what string, numbers []float64) string {
	for i, x := range numbers {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Sprintf("%s %v in row %d: expected a finite number", what, x, i+1)
		}
	}
	return ""
}
