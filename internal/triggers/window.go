package triggers

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/org/ct-action/internal/metrics"
)

// A window is the rows of one look, as far as they are known again. Rows are the
// same where label and score are; the second of two such rows is another one than
// the first, so that scores that repeat within a window count as often as they do.
type window struct {
	rows   int
	digest string // of all rows, in any order
	sketch []byte // the smallest hashes of rows, ascending, 8 bytes each
}

const (
	// sketched is how many hashes a sketch has. The share of rows that two windows
	// have in common is then known to within about 6 points (Broder 1997).
	sketched = 48

	// mostShared is the share of rows, of those in a window, that may have been
	// counted before: files that are cut by date overlap by a few.
	mostShared = 0.1
)

// windowOf takes in the rows of a sample.
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

// shares estimates which part of the window's rows the last counted ones hold,
// from the hashes that both have among the smallest of either's: a part J of the
// union, which is Jaccard's similarity (Broder 1997).
func (w window) shares(last account) float64 {
	if w.rows == 0 || len(last.Sketch) == 0 {
		return 0
	}
	a, b := hashes(last.Sketch), hashes(w.sketch)
	both, taken := 0, 0
	for ; taken < sketched && len(a)+len(b) > 0; taken++ {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			a = a[1:]
		case len(a) == 0 || b[0] < a[0]:
			b = b[1:]
		default:
			both++
			a, b = a[1:], b[1:]
		}
	}
	j := float64(both) / float64(taken)
	return min(1, j/(1+j)*float64(last.Rows+w.rows)/float64(w.rows))
}

func hashes(sketch []byte) []uint64 {
	var all []uint64
	for ; len(sketch) >= 8; sketch = sketch[8:] {
		all = append(all, binary.BigEndian.Uint64(sketch))
	}
	return all
}
