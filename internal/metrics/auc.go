package metrics

import (
	"fmt"
	"math/big"

	"github.com/org/ct-action/internal/rank"
)

// auc is the area under the ROC curve: the probability that a positive row
// scores above a negative one, a tie counting half. Without weights it is the
// fraction
//
//	(2·wins + ties) / (2·P·N)
//
// of integers, hence exact, whatever the order of the rows. Scores need only be
// ordered, not probabilities; 0 and -0 tie. It is absent with one class only.
func auc(s Sample, p Predictions) Value {
	if s.Weights != nil {
		return weightedAUC(s, p)
	}
	var won, positives uint64
	f, _ := rank.Placements(s.Positive, p.Values)
	for i, is := range s.Positive {
		if is {
			won, positives = won+f[i], positives+1
		}
	}
	pairs := 2 * positives * (uint64(s.Rows) - positives)
	if pairs == 0 {
		return OneClass(int(positives), s.Rows)
	}
	return Exact(new(big.Rat).SetFrac(new(big.Int).SetUint64(won), new(big.Int).SetUint64(pairs)))
}

// OneClass is the absent AUC of rows that have one class only, or of no rows.
func OneClass(positives, rows int) Value {
	switch {
	case rows == 0:
		return Absent("no rows")
	case positives == 0:
		return Absent(fmt.Sprintf("one class only: none of the %d rows is positive", rows))
	}
	return Absent(fmt.Sprintf("one class only: all %d rows are positive", rows))
}
