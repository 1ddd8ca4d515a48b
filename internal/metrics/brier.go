package metrics

import (
	"fmt"
	"math/big"
	"math/bits"
)

// Brier is the mean squared error of a probability: 0 is perfect, 0.25 is
// what a constant 0.5 gets. positive[i] and scores[i] are of row i.
//
// The sum is one of integers, so neither the order of the rows nor the number
// of threads can change a bit of it: two models whose errors are the same in
// another order tie exactly. Probabilities are taken in steps of 2⁻⁶³, which is
// exact from 0.001 upwards; the rest is exact.
//
// It is absent where AUC is absent for its rows or scores, and when a score is
// outside [0, 1]; unlike AUC it is defined for one class only.
func Brier(positive []bool, scores []float64) Value {
	if v, ok := scorable(positive, scores); !ok {
		return v
	}
	const one = 1 << 63
	var sum [3]uint64 // in units of 2⁻¹²⁶, least word first
	for i, s := range scores {
		if s < 0 || s > 1 {
			return Absent(fmt.Sprintf("score %v in row %d: expected a probability between 0 and 1", s, i+1))
		}
		miss := uint64(s * one)
		if positive[i] {
			miss = one - miss
		}
		hi, lo := bits.Mul64(miss, miss)
		var carry uint64
		sum[0], carry = bits.Add64(sum[0], lo, 0)
		sum[1], carry = bits.Add64(sum[1], hi, carry)
		sum[2] += carry
	}
	return Exact(mean(sum, len(scores)))
}

// mean is sum·2⁻¹²⁶ / n.
func mean(sum [3]uint64, n int) *big.Rat {
	total := new(big.Int)
	for _, word := range []uint64{sum[2], sum[1], sum[0]} {
		total.Lsh(total, 64).Or(total, new(big.Int).SetUint64(word))
	}
	units := new(big.Int).Lsh(big.NewInt(int64(n)), 126)
	return new(big.Rat).SetFrac(total, units)
}
