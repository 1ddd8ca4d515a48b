package metrics

import (
	"math"
	"math/big"
)

func absoluteError(s Sample, p Predictions) func(int) float64 {
	return func(i int) float64 { return math.Abs(s.Target[i] - p.Values[i]) }
}

// percentageError is a share, not a percentage.
func percentageError(s Sample, p Predictions) func(int) float64 {
	return func(i int) float64 {
		return math.Abs(s.Target[i]-p.Values[i]) / math.Max(math.Abs(s.Target[i]), epsilon)
	}
}

func squaredError(s Sample, p Predictions) func(int) float64 {
	return func(i int) float64 {
		miss := s.Target[i] - p.Values[i]
		return miss * miss
	}
}

// determination is R²: 1 − Σ w·(target − predicted)² / Σ w·(target − mean)².
// A target that is the same in all rows makes it 1 where the predictions are
// perfect and 0 where they are not.
func determination(s Sample, p Predictions) Value {
	target, predicted, weights := s.Target, p.Values, s.Weights
	if rows := weighing(len(target), weights); rows < 2 {
		return Absent("one row only: R² needs two")
	}
	// The mean of an exact sum: of a target that never varies it is the target.
	middle := average(len(target), weights, func(i int) float64 { return target[i] }).Float64()
	var missed, spread total
	for i := range target {
		w := Weight(weights, i)
		miss, off := target[i]-predicted[i], target[i]-middle
		missed.addProduct(w, miss*miss)
		spread.addProduct(w, off*off)
	}
	numerator, denominator := missed.rat(), spread.rat()
	if numerator == nil || denominator == nil {
		return Absent(tooLarge)
	}
	one := big.NewRat(1, 1)
	switch {
	case numerator.Sign() == 0:
		return Exact(one)
	case denominator.Sign() == 0:
		return Exact(new(big.Rat))
	}
	determined := one.Sub(one, numerator.Quo(numerator, denominator))
	if f, _ := determined.Float64(); math.IsInf(f, 0) {
		return Absent(tooLarge)
	}
	return Exact(determined)
}

// weighing counts the rows that have a weight.
func weighing(n int, weights []float64) (rows int) {
	for i := range n {
		if Weight(weights, i) > 0 {
			rows++
		}
	}
	return rows
}
