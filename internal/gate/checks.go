package gate

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/org/ct-action/internal/metrics"
)

// printedPlaces is how many decimals a metric is printed with when that many
// tell the truth.
const printedPlaces = 4

func auc(p Policy, e Evidence) Check {
	c := Check{Name: CheckAUC, Needed: "≥ " + signed(p.Epsilon)}
	champion, challenger := e.ChampionMetrics.AUC, e.ChallengerMetrics.AUC
	if absent(&c, "AUC gate", "AUC", champion, challenger) {
		return c
	}
	r := compare(challenger, champion, p.Epsilon)
	c.Found = r.change
	c.Status, c.Text = Failed, fmt.Sprintf("AUC gate: %s < %s + %s", r.challenger, r.champion, p.Epsilon)
	if r.sign >= 0 {
		c.Status, c.Text = Passed, fmt.Sprintf("AUC gate: %s >= %s + %s", r.challenger, r.champion, p.Epsilon)
	}
	return c
}

func brier(p Policy, e Evidence) Check {
	c := Check{Name: CheckBrier, Needed: "≤ " + signed(p.MaxBrierIncrease)}
	champion, challenger := e.ChampionMetrics.Brier, e.ChallengerMetrics.Brier
	if absent(&c, "calibration gate", "Brier", champion, challenger) {
		return c
	}
	r := compare(challenger, champion, p.MaxBrierIncrease)
	c.Found = r.change
	bound := r.champion
	if p.MaxBrierIncrease.Sign() != 0 {
		bound += " + " + p.MaxBrierIncrease.String()
	}
	c.Status, c.Text = Failed, fmt.Sprintf("calibration gate: Brier %s > %s", r.challenger, bound)
	if r.sign <= 0 {
		c.Status, c.Text = Passed, fmt.Sprintf("calibration gate: Brier %s <= %s", r.challenger, bound)
	}
	return c
}

// absent fills in the check if either metric could not be computed.
func absent(c *Check, gate, metric string, champion, challenger metrics.Value) bool {
	var missing []string
	if !champion.Present() {
		missing = append(missing, fmt.Sprintf("champion's %s is absent (%s)", metric, champion.Reason()))
	}
	if !challenger.Present() {
		missing = append(missing, fmt.Sprintf("challenger's %s is absent (%s)", metric, challenger.Reason()))
	}
	if missing == nil {
		return false
	}
	c.Status, c.Found = Absent, "no evidence"
	c.Text = gate + ": " + strings.Join(missing, "; ")
	return true
}

// A relation is challenger against champion + margin: its exact sign, and the
// numbers rounded to as few decimals (at least four) as keep it true.
type relation struct {
	sign                         int
	challenger, champion, change string
}

func compare(challenger, champion metrics.Value, margin metrics.Decimal) relation {
	a, b, m := challenger.Rat(), champion.Rat(), margin.Rat()
	sign := exceeds(a, b, m)
	places := metrics.Places(printedPlaces, func(round func(*big.Rat) *big.Rat) bool {
		return exceeds(round(a), round(b), m) == sign || sign == 0
	})
	return relation{
		sign:       sign,
		challenger: metrics.Fixed(a, places), champion: metrics.Fixed(b, places),
		change: metrics.Signed(new(big.Rat).Sub(a, b), places),
	}
}

// exceeds is the sign of a − (b + margin).
func exceeds(a, b, margin *big.Rat) int {
	bound := new(big.Rat).Add(b, margin)
	return a.Cmp(bound)
}

func signed(d metrics.Decimal) string {
	if d.Sign() > 0 {
		return "+" + d.String()
	}
	return d.String()
}

func cooldown(p Policy, e Evidence) Check {
	c := Check{Name: CheckCooldown, Status: Passed, Needed: fmt.Sprintf("≥ %d d", p.CooldownDays)}
	switch {
	case e.Cooldown.Last.IsZero():
		c.Text, c.Found = "cooldown: no promotion on record", "no promotion on record"
		return c
	case e.Cooldown.Active(p.CooldownDays):
		c.Status = Failed
		c.Text = fmt.Sprintf("cooldown: last promotion %dd ago (< %dd)", e.Cooldown.Days(), p.CooldownDays)
	default:
		c.Text = fmt.Sprintf("cooldown: last promotion %dd ago (>= %dd)", e.Cooldown.Days(), p.CooldownDays)
	}
	c.Found = fmt.Sprintf("last promotion %d d ago", e.Cooldown.Days())
	return c
}

func quarantine(e Evidence) Check {
	c := Check{Name: CheckQuarantine, Status: Passed, Needed: "not quarantined"}
	c.Text = fmt.Sprintf("quarantine: v%s is not quarantined", e.Challenger)
	c.Found = fmt.Sprintf("v%s is not quarantined", e.Challenger)
	if e.Quarantined {
		c.Status = Failed
		c.Text = fmt.Sprintf("quarantine: v%s is quarantined (tag quarantined=%s)", e.Challenger, e.Quarantine)
		c.Found = fmt.Sprintf("quarantined=%s", e.Quarantine)
	}
	return c
}

func holdout(e Evidence) Check {
	h := e.Holdout
	c := Check{Name: CheckHoldout, Status: Passed, Needed: "as recorded"}
	switch {
	case h.SHA256 == "":
		c.Status, c.Text, c.Found = Absent, "holdout: no digest of what was scored", "no digest"
	case h.Recorded == "":
		c.Text, c.Found = "holdout: "+Short(h.SHA256)+" is recorded with this decision", "first use, recorded now"
	case h.SHA256 == h.Recorded:
		c.Text, c.Found = "holdout: "+Short(h.SHA256)+" is the one on record", "as recorded"
	case h.SHA256 == h.Accepted:
		c.Text, c.Found = "holdout: "+Short(h.SHA256)+" is accepted in place of "+Short(h.Recorded), "refreshed, accepted"
	default:
		c.Status = Failed
		c.Text = fmt.Sprintf("holdout: sha256 %s is not the one on record (%s); a deliberate refresh is accepted with holdout-sha256: %s", Short(h.SHA256), Short(h.Recorded), h.SHA256)
		c.Found = "not the one on record"
	}
	return c
}

// Short is a digest as people compare it: the first and last four characters.
func Short(sha256 string) string {
	if len(sha256) < 12 {
		return sha256
	}
	return sha256[:4] + "…" + sha256[len(sha256)-4:]
}

// first checks one metric of a first champion: there is nothing to compare it
// with, so all it must be is finite.
func first(name, gate, metric string, v metrics.Value) Check {
	c := Check{Name: name, Needed: "a finite value"}
	if !v.Present() {
		c.Status, c.Found = Absent, "no evidence"
		c.Text = fmt.Sprintf("%s: challenger's %s is absent (%s)", gate, metric, v.Reason())
		return c
	}
	c.Status, c.Found = Passed, metrics.Fixed(v.Rat(), printedPlaces)
	c.Text = fmt.Sprintf("%s: %s %s, and no champion to compare it with", gate, metric, c.Found)
	return c
}

func firstChampion(e Evidence) Check {
	c := Check{Name: CheckFirst, Status: Passed, Needed: "no other version"}
	c.Text, c.Found = "first champion: v"+e.Challenger+" is the model's only version", "the only version"
	if e.OtherVersions > 0 {
		c.Status = Failed
		c.Text = fmt.Sprintf("first champion: the model has %d other version(s) and no @champion; a person must choose", e.OtherVersions)
		c.Found = fmt.Sprintf("%d other version(s)", e.OtherVersions)
	}
	return c
}

// NoChampion is the one check of a model that has versions but no champion: it
// has failed until a person chooses.
func NoChampion(versions int) Check {
	return Check{
		Name: CheckFirst, Status: Failed,
		Text:  fmt.Sprintf("first champion: the model has %d version(s) and no champion; a person must choose", versions),
		Found: fmt.Sprintf("%d version(s), no champion", versions), Needed: "a champion, or no version at all",
	}
}
