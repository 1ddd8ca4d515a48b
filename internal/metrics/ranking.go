package metrics

import (
	"math/big"

	"github.com/org/ct-action/internal/rank"
)

// weightedAUC is the weight of the pairs that the positive row wins, ties counting
// half, over the weight of all pairs. A pair weighs the product of its two rows.
// Whole weights give the exact fraction of rows repeated as often.
func weightedAUC(s Sample, p Predictions) Value {
	positive, scores, weights := s.Positive, p.Values, s.Weights
	var won, positives, negatives total
	var below running // weight of the negatives that score less
	order := rank.Ascending(scores)
	for k := range order.Ends {
		tied := order.Tie(k)
		var p, n running
		for _, i := range tied {
			if positive[i] {
				p.add(weights[i])
				positives.add(weights[i])
			} else {
				n.add(weights[i])
				negatives.add(weights[i])
			}
		}
		for _, a := range [2]float64{p.high, p.low} {
			for _, b := range [4]float64{below.high, below.low, n.high / 2, n.low / 2} {
				won.addProduct(a, b)
			}
		}
		below.add(n.high)
		below.add(n.low)
	}
	all, none := positives.rat(), negatives.rat()
	switch {
	case all.Sign() == 0:
		return Absent(nonePositive)
	case none.Sign() == 0:
		return Absent(allPositive)
	}
	return ratio(won.rat(), all.Mul(all, none))
}

// averagePrecision is Σ (R_k − R_{k−1})·P_k over the distinct scores from the
// highest down, with precision P_k and recall R_k of the rows that score at
// least the k-th: no interpolation. Each term is rounded once.
func averagePrecision(s Sample, p Predictions) Value {
	positive, scores, weights := s.Positive, p.Values, s.Weights
	var sum, positives, negatives total
	var found, predicted running
	order := rank.Ascending(scores)
	for k := len(order.Ends) - 1; k >= 0; k-- {
		var gain running
		for _, i := range order.Tie(k) {
			w := Weight(weights, int(i))
			predicted.add(w)
			if positive[i] {
				gain.add(w)
				positives.add(w)
			} else {
				negatives.add(w)
			}
		}
		found.add(gain.high)
		found.add(gain.low)
		if gain.high > 0 {
			sum.addProduct(gain.high, found.high/predicted.high)
		}
	}
	all := positives.rat()
	switch {
	case all.Sign() == 0:
		return Absent(nonePositive)
	case negatives.rat().Sign() == 0:
		return Absent(allPositive)
	}
	return ratio(sum.rat(), all)
}

// meanOf is the mean of values, or the first of them that is absent.
func meanOf(values []Value) Value {
	sum := new(big.Rat)
	for _, v := range values {
		if !v.Present() {
			return v
		}
		sum.Add(sum, v.rat)
	}
	return ratio(sum, big.NewRat(int64(len(values)), 1))
}
