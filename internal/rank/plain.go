package rank

import (
	"cmp"
	"slices"
)

// plain is the reference that the stream is held to: sort, walk from tie to
// tie. O(n log n).
func plain(positive []bool, a, b []float64) Sums {
	fa, tiesA := placements(positive, a)
	fb, tiesB := placements(positive, b)
	var negatives, positives tally
	for i, isPositive := range positive {
		if isPositive {
			positives.add(fa[i], fb[i])
		} else {
			negatives.add(fa[i], fb[i])
		}
	}
	return Sums{positives.sums(), negatives.sums(), tiesA, tiesB}
}

// A tally is a ClassSums in the making.
type tally struct {
	rows             uint64
	a, b, aa, bb, ab Uint128
}

func (t *tally) add(fa, fb uint64) {
	t.rows++
	t.a.AddProduct(fa, 1)
	t.b.AddProduct(fb, 1)
	t.aa.AddProduct(fa, fa)
	t.bb.AddProduct(fb, fb)
	t.ab.AddProduct(fa, fb)
}

func (t *tally) sums() ClassSums {
	return ClassSums{t.rows, t.a.Int(), t.b.Int(), t.aa.Int(), t.bb.Int(), t.ab.Int()}
}

// Placements are the F of all rows by one model. positive[i] and scores[i] are
// of row i; F over twice the rows of the other class is the share of them that
// the row beats.
func Placements(positive []bool, scores []float64) []uint64 {
	f, _ := placements(positive, scores)
	return f
}

// placements also counts the pairs of a positive and a negative that tie.
func placements(positive []bool, scores []float64) (f []uint64, ties uint64) {
	order := make([]scored, len(scores))
	for i, score := range scores {
		order[i] = scored{score, i}
	}
	slices.SortFunc(order, func(x, y scored) int { return cmp.Compare(x.score, y.score) })
	f = make([]uint64, len(scores))
	var positives, negatives uint64 // below the tie
	for len(order) > 0 {
		tied, p := 0, uint64(0)
		for tied < len(order) && order[tied].score == order[0].score {
			if positive[order[tied].row] {
				p++
			}
			tied++
		}
		n := uint64(tied) - p
		for _, o := range order[:tied] {
			i := o.row
			if positive[i] {
				f[i] = 2*negatives + n
			} else {
				f[i] = 2*positives + p
			}
		}
		positives, negatives, ties, order = positives+p, negatives+n, ties+p*n, order[tied:]
	}
	return f, ties
}

type scored struct {
	score float64
	row   int
}
