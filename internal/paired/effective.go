package paired

import (
	"math"

	"github.com/org/ct-action/internal/metrics"
)

// Effective is how much evidence the rows are. With weights or groups it is less
// than the number of rows; rows of weight 0 are no evidence.
type Effective struct {
	// How many rows of equal weight would be as much evidence: (Σw)²/Σw² of the
	// weights (Kish 1965). Positives and Negatives are 0 where the task is not binary.
	Rows, Positives, Negatives float64

	// How many groups hold a row, a positive row and a negative row; 0 where rows
	// are not grouped.
	Groups, PositiveGroups, NegativeGroups int
}

// alike is Effective for rows without weights or groups; positives is -1 where the
// task is not binary.
func alike(rows, positives int) Effective {
	if positives < 0 {
		return Effective{Rows: float64(rows)}
	}
	return Effective{Rows: float64(rows), Positives: float64(positives), Negatives: float64(rows - positives)}
}

// effective is Effective for rows that all have a weight above 0.
func effective(s metrics.Sample) Effective {
	e := alike(s.Rows, s.Positives())
	if s.Weights != nil {
		of := func(counts func(i int) bool) float64 { return kish(s.Weights, counts) }
		e.Rows = of(func(int) bool { return true })
		if s.Task == metrics.Binary {
			e.Positives = of(func(i int) bool { return s.Positive[i] })
			e.Negatives = of(func(i int) bool { return !s.Positive[i] })
		}
	}
	if s.Groups == nil {
		return e
	}
	unit, units := unitsOf(s)
	e.Groups = units
	if s.Task == metrics.Binary {
		holds := make([][2]bool, units) // by group: a negative row, a positive one
		for i, g := range unit {
			holds[g][int(indicator(s.Positive[i]))] = true
		}
		for _, of := range holds {
			e.NegativeGroups += int(indicator(of[0]))
			e.PositiveGroups += int(indicator(of[1]))
		}
	}
	return e
}

// kish is at most the number of rows, and exactly that where all weights are equal,
// so that the rounding of sums costs no row. Weights are divided by the largest
// one, so that their squares neither vanish nor overflow.
func kish(weights []float64, counts func(i int) bool) float64 {
	var rows, largest, sum, squares float64
	for i, w := range weights {
		if counts(i) {
			rows, largest = rows+1, max(largest, w)
		}
	}
	for i, w := range weights {
		if counts(i) {
			sum += w / largest
			squares += w / largest * (w / largest)
		}
	}
	if rows == 0 {
		return 0
	}
	if n := sum * sum / squares; math.Abs(n-rows) > 1e-9*rows {
		return n
	}
	return rows
}

// weighed is the sample without its rows of weight 0.
func weighed(s metrics.Sample) metrics.Sample {
	if s.Weights == nil {
		return s
	}
	var rows []uint32
	for i, w := range s.Weights {
		if w > 0 {
			rows = append(rows, uint32(i))
		}
	}
	if len(rows) == s.Rows {
		return s
	}
	return s.Only(rows)
}
