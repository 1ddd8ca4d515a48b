package metrics

import (
	"fmt"
	"math"
	"math/big"

	"github.com/org/ct-action/internal/rank"
)

// AUC is the area under the ROC curve: the probability that a positive row
// scores above a negative one, a tie counting half. It is the fraction
//
//	(2·wins + ties) / (2·P·N)
//
// of integers, hence exact, whatever the order of the rows. positive[i] and
// scores[i] are of row i; scores need only be ordered, not probabilities.
// 0 and -0 tie.
//
// It is absent without rows, with one class only, when the lengths differ, and
// when a score is not finite (the reason names the row, counted from 1).
func AUC(positive []bool, scores []float64) Value {
	if v, ok := scorable(positive, scores); !ok {
		return v
	}
	var won, positives uint64
	f, _ := rank.Placements(positive, scores)
	for i, is := range positive {
		if is {
			won, positives = won+f[i], positives+1
		}
	}
	pairs := 2 * positives * (uint64(len(scores)) - positives)
	if pairs == 0 {
		return OneClass(int(positives), len(scores))
	}
	return Exact(new(big.Rat).SetFrac(new(big.Int).SetUint64(won), new(big.Int).SetUint64(pairs)))
}

// OneClass is what is known of a ranking where there is nothing to rank.
func OneClass(positives, rows int) Value {
	switch {
	case rows == 0:
		return Absent("no rows")
	case positives == 0:
		return Absent(fmt.Sprintf("one class only: none of the %d rows is positive", rows))
	}
	return Absent(fmt.Sprintf("one class only: all %d rows are positive", rows))
}

// scorable holds what every metric of a binary classifier needs. When it is
// not ok, v says why.
func scorable(positive []bool, scores []float64) (v Value, ok bool) {
	if len(positive) != len(scores) {
		return Absent(fmt.Sprintf("%d labels and %d scores: expected as many of each", len(positive), len(scores))), false
	}
	if len(scores) == 0 {
		return Absent("no rows"), false
	}
	for i, s := range scores {
		if math.IsNaN(s) || math.IsInf(s, 0) {
			return Absent(fmt.Sprintf("score %v in row %d: expected a finite number", s, i+1)), false
		}
	}
	return Value{}, true
}
