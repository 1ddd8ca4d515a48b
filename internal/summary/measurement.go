package summary

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
)

// A measurement is one finding of a metric check as every page shows it: a row
// of a table. Where there is no finding, it has what is known without one.
type measurement struct {
	check   gate.Check
	finding gate.Finding
	found   bool // finding is there

	status gate.Status
	blocks bool // the check keeps the challenger from passing, and this is why
	pair
}

// metricChecks are the checks of a metric, in order. Metrics that no gate has
// judged are shown as well, unmarked.
func metricChecks(r *loop.Report) []gate.Check {
	if !judgedTwo(r) {
		return nil
	}
	if !r.Gated {
		return []gate.Check{{Name: gate.CheckAUC, Metric: gate.CheckAUC}, {Name: gate.CheckBrier, Metric: gate.CheckBrier}}
	}
	var all []gate.Check
	for _, c := range r.Verdict.Metrics() {
		if !undefined(c) {
			all = append(all, c)
		}
	}
	return all
}

// undefined reports whether a check only reports a metric that the task does
// not have: every policy has AUC and Brier beside it, also that of a regression.
func undefined(c gate.Check) bool {
	return c.DryRun && c.Status == gate.Absent && len(c.Findings) == 1 &&
		c.Findings[0].Positives < 0 && c.Findings[0].Rows > 0 && len(c.Findings[0].Conditions) == 0
}

// deciding are the checks that a verdict rests on.
func deciding(r *loop.Report) []gate.Check {
	return slices.DeleteFunc(slices.Clone(r.Verdict.Checks), func(c gate.Check) bool { return c.DryRun })
}

// blocks reports whether a check keeps the challenger from passing.
func blocks(r *loop.Report, c gate.Check) bool {
	return slices.ContainsFunc(r.Verdict.Failed(), func(other gate.Check) bool { return other.Name == c.Name })
}

// measurementsOf are a check's findings. A check without any is one by itself:
// it has no segment with enough rows, or no gate has judged.
func measurementsOf(r *loop.Report, c gate.Check) []measurement {
	if len(c.Findings) == 0 {
		return []measurement{unmeasured(r, c)}
	}
	var all []measurement
	for _, f := range c.Findings {
		all = append(all, measured(r, c, f))
	}
	return all
}

func measured(r *loop.Report, c gate.Check, f gate.Finding) measurement {
	m := measurement{check: c, finding: f, found: true, status: f.Status, blocks: f.Status != gate.Passed && blocks(r, c)}
	m.pair = compare(f.Champion, f.Challenger, relationsOf(f))
	return m
}

// unmeasured is a check without a finding. Where no gate has judged, it is a
// metric of the report.
func unmeasured(r *loop.Report, c gate.Check) measurement {
	m := measurement{check: c, status: c.Status, blocks: blocks(r, c)}
	if !r.Gated {
		auc, brier := pairs(r)
		m.pair = map[string]pair{gate.CheckAUC: auc, gate.CheckBrier: brier}[c.Metric]
	}
	return m
}

// requirement is what the policy asks under that name; zero where nothing.
func requirement(r *loop.Report, name string) gate.Requirement {
	for _, one := range r.Policy.Requirements {
		if one.Name == name {
			return one
		}
	}
	return gate.Requirement{}
}

// metricLabel is a check's metric as people write it: "AUC".
func metricLabel(c gate.Check) string {
	if known, ok := metrics.Lookup(c.Metric); ok {
		return title(known.Label)
	}
	return text.Shown(c.Metric, 60)
}

// checkLabel is what a row calls a check: its metric, after the name that the
// user gave it where that is another.
func checkLabel(c gate.Check) string {
	label, name := metricLabel(c), text.Shown(c.Name, 60)
	switch lower := strings.ToLower(name); {
	case name == "", strings.EqualFold(name, c.Metric), strings.EqualFold(name, label):
		return label
	case strings.Contains(lower, strings.ToLower(label)), strings.Contains(lower, strings.ToLower(c.Metric)):
		return name
	}
	return name + " (" + label + ")"
}

// segmentText is "contract = Two year, region = north"; empty for all rows.
// Both are cut to what leaves room for the numbers beside them. A column that
// the holdout lacks has no value.
func segmentText(s gate.Segment) string {
	var parts []string
	for i, column := range s.Columns {
		part := text.Shown(column, 24)
		switch {
		case i >= len(s.Values):
		case s.Values[i] == "":
			part += " = (blank)"
		default:
			part += " = " + text.Shown(s.Values[i], 40)
		}
		parts = append(parts, part)
	}
	return strings.Join(first(parts, 8, ""), ", ")
}

// relationsOf are the relations of a finding's conditions.
func relationsOf(f gate.Finding) relations {
	var all relations
	for _, one := range f.Conditions {
		if one.Kind == gate.Threshold {
			all.thresholds = append(all.thresholds, one.Limit.Rat())
		} else if one.Change != nil {
			all.margins = append(all.margins, one.Change)
		}
	}
	return all
}

// ends are the interval's as text, signed, with as many decimals as keep them
// on their side of 0 and of the bound.
func (m measurement) ends() (low, high string) {
	a, b, zero := rational(m.finding.Interval[0]), rational(m.finding.Interval[1]), new(big.Rat)
	bound := m.finding.Mark()
	if bound == nil {
		bound = zero
	}
	places := metrics.Places(leastPlaces, func(round func(*big.Rat) *big.Rat) bool {
		return sameSide(a, zero, round) && sameSide(b, zero, round) &&
			sameSide(a, bound, round) && sameSide(b, bound, round) && round(a).Cmp(round(b)) == a.Cmp(b)
	})
	return short(a, metrics.Signed(a, places)), short(b, metrics.Signed(b, places))
}

func sameSide(x, bound *big.Rat, round func(*big.Rat) *big.Rat) bool {
	exact := x.Cmp(bound)
	return exact == 0 || round(x).Cmp(bound) == exact
}

// rational is a finite float as it is; 0 for any other.
func rational(x float64) *big.Rat {
	if r := new(big.Rat).SetFloat64(x); r != nil {
		return r
	}
	return new(big.Rat)
}

// needed is what the row's conditions ask for.
func (m measurement) needed() string {
	if m.found {
		return m.finding.Needed
	}
	return m.check.Needed
}

// warnings are the finding's, each once, and the check's only where there is no
// finding: a small segment says nothing against the interval of all rows.
func (m measurement) warnings() []string {
	if m.found {
		return text.Once(m.finding.Warnings)
	}
	return text.Once(m.check.Warnings)
}

// level is an interval's level as people write it: "95%".
func level(share float64) string {
	return strconv.FormatFloat(math.Round(share*1e6)/1e4, 'f', -1, 64) + "%"
}

// commonLevel is the level that all intervals have; 0 where they differ or
// there is none.
func commonLevel(rows []measurement) (common float64, some bool) {
	for _, m := range rows {
		switch {
		case !m.finding.HasInterval():
		case !some:
			common, some = m.finding.IntervalLevel, true
		case level(m.finding.IntervalLevel) != level(common):
			return 0, true
		}
	}
	return common, some
}
