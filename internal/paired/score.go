package paired

import (
	"math"

	"github.com/org/ct-action/internal/metrics"
)

// A Curve says how the variance of a metric depends on its true value, up to a
// factor that is estimated from the rows. A bound that must hold at an edge has to
// use the scatter at that edge: near 1, an AUC that came out high by luck also seems
// to scatter little, and a Wald bound would trust both.
type Curve int

// The curves, with θ the true value.
const (
	Flat        Curve = iota // the variance does not depend on it
	Placements               // auc: the variance of binormal placements, see placementVariance
	Share                    // θ(1−θ): shares of rows, and functions of them
	Balanced                 // the same, for the mean of one share of each class
	Ranked                   // the same, for ranks, where a row is not right or wrong
	Correlation              // (1−θ²)²: mcc, as Fisher's z has it
)

// CurveOf is the curve of a metric.
func CurveOf(m metrics.Metric) Curve {
	switch shares := len(m.Shares()); {
	case shares > 1:
		return Balanced
	case shares == 1:
		return Share
	}
	return others[m.Name].curve
}

// at is the variance at θ, up to a factor. positives and negatives are effective
// numbers of rows.
func (c Curve) at(theta, positives, negatives float64) float64 {
	const edge = 1e-6
	switch c {
	case Placements:
		theta = min(max(theta, edge), 1-edge)
		return placementVariance(theta, spread)/positives + placementVariance(theta, 1/spread)/negatives
	case Share, Balanced, Ranked:
		theta = min(max(theta, edge), 1-edge)
		return theta * (1 - theta)
	case Correlation:
		theta = min(max(theta, edge-1), 1-edge)
		return square(1 - theta*theta)
	}
	return 1
}

// mostCorrelated is the largest correlation that two values can have whose true values
// are a and b. Two shares that differ cannot be perfectly correlated, however much the
// rows at hand agree: for two events with probabilities p < q the correlation is at
// most √(p(1−q)/(q(1−p))), Fréchet's bound. The variance is then at least
// (q−p)(1−(q−p)), which is also the least that Tango's can be.
func (c Curve) mostCorrelated(a, b float64) float64 {
	const edge = 1e-6
	if c != Share && c != Balanced && c != Ranked {
		return 1
	}
	a, b = min(max(a, edge), 1-edge), min(max(b, edge), 1-edge)
	odds := a / (1 - a) * (1 - b) / b
	return math.Sqrt(min(odds, 1/odds))
}

// spread is the standard deviation of the positives' scores over that of the
// negatives' in the binormal model behind the curve of AUC. In most classifiers the
// scores of positives scatter somewhat more (Swets 1986, Psychological Bulletin 99,
// 181-198, finds slopes of 0.5 to 1.1). With a spread of 1, bounds would be too narrow
// for these, and at 20 rows of each class.
const spread = 1.15

// placementVariance is the variance of a row's placement, the share of the other class
// that it beats, in the binormal model with that AUC, 0 < auc < 1, where the
// row's own class has the standard deviation b and the other 1:
// E[Φ(a+bZ)²] − auc², with a/√(1+b²) = Φ⁻¹(auc), which Owen's T function gives
// (Owen 1980, Communications in Statistics B9, 389-419, 10,010.4 and 20,010.4).
func placementVariance(auc, b float64) float64 {
	return auc*(1-auc) - 2*owenT(NormalQuantile(1-auc), 1/math.Sqrt(1+2*b*b))
}

// owenT is ∫ exp(−h²(1+x²)/2)/(1+x²) dx/2π from 0 to a, 0 ≤ a ≤ 1 (Owen 1956),
// by Gauss and Legendre.
func owenT(h, a float64) float64 {
	sum := 0.0
	for _, point := range legendre {
		x := a * (1 + point.x) / 2
		sum += point.weight * math.Exp(-h*h*(1+x*x)/2) / (1 + x*x)
	}
	return sum * a / (4 * math.Pi)
}

// legendre are the points and weights of a quadrature over [−1, 1] that is exact
// for polynomials up to degree 39.
var legendre = gaussLegendre(20)

type quadraturePoint struct{ x, weight float64 }

// gaussLegendre finds the zeros of Legendre's polynomial by Newton's method
// (DLMF 3.5.15 and 18.9.1).
func gaussLegendre(n int) []quadraturePoint {
	points := make([]quadraturePoint, n)
	for i := range points {
		x, slope := math.Cos(math.Pi*(float64(i)+0.75)/(float64(n)+0.5)), 0.0
		for range 100 {
			last, p := 0.0, 1.0
			for k := 1.0; k <= float64(n); k++ {
				last, p = p, ((2*k-1)*x*p-(k-1)*last)/k
			}
			slope = float64(n) * (x*p - last) / (x*x - 1)
			step := p / slope
			x -= step
			if math.Abs(step) < 1e-15 {
				break
			}
		}
		points[i] = quadraturePoint{x, 2 / ((1 - x*x) * slope * slope)}
	}
	return points
}

// A null knows the standard error of a contrast whose true value is x.
type null interface{ standardError(x float64) float64 }

// A scored null is that of a score test. Both values are moved by equal amounts to
// where the contrast is x, and the curve gives the variances there. Their correlation
// stays as it was found. The curve's factor is that of the version that scatters more,
// and never below that of the model behind the curve, and the standard error is never
// below the plain one: the same lucky rows that make a model look good also hide its
// scatter.
//
// It is the constrained-variance idea of Farrington and Manning (1990,
// Statistics in Medicine 9, 1447-1454) and Newcombe (2006, Statistics in Medicine
// 25, 559-573, method 5) for the paired case of Liu, Ma, Wu and Tai (2006,
// Statistics in Medicine 25, 1219-1238).
type scored struct {
	curve                Curve
	champion, challenger float64
	positives, negatives float64
	factor               float64 // variance over curve.at
	correlation          float64
	sense, k, c          float64
	plain                float64 // standard error without the curve
	hidden               float64 // what is added for binned scores
}

func (s scored) standardError(x float64) float64 {
	off := s.challenger - s.k*s.champion - (s.sense*x + s.c)
	champion, challenger := 0.0, s.challenger-off
	if s.k != 0 {
		champion, challenger = s.champion+off/(2*s.k), s.challenger-off/2
	}
	variance := s.factor * s.curve.at(challenger, s.positives, s.negatives)
	if s.k != 0 {
		own := s.k * s.k * s.factor * s.curve.at(champion, s.positives, s.negatives)
		correlation := min(s.correlation, s.curve.mostCorrelated(champion, challenger))
		variance += own - 2*correlation*math.Copysign(math.Sqrt(own*variance), s.k)
	}
	return max(s.plain, math.Sqrt(max(0, variance))) + s.hidden
}

// unit is how much one more row that is right adds to a metric that counts rows; 0
// for any other metric. Half of it is the correction for continuity (Yates 1934),
// without which a check passes up to 2 % more often than its level says where errors
// are few.
func (s scored) unit() float64 {
	switch s.curve {
	case Share, Correlation:
		return s.factor
	case Balanced:
		return max(s.factor, 1/(2*min(s.positives, s.negatives)))
	}
	return 0
}

// scoredNull needs an estimate that has a curve and a variance.
func (e Estimate) scoredNull(sense int, k, c float64, plain, hidden float64) scored {
	champion, challenger := 0.0, e.Challenger.Float64()
	if k != 0 {
		champion = e.Champion.Float64()
	}
	var varChampion, varChallenger, covariance float64
	for _, p := range e.Parts {
		varChampion += p.VarChampion
		varChallenger += p.VarChallenger()
		covariance += p.CovDifference + p.VarChampion
	}
	s := scored{
		curve: e.Curve, champion: champion, challenger: challenger, positives: e.Effective.Positives, negatives: e.Effective.Negatives,
		sense: float64(sense), k: k, c: c, plain: plain, hidden: hidden,
	}
	if e.Curve == Placements {
		s.factor = 1
	}
	s.factor = max(s.factor, max(0, varChallenger)/s.curve.at(challenger, s.positives, s.negatives))
	if k != 0 {
		s.factor = max(s.factor, varChampion/s.curve.at(champion, s.positives, s.negatives))
		if both := math.Sqrt(varChampion * max(0, varChallenger)); both > 0 {
			s.correlation = min(max(covariance/both, -1), 1)
		}
	}
	return s
}

// invert is one end of the score interval: the lower where direction is -1, the upper
// where it is 1. The interval holds the values that a test at the quantile does not
// reject (Wilson 1927; Tango 1998). Its ends are found by false position in the form
// of Dowell and Jarratt (1971, BIT 11, 168-174), known as the Illinois method.
func (c Contrast) invert(direction, quantile float64) float64 {
	if math.IsNaN(quantile) || math.IsInf(quantile, 0) || math.IsInf(c.Off, 0) {
		return math.NaN()
	}
	excess := func(x float64) float64 {
		return direction*(x-c.Value) - c.Off - quantile*c.under.standardError(x)
	}
	near, far := c.Value, c.Value
	below := excess(near)
	above, step := below, 1e-12-below
	for tries := 0; !(above > 0); tries++ {
		if tries == 60 || math.IsNaN(above) {
			return math.Inf(int(direction))
		}
		near, below = far, above
		far += direction * step
		above, step = excess(far), 2*step
	}
	for side, tries := 0, 0; tries < 200; tries++ {
		x := (near*above - far*below) / (above - below)
		at := excess(x)
		switch {
		case math.Abs(at) <= 1e-14*(1+math.Abs(x)) || x == near || x == far:
			return x
		case at > 0:
			if far, above = x, at; side > 0 {
				below /= 2
			}
			side = 1
		default:
			if near, below = x, at; side < 0 {
				above /= 2
			}
			side = -1
		}
	}
	return far // the outer end
}
