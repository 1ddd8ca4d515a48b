package paired

import (
	"cmp"
	"math"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/rank"
)

// Measure computes a metric on all rows of a sample, and the covariance of both
// models' values. Rows of weight 0 are no evidence and count nowhere. A metric
// that is not defined for the sample's task, or on its rows, is absent with the
// reason.
//
// Without a champion, the champion's value is absent and the Parts are those of a
// champion whose value is always 0. The challenger's value then has a standard
// error of its own, which a threshold needs. Only metrics with Decision read
// decisionThreshold.
func Measure(m metrics.Metric, s metrics.Sample, decisionThreshold metrics.Decimal) Estimate {
	e := Estimate{
		Champion:   metrics.Absent("no champion"),
		Challenger: metrics.Measure(m, s, s.Challenger, decisionThreshold),
	}
	if s.Champion.Present() {
		e.Champion = metrics.Measure(m, s, s.Champion, decisionThreshold)
	}
	cut := metrics.Cut(decisionThreshold)
	s = weighed(s)
	e.Rows, e.Positives, e.Effective = s.Rows, s.Positives(), effective(s)
	e.Warnings = few(e)
	if e.Challenger.Present() && (e.Champion.Present() || !s.Champion.Present()) {
		var ranks rank.Sums
		if s.Task == metrics.Binary && (m.Name == "auc" || m.Name == "average_precision") {
			ranks = ranksOf(s)
			e.Warnings = append(e.Warnings, coarse(ranks)...)
		}
		if m.Name == "ece" {
			e = ofCalibration(e, s)
		} else {
			e.Parts, e.Method = covariance(m, s, ranks, cut)
		}
		e.Curve, e.Proportion = CurveOf(m), proportionOf(m, s, cut)
		e.Tails = tails(m, s)
	}
	e.Warnings = append(e.Warnings, doubts(s).warnings()...)
	return e
}

// ranksOf compares the ranks of both models. A champion that is not there has no
// ties.
func ranksOf(s metrics.Sample) rank.Sums {
	ranks := rank.Compare(s.Positive, orZeros(s.Champion.Values, s.Rows), s.Challenger.Values)
	if !s.Champion.Present() {
		ranks.TiesA = 0
	}
	return ranks
}

// covariance chooses the method by the metric, and by whether rows have weights
// or groups. ranks are needed for AUC only.
func covariance(m metrics.Metric, s metrics.Sample, ranks rank.Sums, cut float64) (parts []Part, method string) {
	plain := s.Weights == nil && s.Groups == nil
	champion, _ := losses(m, s, s.Champion, cut)
	challenger, root := losses(m, s, s.Challenger, cut)
	isMean := challenger != nil && !root
	switch {
	case m.Name == "auc" && plain:
		e := FromRanks(ranks)
		return e.Parts, e.Method
	case isMean && plain:
		e := fromLosses(s, champion, challenger)
		return e.Parts, e.Method
	}
	a, b := influence(m, s, s.Champion, cut), influence(m, s, s.Challenger, cut)
	if plain && m.Name != "average_precision" {
		parts = independent(a, b)
	} else {
		parts = scattered(s, a, b)
	}
	method = cmp.Or(others[m.Name].method, "delta method")
	switch {
	case isMean:
		method = "paired"
	case method == "DeLong" && s.Weights != nil:
		method = "DeLong, weighted"
	}
	if s.Groups != nil {
		method = "cluster-robust, " + method
	}
	return parts, method
}

func orZeros(values []float64, rows int) []float64 {
	if values == nil {
		return make([]float64, rows)
	}
	return values
}

// fromLosses makes the moments of the rows, by class in a binary task. Losses
// in the target's unit may be large and nearly equal, and sums of their squares
// would lose the small differences to rounding. So their means are subtracted
// first, which changes no variance.
func fromLosses(s metrics.Sample, champion, challenger []float64) Estimate {
	champion = orZeros(champion, s.Rows)
	var pivotA, pivotD float64
	if s.Task == metrics.Numeric {
		pivotA, pivotD = means(champion, challenger)
	}
	classes := make([]Moments, 1)
	if s.Task == metrics.Binary {
		classes = make([]Moments, 2)
	}
	for i := range challenger {
		class := 0
		if s.Task == metrics.Binary && s.Positive[i] {
			class = 1
		}
		classes[class].Count(champion[i]-pivotA, challenger[i]-champion[i]-pivotD, 1)
	}
	return FromMoments(metrics.Value{}, metrics.Value{}, classes...)
}

// means are those of the champion's loss and of the difference. They are summed
// relative to the first row, so that equal losses have exactly that loss as mean.
func means(champion, challenger []float64) (a, d float64) {
	firstA, firstD := champion[0], challenger[0]-champion[0]
	for i := range champion {
		a += champion[i] - firstA
		d += challenger[i] - champion[i] - firstD
	}
	n := float64(len(champion))
	return firstA + a/n, firstD + d/n
}

// independent is the covariance of two sums of influences, where the rows are
// independent and all have the same weight.
func independent(champion, challenger []float64) []Part {
	n := float64(len(challenger))
	if n < 2 {
		return nil
	}
	p := Part{Freedom: n - 1}
	for i, b := range challenger {
		p.Count(b-champion[i], champion[i], 1)
	}
	p = p.over((n-1)/n, n-1)
	if math.IsNaN(p.VarDifference) {
		return nil
	}
	return []Part{p}
}

// unitsOf numbers the units of a sample, which are its groups, or its rows where
// there are none. Groups are numbered as they appear, so that their names change
// no digit of a result.
func unitsOf(s metrics.Sample) (unit []int32, units int) {
	unit = make([]int32, s.Rows)
	if s.Groups == nil {
		for i := range unit {
			unit[i] = int32(i)
		}
		return unit, s.Rows
	}
	index := map[uint32]int32{}
	for i, g := range s.Groups {
		at, known := index[g]
		if !known {
			at = int32(len(index))
			index[g] = at
		}
		unit[i] = at
	}
	return unit, len(index)
}
