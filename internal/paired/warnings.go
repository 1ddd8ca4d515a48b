package paired

import (
	"fmt"
	"math"
	"slices"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/rank"
	"github.com/org/ct-action/internal/text"
)

// Fewest is the least effective number of rows of a class that any statement about
// them needs.
const Fewest = 10

var versions = [...]string{"champion", "challenger"}

// few warns where rows or groups are too few.
func few(e Estimate) []string {
	var warnings []string
	warn := func(rows int, worth float64, name string, needed int) {
		if worth < float64(needed) {
			warnings = append(warnings, fmt.Sprintf("%s: too few for the interval to be trusted, at least %d needed", Counted(rows, worth, name), needed))
		}
	}
	warn(e.Rows, e.Effective.Rows, "rows", 2*Fewest)
	if e.Positives >= 0 {
		warn(e.Positives, e.Effective.Positives, "positive rows", Fewest)
		warn(e.Rows-e.Positives, e.Effective.Negatives, "negative rows", Fewest)
	}
	if e.Effective.Groups > 0 {
		of := func(groups int, name string) { warn(groups, float64(groups), name, 2*Fewest) }
		of(e.Effective.Groups, "groups")
		if e.Positives >= 0 && e.Effective.PositiveGroups < e.Effective.Groups {
			of(e.Effective.PositiveGroups, "groups with a positive row")
		}
		if e.Positives >= 0 && e.Effective.NegativeGroups < e.Effective.Groups {
			of(e.Effective.NegativeGroups, "groups with a negative row")
		}
	}
	return warnings
}

// Counted says how many rows of a name there are, and how many rows of equal weight
// they are worth where that is fewer.
func Counted(rows int, worth float64, name string) string {
	if worth < float64(rows) {
		return fmt.Sprintf("%s %s, which their weights make worth %.1f", text.Grouped(rows), name, math.Floor(10*worth)/10)
	}
	return text.Grouped(rows) + " " + name
}

// coarse warns of scores under which many pairs of a positive and a negative row tie.
// AUC counts each such pair as half a win.
func coarse(s rank.Sums) []string {
	var warnings []string
	pairs := float64(s.Positive.Rows) * float64(s.Negative.Rows)
	for i, ties := range []uint64{s.TiesA, s.TiesB} {
		if share := float64(ties) / pairs; share > manyTies { // not where there are no pairs: NaN
			warnings = append(warnings, fmt.Sprintf("the %s scores both rows alike in %.0f %% of the pairs of a positive and a negative: scores this coarse may be classes, not probabilities", versions[i], 100*share))
		}
	}
	return warnings
}

// manyTies is a share of tied pairs that no model of probabilities has, except a
// small tree.
const manyTies = 0.1

// Doubts are reasons in the rows themselves to distrust an estimate.
type Doubts struct {
	Identical bool   // both models predict the same of every row
	Outside   [2]int // how many scores of champion and challenger are no probabilities
}

func (d Doubts) warnings() (warnings []string) {
	if d.Identical {
		warnings = append(warnings, "identical predictions: champion and challenger cannot be told apart on these rows")
	}
	for i, model := range versions {
		if n := d.Outside[i]; n > 0 {
			warnings = append(warnings, fmt.Sprintf("%d scores of the %s are outside [0, 1]: no probabilities", n, model))
		}
	}
	return warnings
}

// Doubted adds doubts about the rows to an estimate from sums. Where a value is absent
// it removes the covariance too.
func (e Estimate) Doubted(d Doubts) Estimate {
	if !e.Champion.Present() || !e.Challenger.Present() {
		e.Parts, e.Method, e.Tails, e.Warnings = nil, "", [2]Moment23{}, few(e)
	}
	e.Warnings = append(e.Warnings, d.warnings()...)
	return e
}

func doubts(s metrics.Sample) Doubts {
	d := Doubts{Identical: s.Champion.Present() && same(s.Champion, s.Challenger)}
	if s.Task == metrics.Binary {
		d.Outside = [2]int{outside(s.Champion.Values), outside(s.Challenger.Values)}
	}
	return d
}

func same(p, q metrics.Predictions) bool {
	return slices.Equal(p.Values, q.Values) && slices.EqualFunc(p.ByClass, q.ByClass, slices.Equal[[]float64])
}

func outside(scores []float64) int {
	n := 0
	for _, x := range scores {
		if !(x >= 0 && x <= 1) {
			n++
		}
	}
	return n
}
