package gate

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
)

// Explain says of each check, one line each, what would have to be different
// for it to pass: "auc: the challenger's AUC would have to be at least 0.8521
// (it is 0.8490); or epsilon at most 0.0019".
func Explain(v Verdict) []string {
	var lines []string
	for _, c := range v.Checks {
		lines = append(lines, text.Line(c.Name, mostName)+": "+c.explain())
	}
	return lines
}

func (c Check) explain() string {
	switch {
	case c.Status == Passed:
		return "passes: " + after(c.Text)
	case len(c.Findings) == 0:
		return fmt.Sprintf("%s; needed: %s", after(c.Text), c.Needed)
	}
	missed := slices.DeleteFunc(slices.Clone(c.Findings), func(f Finding) bool { return f.Status == Passed || f.Allowed && !c.Allowed })
	return c.verdict() + missed[0].explain() + more(len(missed)-1)
}

// verdict begins the line of a check that did not pass and yet blocks nothing.
func (c Check) verdict() string {
	switch {
	case c.DryRun:
		return "reported only; to pass, "
	case c.Allowed:
		return "passes by the values themselves; to be sure, "
	}
	return ""
}

func (f Finding) explain() string {
	if len(f.Segment.Columns) == 0 {
		return f.Would
	}
	return "of " + f.Segment.String() + ", " + f.Would
}

func more(others int) string {
	switch {
	case others < 1:
		return ""
	case others == 1:
		return " (and one other segment that did not pass)"
	}
	return fmt.Sprintf(" (and %s that did not pass)", text.Count(others, "other segment"))
}

// after is a text without the check's name before it.
func after(text string) string {
	if _, rest, ok := strings.Cut(text, ": "); ok {
		return rest
	}
	return text
}

// would is what each condition that a finding misses asks for.
func (t test) would(f Finding) string {
	if len(f.Conditions) == 0 && f.Status == Absent {
		return "evidence: " + f.Reason
	}
	var parts []string
	for _, c := range f.Conditions {
		switch {
		case c.Status == Absent:
			parts = append(parts, "evidence: "+c.Reason)
		case c.Status != Passed:
			parts = append(parts, t.settle(c, f))
		}
	}
	return strings.Join(parts, "; and ")
}

// settle names the value, the rows and the limit of the policy that would each
// do.
func (t test) settle(c ConditionFinding, f Finding) string {
	short := c.exact // how far it is on the good side, by what decides
	if t.confidence != nil && !t.byValue(c) {
		if c.remedy != "" {
			return c.remedy
		}
		short = rational(c.Lower)
	}
	if short == nil {
		return c.Reason
	}
	is, most := f.Challenger.Rat(), "at least"
	if c.demand.sense < 0 {
		most = "at most"
	}
	needed := new(big.Rat).Mul(short, big.NewRat(int64(-c.demand.sense), 1))
	needed.Add(needed, is)
	words := fmt.Sprintf("the challenger's %s would have to be %s %s (it is %s)", t.label, most,
		beyond(needed, c.demand.sense > 0, is), metrics.Fixed(is, apart(needed, is)))
	if c.RowsNeeded > 0 && c.Status == Inconclusive {
		words += fmt.Sprintf(", or the holdout about %s rows at this difference%s", text.Grouped(about(c.RowsNeeded)), spread(c.RowsNeededRange))
	}
	return words + c.demand.relaxed(short, f)
}

// relaxed is the limit that would let it pass; empty where no limit that a
// policy may have would.
func (d demand) relaxed(short *big.Rat, f Finding) string {
	now, by := d.Limit.Rat(), new(big.Rat).Set(short)
	if d.relative() {
		champion := f.Champion.Rat()
		if champion.Sign() == 0 {
			return ""
		}
		by.Quo(by, champion.Abs(champion))
	}
	upward := d.loses() || !d.compares() && d.sense < 0 // a greater limit lets more pass
	if upward {
		by.Neg(by)
	}
	most, then := "at most", new(big.Rat).Add(now, by)
	if upward {
		most = "at least"
	}
	if d.auto || d.compares() && then.Sign() < 0 {
		return ""
	}
	return fmt.Sprintf("; or %s %s %s", d.name, most, beyond(then, upward, now))
}
