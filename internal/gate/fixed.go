package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/sanity"
	"github.com/org/ct-action/internal/state"
	"github.com/org/ct-action/internal/text"
)

// Limits are what the fixed checks hold a challenger to. Package inputs has one
// input for each.
type Limits struct {
	CooldownDays     int  // whole days of 24 h between two promotions; 0: none
	HoldoutBudget    int  // decisions that one holdout may make; 0: any number
	AllowBelowChance bool // evidence that contradicts itself (package sanity) is judged all the same
}

// A Holdout says which data judged, and which should have.
type Holdout struct {
	SHA256   string // of the data that was scored
	Recorded string // on record for the model; empty: this is its first use
	Accepted string // a new digest that the user accepts; empty: none

	Use     int    // this decision's number among those that the holdout has made, from 1; 0: unknown
	Overlap string // what the training had in common with the holdout, as it logged it; empty: nothing known
}

// Evidence is everything that a verdict rests on.
type Evidence struct {
	Champion   string // version; empty: the model has none
	Challenger string // version

	Measured Measured // of both versions on the holdout; nil: nothing was scored, which is absent evidence

	Cooldown    state.Cooldown // zero: no promotion on record, so nothing to wait for
	Quarantined bool           // what promote.Version.Quarantined says of the challenger
	Quarantine  string         // its tag's text, as anybody may have written it; only printed
	Holdout     Holdout

	// OtherVersions counts the model's versions beside the challenger. It is
	// read only where there is no champion: a first champion is accepted
	// automatically only when there is no other version that somebody might be
	// serving.
	OtherVersions int
	// Recorded is what a record tells of earlier champions, in words; empty
	// where it knows of none, or a person said that the model begins anew. A
	// model with one version and such a record has lost its others.
	Recorded string
}

// Names of the two metric checks of the default policy.
const (
	CheckAUC   = "auc"
	CheckBrier = "brier"
)

// Names of the fixed checks, which are made whatever the policy requires.
const (
	CheckSanity     = "sanity"
	CheckPolicy     = "policy"
	CheckCooldown   = "cooldown"
	CheckFirst      = "first-champion"
	CheckQuarantine = "quarantine"
	CheckHoldout    = "holdout"
	CheckBudget     = "holdout-budget"
	CheckOverlap    = "overlap"
	CheckChallenger = "challenger"
)

// A fixedCheck is a check that no policy replaces, and whose name no metric check
// may have.
type fixedCheck struct {
	name  string
	holds string // what must hold, for the table in docs/gate.md
	// make answers false where the check is not made: it was not asked for, or it is
	// a veto and nothing speaks against the challenger.
	make func(g given) (Check, bool)

	needed   bool   // a verdict without it has not passed
	or       string // of a needed check: the one that is made in its place
	alone    bool   // made without a registry too
	veto     bool   // made only where it fails
	foreseen bool   // rests on the holdout alone, so that it can be told before anything is trained
}

// fixedChecks are made in this order, after the metric checks. A new check is a
// function and a row here. What it compares is a field of Evidence, which package
// loop fills, and a field of Limits, which package inputs has an input for.
func fixedChecks() []fixedCheck {
	return []fixedCheck{
		{name: CheckSanity, make: sane, alone: true, veto: true,
			holds: "the scores do not contradict themselves"},
		{name: CheckPolicy, make: undecided, alone: true, veto: true,
			holds: "some metric check decides: not all of them are dry runs"},
		{name: CheckCooldown, make: cooldown, needed: true, or: CheckFirst,
			holds: "`cooldown-days` × 24 h have passed since the last promotion"},
		{name: CheckFirst, make: firstChampion,
			holds: "where there is no champion: no other version, and no record of an earlier champion"},
		{name: CheckQuarantine, make: quarantine, needed: true,
			holds: "nobody has quarantined the challenger"},
		{name: CheckHoldout, make: holdout, needed: true, foreseen: true,
			holds: "the holdout's SHA-256 is the one on record, or `holdout-sha256`"},
		{name: CheckBudget, make: budget, alone: true, foreseen: true,
			holds: "under a `holdout-budget`: the holdout has made no more decisions than that"},
		{name: CheckOverlap, make: overlap, veto: true,
			holds: "the training is not known to have seen the holdout"},
		{name: CheckChallenger, make: itself, veto: true, // last: it looks at all others
			holds: "the challenger is not the champion already"},
	}
}

// given is what a fixed check rests on.
type given struct {
	Policy
	Evidence
	verdict  Verdict // of the checks before it
	registry bool    // there is one
}

// makeFixed makes the fixed checks of which want says that they are wanted, each
// on the verdict of those before it.
func (g given) makeFixed(want func(fixedCheck) bool) Verdict {
	for _, f := range fixedChecks() {
		if !want(f) || !f.alone && !g.registry {
			continue
		}
		if c, made := f.make(g); made {
			c.Name = f.name
			g.verdict.Checks = append(g.verdict.Checks, c)
		}
	}
	return g.verdict
}

// Reserved reports whether a name is that of a fixed check.
func Reserved(name string) bool {
	return slices.ContainsFunc(fixedChecks(), func(f fixedCheck) bool { return f.name == name })
}

// cooldown: so many days have passed since the last promotion.
func cooldown(g given) (c Check, made bool) {
	if g.Champion == "" {
		return c, false
	}
	c = Check{Status: Passed, Needed: fmt.Sprintf("≥ %d d", g.CooldownDays)}
	if g.Cooldown.Last.IsZero() {
		c.Text, c.Found = "cooldown: no promotion on record", "no promotion on record"
		return c, true
	}
	relation := ">="
	if g.Cooldown.Active(g.CooldownDays) {
		c.Status, relation = Failed, "<"
	}
	c.Text = fmt.Sprintf("cooldown: last promotion %dd ago (%s %dd)", g.Cooldown.Days(), relation, g.CooldownDays)
	c.Found = fmt.Sprintf("last promotion %d d ago", g.Cooldown.Days())
	return c, true
}

// quarantine: nobody has quarantined the challenger.
func quarantine(g given) (c Check, made bool) {
	c.Needed = "not quarantined"
	switch e := g.Evidence; {
	case e.Challenger == "": // nobody can have looked at its tag
		c.Status, c.Text, c.Found = Absent, "quarantine: no version was judged", "no version"
	case e.Quarantined:
		c.Status, c.Found = Failed, "quarantined="+text.Line(e.Quarantine, mostText)
		c.Text = fmt.Sprintf("quarantine: v%s is quarantined (tag %s)", e.Challenger, c.Found)
	default:
		c.Status, c.Found = Passed, fmt.Sprintf("v%s is not quarantined", e.Challenger)
		c.Text = "quarantine: " + c.Found
	}
	return c, true
}

// holdout: the data that judged are those on record, or accepted by their digest.
func holdout(g given) (c Check, made bool) {
	h := g.Holdout
	c = Check{Status: Passed, Needed: "as recorded"}
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
	return c, true
}

// Foreseen are the checks that cannot pass on this holdout, which has these columns,
// whatever challenger is judged, so that it can be said before anything is trained.
// There are none where the holdout is not known yet.
func Foreseen(p Policy, h Holdout, columns []string) []Check {
	if h.SHA256 == "" {
		return nil
	}
	g := given{Policy: p, Evidence: Evidence{Holdout: h}, registry: true}
	made := g.makeFixed(func(f fixedCheck) bool { return f.foreseen }).Failed()
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

// Planned are the checks that would be made for a decision, each with what it needs.
// None of them is made: this is what a dry run shows that hides its verdict.
func Planned(p Policy, e Evidence) []Check {
	var planned []Check
	for _, r := range p.tests(e) {
		name := cmp.Or(r.Name, r.Metric)
		planned = append(planned, Check{Name: name, Metric: cmp.Or(r.Metric, "?"), DryRun: r.DryRun, Needed: r.nothing(Segment{}, r.wrong).Needed})
	}
	g := given{Policy: p, Evidence: e, registry: e.Challenger != ""}
	for _, c := range g.makeFixed(func(f fixedCheck) bool { return !f.veto }).Checks {
		planned = append(planned, Check{Name: c.Name, Needed: c.Needed})
	}
	return planned
}

// budget: the holdout has made no more decisions than it may.
func budget(g given) (c Check, made bool) {
	if g.HoldoutBudget == 0 {
		return c, false
	}
	use := g.Holdout.Use
	c = Check{Status: Passed, Needed: fmt.Sprintf("≤ %d", g.HoldoutBudget), Found: fmt.Sprintf("use %d", use)}
	c.Text = fmt.Sprintf("holdout budget: use %d of %d", use, g.HoldoutBudget)
	switch {
	case use < 1:
		c.Status, c.Found = Absent, "uses unknown"
		c.Text = "holdout budget: it is not known which use of the holdout this is"
	case use > g.HoldoutBudget:
		c.Status = Failed
		c.Text += "; judge on a fresh holdout"
		if g.registry { // which has the old one on record
			c.Text += ", and accept it with holdout-sha256"
		}
	}
	return c, true
}

// overlap is the veto on a training that is known to have seen the holdout.
func overlap(g given) (c Check, made bool) {
	found := text.Line(g.Holdout.Overlap, mostText)
	return Check{
		Status: Failed, Found: found, Needed: "nothing in common",
		Text: "overlap: the training saw the holdout: " + found,
	}, g.Holdout.Overlap != ""
}

// sane is the veto on scores that contradict themselves.
func sane(g given) (c Check, made bool) {
	if g.AllowBelowChance {
		return c, false
	}
	for _, metric := range []string{CheckAUC, "auc_ovr"} { // of a binary task, or of many classes
		auc := g.Measured.Estimate(Requirement{Metric: metric}, Segment{})
		if found := sanity.Contradictions(auc); len(found) > 0 {
			c = Check{Status: Absent, Found: "a contradiction", Needed: "scores that do not contradict themselves"}
			c.Text = "sanity: " + strings.Join(found, "; ") + "; " + sanity.Remedy
			return c, true
		}
	}
	return c, false
}

// undecided is the veto on a policy that lets nothing decide.
func undecided(g given) (c Check, made bool) {
	c = Check{Status: Failed, Found: "no check that decides", Needed: "at least one"}
	c.Text = "policy: every check is a dry run, so nothing can pass"
	if len(g.Requirements) == 0 {
		c.Text = "policy: gate.checks is empty, so nothing can pass"
	}
	return c, len(g.verdict.deciding()) == 0
}

// Short is a digest as people compare it: the first and last four characters.
func Short(sha256 string) string {
	if len(sha256) < 12 {
		return text.Line(sha256, mostText)
	}
	return text.Line(sha256[:4]+"…"+sha256[len(sha256)-4:], mostText)
}

// firstChampion: there is no other version that somebody might be serving, and
// no record of earlier champions.
func firstChampion(g given) (c Check, made bool) {
	if g.Champion != "" {
		return c, false
	}
	c = Check{Status: Passed, Needed: "no other version"}
	c.Text, c.Found = "first champion: v"+g.Challenger+" is the model's only version", "the only version"
	if g.OtherVersions != 0 {
		c.Status, c.Found = Failed, fmt.Sprintf("%d other version(s)", g.OtherVersions)
		c.Text = fmt.Sprintf("first champion: the model has %d other version(s) and no champion; a person must choose", g.OtherVersions)
	} else if g.Recorded != "" {
		c.Status, c.Found, c.Needed = Failed, "earlier champions on record", "none on record"
		c.Text = "first champion: " + text.Line(g.Recorded, mostText) + "; a person must choose, or begin anew with --first"
	}
	return c, true
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
func itself(g given) (c Check, made bool) {
	return Check{
		Status: Failed,
		Text:   "challenger: v" + g.Challenger + " already is the champion",
		Found:  "v" + g.Challenger + " is the champion", Needed: "another version",
	}, g.Champion != "" && g.Challenger == g.Champion && g.verdict.Passed()
}

// mostText is how many characters of somebody else's text a check repeats.
const mostText = 200
