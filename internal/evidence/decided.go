package evidence

import (
	"fmt"
	"math"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

// decided estimates a metric of predictions at a threshold, by the delta method on
// the joint counts. A share of all rows is a mean over them and needs no delta method.
func (p segment) decided(m metrics.Metric, threshold metrics.Decimal, width float64) paired.Estimate {
	joint, reason := p.counts(threshold, width)
	if reason != "" {
		return absent(p, reason)
	}
	var champion, challenger metrics.Counts
	decisions := paired.Decisions{}
	eachCell(joint, func(truth, a, b int, n float64) {
		champion[truth][a] += n
		challenger[truth][b] += n
		decisions[truth][a][b] = n
	})
	var share metrics.Share
	if shares := m.Shares(); len(shares) == 1 {
		share = shares[0]
	}
	e := paired.FromMoments(m.OfCounts(champion), m.OfCounts(challenger), hits(share, joint)...)
	e.Curve, e.Proportion = paired.CurveOf(m), paired.ProportionOf(m, decisions)
	if share.OfAllRows() {
		return e
	}
	e.Method, e.Parts = "delta method", nil
	if !e.Champion.Present() || !e.Challenger.Present() {
		return e
	}
	slopesA, okA := m.Slopes(champion)
	slopesB, okB := m.Slopes(challenger)
	if !okA || !okB {
		e.Warnings = append(e.Warnings, m.Name+" divides 0 by 0 for one of the versions: it counts as 0")
	}
	if covariance := covary(joint, slopesA, slopesB, float64(p.rows)); p.rows > 1 && !math.IsNaN(covariance.VarDifference) {
		e.Parts = []paired.Part{covariance}
	}
	return e
}

func eachCell(joint [2][2][2]int, visit func(truth, a, b int, n float64)) {
	for i := range 8 {
		visit(i>>2, i>>1&1, i&1, float64(joint[i>>2][i>>1&1][i&1]))
	}
}

// counts are the joint counts at a threshold, or why there are none.
func (p segment) counts(threshold metrics.Decimal, width float64) (joint [2][2][2]int, reason string) {
	if p.confusion != nil && p.confusion.threshold.Rat().Cmp(threshold.Rat()) == 0 {
		return p.confusion.counts, ""
	}
	if p.cells != nil && width == 0 {
		at, _ := threshold.Rat().Float64()
		for _, c := range p.cells {
			joint[c.class][says(c.champion >= at)][says(c.challenger >= at)] += c.count
		}
		return joint, ""
	}
	if p.confusion != nil {
		return joint, fmt.Sprintf("%s.confusion is at a decision threshold of %s: %s needed", p.path, p.confusion.threshold, threshold)
	}
	return joint, fmt.Sprintf("the evidence file has no %s.confusion: count the rows by label and both predictions at %s", p.path, threshold)
}

func says(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// hits are the moments, by class, of a share of all rows, which is a mean over rows
// as a loss is.
func hits(share metrics.Share, joint [2][2][2]int) []paired.Moments {
	classes := make([]paired.Moments, 2)
	eachCell(joint, func(truth, a, b int, n float64) {
		was := share.Above[truth][a]
		classes[truth].Count(was, share.Above[truth][b]-was, n)
	})
	return classes
}

// covary is the covariance of two functions of counts, from their slopes: a row moves
// each by the slope in its cell. The mean of the slopes over the rows is 0, because a
// metric does not change when all counts double (Euler).
func covary(joint [2][2][2]int, slopeA, slopeB metrics.Counts, n float64) paired.Part {
	part := paired.Part{}
	eachCell(joint, func(truth, a, b int, rows float64) {
		champion := slopeA[truth][a]
		part.Count(slopeB[truth][b]-champion, champion, rows)
	})
	k := n / (n - 1)
	return paired.Part{Freedom: n - 1, VarDifference: part.VarDifference * k, CovDifference: part.CovDifference * k, VarChampion: part.VarChampion * k}
}
