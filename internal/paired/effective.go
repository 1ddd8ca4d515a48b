package paired

import (
	"math"

	"github.com/org/ct-action/internal/metrics"
)

// Effective is how much evidence the rows are. Weights and groups make it less
// than there are rows; rows of weight 0 are none.
type Effective struct {
	// Rows that count alike which would be as much evidence: Kish's (Σw)²/Σw² of the
	// weights (Kish 1965). Positives and Negatives are 0 where the task is not binary.
	Rows, Positives, Negatives float64

	// Groups that hold a row, a positive and a negative one; 0: rows are not
	// grouped.
	Groups, PositiveGroups, NegativeGroups int
}

// alike is of rows that all count once; positives is -1 where the task is not
// binary.
func alike(rows, positives int) Effective {
	if positives < 0 {
		return Effective{Rows: float64(rows)}
	}
	return Effective{Rows: float64(rows), Positives: float64(positives), Negatives: float64(rows - positives)}
}

// effective is of rows that all have a weight above 0.
func effective(s metrics.Sample) Effective {
	e := alike(s.Rows, positives(s))
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
	unit, units := groupOf(s.Groups)
	e.Groups = units
	if s.Task == metrics.Binary {
		var holds [2][]bool
		holds[0], holds[1] = make([]bool, units), make([]bool, units)
		for i, g := range unit {
			holds[int(indicator(s.Positive[i]))][g] = true
		}
		e.NegativeGroups, e.PositiveGroups = trues(holds[0]), trues(holds[1])
	}
	return e
}

func trues(of []bool) (n int) {
	for _, is := range of {
		if is {
			n++
		}
	}
	return n
}

// kish is at most the number of rows, and exactly that where all weigh alike:
// what sums of weights round must not cost a row. Weights are taken as shares of
// the largest, whose squares neither vanish nor overflow.
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
