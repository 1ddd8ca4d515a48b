package paired

import (
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/rank"
)

// Fewest is how many rows of a class, by what they are worth as evidence, anything
// that is said of them must rest on.
const Fewest = 10

// few warns of too little evidence.
func few(e Estimate) []string {
	var warnings []string
	warn := func(rows int, worth float64, name string, needed int) {
		if worth < float64(needed) {
			warnings = append(warnings, fmt.Sprintf("%s: too few for the interval to be trusted, at least %d needed", weighing(rows, worth, name), needed))
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

// weighing says how many rows of a name there are, and how many their weights leave
// of them as evidence where that is fewer.
func weighing(rows int, worth float64, name string) string {
	if worth < float64(rows) {
		return fmt.Sprintf("%d %s, which their weights make worth %.1f", rows, name, math.Floor(10*worth)/10)
	}
	return fmt.Sprintf("%d %s", rows, name)
}

// coarse warns of scores that leave many pairs of a positive and a negative row
// without a winner, of which AUC counts each as half a win.
func coarse(s rank.Sums) []string {
	var warnings []string
	pairs := new(big.Int).Mul(new(big.Int).SetUint64(s.Positive.Rows), new(big.Int).SetUint64(s.Negative.Rows))
	for _, of := range []struct {
		name string
		ties uint64
	}{{"champion", s.TiesA}, {"challenger", s.TiesB}} {
		if pairs.Sign() == 0 {
			continue
		}
		share, _ := new(big.Rat).SetFrac(new(big.Int).SetUint64(of.ties), pairs).Float64()
		if share > manyTies {
			warnings = append(warnings, fmt.Sprintf("the %s scores both rows alike in %.0f %% of the pairs of a positive and a negative: scores this coarse may be classes, not probabilities", of.name, 100*share))
		}
	}
	return warnings
}

// manyTies is the share of pairs that no model of probabilities leaves without
// a winner, but for a small tree.
const manyTies = 0.1

// Doubts are what the rows themselves say against an estimate.
type Doubts struct {
	Identical bool   // both models predict the same of every row
	Outside   [2]int // scores of champion and challenger that are no probabilities
}

func (d Doubts) warnings() (warnings []string) {
	if d.Identical {
		warnings = append(warnings, "identical predictions: champion and challenger cannot be told apart on these rows")
	}
	for i, model := range []string{"champion", "challenger"} {
		if n := d.Outside[i]; n > 0 {
			warnings = append(warnings, fmt.Sprintf("%d scores of the %s are outside [0, 1]: no probabilities", n, model))
		}
	}
	return warnings
}

// Doubted is an estimate from sums with the doubts about their rows. Where a
// value is absent there is no covariance either.
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
