package rank

// plain ranks few rows: it sorts them and walks from tie to tie. It is also the
// reference that the tests hold the stream to. O(n log n).
func plain(isPositive []bool, a, b []float64) Sums {
	fa, tiesA := Placements(isPositive, a)
	fb, tiesB := Placements(isPositive, b)
	var of [classes]totals
	var rows [classes]uint64
	for i, is := range isPositive {
		class := classOf(is)
		rows[class]++
		of[class].a.add(fa[i : i+1])
		of[class].b.add(fb[i : i+1])
		of[class].ab.products.AddProduct(fa[i], fb[i])
	}
	s := combined([][classes]totals{of}, rows)
	s.TiesA, s.TiesB = tiesA, tiesB
	return s
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
