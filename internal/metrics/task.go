package metrics

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// A Task is what a model predicts, which decides what its metrics are. The
// zero value is no task: nothing can be measured for it.
type Task int

const (
	NoTask     Task = iota
	Binary          // a score for the positive class, 0 or 1 as the truth
	Numeric         // a number
	Multiclass      // one score a class
)

// String names the task as scikit-learn's target types do.
func (t Task) String() string {
	return [...]string{"", "binary", "continuous", "multiclass"}[t]
}

// A Metric is one entry of Metrics: scikit-learn's name for it, and its properties.
type Metric struct {
	Name            string
	Tasks           []Task // for which it is defined
	GreaterIsBetter bool
	Decision        bool    // judges predictions at a decision threshold; binary only
	Min, Max        float64 // its range, ±Inf where it has no bound
	Label           string  // as people write it: "AUC", "Brier"

	by of // definitions by task
}

// Loss is the term of row i in a metric that is a mean over rows, or (root) the
// square root of one; nil for any other metric.
func (m Metric) Loss(s Sample, p Predictions, cut float64) (loss func(i int) float64, root bool) {
	d := m.by[s.Task]
	if share, ok := d.counted.(Share); ok && share.OfAllRows() {
		return func(i int) float64 { return share.Above[index(s.Positive[i])][index(p.Values[i] >= cut)] }, false
	}
	if d.loss == nil {
		return nil, false
	}
	return d.loss(s, p), d.root
}

// Summed reports whether sums of row losses suffice for the metric: it is a mean of
// them or the root of one, without a decision threshold.
func (m Metric) Summed(t Task) bool { return m.by[t].loss != nil }

// OfCounts is a metric with Decision from the counts at its threshold.
func (m Metric) OfCounts(n Counts) Value { return m.by[Binary].counted.value(n) }

// Slopes are its derivatives by each count; ok is false where the metric divides
// 0 by 0, NaN where there is no derivative.
func (m Metric) Slopes(n Counts) (slopes Counts, ok bool) { return m.by[Binary].counted.slopes(n) }

// Shares are the fractions whose mean a metric with Decision is; nil where it is not
// such a mean.
func (m Metric) Shares() []Share {
	switch counted := m.by[Binary].counted.(type) {
	case Share:
		return []Share{counted}
	case mean:
		return counted
	}
	return nil
}

// Metrics lists every metric, sorted by name.
func Metrics() []Metric { return slices.Clone(known) }

// Names lists the names of all metrics, sorted.
func Names() []string {
	var names []string
	for _, m := range known {
		names = append(names, m.Name)
	}
	return names
}

// Lookup finds a metric by its name.
func Lookup(name string) (Metric, bool) {
	i, found := slices.BinarySearchFunc(known, name, func(m Metric, name string) int { return cmp.Compare(m.Name, name) })
	if !found {
		return Metric{}, false
	}
	return known[i], true
}

// Span is a range in words, to follow "a value".
func Span(least, most float64) string {
	switch {
	case math.IsInf(most, 1):
		return fmt.Sprintf("of at least %g", least)
	case math.IsInf(least, -1):
		return fmt.Sprintf("of at most %g", most)
	}
	return fmt.Sprintf("from %g to %g", least, most)
}
