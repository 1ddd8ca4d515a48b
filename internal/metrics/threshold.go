package metrics

import (
	"math"
	"math/big"
)

// A Confusion counts the rows by truth and prediction; with sample weights, it
// adds the weights up. The metrics made of it are exact fractions of the four
// numbers (MCC: the nearest float), hence of whole numbers without weights.
type Confusion struct{ TP, FP, FN, TN float64 }

// Confuse counts at a cut: predicted positive iff score ≥ cut. positive[i],
// scores[i] and weights[i] are of row i; nil weights count every row once.
func Confuse(positive []bool, scores, weights []float64, cut float64) Confusion {
	var cells [4]total
	for i, score := range scores {
		cell := 0
		if positive[i] {
			cell = 2
		}
		if score >= cut {
			cell++
		}
		cells[cell].add(weightOf(weights, i))
	}
	return Confusion{TP: cells[3].float(), FP: cells[1].float(), FN: cells[2].float(), TN: cells[0].float()}
}

// Accuracy is the share of rows that are predicted right.
func (c Confusion) Accuracy() Value {
	return fraction([]float64{c.TP, c.TN}, []float64{c.TP, c.TN, c.FP, c.FN}, "no rows")
}

// BalancedAccuracy is the mean of the recalls of both classes. It is absent
// with one class only, where scikit-learn takes the recall of that one.
func (c Confusion) BalancedAccuracy() Value {
	recall := c.Recall()
	if !recall.Present() {
		return recall
	}
	specificity := fraction([]float64{c.TN}, []float64{c.TN, c.FP}, allPositive)
	if !specificity.Present() {
		return specificity
	}
	sum := new(big.Rat).Add(recall.Rat(), specificity.Rat())
	return Exact(sum.Quo(sum, big.NewRat(2, 1)))
}

// Precision is the share of positives among the rows predicted positive: 0
// where positives are there and none is predicted, as scikit-learn says with a
// warning; absent where neither is there.
func (c Confusion) Precision() Value {
	if c.TP+c.FP == 0 && c.FN > 0 {
		return Exact(new(big.Rat))
	}
	return fraction([]float64{c.TP}, []float64{c.TP, c.FP}, "no row is positive, and none is predicted so")
}

// Recall is the share of positives that are predicted so; absent without
// positives, where scikit-learn warns and says 0.
func (c Confusion) Recall() Value {
	return fraction([]float64{c.TP}, []float64{c.TP, c.FN}, nonePositive)
}

// F1 is 2·TP / (2·TP + FP + FN), the harmonic mean of precision and recall;
// absent where no row is positive and none is predicted so, where scikit-learn
// warns and says 0.
func (c Confusion) F1() Value {
	return fraction([]float64{c.TP, c.TP}, []float64{c.TP, c.TP, c.FP, c.FN}, "no row is positive, and none is predicted so")
}

// MCC is Matthews' correlation coefficient of truth and prediction; 0 where
// either is the same in all rows, as in scikit-learn.
func (c Confusion) MCC() Value {
	if !c.finite() {
		return Absent(tooLarge)
	}
	if c == (Confusion{}) {
		return Absent("no rows")
	}
	product := big.NewRat(1, 1)
	for _, margin := range []*big.Rat{sum(c.TP, c.FP), sum(c.TP, c.FN), sum(c.TN, c.FP), sum(c.TN, c.FN)} {
		product.Mul(product, margin)
	}
	if product.Sign() == 0 {
		return Exact(new(big.Rat))
	}
	agree := new(big.Rat).Mul(sum(c.TP), sum(c.TN))
	agree.Sub(agree, new(big.Rat).Mul(sum(c.FP), sum(c.FN)))
	// √(agree²/product) holds where product alone would overflow.
	square := new(big.Rat).Mul(agree, agree)
	f, _ := square.Quo(square, product).Float64()
	return Float(math.Copysign(math.Min(1, math.Sqrt(f)), float64(agree.Sign())) + 0)
}

const (
	nonePositive = "one class only: no row is positive"
	allPositive  = "one class only: all rows are positive"
)

func (c Confusion) finite() bool {
	return !math.IsNaN(c.TP+c.FP+c.FN+c.TN) && !math.IsInf(c.TP, 0) && !math.IsInf(c.FP, 0) &&
		!math.IsInf(c.FN, 0) && !math.IsInf(c.TN, 0)
}

// fraction is Σa/Σb exactly, or absent with the reason where Σb is 0.
func fraction(a, b []float64, reason string) Value {
	above, below := sum(a...), sum(b...)
	if below != nil && below.Sign() == 0 {
		return Absent(reason)
	}
	return ratio(above, below)
}

// sum adds exactly; nil where a term is not finite.
func sum(terms ...float64) *big.Rat {
	all := new(big.Rat)
	for _, x := range terms {
		r := new(big.Rat).SetFloat64(x)
		if r == nil {
			return nil
		}
		all.Add(all, r)
	}
	return all
}
