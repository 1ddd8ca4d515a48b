package paired

import (
	"math"

	"github.com/org/ct-action/internal/metrics"
)

// Decisions count rows by [truth][champion's prediction][challenger's prediction],
// each 0 for negative and 1 for positive.
type Decisions [2][2][2]float64

// A Proportion is a value of the challenger's that is a share of rows, or a function
// of one: so many hits in so many trials. The zero Proportion means that it is not.
type Proportion struct {
	Hits, Trials float64
	// Hits of the challenger alone and of the champion alone; NaN where the trials of
	// the two are not the same rows.
	OnlyChallenger, OnlyChampion float64
	// Overlap: the metric is 2p/(1+p) of the share p. For F1, p is the share of hits
	// among all rows that are positive or predicted so (Jaccard's index).
	Overlap bool
}

// ProportionOf is the proportion behind a metric of decisions; the zero one
// where there is none.
func ProportionOf(m metrics.Metric, d Decisions) Proportion {
	shares := m.Shares()
	if len(shares) != 1 {
		return Proportion{}
	}
	share := shares[0]
	hit := func(truth, says int) float64 { return indicator(share.Above[truth][says] > 0) }
	p := Proportion{Overlap: share.Above[1][1] == 2}
	for i := range 8 {
		truth, was, is := i>>2, i>>1&1, i&1
		rows := d[truth][was][is]
		p.Hits += rows * hit(truth, is)
		p.Trials += rows * indicator(share.Below[truth][is] > 0)
		p.OnlyChallenger += rows * max(0, hit(truth, is)-hit(truth, was))
		p.OnlyChampion += rows * max(0, hit(truth, was)-hit(truth, is))
	}
	if !share.OfTruth() {
		p.OnlyChallenger, p.OnlyChampion = math.NaN(), math.NaN()
	}
	return p
}

// proportionOf is ProportionOf for a sample; the zero one where it has weights or
// groups.
func proportionOf(m metrics.Metric, s metrics.Sample, cut float64) Proportion {
	if s.Weights != nil || s.Groups != nil {
		return Proportion{}
	}
	if s.Task == metrics.Multiclass && m.Name == "accuracy" {
		return classified(s)
	}
	if s.Task != metrics.Binary || !m.Decision {
		return Proportion{}
	}
	var d Decisions
	for i, positive := range s.Positive {
		champion := s.Champion.Present() && s.Champion.Values[i] >= cut
		d[int(indicator(positive))][int(indicator(champion))][int(indicator(s.Challenger.Values[i] >= cut))]++
	}
	return ProportionOf(m, d)
}

// classified counts the rows of a multiclass sample that are predicted right.
func classified(s metrics.Sample) Proportion {
	p := Proportion{Trials: float64(s.Rows)}
	for i, class := range s.Class {
		right := metrics.Argmax(s.Challenger.ByClass, i) == int(class)
		was := s.Champion.Present() && metrics.Argmax(s.Champion.ByClass, i) == int(class)
		p.Hits += indicator(right)
		p.OnlyChallenger += indicator(right && !was)
		p.OnlyChampion += indicator(was && !right)
	}
	return p
}

// value is the metric of a share, and share the other way round.
func (p Proportion) value(share float64) float64 {
	if p.Overlap {
		return 2 * share / (1 + share)
	}
	return share
}

func (p Proportion) share(value float64) float64 {
	if p.Overlap {
		value /= 2 - value
	}
	return min(max(value, 0), 1)
}

// lower is the one-sided lower bound of Clopper and Pearson (1934, Biometrika 26,
// 404-413): no threshold above it would pass a binomial test. It is exact: the
// probability that it is too high is at most tail.
func (p Proportion) lower(tail float64) float64 {
	return p.value(betaQuantile(tail, p.Hits, p.Trials-p.Hits+1))
}

func (p Proportion) upper(tail float64) float64 {
	return p.value(1 - betaQuantile(tail, p.Trials-p.Hits, p.Hits+1))
}

// atLeast is the probability of as many hits or more if the metric's true value is
// this one; atMost is that of as many or fewer.
func (p Proportion) atLeast(value float64) float64 {
	return betaTail(p.share(value), p.Hits, p.Trials-p.Hits+1)
}

func (p Proportion) atMost(value float64) float64 {
	return betaTail(1-p.share(value), p.Trials-p.Hits, p.Hits+1)
}

// standardError is the metric's standard error if its true value is this one.
func (p Proportion) standardError(value float64) float64 {
	share, slope := p.share(value), 1.0
	if p.Overlap {
		slope = 2 / square(1+share)
	}
	return slope * math.Sqrt(share*(1-share)/p.Trials)
}

// exact is a proportion against a threshold.
type exact struct {
	Proportion
	sense, threshold float64
}

// bound is the lower bound of sense·(value − threshold) where side is -1, and the
// upper one where it is 1.
func (e exact) bound(side, tail float64) float64 {
	if side*e.sense < 0 {
		return e.sense * (e.Proportion.lower(tail) - e.threshold)
	}
	return e.sense * (e.Proportion.upper(tail) - e.threshold)
}

// pValue is that of "the value is not above the threshold", or not below it where
// sense is -1.
func (e exact) pValue(sense float64) float64 {
	if sense < 0 {
		return e.atMost(e.threshold)
	}
	return e.atLeast(e.threshold)
}

// tango is the null of a difference of two proportions of the same trials. It takes
// the variance from the most likely cell probabilities whose difference is x (Tango
// 1998, Statistics in Medicine 17, 891-908).
type tango struct {
	Proportion
	sense, c float64
}

func (t tango) standardError(x float64) float64 {
	b, c, n := t.OnlyChallenger, t.OnlyChampion, t.Trials
	difference := min(max(t.sense*x+t.c, -1), 1)
	linear := (2*n-b+c)*difference - b - c
	root := math.Sqrt(max(0, linear*linear+8*n*c*difference*(1-difference)))
	lost := (root - linear) / (4 * n) // the share that the champion alone has right
	return math.Sqrt(max(0, (2*lost+difference*(1-difference))/n))
}

// betaTail is the regularised incomplete beta function I_x(a, b), which is also
// P(at least a hits of a+b−1) where each has the probability x (DLMF 8.17.5). It is
// 1 where a is 0, and 0 where b is.
func betaTail(x, a, b float64) float64 {
	switch {
	case a <= 0:
		return 1
	case b <= 0, x <= 0:
		return 0
	case x >= 1:
		return 1
	}
	if x > (a+1)/(a+b+2) {
		return 1 - betaTail(1-x, b, a)
	}
	logA, _ := math.Lgamma(a)
	logB, _ := math.Lgamma(b)
	logAB, _ := math.Lgamma(a + b)
	return math.Exp(a*math.Log(x)+b*math.Log1p(-x)+logAB-logA-logB) / a * betaFraction(x, a, b)
}

// betaQuantile is the x with I_x(a, b) = p; 0 where a is 0, 1 where b is.
func betaQuantile(p, a, b float64) float64 {
	switch {
	case a <= 0:
		return 0
	case b <= 0:
		return 1
	}
	low, high := bisect(0, 1, 200, func(x float64) bool { return betaTail(x, a, b) >= p })
	return low + (high-low)/2
}
