package gate

import (
	"cmp"
	"math/big"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
)

// A test is one requirement as it is judged: with its confidence, the words for
// its metric, and its conditions as demands.
type test struct {
	Requirement
	sense int    // 1: more is better, -1: less is
	label string // the metric, as people write it
	gate  string // what its texts begin with
	lead  string // before a relation, where gate does not say the metric

	demands        []demand
	confidence     *big.Rat // after the holdout's budget; nil: the values themselves decide
	promoteIfPoint bool
	reported       bool   // no condition at all, and none asked for
	first          bool   // there is no champion
	wrong          string // why it cannot be judged; empty: it can
}

// tests are the metric checks to be made: the policy's own or the two default
// ones, and those that are only reported.
func (p Policy) tests(e Evidence) []test {
	if p.Requirements == nil {
		return []test{p.aucTest(e), p.brierTest(e)}
	}
	var tests []test
	names := map[string]bool{}
	for _, r := range p.Requirements {
		made := p.test(r, e)
		made.wrong = cmp.Or(faultText(r.Validate()), made.wrong)
		if names[r.Name] {
			made.wrong = Fault{"name", r.Name, "a name of its own; an earlier check has this one"}.String()
		}
		names[r.Name] = true
		tests = append(tests, made)
	}
	for _, metric := range []string{CheckAUC, CheckBrier} {
		if !slices.ContainsFunc(p.Requirements, func(r Requirement) bool { return r.Metric == metric && r.onAllRows() && r.File == "" }) {
			tests = append(tests, p.report(metric, names, e))
		}
	}
	return tests
}

// aucTest is the first default check: the AUC grows by epsilon.
func (p Policy) aucTest(e Evidence) test {
	r := Requirement{Name: CheckAUC, Metric: CheckAUC, Conditions: []Condition{{MinAbsoluteChange, p.Epsilon}}}
	if p.EpsilonAuto {
		r.Conditions[0].Limit = metrics.Decimal{}
		if p.Confidence.Sign() == 0 {
			r.Confidence = metrics.MustDecimal("0.95")
		}
	}
	made := p.test(r, e)
	made.demands[0].name, made.demands[0].auto = "epsilon", p.EpsilonAuto
	return made
}

// brierTest is the second: the Brier score grows by max-brier-increase at most.
func (p Policy) brierTest(e Evidence) test {
	made := p.test(Requirement{Name: CheckBrier, Metric: CheckBrier, Conditions: []Condition{{MaxAbsoluteRegression, p.MaxBrierIncrease}}}, e)
	made.demands[0].name = "max-brier-increase"
	return made
}

// report is a metric that no check of the policy asks for on all rows.
func (p Policy) report(metric string, taken map[string]bool, e Evidence) test {
	name := metric
	if taken[name] {
		name += ", all rows"
	}
	made := p.test(Requirement{Name: name, Metric: metric, DryRun: true}, e)
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

func (p Policy) test(r Requirement, e Evidence) test {
	made := test{Requirement: r, sense: -1, label: text.Line(r.Metric, mostName), promoteIfPoint: p.PromoteIfPoint, first: e.Champion == ""}
	known, found := metrics.Lookup(r.Metric)
	if found && r.File == "" {
		made.label, made.GreaterIsBetter = known.Label, known.GreaterIsBetter
	}
	if made.GreaterIsBetter {
		made.sense = 1
	}
	made.gate, made.lead = made.title()
	for _, c := range r.Conditions {
		made.demands = append(made.demands, demand{Condition: c, sense: made.sense, name: string(c.Kind)})
	}
	made.confidence, made.wrong = p.confidence(r)
	return made
}

// title is what the check's texts begin with, and what a relation needs before
// it so that the metric is named.
func (t test) title() (gate, lead string) {
	switch {
	case t.Name == CheckAUC && t.Metric == CheckAUC:
		return "AUC gate", ""
	case t.Name == CheckBrier && t.Metric == CheckBrier:
		return "calibration gate", "Brier "
	case t.Name == t.Metric || t.Name == "":
		return t.label + " gate", ""
	}
	return text.Line(t.Name, mostName), t.label + " "
}

// confidence is the one that each use of the holdout decides at: with a budget
// of H uses, 1 - (1 - c)/H, so that the chance of any false promotion in H
// decisions is at most 1 - c (Bonferroni). It is nil where the values decide.
func (p Policy) confidence(r Requirement) (c *big.Rat, wrong string) {
	asked := r.Confidence
	if asked.Sign() == 0 {
		asked = p.Confidence
	}
	switch {
	case asked.Sign() == 0:
		return nil, ""
	case !isConfidence(asked):
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
