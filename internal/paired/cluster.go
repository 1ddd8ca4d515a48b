package paired

import (
	"math"

	"github.com/org/ct-action/internal/metrics"
)

// scattered is the covariance of two sums of influences over rows that have
// weights or groups. It is nil where all rows of a class are in one unit, so that
// how the class scatters cannot be known. A unit is a group, or a row where there
// are no groups.
//
// It is the covariance of a regression of the influences on indicators of the
// classes, by the bias-reduced linearization CR2 (Bell and McCaffrey 2002;
// Pustejovsky and Tipton 2018). A unit that holds the share h of a class pulls
// the class's mean towards itself, so that its residual is too small. By how much
// follows from a working model: the factor is √(1−h) where all rows have the same
// weight. The degrees of freedom are Satterthwaite's for that sum of squares under
// the working model: positives in three groups give about two, however many groups
// hold negatives.
//
// The working model has independent rows, with one variance for each class whatever
// the weights. A model in which the rows of a group are alike would give fewer
// degrees of freedom where groups are of unequal size, and would then pass too few
// checks at any true correlation (2 % at a confidence of 0.95).
//
// Without groups the classes are independent, and each is a Part of its own.
func scattered(s metrics.Sample, champion, challenger []float64) []Part {
	strata, units := strataOf(s, champion, challenger)
	var varying []stratum
	for _, st := range strata {
		if !st.adjust() {
			return nil
		}
		if st.varD > 0 || st.varB > 0 {
			varying = append(varying, st)
		}
	}
	switch {
	case len(varying) == 0:
		return []Part{{Freedom: float64(units - 1)}}
	case s.Groups != nil:
		return known(pooled(varying))
	}
	var parts []Part
	for i := range varying {
		parts = append(parts, pooled(varying[i:i+1]))
	}
	return known(parts...)
}

// known are the parts, or nil where a single unit carries nearly all of one part,
// whose degrees of freedom are then lost to rounding.
func known(parts ...Part) []Part {
	for _, p := range parts {
		if !(p.Freedom > 0) {
			return nil
		}
	}
	return parts
}

// A stratum is a regression on a constant: of the rows of one class about the
// mean of that class, or of all rows about the mean of all, for what varies with
// the share of the classes. Slices have one entry for each unit. a is the
// champion's influence, d the challenger's less the champion's, and b = a + d.
type stratum struct {
	a, d       []float64 // influences, summed
	share      []float64 // of the stratum's weight
	noise      []float64 // of the variance of its mean by the working model, where each row's is 1
	factor     []float64
	total      float64 // of noise
	varD, varB float64 // the sums of squares of the rows' influences
	rawD, rawB float64 // the same before means were taken off
}

func newStratum(units int) stratum {
	column := func() []float64 { return make([]float64, units) }
	return stratum{a: column(), d: column(), share: column(), noise: column(), factor: column()}
}

// add takes a row's influences: a and d after the mean was subtracted, rawA and
// rawD before.
func (st *stratum) add(unit int32, w, a, d, rawA, rawD float64) {
	st.a[unit] += a
	st.d[unit] += d
	st.share[unit] += w
	st.noise[unit] += w * w
	st.varD += d * d
	st.varB += (a + d) * (a + d)
	st.rawD += rawD * rawD
	st.rawB += (rawA + rawD) * (rawA + rawD)
}

// strataOf divides influences into what varies within each class of a binary task
// and what varies between the two. Any other task has one class.
func strataOf(s metrics.Sample, champion, challenger []float64) (strata []stratum, units int) {
	class, classes := func(int) int { return 0 }, 1
	if s.Task == metrics.Binary {
		class, classes = func(i int) int { return int(indicator(s.Positive[i])) }, 2
	}
	var weights, meanA, meanD [2]float64
	for i := range challenger {
		k := class(i)
		weights[k] += metrics.Weight(s.Weights, i)
		meanA[k] += champion[i]
		meanD[k] += challenger[i] - champion[i]
	}
	unit, units := unitsOf(s)
	for k := range classes {
		meanA[k], meanD[k] = meanA[k]/weights[k], meanD[k]/weights[k]
		strata = append(strata, newStratum(units))
	}
	if classes == 2 {
		strata = append(strata, newStratum(units))
	}
	for i := range challenger {
		w, k := metrics.Weight(s.Weights, i), class(i)
		a, d := champion[i], challenger[i]-champion[i]
		strata[k].add(unit[i], w, a-w*meanA[k], d-w*meanD[k], a, d)
		if classes == 2 {
			strata[2].add(unit[i], w, w*meanA[k], w*meanD[k], a, d)
		}
	}
	return strata, units
}

// rounded is the share of a sum of squares that is no more than rounding.
const rounded = 1e-26

// adjust finds each unit's factor. It reports whether there is one: a class whose
// rows are all in one unit has none.
func (st *stratum) adjust() bool {
	if st.varD <= rounded*st.rawD {
		st.varD = 0
		clear(st.d)
	}
	if st.varD == 0 && st.varB <= rounded*st.rawB {
		st.varB = 0
		clear(st.a)
	}
	weight := 0.0
	for _, w := range st.share {
		weight += w
	}
	for g, w := range st.share {
		h, q := w/weight, st.noise[g]/(weight*weight)
		st.share[g], st.noise[g] = h, q
		st.total += q
	}
	for g, q := range st.noise {
		left := q*(1-2*st.share[g]) + st.share[g]*st.share[g]*st.total // of the variance, in the residual
		if q > 0 && !(left > 1e-9*q) {
			return false
		}
		if q > 0 {
			st.factor[g] = math.Sqrt(q / left)
		}
	}
	var robustD, robustB float64
	for g, f := range st.factor {
		a, d := f*st.a[g], f*st.d[g]
		robustD, robustB = robustD+d*d, robustB+(a+d)*(a+d)
	}
	st.varD, st.varB = larger(st.varD, robustD), larger(st.varB, robustB)
	return !math.IsNaN(st.varD) && !math.IsNaN(st.varB)
}

// larger keeps a NaN.
func larger(x, y float64) float64 {
	if y > x {
		return y
	}
	return x
}

// pooled is the covariance of the sum of strata that share their units.
func pooled(strata []stratum) Part {
	var p Part
	for g := range strata[0].share {
		var a, d float64
		for _, st := range strata {
			a, d = a+st.factor[g]*st.a[g], d+st.factor[g]*st.d[g]
		}
		p.Count(d, a, 1)
	}
	p.Freedom = math.Inf(1)
	for _, variance := range []func(stratum) float64{
		func(st stratum) float64 { return st.varD },
		func(st stratum) float64 { return st.varB },
	} {
		if f := satterthwaite(strata, variance); f < p.Freedom { // it is NaN where nothing varies
			p.Freedom = f
		}
	}
	return p
}

// satterthwaite is (tr G)² / tr G², where G is the covariance of the units'
// adjusted influences under the working model. With u = factor·h and
// p = factor·q, a stratum adds its scale times
//
//	diag(factor²·q) + total·u·uᵀ − p·uᵀ − u·pᵀ
//
// so that products of the u and p are all that the trace of the square takes.
// variance is what the rows of a stratum would add if they were independent.
func satterthwaite(strata []stratum, variance func(stratum) float64) float64 {
	n := len(strata[0].share)
	diagonal, low := make([]float64, n), make([]float64, n)
	var trace, square float64
	scale := make([]float64, len(strata))
	for j, st := range strata {
		scale[j] = variance(st) / st.total
		trace += variance(st)
		for g, f := range st.factor {
			u, p := f*st.share[g], f*st.noise[g]
			diagonal[g] += scale[j] * f * p
			low[g] += scale[j] * u * (st.total*u - 2*p)
		}
	}
	for g, x := range diagonal {
		square += x * (x + 2*low[g])
	}
	for j, x := range strata {
		for l, y := range strata {
			var uu, up, pu, pp float64
			for g := range n {
				uj, pj := x.factor[g]*x.share[g], x.factor[g]*x.noise[g]
				ul, pl := y.factor[g]*y.share[g], y.factor[g]*y.noise[g]
				uu, up, pu, pp = uu+uj*ul, up+uj*pl, pu+pj*ul, pp+pj*pl
			}
			square += scale[j] * scale[l] * (x.total*y.total*uu*uu - 2*uu*(x.total*up+y.total*pu) + 2*(up*pu+uu*pp))
		}
	}
	return trace * trace / square
}
