package gate

import (
	"slices"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
	"github.com/org/ct-action/internal/text"
)

// A Policy is what a challenger must clear. The zero value asks for an AUC and
// a Brier score at least as good as the champion's, without a cooldown.
type Policy struct {
	Epsilon          metrics.Decimal // AUC: least improvement
	EpsilonAuto      bool            // in its place: the lower bound of the difference is strictly above 0
	MaxBrierIncrease metrics.Decimal // Brier score: most worsening

	Confidence     metrics.Decimal // of every check without its own, above 0.5 and below 1; 0: compare the values themselves
	PromoteIfPoint bool            // on-inconclusive: an inconclusive check passes where the values themselves do

	Limits // of the fixed checks

	// Requirements replace the checks auc and brier; nil: the two of them, by
	// Epsilon and MaxBrierIncrease. Empty and not nil: nothing can pass.
	Requirements []Requirement
}

// A Segment is a part of the holdout's rows: those that have these values in
// these columns. The zero Segment is all rows.
type Segment struct {
	Columns []string
	Values  []string // one a column
}

// Measured is what the gate judges from: rows, or an engine's sums. It may be
// asked for the same metric and segment more than once, so what takes long to
// work out is remembered there.
type Measured interface {
	// Estimate is a metric on a segment's rows.
	Estimate(r Requirement, s Segment) paired.Estimate
	// Segments lists the values of a column (or the combinations of several)
	// that the holdout has, each with its number of rows, sorted by value; ok
	// is false where it has no such column.
	Segments(columns []string) (found []SegmentRows, ok bool)
}

// unscored is Measured where nothing was scored: every value is absent.
type unscored struct{}

func (unscored) Estimate(Requirement, Segment) paired.Estimate { return paired.Estimate{Positives: -1} }
func (unscored) Segments([]string) ([]SegmentRows, bool)       { return nil, false }

// SegmentRows is a segment and how many rows it has.
type SegmentRows struct {
	Segment Segment
	Rows    int
}

// Columns are the columns of the holdout that the policy judges by, each once.
func (p Policy) Columns() []string {
	var names []string
	for _, q := range p.Requirements {
		for _, by := range q.Segments {
			names = append(names, by.Columns...)
		}
	}
	return text.Once(names)
}

// Tasks are the tasks for which every metric of the policy is defined, without
// those of the user's own; a policy of none but those is about any. The
// default checks are about a binary task.
func (p Policy) Tasks() []metrics.Task {
	tasks := []metrics.Task{metrics.Binary, metrics.Numeric, metrics.Multiclass}
	if p.Requirements == nil {
		return tasks[:1]
	}
	for _, q := range p.Requirements {
		if m, ok := metrics.Lookup(q.Metric); ok && q.File == "" {
			tasks = slices.DeleteFunc(tasks, func(t metrics.Task) bool { return !slices.Contains(m.Tasks, t) })
		}
	}
	return tasks
}
