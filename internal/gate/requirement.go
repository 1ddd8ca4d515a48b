package gate

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
)

// A Requirement is one metric check of a policy (gate.checks): a metric and the
// conditions on it, all of which must hold, on all rows or in every segment.
type Requirement struct {
	Name   string // unique; never one of the reserved names
	Metric string // of metrics.Lookup, or the user's own where File is set

	Conditions []Condition // without any, it cannot pass

	DecisionThreshold metrics.Decimal // of a metric at a threshold; predicted positive: score ≥ this
	Confidence        metrics.Decimal // 0: the policy's
	DryRun            bool            // reported, never decides

	Segments []SegmentBy // judged in every value of each, in place of all rows; empty: all rows
	AllRows  bool        // beside the segments, all rows are judged too
	MinRows  int         // a segment with fewer is not judged

	// Of a metric of the user's own: a JSON file per version, whose name may
	// hold {version} and {role}, and a JSON pointer (RFC 6901) into it.
	File, Pointer   string
	GreaterIsBetter bool
}

// SegmentBy is a column of the holdout, or several to be crossed, each of whose
// values (or combinations of them) is a segment.
type SegmentBy struct {
	Columns []string
	Require [][]string // combinations that must be there with at least one row: a text for each column
	Only    bool       // the combinations of Require are judged, and no other
}

// A ConditionKind is what a condition demands. Its text is the key of the
// configuration file. The zero value is no condition and cannot be met.
type ConditionKind string

// The kinds of condition. The first three are MLflow's MetricThreshold, with
// |champion| as the baseline of a relative one; the other two limit a loss. For
// a metric of which less is better, signs are turned: a change is always meant
// for the better, a regression for the worse.
const (
	Threshold             ConditionKind = "threshold"               // challenger at least (or at most) this
	MinAbsoluteChange     ConditionKind = "min-absolute-change"     // better than the champion by this
	MinRelativeChange     ConditionKind = "min-relative-change"     // better by this share of |champion|
	MaxAbsoluteRegression ConditionKind = "max-absolute-regression" // worse by no more than this
	MaxRelativeRegression ConditionKind = "max-relative-regression" // worse by no more than this share of |champion|
)

// ConditionKinds are all kinds, in the order in which they are documented.
var ConditionKinds = []ConditionKind{Threshold, MinAbsoluteChange, MinRelativeChange, MaxAbsoluteRegression, MaxRelativeRegression}

// A Condition is one demand on a metric. All conditions of a check must hold.
type Condition struct {
	Kind  ConditionKind
	Limit metrics.Decimal // never negative, but for a threshold
}

// onAllRows reports whether the requirement is judged on all rows, beside its
// segments or without any.
func (r Requirement) onAllRows() bool { return len(r.Segments) == 0 || r.AllRows }

// A Fault is one thing that is wrong with a requirement: a key of the
// configuration file, what stands there, and what was expected instead. Value is
// empty where the key is missing, or where it is wrong whatever stands there.
type Fault struct{ Key, Value, Expected string }

// String is "metric \"acu\": expected one of …".
func (f Fault) String() string {
	words := f.Key
	if f.Value != "" {
		words += fmt.Sprintf(" %q", text.Line(f.Value, mostName))
	}
	return words + ": expected " + f.Expected
}

// Validate lists everything that is wrong with the requirement, as far as the
// requirement alone can tell. One with a fault is never judged: its check is
// absent evidence. Whether there is a Pointer beside File, and whether the placeholders
// of File, the direction of a known metric and the combinations of Require are right,
// is left to package policyfile.
func (r Requirement) Validate() []Fault {
	metric, known := metrics.Lookup(r.Metric)
	known = known && r.File == ""
	faults := r.metricFaults(metric, known)
	if known || r.File != "" || cmp.Or(r.Name, r.Metric) != r.Metric { // else the name is the mistyped metric's
		faults = append(faults, r.nameFaults()...)
	}
	return append(faults, r.conditionFaults(metric, known)...)
}

// nameFaults refuses a name under which the check would be taken for another. What
// counts is how the name is printed: in any case, with any space in it.
func (r Requirement) nameFaults() []Fault {
	name := cmp.Or(r.Name, r.Metric)
	printed := strings.ToLower(strings.ReplaceAll(text.Line(name, mostName), "_", "-"))
	for _, same := range []string{strings.ReplaceAll(printed, " ", "-"), strings.ReplaceAll(printed, " ", "")} {
		if Reserved(same) {
			return []Fault{{"name", name, "another name: " + same + " is a check that is made whatever the policy"}}
		}
		if (same == CheckAUC || same == CheckBrier) && r.Metric != "" && (same != r.Metric || r.File != "") {
			return []Fault{{"name", name, "another name: " + same + " is a metric, and not what this check measures"}}
		}
	}
	return nil
}

// metricFaults refuses a metric that does not exist, and what does not go with
// the metric: a number from a file is known for all rows only, and by itself.
func (r Requirement) metricFaults(metric metrics.Metric, known bool) []Fault {
	var faults []Fault
	if !known && r.File == "" {
		faults = append(faults, Fault{"metric", r.Metric, oneMetric(r.Metric) + " (a metric of your own needs file)"})
	}
	if r.Confidence.Sign() != 0 && !isConfidence(r.Confidence) {
		faults = append(faults, Fault{"confidence", r.Confidence.String(), betweenHalfAndOne})
	}
	if r.File == "" {
		return append(faults, r.computedFaults(metric, known)...)
	}
	for _, beside := range []struct {
		key   string
		given bool
	}{
		{"confidence", r.Confidence.Sign() != 0}, {"decision-threshold", r.DecisionThreshold != metrics.Decimal{}}, {"segments", len(r.Segments) > 0},
	} {
		if beside.given {
			faults = append(faults, NoneBesideFile(beside.key))
		}
	}
	return faults
}

// NoneBesideFile is the fault of a key that says nothing about a number from a file.
func NoneBesideFile(key string) Fault {
	return Fault{Key: key, Expected: "no " + key + " beside file: a number from a file has neither rows nor an interval"}
}

// computedFaults refuses what does not go with a metric that this program computes.
func (r Requirement) computedFaults(metric metrics.Metric, known bool) []Fault {
	var faults []Fault
	add := func(key, value, expected string) { faults = append(faults, Fault{key, value, expected}) }
	switch threshold := r.DecisionThreshold; {
	case known && !metric.Decision && threshold != metrics.Decimal{}:
		add("decision-threshold", threshold.String(), "a metric at a threshold beside it; "+metric.Name+" is none")
	case outside(threshold, 0, 1):
		add("decision-threshold", threshold.String(), "a value "+metrics.Span(0, 1))
	}
	if r.Pointer != "" {
		add("pointer", r.Pointer, "file beside it: it points into that file")
	}
	if r.MinRows < 0 {
		add("min-rows", strconv.Itoa(r.MinRows), "a number of rows, 0 or more")
	}
	if slices.ContainsFunc(r.Segments, func(by SegmentBy) bool { return len(by.Columns) == 0 }) {
		add("segments", "", "the columns to cross; this list has none")
	}
	return faults
}

// oneMetric is what was expected in the place of a metric's name.
func oneMetric(name string) string {
	if ours := metrics.Ours(name); ours != "" {
		return "one of " + strings.Join(metrics.Names(), ", ") + "; here it is called " + ours
	}
	return text.OneOf(metrics.Names(), name)
}

const betweenHalfAndOne = "above 0.5 and below 1"

func isConfidence(d metrics.Decimal) bool {
	return d.Rat().Cmp(big.NewRat(1, 2)) > 0 && d.Rat().Cmp(big.NewRat(1, 1)) < 0
}

// conditionFaults refuses conditions that nothing, or everything, could meet.
func (r Requirement) conditionFaults(metric metrics.Metric, known bool) []Fault {
	if len(r.Conditions) == 0 {
		return []Fault{{Key: string(Threshold), Expected: "a condition: at least one of " + conditionNames()}}
	}
	var faults []Fault
	for i, c := range r.Conditions {
		first := slices.IndexFunc(r.Conditions, func(other Condition) bool { return other.Kind == c.Kind })
		if !slices.Contains(ConditionKinds, c.Kind) {
			faults = append(faults, Fault{Key: string(c.Kind), Expected: "one of " + conditionNames()})
		} else if first < i {
			faults = append(faults, Fault{string(c.Kind), c.Limit.String(), "each condition once"})
		} else if least, most := c.Kind.span(metric, known); outside(c.Limit, least, most) {
			expected := "a value " + metrics.Span(least, most)
			if known {
				expected += ", as " + metric.Name + " has them"
			}
			faults = append(faults, Fault{string(c.Kind), c.Limit.String(), expected})
		}
	}
	faults = append(faults, r.contradiction(MinAbsoluteChange, MaxAbsoluteRegression)...)
	return append(faults, r.contradiction(MinRelativeChange, MaxRelativeRegression)...)
}

func conditionNames() string {
	var names []string
	for _, kind := range ConditionKinds {
		names = append(names, string(kind))
	}
	return strings.Join(names, ", ")
}

// span is the range of a condition's limit. A threshold of a known metric lies
// in the metric's range, and no change of it is larger than that range is wide.
func (k ConditionKind) span(metric metrics.Metric, known bool) (least, most float64) {
	least, most = math.Inf(-1), math.Inf(1)
	if known {
		least, most = metric.Min, metric.Max
	}
	switch k {
	case Threshold:
		return least, most
	case MinAbsoluteChange, MaxAbsoluteRegression:
		return 0, most - least
	}
	return 0, math.Inf(1)
}

func outside(d metrics.Decimal, least, most float64) bool {
	return !math.IsInf(least, -1) && d.Rat().Cmp(rational(least)) < 0 || !math.IsInf(most, 1) && d.Rat().Cmp(rational(most)) > 0
}

// contradiction refuses a change for the better beside a regression of the same
// unit: whoever asks for the one has ruled out the other.
func (r Requirement) contradiction(change, regression ConditionKind) []Fault {
	of := func(kind ConditionKind) int {
		return slices.IndexFunc(r.Conditions, func(c Condition) bool { return c.Kind == kind })
	}
	better, worse := of(change), of(regression)
	if better < 0 || worse < 0 {
		return nil
	}
	expected := fmt.Sprintf("either %s or %s: a challenger that must be better may not be worse", change, regression)
	return []Fault{{string(regression), r.Conditions[worse].Limit.String(), expected}}
}
