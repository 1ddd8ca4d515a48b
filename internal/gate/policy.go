package gate

import (
	"math/big"
	"slices"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
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

// A Finding is what one check found on all rows, or in one segment.
type Finding struct {
	Metric          string
	GreaterIsBetter bool
	Segment         Segment // zero: all rows

	Rows                 int
	Positives            int              // -1: not a binary task
	Effective            paired.Effective // what the rows are worth as evidence
	Champion, Challenger metrics.Value

	// What of the value chance alone is expected to give a calibrated model: of an
	// expected calibration error, else 0. Difference, Interval and, under a
	// confidence, the conditions are about what is left of both.
	ChampionBias, ChallengerBias float64
	Calibration                  *paired.Calibration // nil: not of this metric

	// Difference is challenger − champion; Interval is about it, two-sided, at
	// IntervalLevel: with a confidence c at 2c−1, so that its ends are the
	// deciding bounds; without, at 0.95 with normal quantiles. NaN where there is none.
	Difference    float64
	StandardError float64
	Interval      [2]float64
	IntervalLevel float64
	Method        string // paired.Estimate.Method, and after it paired.Contrast.Method of the condition that went worst

	// Of the worst condition. Confidence is the one that decided, after a
	// holdout's budget; 0: none, the values themselves were compared.
	Confidence float64
	PValue     float64 // one-sided, of "the condition is not met"; NaN where there is none
	RowsNeeded int     // for power 0.8 at the difference seen; 0: no number of rows would do, or not known
	// RowsNeededRange is RowsNeeded at the ends of the interval, the better end
	// first; 0: no number of rows would do.
	RowsNeededRange [2]int
	// Smallest is how far beyond the limit the true value must be for these rows
	// to show it with power 0.8; NaN where that is not known.
	Smallest float64

	// Tell is the same of the difference itself, whatever is asked of it: what it
	// takes to tell it from 0.
	Tell Tell

	Needed     string // of all conditions, for a table: "≥ +0.005"
	Found      string // for the same table: "+0.0019"
	Status     Status
	Allowed    bool   // inconclusive, and on-inconclusive lets it pass by its values
	Reason     string // one line: the relation as it is, or what is missing
	Would      string // one line: what would have to be different for it to pass; empty where it passed
	Warnings   []string
	Conditions []ConditionFinding
}

// Tell is what it takes to tell a difference from 0 with power 0.8.
type Tell struct {
	Smallest float64 // the smallest one that these rows tell; NaN: not known
	Rows     int     // that would tell the one seen; 0: not known
	Range    [2]int  // Rows at the ends of the interval, the one farther from 0 first; 0: no number would
}

// A ConditionFinding is one condition of a finding. Margin is how far the value
// is on the good side of the limit, in the metric's unit.
type ConditionFinding struct {
	Condition
	Change        *big.Rat // challenger − champion at which it is just met; nil where it is not about the change, or that is not known
	Margin        float64
	StandardError float64
	Lower, Upper  float64 // one-sided bounds of the margin at the finding's confidence (0.975 where it has none)
	PValue        float64
	RowsNeeded    int
	// RowsNeededRange and Smallest are as of a finding.
	RowsNeededRange [2]int
	Smallest        float64
	Status          Status
	Reason          string

	demand  demand
	method  string   // of its bounds, where they are not Student's
	met     bool     // by the values themselves
	exact   *big.Rat // the margin, of the values themselves
	failure float64  // below, where there is evidence; else 1
	below   float64  // one-sided p-value of "the condition is met"
	cause   string   // why it is inconclusive whatever the bounds
	remedy  string   // what would end that
}

// Source is where a metric of the user's own is read: file and pointer. It is
// empty for every other metric.
func (q Requirement) Source() string {
	if q.File == "" {
		return ""
	}
	return q.File + "#" + q.Pointer
}

// Columns are the columns of the holdout that the policy judges by, each once.
func (p Policy) Columns() []string {
	var names []string
	for _, q := range p.Requirements {
		for _, by := range q.Segments {
			for _, name := range by.Columns {
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
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
