package paired

import (
	"math"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/rank"
)

// Measure computes a metric on all rows of a sample, and the covariance of both
// models' values. Rows of weight 0 are no evidence and count nowhere. A metric that is not defined for the sample's task, or on
// its rows, is absent with the reason.
//
// Without a champion its value is absent, and the Parts are those of a champion
// whose value is always 0: a threshold has its standard error.
func Measure(m metrics.Metric, s metrics.Sample, o Options) Estimate {
	e := Estimate{
		Champion:   metrics.Absent("no champion"),
		Challenger: metrics.Measure(m, s, s.Challenger, o.DecisionThreshold),
	}
	if s.Champion.Present() {
		e.Champion = metrics.Measure(m, s, s.Champion, o.DecisionThreshold)
	}
	s = weighed(s)
	e.Rows, e.Positives, e.Effective = s.Rows, positives(s), effective(s)
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
			e.Parts, e.Method = covariance(m, s, ranks, o)
		}
		e.Curve, e.Proportion = CurveOf(m), proportionOf(m, s, metrics.Cut(o.DecisionThreshold))
		e.Tails = tails(m, s)
	}
	e.Warnings = append(e.Warnings, doubts(s).warnings()...)
	return e
}

// ranksOf are the ranks of both models, none of them tied for one that there is
// not.
func ranksOf(s metrics.Sample) rank.Sums {
	ranks := rank.Compare(s.Positive, orZeros(s.Champion.Values, s.Rows), s.Challenger.Values)
	if !s.Champion.Present() {
		ranks.TiesA = 0
	}
	return ranks
}

func positives(s metrics.Sample) int {
	if s.Task != metrics.Binary {
		return -1
	}
	n := 0
	for _, p := range s.Positive {
		if p {
			n++
		}
	}
	return n
}

// covariance chooses the method by the metric and by what the rows are. ranks are
// those of the rows where the metric is AUC.
func covariance(m metrics.Metric, s metrics.Sample, ranks rank.Sums, o Options) (parts []Part, method string) {
	plain := s.Weights == nil && s.Groups == nil
	cut := metrics.Cut(o.DecisionThreshold)
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
	switch {
	case isMean:
		method = "paired"
	case m.Name == "auc" || m.Name == "auc_ovr":
		method = "DeLong"
		if s.Weights != nil {
			method = "DeLong, weighted"
		}
	case m.Name == "average_precision":
		method = "infinitesimal jackknife"
	default:
		method = "delta method"
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
// in the target's unit may be large and nearly the same, and sums of their
// squares would lose what they scatter by: they are taken about their means,
// which changes no variance.
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
		classes[class].count(champion[i]-pivotA, challenger[i]-champion[i]-pivotD)
	}
	return FromMoments(metrics.Value{}, metrics.Value{}, classes...)
}

// means are those of the champion's loss and of the difference, summed from
// the first row's: equal losses then have exactly themselves as their mean.
func means(champion, challenger []float64) (a, d float64) {
	firstA, firstD := champion[0], challenger[0]-champion[0]
	for i := range champion {
		a += champion[i] - firstA
		d += challenger[i] - champion[i] - firstD
	}
	n := float64(len(champion))
	return firstA + a/n, firstD + d/n
}

// independent is the covariance of two sums of influences of rows that are
// independent and count alike.
func independent(champion, challenger []float64) []Part {
	n := float64(len(challenger))
	if n < 2 {
		return nil
	}
	p := Part{Freedom: n - 1}
	for i, b := range challenger {
		a := champion[i]
		p.VarDifference += (b - a) * (b - a)
		p.CovDifference += (b - a) * a
		p.VarChampion += a * a
	}
	p = p.over((n-1)/n, n-1)
	if math.IsNaN(p.VarDifference) {
		return nil
	}
	return []Part{p}
}

// groupOf numbers groups as they appear, so that what they are called changes
// no digit.
func groupOf(groups []uint32) (unit []int32, units int) {
	index := map[uint32]int32{}
	unit = make([]int32, len(groups))
	for i, g := range groups {
		at, known := index[g]
		if !known {
			at = int32(len(index))
			index[g] = at
		}
		unit[i] = at
	}
	return unit, len(index)
}
