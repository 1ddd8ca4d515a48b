package metrics

import (
	"math"
	"math/big"
)

// epsilon is the distance between 1 and the next float, scikit-learn's least
// probability in a log loss and least |target| in a MAPE.
const epsilon = 1.0 / (1 << 52)

// Bins is how many bins of equal width the expected calibration error has.
const Bins = 15

// weightedBrier is Brier where rows count by weight.
func weightedBrier(positive []bool, scores, weights []float64) Value {
	if weights == nil {
		return Brier(positive, scores)
	}
	return average(len(scores), weights, func(i int) float64 {
		miss := scores[i]
		if positive[i] {
			miss = 1 - miss
		}
		return miss * miss
	})
}

// logLoss is the mean of −ln p, p the probability that was given to the class
// that it was, taken into [ε, 1−ε].
func logLoss(positive []bool, scores, weights []float64) Value {
	return average(len(scores), weights, func(i int) float64 {
		if positive[i] {
			return surprise(scores[i])
		}
		return surprise(1 - scores[i])
	})
}

func surprise(p float64) float64 {
	return -math.Log(math.Min(math.Max(p, epsilon), 1-epsilon))
}

// calibrationError is Σ over bins of |Σ w·score − Σ w·positive|, divided by
// Σ w: the weighted mean of how far mean score and share of positives differ.
func calibrationError(positive []bool, scores, weights []float64) Value {
	var gaps [Bins]total
	var weight total
	for i, score := range scores {
		w := weightOf(weights, i)
		weight.add(w)
		gap := &gaps[Bin(score)]
		gap.addProduct(w, score)
		if positive[i] {
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
