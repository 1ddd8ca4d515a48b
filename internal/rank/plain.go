package rank

// plain is the reference that the stream is held to: sort, walk from tie to
// tie. O(n log n).
func plain(positive []bool, a, b []float64) Sums {
	fa, tiesA := Placements(positive, a)
	fb, tiesB := Placements(positive, b)
	var negatives, positives plainSums
	for i, isPositive := range positive {
		if isPositive {
			positives.add(fa[i], fb[i])
		} else {
			negatives.add(fa[i], fb[i])
		}
	}
	return Sums{positives.sums(), negatives.sums(), tiesA, tiesB}
}

// plainSums are ClassSums in the making.
type plainSums struct {
	rows             uint64
	a, b, aa, bb, ab Uint128
}

func (t *plainSums) add(fa, fb uint64) {
	t.rows++
	t.a.AddProduct(fa, 1)
	t.b.AddProduct(fb, 1)
	t.aa.AddProduct(fa, fa)
	t.bb.AddProduct(fb, fb)
	t.ab.AddProduct(fa, fb)
}

func (t *plainSums) sums() ClassSums {
	return ClassSums{t.rows, t.a.Int(), t.b.Int(), t.aa.Int(), t.bb.Int(), t.ab.Int()}
}

// Placements are the F of all rows by one model, and how many pairs of a positive
// and a negative tie. positive[i] and scores[i] are of row i; F over twice the
// rows of the other class is the share of them that the row beats.
func Placements(positive []bool, scores []float64) (f []uint64, ties uint64) {
	f = make([]uint64, len(scores))
	var below [classes]uint64 // rows of each class that score less
	order := Ascending(scores)
	for k := range order.Ends {
		tied := order.Tie(k)
		var here [classes]uint64
		for _, i := range tied {
			here[classOf(positive[i])]++
		}
		for _, i := range tied {
			other := 1 - classOf(positive[i])
			f[i] = 2*below[other] + here[other]
		}
		ties += here[0] * here[1]
		below[0], below[1] = below[0]+here[0], below[1]+here[1]
	}
	return f, ties
}
