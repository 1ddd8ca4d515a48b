package document

import (
	"math"
	"strings"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
)

// A check is an item of checks, in the decision and in mode judge's document: one
// for each finding of a check, or one for a check that has none.
type check struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Text   string `json:"text"`
	Found  string `json:"found"`
	Needed string `json:"needed"`

	Metric  string   `json:"metric"`
	Segment *segment `json:"segment"`
	DryRun  bool     `json:"dry_run"`
	Reason  string   `json:"reason"`

	Rows          *int       `json:"rows"`
	Positives     *int       `json:"positives"`
	Champion      *float64   `json:"champion"`
	Challenger    *float64   `json:"challenger"`
	Difference    *float64   `json:"difference"`
	StandardError *float64   `json:"standard_error"`
	Interval      []float64  `json:"interval"`
	IntervalLevel *float64   `json:"interval_level"`
	Method        string     `json:"method"`
	Confidence    *float64   `json:"confidence"`
	PValue        *float64   `json:"p_value"`
	RowsNeeded    *int       `json:"rows_needed"`
	RowsRange     []*int     `json:"rows_needed_range"`
	Smallest      *float64   `json:"smallest_difference"`
	Conditions    []boundary `json:"conditions"`
	Warnings      []string   `json:"warnings"`

	Calibration *calibration `json:"calibration"`
}

// A boundary is one condition of a check.
type boundary struct {
	Kind          string   `json:"kind"`
	Bound         string   `json:"bound"` // a decimal as it was written: exact
	Status        string   `json:"status"`
	Reason        string   `json:"reason"`
	Margin        *float64 `json:"margin"`
	StandardError *float64 `json:"standard_error"`
	Lower         *float64 `json:"lower"`
	Upper         *float64 `json:"upper"`
	PValue        *float64 `json:"p_value"`
	RowsNeeded    *int     `json:"rows_needed"`
	RowsRange     []*int   `json:"rows_needed_range"`
	Smallest      *float64 `json:"smallest_difference"`
}

type notJudged struct {
	Check   string   `json:"check"`
	Segment *segment `json:"segment"`
	Rows    int      `json:"rows"`
}

// A segment is written as an object, column to value, in the order of its
// columns.
type segment gate.Segment

// MarshalJSON writes {"contract":"Two year"}.
func (s segment) MarshalJSON() ([]byte, error) {
	var members []string
	for i, column := range s.Columns {
		value := ""
		if i < len(s.Values) {
			value = s.Values[i]
		}
		one, err := Encode(map[string]string{column: value}, "")
		if err != nil {
			return nil, err
		}
		members = append(members, strings.Trim(string(one), "{}\n"))
	}
	return []byte("{" + strings.Join(members, ",") + "}"), nil
}

func segmentOf(s gate.Segment) *segment {
	if len(s.Columns) == 0 {
		return nil
	}
	return (*segment)(&s)
}

// checksOf are all checks in order, each metric check as its findings.
func checksOf(r *loop.Report) []check {
	all := []check{}
	for _, c := range r.Verdict.Checks {
		for _, f := range c.Findings {
			all = append(all, findingOf(c, f))
		}
		if len(c.Findings) == 0 {
			all = append(all, checkOf(c))
		}
	}
	return all
}

// checkOf is a check without a finding: a fixed check, or one of whose segments
// none has enough rows.
func checkOf(c gate.Check) check {
	return check{
		Name: c.Name, Status: c.Status.String(), Text: c.Text, Found: c.Found, Needed: c.Needed,
		Metric: c.Metric, DryRun: c.DryRun, Reason: c.Text, Conditions: []boundary{}, Warnings: text.Once(c.Warnings),
	}
}

// findingOf is a finding with all its digits. A number that is not finite is
// null.
func findingOf(c gate.Check, f gate.Finding) check {
	d := checkOf(c)
	d.Status, d.Needed, d.Reason = f.Status.String(), f.Needed, f.Reason
	d.Segment, d.Method, d.Conditions, d.Warnings = segmentOf(f.Segment), f.Method, boundariesOf(f.Conditions), text.Once(f.Warnings)
	d.Rows, d.Positives = &f.Rows, atLeast(0, f.Positives)
	d.Champion, _ = number(f.Champion)
	d.Challenger, _ = number(f.Challenger)
	d.Difference, d.StandardError, d.PValue = maybe(f.Difference), maybe(f.StandardError), maybe(f.PValue)
	if f.HasInterval() {
		d.Interval, d.IntervalLevel = f.Interval[:], maybe(f.IntervalLevel)
	}
	if f.Confidence > 0 {
		d.Confidence = maybe(f.Confidence)
	}
	d.RowsNeeded, d.RowsRange, d.Smallest = positive(f.RowsNeeded), rangeOf(f.RowsNeededRange), smallest(f.Smallest)
	d.Calibration = calibrationOf(f)
	return d
}

func boundariesOf(conditions []gate.ConditionFinding) []boundary {
	return each(conditions, func(c gate.ConditionFinding) boundary {
		return boundary{
			Kind: string(c.Kind), Bound: c.Limit.String(), Status: c.Status.String(), Reason: c.Reason,
			Margin: maybe(c.Margin), StandardError: maybe(c.StandardError), Lower: maybe(c.Lower), Upper: maybe(c.Upper),
			PValue: maybe(c.PValue), RowsNeeded: positive(c.RowsNeeded), RowsRange: rangeOf(c.RowsNeededRange), Smallest: smallest(c.Smallest),
		}
	})
}

func notJudgedOf(r *loop.Report) []notJudged {
	all := []notJudged{}
	for _, c := range r.Verdict.Checks {
		for _, s := range c.NotJudged {
			all = append(all, notJudged{c.Name, segmentOf(s.Segment), s.Rows})
		}
	}
	return all
}

// maybe is a number, null where it is not finite: JSON has no NaN.
func maybe(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// positive is a count from 1 on, null for any other.
func positive(n int) *int { return atLeast(1, n) }

// atLeast is a count, null where it is smaller than the smallest that means
// anything.
func atLeast(least, n int) *int {
	if n < least {
		return nil
	}
	return &n
}

// positivesOf is the holdout's count of positives; null where no holdout was read or
// the task is not binary.
func positivesOf(r *loop.Report) *int {
	if r.Holdout.Rows == 0 {
		return nil
	}
	return atLeast(0, r.Holdout.Positives)
}

// A wanted is a requirement of the policy, as it was written.
type wanted struct {
	Name              string          `json:"name"`
	Metric            string          `json:"metric"`
	Conditions        []wantedBound   `json:"conditions"`
	DecisionThreshold string          `json:"decision_threshold"`
	Confidence        string          `json:"confidence"`
	DryRun            bool            `json:"dry_run"`
	Segments          []wantedSegment `json:"segments"`
	AllRows           bool            `json:"all_rows"`
	MinRows           int             `json:"min_rows"`
	File              string          `json:"file"`
	Pointer           string          `json:"pointer"`
	GreaterIsBetter   bool            `json:"greater_is_better"`
}

type wantedBound struct {
	Kind  string `json:"kind"`
	Bound string `json:"bound"`
}

type wantedSegment struct {
	Columns []string   `json:"columns"`
	Require [][]string `json:"require"`
}

func policyOf(p gate.Policy) policy {
	d := policy{
		Epsilon: p.Epsilon.String(), MaxBrierIncrease: p.MaxBrierIncrease.String(), CooldownDays: p.CooldownDays,
		Confidence: written(p.Confidence), OnInconclusive: "flag", HoldoutBudget: positive(p.HoldoutBudget),
	}
	if p.EpsilonAuto {
		d.Epsilon = "auto"
	}
	if p.PromoteIfPoint {
		d.OnInconclusive = "promote-if-point"
	}
	if p.Requirements != nil {
		d.Requirements = each(p.Requirements, wantedOf)
	}
	return d
}

func wantedOf(r gate.Requirement) wanted {
	d := wanted{
		Name: r.Name, Metric: r.Metric, Confidence: written(r.Confidence), DryRun: r.DryRun, AllRows: r.AllRows, MinRows: r.MinRows,
		File: r.File, Pointer: r.Pointer, GreaterIsBetter: r.GreaterIsBetter,
		Conditions: each(r.Conditions, func(c gate.Condition) wantedBound { return wantedBound{string(c.Kind), c.Limit.String()} }),
		Segments: each(r.Segments, func(s gate.SegmentBy) wantedSegment {
			return wantedSegment{listed(s.Columns), each(s.Require, listed)}
		}),
	}
	if known, ok := metrics.Lookup(r.Metric); ok {
		d.GreaterIsBetter = known.GreaterIsBetter
		if known.Decision {
			d.DecisionThreshold = r.DecisionThreshold.String()
		}
	}
	return d
}

// written is a decimal, empty where it is the zero that stands for none.
func written(d metrics.Decimal) string {
	if d.Sign() == 0 {
		return ""
	}
	return d.String()
}

// rangeOf is a range of rows, null at an end where no number of rows would do; null
// as a whole where that is so at both ends.
func rangeOf(rows [2]int) []*int {
	if rows[0] == 0 {
		return nil
	}
	return []*int{positive(rows[0]), positive(rows[1])}
}

// smallest is a smallest difference, null where none is known: a 0 would say that
// any difference could be shown.
func smallest(x float64) *float64 {
	if !(x > 0) {
		return nil
	}
	return maybe(x)
}
