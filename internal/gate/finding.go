package gate

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
	"github.com/org/ct-action/internal/text"
)

// fewest is how many rows of each class whatever is shown must rest on, by what
// their weights make them worth (paired.Effective). fewestGroups is how many
// groups must hold a row of each class: with 2, equal models pass more often than
// the confidence says. Of values at a threshold or a margin the means of few
// groups are skewed, and more are needed (fewestGroupsAtEdge).
const (
	fewest             = paired.Fewest
	fewestGroups       = 3
	fewestGroupsAtEdge = 10
)

// power is what the rows that would settle a check are counted for.
const power = 0.8

// level is the two-sided one of an interval where no confidence is set, and
// plain the one-sided confidence whose bounds are its ends.
const level, plain = 0.95, 0.975

// find judges all rows, or one segment. What it decides may still be softened
// by Holm's correction, so words come later.
func (t test) find(e Evidence, s Segment) Finding {
	est := e.Measured.Estimate(t.Requirement, s)
	f := Finding{
		Metric: t.Metric, GreaterIsBetter: t.sense > 0, Segment: s, Rows: est.Rows, Positives: est.Positives, Effective: est.Effective, Method: est.Method,
		Champion: est.Champion, Challenger: est.Challenger, Warnings: slices.Clone(est.Warnings),
		ChampionBias: est.ChampionBias, ChallengerBias: est.ChallengerBias, Calibration: est.Calibration,
	}
	f.Warnings = append(f.Warnings, t.byChance(f)...)
	t.measure(&f, est)
	for _, d := range t.applicable() {
		f.Conditions = append(f.Conditions, t.condition(d, f, est))
	}
	return f
}

// applicable are the demands that mean something: against no champion only a
// threshold does.
func (t test) applicable() []demand {
	if !t.first {
		return t.demands
	}
	return slices.DeleteFunc(slices.Clone(t.demands), demand.compares)
}

// measure fills what a finding says of the difference, whatever is asked of it.
func (t test) measure(f *Finding, est paired.Estimate) {
	none := math.NaN()
	f.Difference, f.StandardError, f.IntervalLevel, f.PValue, f.Smallest, f.Tell.Smallest = none, none, none, none, none, none
	f.Interval = [2]float64{none, none}
	if !f.Champion.Present() || !f.Challenger.Present() {
		return
	}
	difference := est.Contrast(1, big.NewRat(1, 1), new(big.Rat))
	f.Difference, f.StandardError = difference.Value, difference.StandardError
	if !(f.StandardError >= 0) {
		return
	}
	if t.confidence == nil {
		f.IntervalLevel = level
		f.Interval[0], f.Interval[1] = difference.Normal(level)
	} else {
		confidence := t.oneSided()
		f.IntervalLevel = float(new(big.Rat).Sub(new(big.Rat).Add(t.confidence, t.confidence), big.NewRat(1, 1)))
		f.Interval = [2]float64{difference.Lower(confidence), difference.Upper(confidence)}
	}
	t.tell(f, est)
}

// oneSided is the confidence of the bounds, and of what the rows can show.
func (t test) oneSided() float64 {
	if t.confidence == nil {
		return plain
	}
	return float(t.confidence)
}

// tell says what it takes to tell the difference from 0, whichever way it points.
func (t test) tell(f *Finding, est paired.Estimate) {
	confidence := t.oneSided()
	sense, far, near := 1, f.Interval[1], f.Interval[0]
	if f.Difference < 0 {
		sense, far, near = -1, -near, -far
	}
	c := est.Contrast(sense, big.NewRat(1, 1), new(big.Rat))
	f.Tell = Tell{
		Smallest: c.SmallestShown(confidence, power), Rows: c.RowsNeeded(confidence, power),
		Range: [2]int{c.RowsNeededAt(far, confidence, power), c.RowsNeededAt(near, confidence, power)},
	}
}

// condition judges one demand.
func (t test) condition(d demand, f Finding, est paired.Estimate) ConditionFinding {
	none := math.NaN()
	c := ConditionFinding{Condition: d.Condition, demand: d, Margin: none, StandardError: none, Lower: none, Upper: none, PValue: none, Smallest: none, failure: 1}
	if missing := t.missing(f, d.compares()); missing != "" {
		c.Status, c.Reason = Absent, missing
		return c
	}
	champion := new(big.Rat)
	if d.compares() {
		champion = f.Champion.Rat()
	}
	k, by := d.contrast(champion)
	c.Change = d.onChange(champion)
	c.exact = new(big.Rat).Sub(f.Challenger.Rat(), d.at(champion))
	c.exact.Mul(c.exact, big.NewRat(int64(d.sense), 1))
	c.Margin, c.met = float(c.exact), d.met(c.exact)
	contrast := d.judge(est, k, by)
	c.method = contrast.Method
	if f.ChallengerBias > 0 && t.confidence != nil { // what is left of the values decides
		c.exact, c.Margin = rational(contrast.Value), contrast.Value
	}
	t.scatter(&c, contrast)
	if !d.compares() {
		t.inRange(&c)
	}
	c.Status = t.decide(&c, f)
	return c
}

// inRange keeps the upper bound of a threshold to values that the metric can have.
// Rows that could only show one beyond them show none. The lower bound, which
// decides, stays as it is.
func (t test) inRange(c *ConditionFinding) {
	m, known := metrics.Lookup(t.Metric)
	if !known || t.File != "" {
		return
	}
	best := m.Max
	if c.demand.sense < 0 {
		best = m.Min
	}
	best = float64(c.demand.sense) * (best - float(c.Limit.Rat()))
	c.Upper = min(c.Upper, max(best, c.Margin))
	if c.Smallest > best {
		c.Smallest = math.NaN()
	}
}

// met reports whether a margin is enough.
func (d demand) met(margin *big.Rat) bool { return margin.Sign() > 0 || margin.Sign() == 0 && !d.auto }

// scatter fills in what is known of how the margin scatters.
func (t test) scatter(c *ConditionFinding, margin paired.Contrast) {
	if c.StandardError = margin.StandardError; !(c.StandardError >= 0) {
		c.StandardError = math.NaN()
		return
	}
	confidence := t.oneSided()
	c.Lower, c.Upper = margin.Lower(confidence), margin.Upper(confidence)
	if t.confidence == nil {
		c.Lower, c.Upper = margin.Normal(level)
	}
	c.PValue, c.below = margin.PValue(t.confidence != nil), margin.FailurePValue()
	c.RowsNeeded = margin.RowsNeeded(confidence, power)
	c.RowsNeededRange = [2]int{margin.RowsNeededAt(c.Upper, confidence, power), margin.RowsNeededAt(c.Lower, confidence, power)}
	c.Smallest = margin.SmallestShown(confidence, power)
}

// decide compares the values themselves where no confidence is asked for, and
// else the bounds.
func (t test) decide(c *ConditionFinding, f Finding) Status {
	if t.confidence == nil || t.byValue(*c) {
		if c.met {
			return Passed
		}
		c.failure = 0
		return Failed
	}
	c.cause, c.remedy = cause(*c, f)
	if scarce := scarcest(f); scarce > 0 && scarce < fewest {
		least := int(math.Ceil(float64(f.Rows) * fewest / scarce))
		for _, rows := range []*int{&c.RowsNeeded, &c.RowsNeededRange[0], &c.RowsNeededRange[1]} {
			if *rows > 0 {
				*rows = max(*rows, least)
			}
		}
	}
	switch {
	case c.StandardError > 0 && c.cause == "":
		c.failure = c.below
	case c.StandardError > 0:
	case c.cause != "" && c.met: // 0 would read as a proof
		c.PValue = math.NaN()
	}
	switch {
	case c.cause != "":
	case c.Lower > 0 || c.Lower == 0 && !c.demand.auto:
		return Passed
	case c.Upper < 0:
		return Failed
	}
	return Inconclusive
}

// byValue reports whether the values decide although a confidence is set: a
// number from a file has no scatter that anybody knows.
func (t test) byValue(c ConditionFinding) bool {
	return t.confidence != nil && t.File != "" && math.IsNaN(c.StandardError)
}

// cause says why nothing can be concluded, whatever the bounds, and what would
// end that.
func cause(c ConditionFinding, f Finding) (cause, remedy string) {
	switch {
	case math.IsNaN(c.StandardError):
		return "no standard error is known of it", "evidence with a standard error is needed: more rows, or covariances beside the values"
	case c.StandardError == 0 && c.Kind == Threshold:
		return "a standard error of 0 proves nothing of a threshold", "more rows are needed, of which the challenger does not treat all alike"
	case c.StandardError == 0 && c.demand.improves():
		return "a standard error of 0 proves no improvement", "a challenger is needed whose difference from the champion has a standard error above 0"
	case c.StandardError == 0:
		return "a standard error of 0 does not show that nothing was lost", "rows are needed on which the two versions differ"
	}
	return scarce(c.demand, f)
}

// scarce says which rows or groups are too few for a demand to be shown.
func scarce(d demand, f Finding) (cause, remedy string) {
	few := func(of string, needed int) string {
		return fmt.Sprintf("%s, and %s needs at least %d", of, d.wanted(), needed)
	}
	binary, groups := f.Positives >= 0, fewestGroupsAtEdge
	if d.improves() {
		groups = fewestGroups
	}
	moreGroups := fmt.Sprintf("a holdout with at least %d groups is needed, in a binary task as many that hold a positive and a negative row", groups)
	switch e := f.Effective; {
	case binary && e.Positives < fewest:
		cause = few(paired.Counted(f.Positives, e.Positives, "positive"), fewest)
	case binary && e.Negatives < fewest:
		cause = few(paired.Counted(f.Rows-f.Positives, e.Negatives, "negative"), fewest)
	case e.Rows < fewest:
		return few(paired.Counted(f.Rows, e.Rows, "rows"), fewest), fmt.Sprintf("a holdout with at least %d rows is needed", fewest)
	case e.Groups > 0 && binary && e.PositiveGroups < groups:
		return few(fmt.Sprintf("%d groups with a positive row", e.PositiveGroups), groups), moreGroups
	case e.Groups > 0 && binary && e.NegativeGroups < groups:
		return few(fmt.Sprintf("%d groups with a negative row", e.NegativeGroups), groups), moreGroups
	case e.Groups > 0 && e.Groups < groups:
		return few(fmt.Sprintf("%d groups", e.Groups), groups), moreGroups
	default:
		return "", ""
	}
	return cause, fmt.Sprintf("a holdout with at least %d positive and %d negative rows is needed", fewest, fewest)
}

// scarcest is what the rows of the rarer class are worth; all rows, where the
// task is not binary.
func scarcest(f Finding) float64 {
	if f.Positives < 0 {
		return f.Effective.Rows
	}
	return min(f.Effective.Positives, f.Effective.Negatives)
}

// wanted is what a demand wants shown.
func (d demand) wanted() string {
	switch {
	case d.Kind == Threshold:
		return "a threshold"
	case d.improves():
		return "an improvement"
	}
	return "a bounded loss"
}

// missing says which values are absent: the challenger's, and the champion's where
// it is needed too.
func (t test) missing(f Finding, champion bool) string {
	var absent []string
	add := func(whose string, v metrics.Value) {
		if !v.Present() {
			absent = append(absent, fmt.Sprintf("%s's %s is absent (%s)", whose, t.label, text.Line(v.Reason(), mostText)))
		}
	}
	if champion {
		add("champion", f.Champion)
	}
	add("challenger", f.Challenger)
	return strings.Join(absent, "; ")
}

// conclude gives a finding the status and the words of its worst condition.
func (t test) conclude(f *Finding) {
	f.Needed = t.needed(*f)
	if len(f.Conditions) == 0 {
		t.unconditional(f)
		return
	}
	slices.SortStableFunc(f.Conditions, func(a, b ConditionFinding) int {
		return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.Margin, b.Margin))
	})
	for i := range f.Conditions {
		t.speak(&f.Conditions[i], *f)
	}
	worst := f.Conditions[0]
	f.Status, f.PValue, f.Reason = worst.Status, worst.PValue, worst.Reason
	f.RowsNeeded, f.RowsNeededRange, f.Smallest = worst.RowsNeeded, worst.RowsNeededRange, worst.Smallest
	f.Found = t.found(worst, *f)
	if t.confidence != nil && !t.byValue(worst) && worst.Status != Absent {
		f.Confidence = t.oneSided()
		f.decidedBy(worst)
	}
	misses := func(c ConditionFinding) bool { return c.Status != Passed && !c.met }
	f.Allowed = worst.Status == Inconclusive && t.promoteIfPoint && !slices.ContainsFunc(f.Conditions, misses)
	if f.Allowed {
		f.Reason += "; passes by the values themselves (on-inconclusive: promote-if-point)"
	}
	f.Would = t.would(*f)
	f.Warnings = append(f.Warnings, t.warnings(*f)...)
}

// decidedBy makes the interval and the method that are shown those of the
// condition that went worst: bounds at a margin are not those of superiority.
func (f *Finding) decidedBy(worst ConditionFinding) {
	if worst.method == "" {
		return // Student's, as the interval of the difference is already
	}
	f.Method += ", " + worst.method
	low, high := worst.Lower, worst.Upper
	if worst.Change == nil || worst.relative() || math.IsNaN(low) || math.IsNaN(high) {
		return
	}
	if worst.demand.sense < 0 {
		low, high = -high, -low
	}
	at := float(worst.Change)
	f.Interval = [2]float64{at + low, at + high}
}

// unconditional concludes a finding without conditions: of a metric that is only
// reported, or of a first champion, which has nothing to be compared with. All that
// it needs are the values.
func (t test) unconditional(f *Finding) {
	if missing := t.missing(*f, !t.first); missing != "" {
		f.Status, f.Found, f.Reason = Absent, "no evidence", missing
		f.Would = t.would(*f)
		return
	}
	f.Status = Passed
	if t.first {
		f.Found = metrics.Fixed(f.Challenger.Rat(), printedPlaces)
		f.Reason = fmt.Sprintf("%s %s, and no champion to compare it with", t.label, f.Found)
		return
	}
	change := new(big.Rat).Sub(f.Challenger.Rat(), f.Champion.Rat())
	f.Found = metrics.Signed(change, printedPlaces)
	f.Reason = fmt.Sprintf("%s%s, champion %s, %s%s; reported only", t.lead, metrics.Fixed(f.Challenger.Rat(), printedPlaces),
		metrics.Fixed(f.Champion.Rat(), printedPlaces), f.Found, shownInterval(*f))
}

// warnings are the gate's own, beside those of the measurement.
func (t test) warnings(f Finding) []string {
	if t.confidence == nil {
		return nil
	}
	var warnings []string
	if t.File != "" && math.IsNaN(f.StandardError) {
		warnings = append(warnings, "a number from a file has no interval: the value itself was compared, whatever the confidence")
	}
	for _, d := range t.applicable() {
		if d.loses() && d.Limit.Sign() == 0 {
			warnings = append(warnings, fmt.Sprintf("%s: 0 with a confidence asks for proof that the challenger is better: set a margin, such as %s: 0.002", d.name, d.name))
		}
	}
	return warnings
}

// float is the nearest one.
func float(r *big.Rat) float64 {
	f, _ := r.Float64()
	return f
}
