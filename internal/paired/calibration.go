package paired

import (
	"math"
	"math/big"
	"slices"

	"github.com/org/ct-action/internal/metrics"
)

// The expected calibration error is a sum of |gap| over bins, and chance alone
// makes gaps. Even a calibrated model has about √(2/π) standard deviations in each
// bin, which is 0.05 in all on 500 rows. This bias depends on the bins that the
// scores fall into, so that the plain values of two models cannot be compared
// (Bröcker 2012, Quarterly Journal of the Royal Meteorological Society 138; Kumar,
// Liang and Ma 2019, Verified uncertainty calibration; Roelofs et al. 2022,
// Mitigating bias in calibration error estimation).
//
// A model is shown by its plain value, and by the bias that a calibrated model with
// these scores is expected to have. The bounds do not rest on subtracting that bias
// alone, which takes off too much where a model is somewhat miscalibrated everywhere.
// A gap that is normal about γ has the mean absolute value σ·m(γ/σ), where m is the
// mean of a folded normal, which is convex. So over all models with Σ|γ| = τ the mean
// of the sum is
//
//	at most   τ + Σσ·m(0)           because the bias is largest for a calibrated model
//	at least  M(τ) = Σσ·m(τ/Σσ)     by Jensen's inequality
//
// The first bounds a true error from below and the second from above, however the
// error is spread over the bins. To rule out a loss, |γ'| − k·|γ| ≤ |γ' − k·γ| can
// serve too: it is sharper where two models score nearly alike.

const (
	// foldedMean is m(0), the mean of |Z| of a standard normal Z.
	foldedMean = 0.7978845608028654
	// exactVariance is the variance of a bin's positives up to which their exact
	// distribution is used in place of a normal one.
	exactVariance = 16
)

// gaps are both models' sums of score less label in each bin, over the rows'
// weight, and how they scatter. The champion's come first.
type gaps struct {
	value   [2 * metrics.Bins]float64
	scatter [2 * metrics.Bins][2 * metrics.Bins]float64
	// chance is the expected |gap| in each bin of a calibrated model with these
	// scores, and bias is its sum for each model.
	chance  [2 * metrics.Bins]float64
	bias    [2]float64
	freedom float64

	error    [2]float64 // each model's plain value
	most     [2]float64 // the most of it that can be bias; an estimate that is too large is safe
	scale    [2]float64 // Σσ of its gaps: no more than chance gives, and no more than was seen
	variance [2]float64 // Σσ²
}

// ofCalibration completes the estimate of an expected calibration error.
func ofCalibration(e Estimate, s metrics.Sample) Estimate {
	g := gapsOf(s)
	e.ChampionBias, e.ChallengerBias = g.bias[0], g.bias[1]
	e.Calibration = calibrationOf(s)
	e.Method = "folded normal gaps"
	if s.Groups != nil {
		e.Method = "cluster-robust, " + e.Method
	}
	if !(g.freedom > 0) {
		return e
	}
	e.gaps = g
	e.Parts = []Part{g.part()}
	return e
}

// gapsOf finds the gaps, how they scatter among rows or groups, and what chance
// alone contributes to them.
func gapsOf(s metrics.Sample) *gaps {
	g, total := &gaps{}, 0.0
	for i := range s.Rows {
		total += metrics.Weight(s.Weights, i)
		for _, of := range entries(s, i) {
			g.value[of.bin] += of.gap
		}
	}
	for b := range g.value {
		g.value[b] /= total
	}
	g.scattered(s, total)
	g.expected(s, total)
	least := float64(min(s.Positives(), s.Rows-s.Positives()))
	if g.freedom = min(g.freedom, least-1); math.IsNaN(g.scatter[0][0]) {
		g.freedom = 0
	}
	for b, x := range g.value {
		m, seen := b/metrics.Bins, math.Sqrt(g.scatter[b][b])
		g.bias[m] += g.chance[b]
		g.error[m] += math.Abs(x)
		g.variance[m] += g.scatter[b][b]
		g.most[m] += max(g.chance[b], foldedMean*seen)
		g.scale[m] += min(g.chance[b]/foldedMean, seen)
	}
	return g
}

// An entry is what a row adds to a model's bin.
type entry struct {
	bin int
	gap float64
}

func entries(s metrics.Sample, i int) (of [2]entry) {
	for m, p := range []metrics.Predictions{s.Champion, s.Challenger} {
		if p.Present() {
			of[m] = entry{m*metrics.Bins + metrics.Bin(p.Values[i]), metrics.Weight(s.Weights, i) * (p.Values[i] - indicator(s.Positive[i]))}
		}
	}
	return of
}

// scattered is the covariance of the gaps by the delta method: a unit (a row or
// a group) moves each gap by its own sum, less its weight times the gap.
func (g *gaps) scattered(s metrics.Sample, total float64) {
	var units, weights float64
	var cross [2 * metrics.Bins]float64 // Σ weight·gap of the units
	var unit rowSums
	eachUnit(s, func(rows []int32) {
		units++
		unit.clear()
		of := 0.0
		for _, i := range rows {
			of += metrics.Weight(s.Weights, int(i))
			for _, e := range entries(s, int(i)) {
				unit.add(e)
			}
		}
		weights += of * of
		for _, b := range unit.bins {
			cross[b] += of * unit.gap[b]
			for _, c := range unit.bins {
				g.scatter[b][c] += unit.gap[b] * unit.gap[c]
			}
		}
	})
	scale := units / (units - 1) / (total * total)
	for b := range g.scatter {
		for c := range g.scatter[b] {
			g.scatter[b][c] += g.value[b]*g.value[c]*weights - g.value[b]*cross[c] - g.value[c]*cross[b]
			g.scatter[b][c] *= scale
		}
		g.scatter[b][b] = max(0, g.scatter[b][b])
	}
	g.freedom = units - 1
}

// A rowSums adds up the entries of a unit's rows, which lie in few of the bins.
type rowSums struct {
	bins []int
	in   [2 * metrics.Bins]bool
	gap  [2 * metrics.Bins]float64
}

func (t *rowSums) clear() {
	for _, b := range t.bins {
		t.in[b], t.gap[b] = false, 0
	}
	t.bins = t.bins[:0]
}

func (t *rowSums) add(e entry) {
	if !t.in[e.bin] {
		t.in[e.bin], t.bins = true, append(t.bins, e.bin)
	}
	t.gap[e.bin] += e.gap
}

// eachUnit visits the rows of each unit.
func eachUnit(s metrics.Sample, visit func(rows []int32)) {
	unit, units := unitsOf(s)
	ends := make([]int, units+1)
	for _, u := range unit {
		ends[u+1]++
	}
	for u := range units {
		ends[u+1] += ends[u]
	}
	at, rows := slices.Clone(ends), make([]int32, s.Rows)
	for i, u := range unit {
		rows[at[u]] = int32(i)
		at[u]++
	}
	for u := range units {
		visit(rows[ends[u]:ends[u+1]])
	}
}

// expected fills chance, for independent rows whose labels are as probable as the
// scores say. It is exact where few positives (or negatives) are expected in a bin,
// because their number is then not normal. Rows of a group are not independent, and
// how much they share is not known, so for groups the scatter seen is used.
func (g *gaps) expected(s metrics.Sample, total float64) {
	for m, p := range []metrics.Predictions{s.Champion, s.Challenger} {
		if !p.Present() {
			continue
		}
		var variance [metrics.Bins]float64
		for i, score := range p.Values {
			variance[metrics.Bin(score)] += square(metrics.Weight(s.Weights, i)) * score * (1 - score)
		}
		for b, v := range variance {
			at := m*metrics.Bins + b
			switch {
			case s.Groups != nil:
				g.chance[at] = foldedMean * math.Sqrt(g.scatter[at][at])
			case s.Weights == nil && v < exactVariance:
				g.chance[at] = chanceGap(p.Values, b) / total
			default:
				g.chance[at] = foldedMean * math.Sqrt(v) / total
			}
		}
	}
}

// chanceGap is E|Σscore − Σlabel| over the rows of a bin, where labels are
// independent and as probable as the scores: the mean absolute deviation of a Poisson
// binomial. It follows the number of rows of the rarer class, as far as that has a
// probability worth keeping.
func chanceGap(scores []float64, bin int) float64 {
	rare := func(x float64) float64 {
		if 2*bin >= metrics.Bins {
			return 1 - x
		}
		return x
	}
	mean := 0.0
	probability := []float64{1} // by the number of rows of the rarer class
	for _, x := range scores {
		if metrics.Bin(x) != bin {
			continue
		}
		p := rare(x)
		mean += p
		probability = append(probability, 0)
		for k := len(probability) - 1; k >= 0; k-- {
			probability[k] *= 1 - p
			if k > 0 {
				probability[k] += probability[k-1] * p
			}
		}
		for len(probability) > 1 && probability[len(probability)-1] < 1e-18 && float64(len(probability)) > mean {
			probability = probability[:len(probability)-1]
		}
	}
	sum := 0.0
	for k, p := range probability {
		sum += p * math.Abs(float64(k)-mean)
	}
	return sum
}

// folded is m(μ), the mean of |Z+μ|.
func folded(mu float64) float64 {
	return mu*(1-2*normalTail(mu)) + 2*density(mu)
}

// A fold describes the absolute value of a normal variable: its standard deviation,
// and the coefficients of |Z+μ| in Hermite polynomials (the first, the second, and
// the rest of the variance).
type fold struct{ deviation, first, second, rest float64 }

// farOut is how many standard deviations a gap must be from 0 for its sign to be
// beyond doubt.
const farOut = 4

// foldsOf estimates the means from the values seen. What the values scatter about 0
// beyond their variance is pooled over the bins. The variance of |Z+μ| is a concave
// function of μ², so that pooling never makes the sum of variances too small.
func foldsOf(values, variances []float64) []fold {
	var squares, sum float64
	for i, v := range variances {
		if square(values[i]) <= farOut*farOut*v {
			squares, sum = squares+square(values[i]), sum+v
		}
	}
	pooled := 0.0
	if sum > 0 {
		pooled = math.Sqrt(max(0, squares/sum-1))
	}
	folds := make([]fold, len(values))
	for i, v := range variances {
		mu := math.Copysign(pooled, values[i])
		if square(values[i]) > farOut*farOut*v && v > 0 {
			mu = values[i] / math.Sqrt(v)
		}
		f := fold{deviation: math.Sqrt(v), first: 1 - 2*normalTail(mu), second: math.Sqrt2 * density(mu)}
		f.rest = math.Sqrt(max(0, foldedVariance(mu)-square(f.first)-square(f.second)))
		folds[i] = f
	}
	return folds
}

// foldedVariance is the variance of |Z+μ|.
func foldedVariance(mu float64) float64 { return 1 + mu*mu - square(folded(mu)) }

// covary is the covariance of two absolute values, by Mehler's formula in which all
// orders above the second are counted as the fourth.
func covary(f, g fold, covariance float64) float64 {
	if f.deviation == 0 || g.deviation == 0 {
		return 0
	}
	r := max(-1, min(1, covariance/(f.deviation*g.deviation)))
	return f.deviation * g.deviation * (r*f.first*g.first + r*r*f.second*g.second + r*r*r*r*f.rest*g.rest)
}

// part is the covariance of the two values.
func (g *gaps) part() Part {
	var variances [2 * metrics.Bins]float64
	for b := range variances {
		variances[b] = g.scatter[b][b]
	}
	folds := append(foldsOf(g.value[:metrics.Bins], variances[:metrics.Bins]), foldsOf(g.value[metrics.Bins:], variances[metrics.Bins:])...)
	var v [2][2]float64
	for b, f := range folds {
		for c, h := range folds {
			v[b/metrics.Bins][c/metrics.Bins] += covary(f, h, g.scatter[b][c])
		}
	}
	p := Part{g.freedom, v[1][1] - v[0][1] + (v[0][0] - v[1][0]), v[0][1] - v[0][0], v[0][0]}
	if p.VarDifference < 1e-12*v[0][0] {
		p.VarDifference = 0
	}
	return p
}

// atLeast is M(τ), the least mean that Σ|gap| can have where Σ|γ| is τ, and the
// slope of M.
func atLeast(scale, tau float64) (mean, slope float64) {
	if scale == 0 {
		return tau, 1
	}
	return scale * folded(tau/scale), 1 - 2*normalTail(tau/scale)
}

// spreadAt is the standard deviation of Σ|gap| where its mean is the least. It keeps
// an error that came out small by luck from looking certain as well.
func spreadAt(scale, variance, tau float64) float64 {
	if scale == 0 {
		return 0
	}
	return math.Sqrt(variance * foldedVariance(tau/scale))
}

// calibrated has the bounds of challenger − k·champion for two expected calibration
// errors.
type calibrated struct {
	*gaps
	part Part
	k    float64
	near *nearness // the upper bound, where that is sharper; else nil
}

// A nearness is Σ|gap' − k·gap| of the challenger's gaps and the champion's, with its
// Σσ and Σσ², and its standard error.
type nearness struct{ value, scale, variance, standardError float64 }

// deviation is the standard error of a·challenger − b·champion, in which neither
// value (champion first) counts as scattering less than its spread.
func (c calibrated) deviation(a, b float64, spread [2]float64) float64 {
	rest := a - b // a·difference + (a−b)·champion
	v := a*a*c.part.VarDifference + 2*a*rest*c.part.CovDifference + rest*rest*c.part.VarChampion
	champion := c.part.VarChampion
	v += b * b * max(0, square(spread[0])-champion)
	v += a * a * max(0, square(spread[1])-c.part.VarChallenger())
	return math.Sqrt(max(0, v))
}

// below is how many standard errors the challenger's value lies below the least mean
// that it can have if its true error is k·champion + by.
func (c calibrated) below(by float64) float64 {
	if n := c.near; n != nil {
		return n.below(by)
	}
	champion := c.error[0] - c.most[0]
	if c.k < 0 { // the champion's error must then not be taken as too small
		champion = c.error[0]
	}
	tau := c.k*champion + by
	if !(tau > 0) {
		return math.Inf(-1)
	}
	mean, slope := atLeast(c.scale[1], tau)
	return (mean - c.error[1]) / c.deviation(1, c.k*slope, [2]float64{1: spreadAt(c.scale[1], c.variance[1], tau)})
}

func (n nearness) below(by float64) float64 {
	if !(by > 0) {
		return math.Inf(-1)
	}
	mean, _ := atLeast(n.scale, by)
	return (mean - n.value) / max(n.standardError, spreadAt(n.scale, n.variance, by))
}

// above is the other side: how many standard errors the values lie above the largest
// mean that they can have if the challenger's true error is k·champion + by.
func (c calibrated) above(by float64) float64 {
	challenger := c.error[1] - c.most[1] - by
	if c.k <= 0 {
		return (challenger - c.k*(c.error[0]-c.most[0])) / c.deviation(1, c.k, [2]float64{})
	}
	tau := challenger / c.k
	if !(tau > 0) {
		return math.Inf(-1)
	}
	mean, slope := atLeast(c.scale[0], tau)
	return (mean - c.error[0]) / c.deviation(slope/c.k, 1, [2]float64{spreadAt(c.scale[0], c.variance[0], tau)})
}

// upper and lower are the bounds at a quantile: the values of by at which below and
// above cross it.
func (c calibrated) upper(quantile float64) float64 {
	return crossing(func(by float64) bool { return c.below(by) > quantile })
}

func (c calibrated) lower(quantile float64) float64 {
	return -crossing(func(by float64) bool { return c.above(-by) > quantile })
}

// crossing is the number from which on a condition holds, to about nine digits.
func crossing(holds func(float64) bool) float64 {
	low, high := -1.0, 1.0
	for holds(low) && low > -1e6 {
		low *= 2
	}
	for !holds(high) && high < 1e6 {
		high *= 2
	}
	_, high = bisect(low, high, 60, holds)
	return high
}

func (g *gaps) nearness(k float64) nearness {
	var n nearness
	var values, variances [metrics.Bins]float64
	between := func(b, c int) float64 {
		const next = metrics.Bins
		return g.scatter[next+b][next+c] - k*g.scatter[next+b][c] - k*g.scatter[b][next+c] + k*k*g.scatter[b][c]
	}
	for b := range values {
		values[b], variances[b] = g.value[metrics.Bins+b]-k*g.value[b], max(0, between(b, b))
		n.value += math.Abs(values[b])
		n.scale += math.Sqrt(variances[b])
		n.variance += variances[b]
	}
	folds, sum := foldsOf(values[:], variances[:]), 0.0
	for b, f := range folds {
		for c, h := range folds {
			sum += covary(f, h, between(b, c))
		}
	}
	n.standardError = math.Sqrt(max(0, sum))
	return n
}

// sharper reports whether nearness would give the sharper upper bound for two models
// that are nearly calibrated. It looks at standard errors and not at the values
// seen, so that luck does not choose the bound.
func (c calibrated) sharper(n nearness) bool {
	reach := func(scale, standardError float64) float64 {
		return crossing(func(by float64) bool {
			mean, _ := atLeast(scale, max(0, by))
			return mean-scale*foldedMean > 1.645*standardError
		})
	}
	return n.standardError > 0 && reach(n.scale, n.standardError) < reach(c.scale[1], c.deviation(1, c.k, [2]float64{}))
}

// corrected subtracts the bias from a contrast of calibration errors. Whether a
// challenger is better is decided by this value and its standard error: where both
// models are miscalibrated everywhere, the excess that is subtracted is about the
// same for both and cancels.
func (c Contrast) corrected(e Estimate, sense int, k *big.Rat) Contrast {
	if e.gaps == nil || math.IsNaN(c.Value) {
		return c
	}
	times, _ := k.Float64()
	c.Value -= float64(sense) * (e.ChallengerBias - times*e.ChampionBias)
	c.Exact = nil // the bias is a float
	return c
}

// held gives a corrected contrast the bounds that hold however an error is spread
// over the bins. Where a challenger stands alone, the excess that is subtracted does
// not cancel.
func (c Contrast) held(e Estimate, sense int, k, by float64) Contrast {
	c.calibrated, c.sense, c.by = &calibrated{gaps: e.gaps, part: e.Parts[0], k: k}, float64(sense), by
	c.Method = "bounds of the bias"
	return c
}

// allow bounds a loss by nearness where that is sharper.
func (c *calibrated) allow() {
	if n := c.gaps.nearness(c.k); c.k > 0 && c.sharper(n) {
		c.near = &n
	}
}

// ends are both bounds of a calibrated contrast.
func (c Contrast) ends(quantile float64) (low, high float64) {
	switch {
	case math.IsNaN(quantile) || math.IsNaN(c.StandardError):
		return math.NaN(), math.NaN()
	case c.StandardError == 0:
		return c.Value, c.Value
	}
	low, high = c.calibrated.lower(quantile)-c.by, c.calibrated.upper(quantile)-c.by
	if c.sense < 0 {
		low, high = -high, -low
	}
	return min(low, c.Value), max(high, c.Value)
}

// beyond is how many standard errors a calibrated contrast is on the good side,
// where side is 1, or on the bad side, where it is -1.
func (c Contrast) beyond(side float64) float64 {
	if side*c.sense < 0 {
		return c.calibrated.below(c.by)
	}
	return c.calibrated.above(c.by)
}

// rowsNeeded is how many rows let the bound clear 0 by so many standard errors, which
// are those of confidence and power together. It takes the values seen less their
// bias for the true errors, and lets all that scatters shrink with the root of the
// number of rows.
func (c *calibrated) rowsNeeded(of Contrast, quantile float64) int {
	left := [2]float64{}
	for m := range left {
		left[m] = max(0, c.error[m]-c.most[m])
	}
	enough := func(times float64) bool {
		next, shrunk := *c, *c.gaps
		r := 1 / math.Sqrt(times)
		for m := range left {
			mean, _ := atLeast(r*c.scale[m], left[m])
			shrunk.scale[m], shrunk.most[m] = r*c.scale[m], r*c.most[m]
			shrunk.error[m], shrunk.variance[m] = mean, r*r*c.variance[m]
		}
		if c.k > 0 && c.near == nil { // the model that is bounded from below keeps all of its bias
			m := 0
			if of.sense > 0 {
				m = 1
			}
			shrunk.error[m] = left[m] + shrunk.most[m]
		}
		next.gaps = &shrunk
		next.part.VarDifference, next.part.CovDifference, next.part.VarChampion = r*r*c.part.VarDifference, r*r*c.part.CovDifference, r*r*c.part.VarChampion
		if n := c.near; n != nil {
			apart := max(0, n.value-foldedMean*n.scale)
			mean, _ := atLeast(r*n.scale, apart)
			next.near = &nearness{mean, r * n.scale, r * r * n.variance, r * n.standardError}
		}
		of.calibrated = &next
		return of.beyond(1) > quantile
	}
	times := crossing(func(exponent float64) bool { return enough(math.Exp(exponent)) })
	rows := math.Ceil(float64(of.Rows) * math.Exp(times))
	if !(rows < 1<<53) || times > 30 {
		return 0
	}
	return max(1, int(rows))
}
