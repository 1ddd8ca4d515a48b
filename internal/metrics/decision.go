package metrics

import (
	"math"
	"math/big"
)

// Counts are the rows by [truth][prediction], 0 for negative and 1 for positive;
// with sample weights, the weights added up.
type Counts [2][2]float64

// A Share is a fraction of counts: Σ Above·count / Σ Below·count.
type Share struct {
	Above, Below Counts

	zero   Counts // where Σ Below·count is 0, the share is 0 if Σ zero·count is not
	reason string // why it is absent otherwise
}

var (
	accuracy = Share{Above: Counts{{1, 0}, {0, 1}}, Below: Counts{{1, 1}, {1, 1}}, reason: "no rows"}

	// precision is 0 where there are positives and none is predicted, as in
	// scikit-learn, which warns. Like f1 it is absent where nothing is positive and
	// nothing predicted so, where scikit-learn warns and returns 0.
	precision = Share{Above: Counts{1: {0, 1}}, Below: Counts{{0, 1}, {0, 1}}, zero: Counts{1: {1, 0}}, reason: nothingPositive}

	// recall is absent without positives, where scikit-learn warns and returns 0.
	recall = Share{Above: Counts{1: {0, 1}}, Below: Counts{1: {1, 1}}, reason: nonePositive}

	specificity = Share{Above: Counts{0: {1, 0}}, Below: Counts{0: {1, 1}}, reason: allPositive}

	// f1 is the harmonic mean of precision and recall.
	f1 = Share{Above: Counts{1: {0, 2}}, Below: Counts{{0, 1}, {1, 2}}, reason: nothingPositive}
)

const (
	nonePositive    = "one class only: no row is positive"
	allPositive     = "one class only: all rows are positive"
	nothingPositive = "no row is positive, and none is predicted so"
)

// OfAllRows reports whether the share is one of all rows, hence a mean over rows.
func (s Share) OfAllRows() bool { return s.Below == Counts{{1, 1}, {1, 1}} }

// OfTruth reports whether the rows below the line do not depend on predictions, so
// that they are the same for two models.
func (s Share) OfTruth() bool {
	return s.Below[0][0] == s.Below[0][1] && s.Below[1][0] == s.Below[1][1]
}

// ofCounts is a metric of the counts at a decision threshold. Its slopes are the
// derivatives by each count; ok is false where it divides 0 by 0. It does not
// change when all counts double, so that count times slope adds up to 0 (Euler).
type ofCounts interface {
	value(n Counts) Value
	slopes(n Counts) (slopes Counts, ok bool)
}

func (s Share) value(n Counts) Value {
	above, below := sumOf(s.Above, n), sumOf(s.Below, n)
	switch {
	case above == nil || below == nil || below.Sign() != 0:
		return ratio(above, below)
	case sumOf(s.zero, n).Sign() != 0:
		return Exact(new(big.Rat))
	}
	return Absent(s.reason)
}

// slopes are 0 where the share divides 0 by 0: no row is there to move it.
func (s Share) slopes(n Counts) (slopes Counts, ok bool) {
	var above, below float64
	each(func(t, y int) { above, below = above+s.Above[t][y]*n[t][y], below+s.Below[t][y]*n[t][y] })
	if below == 0 {
		return slopes, false
	}
	each(func(t, y int) { slopes[t][y] = (s.Above[t][y]*below - s.Below[t][y]*above) / (below * below) })
	return slopes, true
}

// A mean is that of shares. Where one is absent, so is the mean.
type mean []Share

func (m mean) value(n Counts) Value {
	var values []Value
	for _, s := range m {
		values = append(values, s.value(n))
	}
	return meanOf(values)
}

func (m mean) slopes(n Counts) (slopes Counts, ok bool) {
	ok = true
	for _, s := range m {
		own, defined := s.slopes(n)
		ok = ok && defined
		each(func(t, y int) { slopes[t][y] += own[t][y] / float64(len(m)) })
	}
	return slopes, ok
}

// matthews is Matthews' correlation coefficient of truth and prediction, to the
// nearest float; 0 where either is the same in all rows, as in scikit-learn.
type matthews struct{}

func (matthews) value(n Counts) Value {
	rows := sumOf(Counts{{1, 1}, {1, 1}}, n)
	if rows == nil {
		return Absent(tooLarge)
	}
	if rows.Sign() == 0 {
		return Absent("no rows")
	}
	product := big.NewRat(1, 1)
	for _, margin := range []Counts{{{0, 1}, {0, 1}}, {1: {1, 1}}, {0: {1, 1}}, {{1, 0}, {1, 0}}} {
		product.Mul(product, sumOf(margin, n))
	}
	if product.Sign() == 0 {
		return Exact(new(big.Rat))
	}
	only := func(t, y int) *big.Rat { return new(big.Rat).SetFloat64(n[t][y]) }
	agree := new(big.Rat).Mul(only(1, 1), only(0, 0))
	agree.Sub(agree, new(big.Rat).Mul(only(0, 1), only(1, 0)))
	// product alone could overflow a float; agree²/product cannot.
	square := new(big.Rat).Mul(agree, agree)
	f, _ := square.Quo(square, product).Float64()
	return Float(math.Copysign(math.Min(1, math.Sqrt(f)), float64(agree.Sign())) + 0)
}

// slopes are NaN where the coefficient has none.
func (matthews) slopes(n Counts) (slopes Counts, ok bool) {
	tn, fp, fn, tp := n[0][0], n[0][1], n[1][0], n[1][1]
	positives, negatives, yes, no := tp+fn, tn+fp, tp+fp, tn+fn
	root := math.Sqrt(positives) * math.Sqrt(negatives) * math.Sqrt(yes) * math.Sqrt(no)
	mcc := (tp*tn - fp*fn) / root
	return Counts{
		{tp/root - mcc/2*(1/negatives+1/no), -fn/root - mcc/2*(1/negatives+1/yes)},
		{-fp/root - mcc/2*(1/positives+1/no), tn/root - mcc/2*(1/positives+1/yes)},
	}, root != 0
}

func each(visit func(truth, prediction int)) {
	for cell := range 4 {
		visit(cell/2, cell%2)
	}
}

// sumOf is Σ factor·count, exactly; nil where a count is not finite.
func sumOf(factors, n Counts) *big.Rat {
	sum := new(big.Rat)
	for cell := range 4 {
		count := new(big.Rat).SetFloat64(n[cell/2][cell%2])
		if count == nil {
			return nil
		}
		sum.Add(sum, count.Mul(count, new(big.Rat).SetFloat64(factors[cell/2][cell%2])))
	}
	return sum
}

// countsAt are the counts at a cut: predicted positive iff score ≥ cut.
func countsAt(s Sample, p Predictions, cut float64) (n Counts) {
	var cells [2][2]total
	for i, score := range p.Values {
		cells[index(s.Positive[i])][index(score >= cut)].add(Weight(s.Weights, i))
	}
	each(func(t, y int) { n[t][y] = cells[t][y].float() })
	return n
}

func index(is bool) int {
	if is {
		return 1
	}
	return 0
}
