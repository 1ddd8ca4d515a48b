package metrics

import (
	"math/big"
	"slices"
)

// weightedAUC is AUC where rows count by weight: the weight of the pairs
// (product of both) that the positive wins, ties half, among all pairs.
// Whole weights give the exact fraction of as many repeated rows.
func weightedAUC(positive []bool, scores, weights []float64) Value {
	if weights == nil {
		return AUC(positive, scores)
	}
	var won, positives, negatives total
	var below running // weight of the negatives that score less
	for _, tied := range ascending(scores) {
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
func averagePrecision(positive []bool, scores, weights []float64) Value {
	var sum, positives, negatives total
	var found, predicted running
	groups := ascending(scores)
	for g := len(groups) - 1; g >= 0; g-- {
		var gain running
		for _, i := range groups[g] {
			w := weightOf(weights, i)
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

// ascending lists the rows by score, those that tie in one group, in the order
// of the rows. 0 and -0 tie.
func ascending(scores []float64) [][]int {
	type row struct { // beside its score, which a sort of rows alone would have to look up
		score float64
		i     int
	}
	sorted := make([]row, len(scores))
	for i, score := range scores {
		sorted[i] = row{score, i}
	}
	slices.SortFunc(sorted, func(a, b row) int {
		switch { // scores are finite: no order of NaN to ask for
		case a.score < b.score:
			return -1
		case a.score > b.score:
			return 1
		}
		return a.i - b.i
	})
	order := make([]int, len(scores))
	for n, r := range sorted {
		order[n] = r.i
	}
	groups := make([][]int, 0, len(order))
	for start, i := 0, 1; i <= len(order); i++ {
		if i == len(order) || scores[order[i]] != scores[order[start]] {
			groups = append(groups, order[start:i])
			start = i
		}
	}
	return groups
}

// meanOf is the mean of values; the first that is absent in its place.
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
