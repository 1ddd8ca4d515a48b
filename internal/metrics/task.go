package metrics

import (
	"cmp"
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

// A Metric is one entry of Metrics: a name of scikit-learn's and what has to be
// known to judge by it.
type Metric struct {
	Name            string
	Tasks           []Task // that it is defined for
	GreaterIsBetter bool
	Decision        bool    // judges predictions at a decision threshold; binary only
	Min, Max        float64 // its range, ±Inf where it has no bound
	Label           string  // as people write it: "AUC", "Brier"
}

// Metrics lists every metric, sorted by name.
func Metrics() []Metric { return slices.Clone(known) }

// Lookup finds a metric by its name.
func Lookup(name string) (Metric, bool) {
	i, found := slices.BinarySearchFunc(known, name, func(m Metric, name string) int { return cmp.Compare(m.Name, name) })
	if !found {
		return Metric{}, false
	}
	return known[i], true
}
