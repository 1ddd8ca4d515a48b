package gate

import "slices"

// A Verdict is what Judge found. The zero Verdict has not passed.
type Verdict struct {
	Checks []Check
}

// Judge makes every check, for where there is a registry.
func Judge(p Policy, e Evidence) Verdict { return judge(given{Policy: p, Evidence: e, registry: true}) }

// JudgeAlone makes the metric checks and holds the use of the holdout to its
// budget, for where there is no registry. Its verdict never has Passed, so that
// nobody promotes by it; ask it PassedAlone.
func JudgeAlone(p Policy, e Evidence) Verdict { return judge(given{Policy: p, Evidence: e}) }

func judge(g given) Verdict {
	if g.Measured == nil {
		g.Measured = unscored{}
	}
	for _, t := range g.tests(g.Evidence) {
		g.verdict.Checks = append(g.verdict.Checks, t.check(g.Evidence))
	}
	return g.makeFixed(func(fixedCheck) bool { return true })
}

// Passed reports whether every check that must be made was made, and every check
// that decides passed: at least one metric check, quarantine, holdout, and cooldown
// (or first-champion), with auc and brier looked at. A verdict with fewer checks
// than that cannot pass, however good those are.
func (v Verdict) Passed() bool {
	passed := map[string]bool{}
	for _, c := range v.Checks {
		if !c.isMetric() {
			passed[c.Name] = c.Status == Passed
		}
	}
	for _, f := range fixedChecks() {
		if f.needed && !passed[f.name] && !passed[f.or] {
			return false
		}
	}
	return v.PassedAlone()
}

// MetricsPassed reports whether there are metric checks that decide, all of
// them pass, auc and brier were looked at, and the scores do not contradict
// themselves. No promotion may rest on it, since it leaves out the fixed checks.
func (v Verdict) MetricsPassed() bool {
	deciding := v.deciding()
	return len(deciding) > 0 && !slices.ContainsFunc(deciding, Check.blocks) && !v.contradicted() && v.looked(CheckAUC) && v.looked(CheckBrier)
}

// PassedAlone reports whether a verdict that was made without a registry lets
// the challenger through. No promotion may rest on it.
func (v Verdict) PassedAlone() bool { return v.MetricsPassed() && len(v.Failed()) == 0 }

// contradicted reports whether the scores that the metric checks rest on
// contradict themselves.
func (v Verdict) contradicted() bool { return v.Check(CheckSanity).Status != NotMade }

// deciding lists the metric checks that are more than reported.
func (v Verdict) deciding() []Check {
	return v.only(func(c Check) bool { return c.isMetric() && !c.DryRun })
}

// only lists the checks that are wanted, in order.
func (v Verdict) only(wanted func(Check) bool) []Check {
	return slices.DeleteFunc(slices.Clone(v.Checks), func(c Check) bool { return !wanted(c) })
}

// looked reports whether some check is about the metric.
func (v Verdict) looked(metric string) bool {
	return slices.ContainsFunc(v.Checks, func(c Check) bool { return c.Metric == metric })
}

// Failed lists the checks that keep the challenger from passing, in order; one
// that is only reported never does.
func (v Verdict) Failed() []Check { return v.only(Check.blocks) }

// Check returns the check of that name; the zero Check was not made.
func (v Verdict) Check(name string) Check {
	for _, c := range v.Checks {
		if c.Name == name {
			return c
		}
	}
	return Check{Name: name}
}

// Metrics lists the metric checks, those that are only reported among them.
func (v Verdict) Metrics() []Check { return v.only(Check.isMetric) }

// Blocked reports whether the metric checks alone keep the challenger from
// becoming champion, and whether that is known: whether each that decides had
// evidence. A release from quarantine rests on it.
func (v Verdict) Blocked() (blocked, known bool) {
	deciding := v.deciding()
	unknown := func(c Check) bool { return c.Status == Absent || c.Status == NotMade }
	if len(deciding) == 0 || v.contradicted() || slices.ContainsFunc(deciding, unknown) {
		return false, false
	}
	return slices.ContainsFunc(deciding, Check.blocks), true
}
