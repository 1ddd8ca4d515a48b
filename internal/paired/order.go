package paired

import "slices"

// An order lists rows from the lowest score up. Rows that tie stand together;
// ends says where each tie ends.
type order struct{ rows, ends []int32 }

func ordered(scores []float64) order {
	o := order{rows: make([]int32, len(scores))}
	type row struct { // beside its score, which a sort of rows alone would have to look up
		score float64
		i     int32
	}
	sorted := make([]row, len(scores))
	for i, score := range scores {
		sorted[i] = row{score, int32(i)}
	}
	slices.SortFunc(sorted, func(x, y row) int {
		switch { // scores are finite: no order of NaN to ask for
		case x.score < y.score:
			return -1
		case x.score > y.score:
			return 1
		}
		return int(x.i - y.i)
	})
	for n, r := range sorted {
		o.rows[n] = r.i
	}
	for n := range o.rows {
		if n+1 == len(o.rows) || scores[o.rows[n+1]] != scores[o.rows[n]] {
			o.ends = append(o.ends, int32(n+1))
		}
	}
	return o
}

// tie is number k from below.
func (o order) tie(k int) []int32 {
	if k == 0 {
		return o.rows[:o.ends[0]]
	}
	return o.rows[o.ends[k-1]:o.ends[k]]
}

// tally adds up the weights of the rows of a tie.
func tally(rows []int32, positive []bool, weights []float64) (p, n float64) {
	for _, i := range rows {
		if positive[i] {
			p += weight(weights, int(i))
		} else {
			n += weight(weights, int(i))
		}
	}
	return p, n
}
