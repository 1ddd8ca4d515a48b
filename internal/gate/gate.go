// Package gate decides whether a challenger may replace the champion.
//
// It is a pure function, Judge, from a Policy and the Evidence to a Verdict.
// Five checks are made, always all of them, and each says in one line what was
// found and what was needed:
//
//	auc         challenger ≥ champion + epsilon
//	brier       challenger ≤ champion + max-brier-increase
//	cooldown    cooldown-days × 24 h have passed since the last promotion
//	quarantine  nobody has quarantined the challenger
//	holdout     the holdout is the one on record, or accepted by its digest
//
// Comparisons are exact: an AUC is a fraction of integers and a threshold is
// the decimal that a person wrote, so 0.7082 + 0.0050 ≥ 0.7132 holds. What is
// printed is rounded, but never to where the printed relation would be false.
// Texts are one line each, whatever was written into a tag.
//
// Absent evidence never passes. A metric that could not be computed fails its
// check with the reason, and the zero Verdict has not passed.
//
// Where a model has no champion yet, a challenger can become the first one
// only if nothing can be lost by it: see Evidence.OtherVersions.
package gate

import (
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/state"
)

// A Policy is what a challenger must clear. The zero value asks for an AUC and
// a Brier score at least as good as the champion's, without a cooldown.
type Policy struct {
	Epsilon          metrics.Decimal // AUC: least improvement
	MaxBrierIncrease metrics.Decimal // Brier score: most worsening
	CooldownDays     int             // whole days of 24 h between two promotions; 0: none
}

// Metrics are one version's scores on the holdout.
type Metrics struct {
	AUC   metrics.Value
	Brier metrics.Value // mean squared error of the probability
}

// A Holdout says which data judged, and which should have.
type Holdout struct {
	SHA256   string // of the data that was scored
	Recorded string // on record for the model; empty: this is its first use
	Accepted string // a new digest that the user accepts; empty: none
}

// Evidence is everything that a verdict rests on.
type Evidence struct {
	Champion   string // version; empty: the model has none
	Challenger string // version

	ChampionMetrics   Metrics
	ChallengerMetrics Metrics

	Cooldown    state.Cooldown // zero: no promotion on record, so nothing to wait for
	Quarantined bool           // what promote.Version.Quarantined says of the challenger
	Quarantine  string         // its tag's text, as anybody may have written it; only printed
	Holdout     Holdout

	// OtherVersions counts the model's versions beside the challenger. It is
	// read only where there is no champion: a first champion is accepted
	// automatically only when there is no other version that somebody might be
	// serving.
	OtherVersions int
}

// A Status is the result of one check. Only Passed lets a challenger through.
type Status int

const (
	NotMade Status = iota // the zero value: nobody looked
	Failed
	Absent // there was no evidence to look at
	Passed
)

// String is the status as the decision document spells it.
func (s Status) String() string {
	return [...]string{"not_made", "failed", "absent", "passed"}[s]
}

// Names of the checks, in the order in which they are made and printed.
const (
	CheckAUC        = "auc"
	CheckBrier      = "brier"
	CheckCooldown   = "cooldown"
	CheckQuarantine = "quarantine"
	CheckHoldout    = "holdout"
	CheckFirst      = "first-champion" // in place of cooldown where there is no champion
	CheckChallenger = "challenger"     // last, failed, and only on a champion that would replace itself
)

// A Check is one condition: what it is called, how it went and why.
type Check struct {
	Name   string
	Status Status
	Text   string // one line, the relation as it is: "AUC gate: 0.8350 < 0.8312 + 0.005"
	Found  string // for a table: "last promotion 2 d ago"
	Needed string // for a table: "≥ 7 d"
}

// A Verdict is what Judge found. The zero Verdict has not passed.
type Verdict struct {
	Checks []Check
}

// Passed reports whether every check that the rules ask for was made and
// passed. A verdict with fewer checks than the rules have cannot pass, however
// good those are.
func (v Verdict) Passed() bool {
	passed := map[string]bool{}
	for _, c := range v.Checks {
		if c.Status != Passed {
			return false
		}
		passed[c.Name] = true
	}
	return passed[CheckAUC] && passed[CheckBrier] && passed[CheckQuarantine] && passed[CheckHoldout] &&
		(passed[CheckCooldown] || passed[CheckFirst])
}

// Failed lists the checks that did not pass, in order.
func (v Verdict) Failed() []Check {
	var failed []Check
	for _, c := range v.Checks {
		if c.Status != Passed {
			failed = append(failed, c)
		}
	}
	return failed
}

// Check returns the check of that name; the zero Check was not made.
func (v Verdict) Check(name string) Check {
	for _, c := range v.Checks {
		if c.Name == name {
			return c
		}
	}
	return Check{Name: name}
}

// Blocked reports whether the metric checks alone keep the challenger from
// becoming champion, and whether there was evidence for both: what a release
// from quarantine must show.
func (v Verdict) Blocked() (blocked, known bool) {
	auc, brier := v.Check(CheckAUC).Status, v.Check(CheckBrier).Status
	known = (auc == Passed || auc == Failed) && (brier == Passed || brier == Failed)
	return known && (auc == Failed || brier == Failed), known
}

// Judge makes every check.
func Judge(p Policy, e Evidence) Verdict {
	if e.Champion == "" {
		return Verdict{Checks: []Check{
			aucMeasure.alone(e.ChallengerMetrics.AUC), brierMeasure.alone(e.ChallengerMetrics.Brier),
			firstChampion(e), quarantine(e), holdout(e),
		}}
	}
	v := Verdict{Checks: []Check{
		aucMeasure.against(e.ChampionMetrics.AUC, e.ChallengerMetrics.AUC, p.Epsilon),
		brierMeasure.against(e.ChampionMetrics.Brier, e.ChallengerMetrics.Brier, p.MaxBrierIncrease),
		cooldown(p, e), quarantine(e), holdout(e),
	}}
	if e.Challenger == e.Champion && v.Passed() {
		v.Checks = append(v.Checks, itself(e))
	}
	return v
}
