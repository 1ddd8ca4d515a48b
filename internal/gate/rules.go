package gate

import (
	"cmp"
	"math/big"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
)

// A rule is one requirement as it is judged.
type rule struct {
	Requirement
	sense int    // 1: more is better, -1: less is
	label string // the metric, as people write it
	gate  string // what its texts begin with
	lead  string // before a relation, where gate does not say the metric

	bounds         []bound
	confidence     *big.Rat // after the holdout's budget; nil: the values themselves decide
	promoteIfPoint bool
	reported       bool   // no condition at all, and none asked for
	first          bool   // there is no champion
	wrong          string // why it cannot be judged; empty: it can
}

// rules are the metric checks to be made: the policy's own or the lesson's two,
// and those that are only reported.
func (p Policy) rules(e Evidence) []rule {
	if p.Requirements == nil {
		return []rule{p.aucRule(e), p.brierRule(e)}
	}
	var rules []rule
	names := map[string]bool{}
	for _, r := range p.Requirements {
		made := p.rule(r, e)
		made.wrong = cmp.Or(faultText(r.Validate()), made.wrong)
		if names[r.Name] {
			made.wrong = Fault{"name", r.Name, "a name of its own; an earlier check has this one"}.String()
		}
		names[r.Name] = true
		rules = append(rules, made)
	}
	for _, metric := range []string{CheckAUC, CheckBrier} {
		if !slices.ContainsFunc(p.Requirements, func(r Requirement) bool { return r.Metric == metric && r.onAllRows() && r.File == "" }) {
			rules = append(rules, p.report(metric, names, e))
		}
	}
	return rules
}

// aucRule is the lesson's first check.
func (p Policy) aucRule(e Evidence) rule {
	r := Requirement{Name: CheckAUC, Metric: CheckAUC, Conditions: []Condition{{MinAbsoluteChange, p.Epsilon}}}
	if p.EpsilonAuto {
		r.Conditions[0].Bound = metrics.Decimal{}
		if p.Confidence.Sign() == 0 {
			r.Confidence = metrics.MustDecimal("0.95")
		}
	}
	made := p.rule(r, e)
	made.bounds[0].name, made.bounds[0].auto = "epsilon", p.EpsilonAuto
	return made
}

// brierRule is the lesson's second.
func (p Policy) brierRule(e Evidence) rule {
	made := p.rule(Requirement{Name: CheckBrier, Metric: CheckBrier, Conditions: []Condition{{MaxAbsoluteRegression, p.MaxBrierIncrease}}}, e)
	made.bounds[0].name = "max-brier-increase"
	return made
}

// report is a metric that no check of the policy asks for on all rows.
func (p Policy) report(metric string, taken map[string]bool, e Evidence) rule {
	name := metric
	if taken[name] {
		name += ", all rows"
	}
	made := p.rule(Requirement{Name: name, Metric: metric, DryRun: true}, e)
	made.reported = true
	return made
}

// faultText is every fault in one line, empty where there is none.
func faultText(faults []Fault) string {
	var texts []string
	for _, f := range faults {
		texts = append(texts, f.String())
	}
	return strings.Join(texts, "; ")
}

func (p Policy) rule(r Requirement, e Evidence) rule {
	made := rule{Requirement: r, sense: -1, label: text.Line(r.Metric, mostName), promoteIfPoint: p.PromoteIfPoint, first: e.Champion == ""}
	known, found := metrics.Lookup(r.Metric)
	if found && r.File == "" {
		made.label, made.GreaterIsBetter = known.Label, known.GreaterIsBetter
	}
	if made.GreaterIsBetter {
		made.sense = 1
	}
	made.gate, made.lead = made.title()
	for _, c := range r.Conditions {
		made.bounds = append(made.bounds, bound{Condition: c, sense: made.sense, name: string(c.Kind)})
	}
	made.confidence, made.wrong = p.confidence(r)
	return made
}

// title is what the check's texts begin with, and what a relation needs before
// it so that the metric is named.
func (r rule) title() (gate, lead string) {
	switch {
	case r.Name == CheckAUC && r.Metric == CheckAUC:
		return "AUC gate", ""
	case r.Name == CheckBrier && r.Metric == CheckBrier:
		return "calibration gate", "Brier "
	case r.Name == r.Metric || r.Name == "":
		return r.label + " gate", ""
	}
	return text.Line(r.Name, mostName), r.label + " "
}

// reserved are the names that stand for something else. A metric check of such
// a name must not be taken for it.
var reserved = []string{CheckCooldown, CheckQuarantine, CheckHoldout, CheckFirst, CheckBudget, CheckOverlap, CheckPolicy, CheckSanity, CheckChallenger}

// Reserved reports whether a name stands for a check that is none of the
// policy's: one that is made whatever the policy.
func Reserved(name string) bool { return slices.Contains(reserved, name) }

// confidence is the one that each use of the holdout decides at: with a budget
// of H uses, 1 - (1 - c)/H, so that the chance of any false promotion in H
// decisions is at most 1 - c (Bonferroni). It is nil where the values decide.
func (p Policy) confidence(r Requirement) (c *big.Rat, wrong string) {
	asked := r.Confidence
	if asked.Sign() == 0 {
		asked = p.Confidence
	}
	if asked.Sign() == 0 {
		return nil, ""
	}
	if !isConfidence(asked) {
		return nil, Fault{"confidence", asked.String(), betweenHalfAndOne}.String()
	}
	c = asked.Rat()
	if p.HoldoutBudget > 1 {
		miss := new(big.Rat).Sub(big.NewRat(1, 1), c)
		miss.Quo(miss, big.NewRat(int64(p.HoldoutBudget), 1))
		c.Sub(big.NewRat(1, 1), miss)
	}
	return c, ""
}
