package metrics

import (
	"math/big"
	"math/bits"
)

// brier is the mean squared error of a probability: 0 is perfect, 0.25 is
// what a constant 0.5 gets.
//
// Without weights it is a sum of integers, so that neither the order of the rows nor
// the number of threads can change a bit of it: two models with the same errors in
// another order tie exactly. Probabilities are rounded to steps of 2⁻⁶³, which changes
// none from 0.001 upwards; nothing else is rounded.
func brier(s Sample, p Predictions) Value {
	if s.Weights != nil {
		return average(s.Rows, s.Weights, squaredMiss(s, p))
	}
	var sum BrierSum
	for i, score := range p.Values {
		sum = sum.plus(s.Positive[i], score)
	}
	return sum.Value()
}

// A BrierSum is the Brier score of rows that come in pieces. It adds up the same
// integers, so that the value does not depend on the pieces. The zero value has no rows.
type BrierSum struct {
	low, middle, high uint64 // in units of 2⁻¹²⁶
	rows              int
}

// Add takes the scores of rows of one class. The caller must see to it that they are
// in [0, 1].
func (b *BrierSum) Add(positive bool, scores []float64) {
	sum := *b
	for _, s := range scores {
		sum = sum.plus(positive, s)
	}
	*b = sum
}

func (b BrierSum) plus(positive bool, score float64) BrierSum {
	miss := missOf(positive, score)
	high, low := bits.Mul64(miss, miss)
	b.add(low, high, 0)
	b.rows++
	return b
}

// missOf is how far a score is from its class, in units of 2⁻⁶³.
func missOf(positive bool, score float64) uint64 {
	const one = 1 << 63
	miss := uint64(score * one)
	if positive {
		miss = one - miss
	}
	return miss
}

func (b *BrierSum) add(low, middle, high uint64) {
	var carry uint64
	b.low, carry = bits.Add64(b.low, low, 0)
	b.middle, carry = bits.Add64(b.middle, middle, carry)
	b.high += high + carry
}

// AddTimes takes rows that all have the same class and the same score.
func (b *BrierSum) AddTimes(positive bool, score float64, rows uint64) {
	miss := missOf(positive, score)
	squareHigh, squareLow := bits.Mul64(miss, miss)
	middle, low := bits.Mul64(squareLow, rows)
	high, product := bits.Mul64(squareHigh, rows)
	middle, carry := bits.Add64(middle, product, 0)
	b.add(low, middle, high+carry)
	b.rows += int(rows)
}

// Merge adds the rows of another sum.
func (b *BrierSum) Merge(other BrierSum) {
	b.add(other.low, other.middle, other.high)
	b.rows += other.rows
}

// Value is the mean; absent without rows.
func (b BrierSum) Value() Value {
	if b.rows == 0 {
		return Absent("no rows")
	}
	total := new(big.Int)
	for _, word := range []uint64{b.high, b.middle, b.low} {
		total.Lsh(total, 64).Or(total, new(big.Int).SetUint64(word))
	}
	units := new(big.Int).Lsh(big.NewInt(int64(b.rows)), 126)
	return Exact(new(big.Rat).SetFrac(total, units))
}
