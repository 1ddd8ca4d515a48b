package metrics

import (
	"fmt"
	"math"
	"math/big"
)

// epsilon is the distance between 1 and the next float, scikit-learn's least
// probability in a log loss and least |target| in a MAPE.
const epsilon = 1.0 / (1 << 52)

// Bins is how many bins of equal width the expected calibration error has.
const Bins = 15

// improbable names the first score that is no probability.
func improbable(_ Sample, p Predictions) string {
	for i, score := range p.Values {
		if !(score >= 0 && score <= 1) {
			return fmt.Sprintf("score %v in row %d: expected a probability between 0 and 1", score, i+1)
		}
	}
	return ""
}

// squaredMiss is Brier's row loss.
func squaredMiss(s Sample, p Predictions) func(int) float64 {
	return func(i int) float64 {
		miss := p.Values[i]
		if s.Positive[i] {
			miss = 1 - miss
		}
		return miss * miss
	}
}

func logLoss(s Sample, p Predictions) func(int) float64 {
	return func(i int) float64 {
		if s.Positive[i] {
			return Surprise(p.Values[i])
		}
		return Surprise(1 - p.Values[i])
	}
}

// Surprise is the log loss of a row whose class was given the probability p:
// −ln p, with p taken into [ε, 1−ε].
func Surprise(p float64) float64 {
	return -math.Log(math.Min(math.Max(p, epsilon), 1-epsilon))
}

// calibrationError is Σ over bins of |Σ w·score − Σ w·positive|, divided by
// Σ w: the weighted mean of how far mean score and share of positives differ.
func calibrationError(s Sample, p Predictions) Value {
	var gaps [Bins]total
	var weight total
	for i, score := range p.Values {
		w := Weight(s.Weights, i)
		weight.add(w)
		gap := &gaps[Bin(score)]
		gap.addProduct(w, score)
		if s.Positive[i] {
			gap.add(-w)
		}
	}
	sum := new(big.Rat)
	for b := range gaps {
		gap := gaps[b].rat()
		if gap == nil {
			return Absent(tooLarge)
		}
		sum.Add(sum, gap.Abs(gap))
	}
	return ratio(sum, weight.rat())
}

// Bin is the bin of a probability, from 0: bin m holds (m/15, (m+1)/15], closed
// on the right, and the first holds 0 too. The edges are the floats nearest to
// these fractions, so that a score that was written 0.2 lies on the edge 3/15.
func Bin(score float64) int {
	b := max(0, min(Bins-1, int(score*Bins)))
	for b > 0 && score <= float64(b)/Bins {
		b--
	}
	for b < Bins-1 && score > float64(b+1)/Bins {
		b++
	}
	return b
}
