package metrics

import (
	"math"
	"math/big"
)

// A total is an exact sum of floats: the order of the terms changes no bit of
// it. Every term is added to at most three words of 32 bits at its exponent,
// each with 31 bits to spare, hence for up to 2³¹ terms nothing is lost (the
// small superaccumulator of Neal, Fast exact summation using small and large
// superaccumulators, 2015). A term that is not finite makes the sum absent.
type total struct {
	words [67]int64 // word i counts 2^(32·i − 1075)
	wild  bool      // a term was not finite
}

func (t *total) add(x float64) {
	bits := math.Float64bits(x)
	exponent, mantissa := uint(bits>>52&0x7ff), bits&(1<<52-1)
	switch exponent {
	case 0x7ff:
		t.wild = true
		return
	case 0:
		exponent = 1
	default:
		mantissa |= 1 << 52
	}
	word, shift := exponent/32, exponent%32
	high, low := mantissa>>(64-shift), mantissa<<shift
	sign := int64(1) - 2*int64(bits>>63)
	t.words[word] += sign * int64(low&math.MaxUint32)
	t.words[word+1] += sign * int64(low>>32)
	t.words[word+2] += sign * int64(high)
}

// addProduct adds a·b without rounding it, so that a weight of 3 is three rows.
func (t *total) addProduct(a, b float64) {
	product := a * b
	t.add(product)
	if !t.wild {
		t.add(math.FMA(a, b, -product))
	}
}

// rat is the sum; nil where a term was not finite.
func (t *total) rat() *big.Rat {
	if t.wild {
		return nil
	}
	sum := new(big.Int)
	for i := len(t.words) - 1; i >= 0; i-- {
		sum.Lsh(sum, 32).Add(sum, big.NewInt(t.words[i]))
	}
	return new(big.Rat).SetFrac(sum, new(big.Int).Lsh(big.NewInt(1), 1075))
}

// float is the nearest float; NaN where a term was not finite.
func (t *total) float() float64 { return Exact(t.rat()).Float64() }

// ratio is a/b, or absent where a sum is too large for a float. b is not 0.
func ratio(a, b *big.Rat) Value {
	if a == nil || b == nil {
		return Absent(tooLarge)
	}
	return Exact(new(big.Rat).Quo(a, b))
}

// tooLarge is the reason of a metric whose terms or value overflow.
const tooLarge = "the errors are too large for a number of 64 bits"

// average is Σ w·loss(i) / Σ w over n rows. Only loss rounds.
func average(n int, weights []float64, loss func(i int) float64) Value {
	var sum, weight total
	for i := range n {
		w := Weight(weights, i)
		weight.add(w)
		sum.addProduct(w, loss(i))
	}
	return ratio(sum.rat(), weight.rat())
}

// Weight is what row i counts: 1 without weights.
func Weight(weights []float64, i int) float64 {
	if weights == nil {
		return 1
	}
	return weights[i]
}

// A running is a sum that can be read after every term: a pair of floats that are
// not added up (Dekker 1971), exact for whole numbers below 2¹⁰⁶.
type running struct{ high, low float64 }

func (r *running) add(x float64) {
	sum := r.high + x
	back := sum - r.high
	low := r.low + (r.high - (sum - back)) + (x - back)
	r.high = sum + low
	r.low = low - (r.high - sum)
}
