package rank

import "slices"

// An Order lists rows, numbered from 0, from the lowest score up. Rows that tie
// stand together, in the order of the rows; Ends says where in Rows each tie ends.
type Order struct{ Rows, Ends []int32 }

// Ascending orders rows by their scores, which are finite. 0 and -0 tie.
func Ascending(scores []float64) Order {
	type row struct { // beside its score, which a sort of rows alone would have to look up
		score float64
		i     int32
	}
	sorted := make([]row, len(scores))
	for i, score := range scores {
		sorted[i] = row{score, int32(i)}
	}
	slices.SortFunc(sorted, func(a, b row) int {
		switch { // scores are finite: no order of NaN to ask for
		case a.score < b.score:
			return -1
		case a.score > b.score:
			return 1
		}
		return int(a.i - b.i)
	})
	o := Order{Rows: make([]int32, len(scores))}
	for n, r := range sorted {
		o.Rows[n] = r.i
		if n+1 == len(sorted) || sorted[n+1].score != r.score {
			o.Ends = append(o.Ends, int32(n+1))
		}
	}
	return o
}

// Tie is number k from below, of len(Ends).
func (o Order) Tie(k int) []int32 {
	if k == 0 {
		return o.Rows[:o.Ends[0]]
	}
	return o.Rows[o.Ends[k-1]:o.Ends[k]]
}
