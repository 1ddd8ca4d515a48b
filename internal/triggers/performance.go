package triggers

import (
	"cmp"
	"fmt"

	"github.com/org/ct-action/internal/paired"
	"github.com/org/ct-action/internal/state"
	"github.com/org/ct-action/internal/text"
)

// performance is the trigger on the champion's rolling AUC. doubt is a warning about
// its answer, "" for none; record is what has to be on record before anybody acts
// on it, nil where nothing has.
func performance(p Policy, s Signals) (t Trigger, doubt string, record *state.Performance) {
	t = Trigger{Name: "performance", Fires: fmt.Sprintf("AUC < %s, n ≥ %d", p.AUCFloor, p.MinRows)}
	if p.confident() {
		t.Fires += fmt.Sprintf(", confidence %s", p.PerformanceConfidence)
	}
	switch why := withoutAUC(p, s); {
	case p.PerformanceOff:
		t = off(t)
	case s.Champion.Presence != Serving && s.Performance.Err == nil: // nobody made the predictions
		t = noOpinion(t, "no @"+s.Champion.Alias)
	case s.Performance.unreadable():
		t = unread(t, s.Performance.File)
	case why != "":
		t = noOpinion(t, why)
	case p.confident():
		t, record = byEvidence(t, p, s)
	default:
		t, doubt = byValue(t, p, s)
	}
	return t, doubt, record
}

// withoutAUC says why the labelled predictions give no AUC to judge by; empty
// where they give one.
func withoutAUC(p Policy, s Signals) string {
	r := s.Performance.Rolling
	why := s.Performance.contradiction(p)
	switch {
	case r.Silent != "":
		return r.Silent
	case r.Rows == 0 && r.Labelled > 0:
		return fmt.Sprintf("none of %d labelled rows is v%s", r.Labelled, s.Champion.Version)
	case r.Rows < p.MinRows:
		return fmt.Sprintf("%d labelled rows < %d", r.Rows, p.MinRows)
	case !r.AUC.Present():
		why = r.AUC.Reason()
	}
	if why == "" {
		return ""
	}
	return fmt.Sprintf("%s (n=%d)", why, r.Rows)
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

// doubted warns that an AUC below the floor may be noise; empty where it is not.
func doubted(p Policy, r Rolling) string {
	few := fewOf(r)
	c, present := r.below(p)
	switch low, high := interval(p, c); {
	case r.sample.Rows == 0: // the AUC was given without its rows
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

// fewOf is a class that has too few rows for a p-value, such as "3 negative rows";
// empty where both have enough.
func fewOf(r Rolling) string {
	switch negatives := r.Rows - r.Positives; {
	case r.Positives < paired.Fewest:
		return text.Count(r.Positives, "positive row")
	case negatives < paired.Fewest:
		return text.Count(negatives, "negative row")
	}
	return ""
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

// text is the trigger's text.
func (k Look) text(p Policy, auc string, alarm bool) string {
	said := fmt.Sprintf("AUC %s (90%% interval %.3f … %.3f, n=%d)", auc, k.Low, k.High, k.Rows)
	sum := fmt.Sprintf("evidence %.3g of %.3g in %s over %s", k.Sum, k.Needed, text.Count(k.Looks, "look"), Age(k.During))
	if k.Found != "" {
		sum = k.Found + ", " + sum
	}
	if alarm {
		return fmt.Sprintf("performance: below floor %s at confidence %s: %s; %s", p.AUCFloor, p.PerformanceConfidence, said, sum)
	}
	return fmt.Sprintf("performance: %s, floor %s at confidence %s; %s", said, p.AUCFloor, p.PerformanceConfidence, sum)
}
