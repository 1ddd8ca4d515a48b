package inputs

import (
	"strconv"

	"github.com/org/ct-action/internal/gate"
)

// Policy is what a challenger must clear by these inputs.
func (in Inputs) Policy() gate.Policy {
	return gate.Policy{
		Epsilon: in.Epsilon.Value, EpsilonAuto: in.Epsilon.Auto,
		MaxBrierIncrease: in.MaxBrierIncrease,
		Confidence:       in.Confidence,
		PromoteIfPoint:   in.OnInconclusive == InconclusivePromote,
		Requirements:     in.Requirements,
		Limits:           in.Limits,
	}
}

// policy refuses inputs that contradict gate.checks, and a holdout-budget without
// a confidence, or without a ledger that counts the uses.
func (c *checker) policy() {
	if c.in.Requirements != nil {
		c.replaced("epsilon", c.in.Epsilon.String())
		c.replaced("max-brier-increase", c.in.MaxBrierIncrease.String())
	}
	if c.in.HoldoutBudget > 0 && !c.has("confidence") && !c.in.everyCheckConfident() {
		c.refuse("holdout-budget", strconv.Itoa(c.in.HoldoutBudget), "a confidence beside it, or one on every check: a budget shares the risk of a false promotion, and without a confidence nothing limits that")
	}
	if c.in.HoldoutBudget > 0 && c.in.Mode == ModeJudge && !c.has("ledger") {
		c.refuse("holdout-budget", strconv.Itoa(c.in.HoldoutBudget), "a ledger beside it, the file that counts: mode judge has no registry that would; holdout-budget: off judges without")
	}
}

func (c *checker) replaced(name, value string) {
	if c.in.Given(name) && !c.broken[name] {
		c.refuse(name, value, "no "+name+" beside gate.checks ("+c.in.checks.Where+"): they replace the check that it belongs to")
	}
}

// everyCheckConfident says whether each check that decides by an interval has a
// confidence of its own, and there is one. Checks that could not be read have
// problems of their own.
func (in Inputs) everyCheckConfident() bool {
	if in.unsure {
		return true
	}
	found := false
	for _, r := range in.Requirements {
		if r.DryRun || r.File != "" {
			continue
		}
		if r.Confidence.Sign() == 0 {
			return false
		}
		found = true
	}
	return found
}
