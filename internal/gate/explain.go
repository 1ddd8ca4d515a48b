package gate

import (
	"fmt"
	"math/big"
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
	var missed []Finding
	for _, f := range c.Findings {
		if f.Status != Passed && (c.Allowed || !f.Allowed) {
			missed = append(missed, f)
		}
	}
	return c.verdict() + missed[0].explain() + more(len(missed)-1)
}

// verdict is what a check that did not pass does all the same.
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
	if others < 1 {
		return ""
	}
	if others == 1 {
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
func (r rule) would(f Finding) string {
	if len(f.Conditions) == 0 && f.Status == Absent {
		return "evidence: " + f.Reason
	}
	var parts []string
	for _, c := range f.Conditions {
		switch {
		case c.Status == Absent:
			parts = append(parts, "evidence: "+c.Reason)
		case c.Status != Passed:
			parts = append(parts, r.settle(c, f))
		}
	}
	return strings.Join(parts, "; and ")
}

// settle names the value, the rows and the bound of the policy that would each
// do.
func (r rule) settle(c ConditionFinding, f Finding) string {
	short := c.exact // how far it is on the good side, by what decides
	if r.confidence != nil && !r.byValue(c) {
		if c.remedy != "" {
			return c.remedy
		}
		short = rational(c.Lower)
	}
	if short == nil {
		return c.Reason
	}
	is, most := f.Challenger.Rat(), "at least"
	if c.bound.sense < 0 {
		most = "at most"
	}
	needed := new(big.Rat).Mul(short, big.NewRat(int64(-c.bound.sense), 1))
	needed.Add(needed, is)
	words := fmt.Sprintf("the challenger's %s would have to be %s %s (it is %s)", r.label, most,
		beyond(needed, c.bound.sense > 0, is), metrics.Fixed(is, apart(needed, is)))
	if c.RowsNeeded > 0 && c.Status == Inconclusive {
		words += fmt.Sprintf(", or the holdout about %s rows at this difference%s", text.Grouped(about(c.RowsNeeded)), spread(c.RowsNeededRange))
	}
	return words + c.bound.relaxed(short, f)
}

// relaxed is the bound that would let it pass; empty where no bound that a
// policy may have would.
func (b bound) relaxed(short *big.Rat, f Finding) string {
	now, by := b.Bound.Rat(), new(big.Rat).Set(short)
	if b.relative() {
		champion := f.Champion.Rat()
		if champion.Sign() == 0 {
			return ""
		}
		by.Quo(by, champion.Abs(champion))
	}
	upward := b.loses() || !b.compares() && b.sense < 0 // a greater bound lets more pass
	if upward {
		by.Neg(by)
	}
	most, then := "at most", new(big.Rat).Add(now, by)
	if upward {
		most = "at least"
	}
	if b.auto || b.compares() && then.Sign() < 0 {
		return ""
	}
	return fmt.Sprintf("; or %s %s %s", b.name, most, beyond(then, upward, now))
}
