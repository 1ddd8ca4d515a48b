package triggers

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/org/ct-action/internal/metrics"
)

// A window is a fingerprint of the rows of one look, by which a later look
// recognises them. Two rows are the same if their labels and scores are, but within
// a window such rows are told apart, so that each of them counts.
type window struct {
	rows   int
	digest string // of all rows, in any order
	sketch []byte // the smallest hashes of rows, ascending, 8 bytes each
}

const (
	// sketched is how many hashes a sketch has. The share of rows that two windows
	// have in common is then known to within about 6 points (Broder 1997).
	sketched = 48

	// mostShared is the share of a window's rows that may have been counted
	// before: files that are cut by date overlap by a few rows.
	mostShared = 0.1
)

// windowOf is the window of a sample's rows.
func windowOf(s metrics.Sample) window {
	w := window{rows: s.Rows}
	order := make([]uint64, s.Rows)
	for i, score := range s.Challenger.Values {
		order[i] = mixed(math.Float64bits(score + 0)) // −0 is 0
		if s.Positive[i] {
			order[i] = mixed(order[i] + 1)
		}
	}
	slices.Sort(order)
	var sum, nth uint64
	all := make([]uint64, len(order))
	for i, row := range order {
		if nth++; i == 0 || order[i-1] != row {
			nth = 0
		}
		all[i] = mixed(row + nth*0x9e3779b97f4a7c15)
		sum += all[i]
	}
	slices.Sort(all)
	for _, h := range all[:min(sketched, len(all))] {
		w.sketch = binary.BigEndian.AppendUint64(w.sketch, h)
	}
	w.digest = fmt.Sprintf("%d-%016x", s.Rows, mixed(sum))
	return w
}

// mixed is the finalizer of SplitMix64 (Steele, Lea and Flood 2014): each bit of
// the result depends on all bits of x.
func mixed(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// shares estimates which part of the window's rows is among those that were counted
// last. Of the smallest hashes of both together, the part J that both have estimates
// Jaccard's similarity (Broder 1997).
func (w window) shares(last account) float64 {
	if w.rows == 0 || len(last.Sketch) == 0 {
		return 0
	}
	counted, seen := hashes(last.Sketch), hashes(w.sketch)
	all := slices.Concat(counted, seen)
	slices.Sort(all)
	all = slices.Compact(all)
	all = all[:min(sketched, len(all))]
	both := 0
	for _, hash := range all {
		if slices.Contains(counted, hash) && slices.Contains(seen, hash) {
			both++
		}
	}
	j := float64(both) / float64(len(all))
	return min(1, j/(1+j)*float64(last.Rows+w.rows)/float64(w.rows))
}

func hashes(sketch []byte) []uint64 {
	var all []uint64
	for ; len(sketch) >= 8; sketch = sketch[8:] {
		all = append(all, binary.BigEndian.Uint64(sketch))
	}
	return all
}
