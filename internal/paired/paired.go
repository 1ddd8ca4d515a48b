// Package paired says how sure a difference between two models is that were
// scored on the same rows.
//
// Measure gives an Estimate: the metric of both models and the covariance of
// the two. A condition on them is a Contrast, challenger − k·champion − c, with a
// standard error, bounds and a p-value of its own. Both models meet the same
// rows, so that what is hard in a row is hard for both and cancels: a paired
// interval is often several times narrower than two intervals side by side,
// and two overlapping intervals say nothing about the difference.
//
// Which variance:
//
//	auc                                  DeLong, from exact sums; one Part a class
//	means of row losses                  paired; in binary tasks one Part a class and one between
//	smooth functions of counts and sums  delta method, from each row's influence
//	average_precision                    infinitesimal jackknife, one Part a class and one between
//	ece                                  bootstrap, within each class
//	with weights or groups               CR2 of each row's or group's influence (scattered)
//
// Deciding bounds use Student's t with Satterthwaite's degrees of freedom: with
// few positives the normal quantile passes equal models more often than it
// says. The standard error stays the plain one.
//
// # How not to fool yourself
//
// An interval knows only the noise of drawing rows. It does not know that the
// holdout is old, that its labels are wrong, or that training has seen it. Rows
// of one customer are not independent: name the group, or the interval is too
// narrow. Looking at many metrics, segments or challengers and keeping the one
// that passed is not one test. With fewer than 10 rows of either class no
// interval here is to be trusted, and each says so in Warnings. "Not shown to
// be better" is not "shown to be equal"; RowsNeeded takes the difference seen
// for the true one, hence is as uncertain as that difference.
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

	// How far binned scores may be off from the scores themselves; zero: not at
	// all.
	ChampionBlur, ChallengerBlur Blur

	Method    string // how the covariance was found: "DeLong", "DeLong, weighted", "paired", "delta method", "infinitesimal jackknife", "bootstrap, 1000 replicates"; with "cluster-robust, " before it where rows were grouped
	Rows      int
	Positives int       // -1: not a binary task
	Effective Effective // what Rows and Positives are worth as evidence
	Warnings  []string  // why the interval should not be trusted too much, one line each
}

// A Blur bounds what is not known of a version: its Value is off by at most
// Value, and a standard error to which it contributes is at most StandardError
// too small. A contrast has the challenger's and |k| times the champion's.
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

// Options are what a measurement needs beside the rows.
type Options struct {
	DecisionThreshold metrics.Decimal // predicted positive: score ≥ this
	Seed              uint64          // of the bootstrap
}

// A Contrast is challenger − k·champion − c with what is known about it. The
// sense is already in it: positive is always the good side.
type Contrast struct {
	Exact         *big.Rat // nil where a value is not exact or absent
	Value         float64  // NaN where evidence is absent
	StandardError float64  // NaN where there is none
	Off           float64  // how far Value may be off, whatever the rows: every bound is wider by it
	Freedom       float64  // Satterthwaite's degrees of freedom; +Inf: normal
	Rows          int
}

// Contrast is sense·(challenger − k·champion − c), sense 1 or -1. Where k is 0
// no champion is needed. Its value is NaN where a value is absent, its standard
// error where there are no Parts.
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
	return out.blurred(e, math.Abs(1-rest))
}

// NonInferiority is the contrast of a challenger that may be worse than
// k·champion + c by no more than what c leaves it, with bounds that hold at that
// edge.
func (e Estimate) NonInferiority(sense int, k, c *big.Rat) Contrast { return e.Contrast(sense, k, c) }

// AtThreshold is the contrast challenger − c, with bounds that hold where the
// challenger's true value is c.
func (e Estimate) AtThreshold(sense int, c *big.Rat) Contrast {
	return e.Contrast(sense, new(big.Rat), c)
}

// blurred adds what blurs may hide. Degrees of freedom are then the fewest that
// Satterthwaite could give, whatever share of the variance each part has: a
// bound is never sharper than that of the scores themselves.
func (c Contrast) blurred(e Estimate, k float64) Contrast {
	c.Off = e.ChallengerBlur.Value + k*e.ChampionBlur.Value
	if hidden := e.ChallengerBlur.StandardError + k*e.ChampionBlur.StandardError; hidden > 0 {
		c.StandardError += hidden
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

// Lower is the one-sided lower bound at a confidence such as 0.95, with
// Student's t at Freedom; Upper the other side. Both are NaN without a standard
// error, so that nothing that is compared with them holds.
func (c Contrast) Lower(confidence float64) float64 {
	return c.Value - c.reach(studentQuantile(1-confidence, c.Freedom))
}

// Upper is the one-sided upper bound at a confidence.
func (c Contrast) Upper(confidence float64) float64 {
	return c.Value + c.reach(studentQuantile(1-confidence, c.Freedom))
}

// reach keeps a standard error of 0 from becoming 0·∞.
func (c Contrast) reach(quantile float64) float64 {
	if c.StandardError == 0 {
		return c.Off
	}
	return quantile*c.StandardError + c.Off
}

// Normal is the two-sided interval at a level with normal quantiles, which is
// what R's pROC and most papers print.
func (c Contrast) Normal(level float64) (low, high float64) {
	reach := c.reach(normalQuantile((1 - level) / 2))
	return c.Value - reach, c.Value + reach
}

// PValue is the one-sided p-value of "the contrast is not above 0": by
// Student's t where decides is true, as the deciding bounds, else normal. With a
// standard error of 0 it is 0 or 1.
func (c Contrast) PValue(decides bool) float64 {
	least := c.Value - c.Off
	switch {
	case math.IsNaN(c.Value) || math.IsNaN(c.StandardError):
		return math.NaN()
	case c.StandardError == 0 && least > 0:
		return 0
	case c.StandardError == 0:
		return 1
	case decides:
		return studentTail(least/c.StandardError, c.Freedom)
	}
	return normalTail(least / c.StandardError)
}

// RowsNeeded is how many rows would let Lower(confidence) clear 0 with the
// given power at the value seen; 0 where the value is not above 0, or where
// there is no standard error. It goes by normal quantiles: with that many rows
// there are degrees of freedom enough. No number of rows makes Off less.
func (c Contrast) RowsNeeded(confidence, power float64) int {
	least := c.Value - c.Off
	if !(least > 0) || !(c.StandardError > 0) || !(confidence < 1) {
		return 0
	}
	ratio := (normalQuantile(1-confidence) + normalQuantile(1-power)) * c.StandardError / least
	rows := math.Ceil(float64(c.Rows) * ratio * ratio)
	if !(rows < 1<<53) {
		return 0
	}
	return max(1, int(rows))
}
