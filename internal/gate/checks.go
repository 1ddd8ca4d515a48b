package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/sanity"
	"github.com/org/ct-action/internal/text"
)

func cooldown(p Policy, e Evidence) Check {
	c := Check{Name: CheckCooldown, Status: Passed, Needed: fmt.Sprintf("≥ %d d", p.CooldownDays)}
	if e.Cooldown.Last.IsZero() {
		c.Text, c.Found = "cooldown: no promotion on record", "no promotion on record"
		return c
	}
	relation := ">="
	if e.Cooldown.Active(p.CooldownDays) {
		c.Status, relation = Failed, "<"
	}
	c.Text = fmt.Sprintf("cooldown: last promotion %dd ago (%s %dd)", e.Cooldown.Days(), relation, p.CooldownDays)
	c.Found = fmt.Sprintf("last promotion %d d ago", e.Cooldown.Days())
	return c
}

func quarantine(e Evidence) Check {
	c := Check{Name: CheckQuarantine, Needed: "not quarantined"}
	switch {
	case e.Challenger == "": // nobody can have looked at its tag
		c.Status, c.Text, c.Found = Absent, "quarantine: no version was judged", "no version"
	case e.Quarantined:
		c.Status, c.Found = Failed, "quarantined="+text.Line(e.Quarantine, mostText)
		c.Text = fmt.Sprintf("quarantine: v%s is quarantined (tag %s)", e.Challenger, c.Found)
	default:
		c.Status, c.Found = Passed, fmt.Sprintf("v%s is not quarantined", e.Challenger)
		c.Text = "quarantine: " + c.Found
	}
	return c
}

func holdout(e Evidence) Check {
	h := e.Holdout
	c := Check{Name: CheckHoldout, Status: Passed, Needed: "as recorded"}
	scored, recorded, accepted := Short(h.SHA256), Short(h.Recorded), Short(h.Accepted)
	switch {
	case h.SHA256 == "":
		c.Status, c.Text, c.Found = Absent, "holdout: no digest of what was scored", "no digest"
	case h.Accepted != "" && h.SHA256 != h.Accepted:
		c.Status, c.Found = Failed, "not the accepted one"
		c.Text = fmt.Sprintf("holdout: sha256 %s is not the accepted %s", scored, accepted)
	case h.Recorded == "":
		c.Text, c.Found = "holdout: "+scored+" is recorded with this decision", "first use, recorded now"
	case h.SHA256 == h.Recorded:
		c.Text, c.Found = "holdout: "+scored+" is the one on record", "as recorded"
	case h.SHA256 == h.Accepted:
		c.Text, c.Found = "holdout: "+scored+" is accepted in place of "+recorded, "refreshed, accepted"
	default:
		c.Status, c.Found = Failed, "not the one on record"
		c.Text = fmt.Sprintf("holdout: sha256 %s is not the one on record (%s); a deliberate refresh is accepted with holdout-sha256: %s",
			scored, recorded, h.SHA256)
	}
	return c
}

// Foreseen are the checks that cannot pass whatever is judged on a holdout with
// these columns: what there is to be said before anything is trained. Where the
// holdout is not known yet there are none.
func Foreseen(p Policy, h Holdout, columns []string) []Check {
	if h.SHA256 == "" {
		return nil
	}
	made := []Check{holdout(Evidence{Holdout: h})}
	if p.HoldoutBudget > 0 {
		made = append(made, budget(p, Evidence{Holdout: h}, freshHoldout))
	}
	made = slices.DeleteFunc(made, func(c Check) bool { return c.Status != Failed })
	for _, column := range p.Columns() {
		needs := func(by SegmentBy) bool { return slices.Contains(by.Columns, column) }
		i := slices.IndexFunc(p.Requirements, func(r Requirement) bool { return !r.DryRun && slices.ContainsFunc(r.Segments, needs) })
		if i >= 0 && !slices.Contains(columns, column) {
			name := text.Line(p.Requirements[i].Name, mostName)
			made = append(made, Check{Name: name, Status: Absent, Text: name + ": " + noColumn(column)})
		}
	}
	return made
}

// Planned are the checks that would be made, each with what it needs, of a
// decision whose verdict is not to be shown: none of them was made.
func Planned(p Policy, e Evidence) []Check {
	var planned []Check
	for _, r := range p.tests(e) {
		name := cmp.Or(r.Name, r.Metric)
		planned = append(planned, Check{Name: name, Metric: cmp.Or(r.Metric, "?"), DryRun: r.DryRun, Needed: r.nothing(Segment{}, r.wrong).Needed})
	}
	made := []Check{budget(p, e, "")}
	if e.Challenger != "" && e.Champion == "" {
		made = append([]Check{firstChampion(e), quarantine(e), holdout(e)}, made...)
	} else if e.Challenger != "" {
		made = append([]Check{cooldown(p, e), quarantine(e), holdout(e)}, made...)
	}
	for _, c := range made {
		planned = append(planned, Check{Name: c.Name, Needed: c.Needed})
	}
	return planned
}

// freshHoldout is what to do past a budget where a registry has the record.
const freshHoldout = "judge on a fresh holdout, and accept it with holdout-sha256"

// budget counts the decisions that one holdout has made; past is what to do
// where those are more than it may.
func budget(p Policy, e Evidence, past string) Check {
	c := Check{Name: CheckBudget, Status: Passed, Needed: fmt.Sprintf("≤ %d", p.HoldoutBudget), Found: fmt.Sprintf("use %d", e.Holdout.Use)}
	c.Text = fmt.Sprintf("holdout budget: use %d of %d", e.Holdout.Use, p.HoldoutBudget)
	switch {
	case e.Holdout.Use < 1:
		c.Status, c.Found = Absent, "uses unknown"
		c.Text = "holdout budget: it is not known which use of the holdout this is"
	case e.Holdout.Use > p.HoldoutBudget:
		c.Status = Failed
		c.Text += "; " + past
	}
	return c
}

// overlap is the veto on a training that saw the holdout.
func overlap(e Evidence) Check {
	found := text.Line(e.Holdout.Overlap, mostText)
	return Check{
		Name: CheckOverlap, Status: Failed, Found: found, Needed: "nothing in common",
		Text: "overlap: the training saw the holdout: " + found,
	}
}

// sane is the veto on scores that contradict themselves; ok is false where
// there is nothing to say against them.
func sane(p Policy, e Evidence) (c Check, ok bool) {
	if p.AllowBelowChance {
		return c, false
	}
	for _, metric := range []string{CheckAUC, "auc_ovr"} { // of a binary task, or of many classes
		auc := e.Measured.Estimate(Requirement{Metric: metric}, Segment{})
		if found := sanity.Contradictions(auc); len(found) > 0 {
			c = Check{Name: CheckSanity, Status: Absent, Found: "a contradiction", Needed: "scores that do not contradict themselves"}
			c.Text = "sanity: " + strings.Join(found, "; ") + "; " + sanity.Remedy
			return c, true
		}
	}
	return c, false
}

// undecided is the veto on a policy that lets nothing decide.
func undecided(p Policy) Check {
	c := Check{Name: CheckPolicy, Status: Failed, Found: "no check that decides", Needed: "at least one"}
	c.Text = "policy: every check is a dry run, so nothing can pass"
	if len(p.Requirements) == 0 {
		c.Text = "policy: gate.checks is empty, so nothing can pass"
	}
	return c
}

// Short is a digest as people compare it: the first and last four characters.
func Short(sha256 string) string {
	if len(sha256) < 12 {
		return text.Line(sha256, mostText)
	}
	return text.Line(sha256[:4]+"…"+sha256[len(sha256)-4:], mostText)
}

func firstChampion(e Evidence) Check {
	c := Check{Name: CheckFirst, Status: Passed, Needed: "no other version"}
	c.Text, c.Found = "first champion: v"+e.Challenger+" is the model's only version", "the only version"
	if e.OtherVersions != 0 {
		c.Status, c.Found = Failed, fmt.Sprintf("%d other version(s)", e.OtherVersions)
		c.Text = fmt.Sprintf("first champion: the model has %d other version(s) and no champion; a person must choose", e.OtherVersions)
	} else if e.Recorded != "" {
		c.Status, c.Found, c.Needed = Failed, "earlier champions on record", "none on record"
		c.Text = "first champion: " + text.Line(e.Recorded, mostText) + "; a person must choose, or begin anew with --first"
	}
	return c
}

// NotReady is the one check of a first challenger that cannot be loaded yet.
func NotReady(version, status string) Check {
	return Check{
		Name: CheckFirst, Status: Failed,
		Text:  fmt.Sprintf("first champion: v%s is not READY (%s)", version, text.Line(status, mostText)),
		Found: text.Line(status, mostText), Needed: "READY",
	}
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

// itself is the veto on a challenger that already is the champion. It is made
// only where nothing else speaks against the challenger: mostly its own AUC
// does, and a cooldown.
func itself(e Evidence) Check {
	return Check{
		Name: CheckChallenger, Status: Failed,
		Text:  "challenger: v" + e.Challenger + " already is the champion",
		Found: "v" + e.Challenger + " is the champion", Needed: "another version",
	}
}

// mostText is how many characters of somebody else's text a check repeats.
const mostText = 200
