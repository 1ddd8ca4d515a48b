// Package paired estimates how certain the difference is between two models that
// were scored on the same rows.
//
// Measure gives an Estimate: the metric of both models and the covariance of
// the two. A condition on them is a Contrast, challenger − k·champion − c, with a
// standard error, bounds and a p-value of its own. Both models are scored on the
// same rows, so that a row that is hard is hard for both, and this cancels. A paired
// interval is often several times narrower than two separate intervals, and two
// intervals that overlap say nothing about the difference.
//
// Which variance:
//
//	auc                                  DeLong, from exact sums; one Part a class
//	means of row losses                  paired; in binary tasks one Part a class and one between
//	smooth functions of counts and sums  delta method, from each row's influence
//	average_precision                    infinitesimal jackknife, one Part a class and one between
//	ece                                  from the covariance of both models' gaps, in closed form
//	with weights or groups               CR2 of each row's or group's influence (scattered)
//
// Which bound is used depends on the question. Whether a challenger is better
// (Contrast) is decided by Student's t with Satterthwaite's degrees of freedom,
// because with few positives the normal quantile passes equal models more often
// than its level says. The standard error is the plain one.
//
// Near an edge the plain standard error is wrong. Where an AUC is 0.99, or a
// challenger is worse by exactly the margin, most samples of a few positives hold
// none of the rare ones that reveal it, and look both better and more certain than
// they are. So a threshold (AtThreshold) and a bounded loss (NonInferiority) are
// decided by score tests, whose scatter is that at the edge itself.
//
// # How not to fool yourself
//
// An interval knows only the noise of drawing rows. It does not know that the
// holdout is old, that its labels are wrong, or that training has seen it. Rows
// of one customer are not independent: name the group, or the interval is too
// narrow. Looking at many metrics, segments or challengers and keeping the one
// that passed is not one test. With fewer than 10 rows of either class no
// interval here is to be trusted, and each says so in Warnings. "Not shown to
// be better" is not "shown to be equal". RowsNeeded takes the difference seen
// for the true one, and is as uncertain as that difference; SmallestShown does
// not depend on it.
package paired

import (
	"math"
	"math/big"

	"github.com/org/ct-action/internal/metrics"
)

// An Estimate is a metric of champion and challenger on the same rows, and how
// much both would scatter on other rows. The zero Estimate is absent.
type Estimate struct {
	Champion, Challenger metrics.Value // absent: with the reason

	// Parts add up to the covariance of the two values: one for means over
	// rows, one for each class of DeLong's. Empty: there is no standard error,
	// as for a number that the user brought.
	Parts []Part

	// The expected calibration error that a calibrated model with these scores would
	// have by chance alone; 0 for any other metric. The values still include it;
	// a contrast does not.
	ChampionBias, ChallengerBias float64

	// How far binned scores may change the value and its standard error; zero where
	// scores are not binned.
	ChampionBlur, ChallengerBlur Blur

	// These three serve the bounds at an edge: how the variance depends on the true
	// value; the counts behind a challenger's value that is a share of rows (zero: it
	// is none); and the skewness of the difference and of the challenger's value
	// (zero: it is not known).
	Curve      Curve
	Proportion Proportion
	Tails      [2]Moment23

	// Method says how the covariance was found: "DeLong", "DeLong, weighted",
	// "paired", "delta method" or "infinitesimal jackknife", after "cluster-robust, "
	// where rows have groups.
	Method    string
	Rows      int
	Positives int       // -1: not a binary task
	Effective Effective // what Rows and Positives are worth as evidence
	Warnings  []string  // why the interval should not be trusted too much, one line each

	Calibration *Calibration // of an expected calibration error; nil: of another metric

	gaps *gaps
}

// A Blur bounds the error that binned scores cause for one version: its value is off
// by at most Value, and a standard error to which it contributes is too small by at
// most StandardError. A contrast has the challenger's and |k| times the champion's.
type Blur struct{ Value, StandardError float64 }

// A Part is one independent contribution to the covariance matrix of the
// metric, in the basis (difference = challenger − champion, champion): nearly
// equal models then lose nothing to cancellation.
type Part struct {
	Freedom       float64 // degrees of freedom of this contribution's estimate: rows (or groups) less one
	VarDifference float64
	CovDifference float64 // of the difference with the champion's value
	VarChampion   float64
}

// A Contrast is challenger − k·champion − c with its bounds. It is negated where less
// is better, so that positive is always the good side.
type Contrast struct {
	Exact         *big.Rat // nil where a value is not exact or absent
	Value         float64  // NaN where evidence is absent
	StandardError float64  // NaN where there is none
	Off           float64  // how far Value may be off for any reason but the choice of rows: every bound is wider by it
	Freedom       float64  // Satterthwaite's degrees of freedom; +Inf: normal
	Rows          int
	Method        string // of bounds that are not StandardError times a quantile of Student's t

	hidden   float64 // the part of StandardError that allows for binned scores
	under    null    // the standard error by the true value; nil: it is always StandardError
	exact    *exact  // nil: not a binomial proportion
	least    float64 // a standard error to use where it is larger
	skewness float64 // of the contrast, third moment over standard error cubed; 0 or below

	calibrated *calibrated // bounds of its own
	sense, by  float64     // of those
}

// Contrast is sense·(challenger − k·champion − c), where sense is 1 or -1. Where k is
// 0 no champion is needed. The value is NaN where a value is absent, and the standard
// error is NaN where there are no Parts.
//
// The variance is the sum over the parts; Freedom is what Satterthwaite (1946)
// gives their sum, (Σv)² / Σ(v²/freedom).
func (e Estimate) Contrast(sense int, k, c *big.Rat) Contrast {
	out := Contrast{Value: math.NaN(), StandardError: math.NaN(), Freedom: math.NaN(), Rows: e.Rows}
	value := e.Challenger.Rat()
	if value == nil || k.Sign() != 0 && !e.Champion.Present() {
		return out
	}
	if k.Sign() != 0 {
		value.Sub(value, new(big.Rat).Mul(k, e.Champion.Rat()))
	}
	value.Sub(value, c)
	out.Exact = value.Mul(value, big.NewRat(int64(sense), 1))
	out.Value, _ = out.Exact.Float64()
	rest, _ := new(big.Rat).Sub(big.NewRat(1, 1), k).Float64()
	out.StandardError, out.Freedom = scatter(e.Parts, rest)
	return out.corrected(e, sense, k).blurred(e, math.Abs(1-rest))
}

// NonInferiority is the contrast for a challenger that may be worse than the champion
// by a margin, which is in k and c. Its bounds hold at the edge of that margin: they
// invert a score test, whose standard error is that at the edge.
//
//	shares of a class or of
//	all rows, as recall      Tango (1998)
//	other curved metrics     constrained variance, see Curve
//	brier, log_loss, binary  the larger of the paired variance and that of the
//	                         forecasts, with Hall's (1992) transformation for the
//	                         skewness of few positives
//	errors of numbers        Hall's transformation
//	ece                      bounds of the bias, see ofCalibration
//	others                   as Contrast
func (e Estimate) NonInferiority(sense int, k, c *big.Rat) Contrast {
	out := e.Contrast(sense, k, c)
	times, _ := k.Float64()
	less, _ := c.Float64()
	switch p := e.Proportion; {
	case math.IsNaN(out.StandardError):
	case e.gaps != nil:
		out = out.held(e, sense, times, less)
		out.calibrated.allow()
	case p.Trials > 0 && !math.IsNaN(p.OnlyChampion) && times == 1:
		out.under, out.Freedom, out.Method = tango{p, float64(sense), less}, math.Inf(1), "Tango"
	case e.Curve != Flat:
		null := e.scoredNull(sense, times, less, out.StandardError-out.hidden, out.hidden)
		out.under, out.Method = null, "constrained variance"
		out.Freedom, out.Off = min(out.Freedom, e.rarer()-1), out.Off+null.unit()/2
	case times == 1:
		out = out.tailed(e.Tails[0], sense, e.rarer())
	}
	return out
}

// AtThreshold is the contrast challenger − c, with bounds that hold where the
// challenger's true value is c. Its standard error is that at c.
//
//	shares of rows, as
//	recall, and f1           Clopper and Pearson (1934), exact
//	others                   as NonInferiority
func (e Estimate) AtThreshold(sense int, c *big.Rat) Contrast {
	out := e.Contrast(sense, new(big.Rat), c)
	at, _ := c.Float64()
	switch p := e.Proportion; {
	case math.IsNaN(out.StandardError):
	case e.gaps != nil:
		out = out.held(e, sense, 0, at)
	case p.Trials > 0:
		// A proportion has a standard error even where all rows are the same.
		out.exact, out.Method = &exact{p, float64(sense), at}, "Clopper-Pearson"
		out.StandardError = p.standardError(at)
	case e.Curve != Flat && out.StandardError > 0:
		null := e.scoredNull(sense, 0, at, out.StandardError-out.hidden, out.hidden)
		out.under, out.Method = null, "constrained variance"
		out.StandardError, out.Freedom = null.standardError(0), min(out.Freedom, e.rarer()-1)
		if e.Curve == Ranked {
			out.Off += null.factor / 2 // few positives rank high by luck: average precision is biased upward
		}
	default:
		out = out.tailed(e.Tails[1], sense, e.rarer())
	}
	return out
}

// rarer is the effective number of rows of the rarer class, or of all rows where the
// task is not binary. A score test has one factor for both classes, and the rarer
// class limits how well that factor is known.
func (e Estimate) rarer() float64 {
	if e.Positives < 0 {
		return e.Effective.Rows
	}
	return min(e.Effective.Positives, e.Effective.Negatives)
}

// tailed applies what is known of the tails: the standard error becomes no smaller,
// and skewness counts where it misleads, which is where the long tail is on the bad
// side. Degrees of freedom are limited by the rarer class.
func (c Contrast) tailed(m Moment23, sense int, rarer float64) Contrast {
	c.Freedom = min(c.Freedom, rarer-1)
	if !(m.Variance > 0) || c.StandardError == 0 {
		return c
	}
	c.least = math.Sqrt(m.Variance)
	c.skewness = min(0, float64(sense)*m.Third/math.Pow(max(c.least, c.StandardError), 3))
	c.Method = "Hall's transformation"
	return c
}

// blurred widens a contrast by what binned scores may hide. The degrees of freedom are
// then the fewest of any part, which is the least that Satterthwaite could give: so no
// bound is sharper than that of the scores themselves.
func (c Contrast) blurred(e Estimate, k float64) Contrast {
	c.Off = e.ChallengerBlur.Value + k*e.ChampionBlur.Value
	if c.hidden = e.ChallengerBlur.StandardError + k*e.ChampionBlur.StandardError; c.hidden > 0 {
		c.StandardError += c.hidden
		for _, part := range e.Parts {
			c.Freedom = min(c.Freedom, part.Freedom)
		}
	}
	return c
}

// scatter is the standard error of difference + rest·champion, and its freedom.
func scatter(parts []Part, rest float64) (standardError, freedom float64) {
	if len(parts) == 0 {
		return math.NaN(), math.NaN()
	}
	var sum, byFreedom float64
	for _, p := range parts {
		v := max(0, p.VarDifference+2*rest*p.CovDifference+rest*rest*p.VarChampion)
		sum += v
		byFreedom += v * v / p.Freedom
	}
	if sum == 0 {
		return 0, math.Inf(1)
	}
	return math.Sqrt(sum), sum * sum / byFreedom
}

// Lower is the one-sided lower bound at a confidence such as 0.95, by Method, or
// by Student's t at Freedom where Method is empty. It is NaN without a standard
// error, so that no comparison with it holds.
func (c Contrast) Lower(confidence float64) float64 { return c.bound(-1, 1-confidence) }

// Upper is the one-sided upper bound at a confidence, as Lower.
func (c Contrast) Upper(confidence float64) float64 { return c.bound(1, 1-confidence) }

// bound is the lower bound where side is -1, and the upper one where it is 1.
func (c Contrast) bound(side, tail float64) float64 {
	quantile := studentQuantile(tail, c.Freedom)
	switch {
	case c.exact != nil:
		return c.exact.bound(side, tail)
	case c.under != nil:
		return c.invert(side, quantile)
	case c.calibrated != nil:
		low, high := c.ends(quantile)
		if side < 0 {
			return low
		}
		return high
	case side < 0:
		quantile = c.straightened(quantile)
	}
	return c.Value + side*c.reach(quantile)
}

// reach keeps a standard error of 0 from becoming 0·∞.
func (c Contrast) reach(quantile float64) float64 {
	if c.StandardError == 0 {
		return c.Off
	}
	return quantile*max(c.StandardError, c.least) + c.Off
}

// straightened is the Studentized value t at which Hall's cubic transformation,
// t + at²/3 + a²t³/27 + a/6 with the skewness a of the mean, reaches a quantile
// (Hall 1992, Journal of the Royal Statistical Society B 54, 221-228).
func (c Contrast) straightened(quantile float64) float64 {
	a := c.skewness
	if a == 0 {
		return quantile
	}
	return 3 / a * (math.Cbrt(1+a*(quantile-a/6)) - 1)
}

// Normal is the two-sided interval at a level with normal quantiles, as R's pROC and
// most papers print it.
func (c Contrast) Normal(level float64) (low, high float64) {
	if c.calibrated != nil {
		return c.ends(NormalQuantile((1 - level) / 2))
	}
	reach := c.reach(NormalQuantile((1 - level) / 2))
	return c.Value - reach, c.Value + reach
}

// PValue is the one-sided p-value of "the contrast is not above 0". Where decides is
// true it agrees with Lower; otherwise it is normal. With a standard error of 0 it is
// 0 or 1.
func (c Contrast) PValue(decides bool) float64 {
	least := c.Value - c.Off
	switch {
	case math.IsNaN(c.Value) || math.IsNaN(c.StandardError):
		return math.NaN()
	case c.exact != nil && decides:
		return c.exact.pValue(c.exact.sense)
	case c.StandardError == 0 && least > 0:
		return 0
	case c.StandardError == 0:
		return 1
	case c.calibrated != nil && decides:
		return studentTail(c.beyond(1), c.Freedom)
	case c.calibrated != nil:
		return normalTail(c.beyond(1))
	case decides:
		t, a := least/c.atEdge(), c.skewness
		return studentTail(t+a*t*t/3+a*a*t*t*t/27+a/6, c.Freedom)
	}
	return normalTail(least / c.StandardError)
}

// FailurePValue is the one-sided p-value of "the contrast is not below 0". It is
// below α where Upper(1−α) is below 0, and 1 where nothing is known.
func (c Contrast) FailurePValue() float64 {
	most, p := c.Value+c.Off, math.NaN()
	switch {
	case math.IsNaN(c.Value) || math.IsNaN(c.StandardError):
	case c.exact != nil:
		p = c.exact.pValue(-c.exact.sense)
	case c.StandardError == 0 && most < 0:
		p = 0
	case c.StandardError == 0:
	case c.calibrated != nil:
		p = studentTail(c.beyond(-1), c.Freedom)
	default:
		p = studentTail(-most/c.atEdge(), c.Freedom)
	}
	if math.IsNaN(p) {
		return 1
	}
	return p
}

// atEdge is the standard error that decides: that of a contrast whose true value is 0.
func (c Contrast) atEdge() float64 {
	if c.under != nil {
		return c.under.standardError(0)
	}
	return max(c.StandardError, c.least)
}

// RowsNeeded is how many rows would let Lower(confidence) clear 0 with the
// given power if the value seen is the true one; 0 where the value is not above 0,
// or where there is no standard error. It uses normal quantiles, since so many rows
// give enough degrees of freedom. No number of rows makes Off smaller.
func (c Contrast) RowsNeeded(confidence, power float64) int {
	least := c.Value - c.Off
	if !(least > 0) || !(c.StandardError > 0) || !(confidence < 1) {
		return 0
	}
	if c.calibrated != nil {
		return c.calibrated.rowsNeeded(c, NormalQuantile(1-confidence)+NormalQuantile(1-power))
	}
	ratio := (NormalQuantile(1-confidence) + NormalQuantile(1-power)) * c.atEdge() / least
	rows := math.Ceil(float64(c.Rows) * ratio * ratio)
	if !(rows < 1<<53) {
		return 0
	}
	return max(1, int(rows))
}
