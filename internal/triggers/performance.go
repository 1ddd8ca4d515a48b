package triggers

import (
	"cmp"
	"fmt"

	"github.com/org/ct-action/internal/paired"
	"github.com/org/ct-action/internal/state"
)

// performance also says what its answer leaves in doubt, and what has to be on
// record before anybody acts on it.
func performance(p Policy, s Signals) (t Trigger, doubt string, record *state.Performance) {
	t = Trigger{Name: "performance", Fires: fmt.Sprintf("AUC < %s, n ≥ %d", p.AUCFloor, p.MinRows)}
	if p.confident() {
		t.Fires += fmt.Sprintf(", confidence %s", p.PerformanceConfidence)
	}
	t, there := withoutAUC(t, p, s)
	switch {
	case !there:
	case p.confident():
		t, record = byEvidence(t, p, s)
	default:
		t, doubt = byValue(t, p, s)
	}
	return t, doubt, record
}

// withoutAUC finishes the trigger where there is no AUC to judge by.
func withoutAUC(t Trigger, p Policy, s Signals) (finished Trigger, there bool) {
	r := s.Performance.Rolling
	switch {
	case p.PerformanceOff:
		return off(t), false
	case s.Champion.Presence != Serving && s.Performance.Err == nil:
		return noOpinion(t, "no @"+s.Champion.Alias), false // whose predictions they could be
	case s.Performance.unreadable():
		return unread(t, s.Performance.File), false
	case r.Silent != "":
		return noOpinion(t, r.Silent), false
	case r.Rows == 0 && r.Labelled > 0:
		return noOpinion(t, fmt.Sprintf("none of %d labelled rows is v%s", r.Labelled, s.Champion.Version)), false
	case r.Rows < p.MinRows:
		return noOpinion(t, fmt.Sprintf("%d labelled rows < %d", r.Rows, p.MinRows)), false
	case !r.AUC.Present():
		return noOpinion(t, fmt.Sprintf("%s (n=%d)", r.AUC.Reason(), r.Rows)), false
	}
	if contradiction := s.Performance.contradiction(p); contradiction != "" {
		return noOpinion(t, fmt.Sprintf("%s (n=%d)", contradiction, r.Rows)), false
	}
	return t, true
}

// byValue compares the AUC with the floor, whatever its noise.
func byValue(t Trigger, p Policy, s Signals) (finished Trigger, doubt string) {
	r := s.Performance.Rolling
	fired, printed := printedAUC(p, r)
	relation := ">="
	if fired {
		relation, doubt = "<", doubted(p, r)
	}
	t.Measured = fmt.Sprintf("AUC %s (n = %d)", printed, r.Rows)
	return fire(t, fired,
		fmt.Sprintf("performance: rolling AUC %s %s floor %s (n=%d)", printed, relation, p.AUCFloor, r.Rows)), doubt
}

// printedAUC is the AUC with so many places that it shows whether it is below
// the floor.
func printedAUC(p Policy, r Rolling) (below bool, printed string) {
	return beyond(r.AUC.Rat(), p.AUCFloor.Rat(), -1, 3)
}

// doubted says that an AUC below the floor may be noise; empty where it is more.
func doubted(p Policy, r Rolling) string {
	few := fewOf(r)
	c, present := r.below(p)
	switch low, high := interval(p, c); {
	case r.sample.Rows == 0: // an AUC of nobody's rows
		return ""
	case !present:
		return fmt.Sprintf("the AUC is below the floor, and its noise cannot be told from %s; set performance-confidence to retrain on evidence alone", cmp.Or(few, "its rows"))
	case c.Lower(shownAt) > 0 && few == "":
		return ""
	case c.Lower(shownAt) > 0:
		return fmt.Sprintf("the AUC is below the floor by %s alone; set performance-confidence to retrain on evidence alone", few)
	default:
		if few != "" {
			few = ", of " + few
		}
		return fmt.Sprintf("the AUC is below the floor, and its 90%% interval %.3f … %.3f%s holds the floor: it may be noise; set performance-confidence to retrain on evidence alone", low, high, few)
	}
}

// fewOf counts the class that has too few rows for any p-value; empty where
// neither has.
func fewOf(r Rolling) string {
	switch negatives := r.Rows - r.Positives; {
	case r.Positives < paired.Fewest:
		return numbered(r.Positives, "positive row")
	case negatives < paired.Fewest:
		return numbered(negatives, "negative row")
	}
	return ""
}

func numbered(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// byEvidence looks for evidence that the AUC has fallen below the floor.
func byEvidence(t Trigger, p Policy, s Signals) (finished Trigger, record *state.Performance) {
	r := s.Performance.Rolling
	if few := fewOf(r); few != "" {
		return noOpinion(t, fmt.Sprintf("%s < %d (n=%d)", few, paired.Fewest, r.Rows)), nil
	}
	c, present := r.below(p)
	if !present {
		return noOpinion(t, fmt.Sprintf("the AUC has no standard error (n=%d)", r.Rows)), nil
	}
	found, record, alarm := weigh(p, s, c)
	_, printed := printedAUC(p, r)
	t.Look = &found
	t.Measured = fmt.Sprintf("AUC %s (n = %d), evidence %.3g of %.3g", printed, r.Rows, found.Sum, found.Needed)
	return fire(t, alarm, found.text(p, printed, alarm)), record
}

// text is what was found, on one line.
func (k Look) text(p Policy, auc string, alarm bool) string {
	said := fmt.Sprintf("AUC %s (90%% interval %.3f … %.3f, n=%d)", auc, k.Low, k.High, k.Rows)
	sum := fmt.Sprintf("evidence %.3g of %.3g in %s over %s", k.Sum, k.Needed, numbered(k.Looks, "look"), Age(k.During))
	if k.Found != "" {
		sum = k.Found + ", " + sum
	}
	if alarm {
		return fmt.Sprintf("performance: below floor %s at confidence %s: %s; %s", p.AUCFloor, p.PerformanceConfidence, said, sum)
	}
	return fmt.Sprintf("performance: %s, floor %s at confidence %s; %s", said, p.AUCFloor, p.PerformanceConfidence, sum)
}
