package gate

import (
	"math"
	"math/big"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

// A Status is the result of one check. Only Passed lets a challenger through.
type Status int

const (
	NotMade      Status = iota // the zero value: nobody looked
	Failed                     // the evidence speaks against it
	Absent                     // there was no evidence to look at
	Inconclusive               // the evidence does not suffice for either
	Passed
)

// String is the status as the decision document spells it.
func (s Status) String() string {
	return [...]string{"not_made", "failed", "absent", "inconclusive", "passed"}[s]
}

// A Check is one named line of a verdict: what it is called, how it went and why.
type Check struct {
	Name   string
	Status Status
	Text   string // one line, the relation as it is: "AUC gate: 0.8350 < 0.8312 + 0.005"
	Found  string // for a table: "last promotion 2 d ago"
	Needed string // for a table: "≥ 7 d"

	// Of a metric check.
	Metric    string        // empty: not a metric check
	DryRun    bool          // reported, and never decides
	Allowed   bool          // inconclusive, and on-inconclusive lets it pass by its values
	Findings  []Finding     // all rows first, then segments, the worst first
	NotJudged []SegmentRows // segments with fewer rows than min-rows
	Warnings  []string
}

// Passes reports whether the check lets a challenger through: it passed, or it
// is inconclusive and the policy lets that pass.
func (c Check) Passes() bool { return c.Status == Passed || c.Status == Inconclusive && c.Allowed }

// blocks reports whether the check keeps a challenger from passing.
func (c Check) blocks() bool { return !c.DryRun && !c.Passes() }

// isMetric reports whether the check is one of the policy's.
func (c Check) isMetric() bool { return c.Metric != "" }

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

// HasInterval reports whether there is an interval of the difference to show.
func (f Finding) HasInterval() bool {
	low, high := f.Interval[0], f.Interval[1]
	return low <= high && !math.IsInf(low, 0) && !math.IsInf(high, 0) && f.IntervalLevel > 0 && !math.IsInf(f.IntervalLevel, 0) && !math.IsNaN(f.Difference)
}

// Mark is the change that is demanded, to draw beside the interval of the change: that of the
// condition that went worst, among those which that interval decides. It is nil
// where there is none: a threshold is not about the change, and a relative demand
// under a confidence is decided by the interval of challenger - k·champion.
func (f Finding) Mark() *big.Rat {
	for _, c := range f.Conditions { // the worst first
		if c.Change != nil && !(f.Confidence > 0 && c.relative()) {
			return c.Change
		}
	}
	return nil
}
