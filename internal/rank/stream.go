package rank

import (
	"math"

	"github.com/org/ct-action/internal/parallel"
)

// A Stream finds the Sums of rows that come in pieces, in any order, and on
// several threads. They are the integers that Compare finds, whatever the pieces,
// their order and the number of threads.
//
// It takes 16 bytes of memory a row, or 8 as long as every score is a multiple
// of 10⁻⁶ between 0 and 1, as scores with six decimals are.
type Stream struct{ workers []Worker }

// NewStream makes a stream to which that many workers can add at the same time.
func NewStream(workers int) *Stream {
	return &Stream{make([]Worker, max(workers, 1))}
}

// Worker is number i, from 0. One goroutine may use it at a time.
func (s *Stream) Worker(i int) *Worker { return &s.workers[i] }

// A Worker takes rows. It keeps them by class, each as two unsigned integers
// that are ordered as the scores of A and B are.
type Worker struct {
	narrow      [2]chain[uint32]      // until the first score that is no multiple of 10⁻⁶
	wide        [2]chain[uint64]      // from there on
	freeNarrow  [classes]pool[uint32] // one for each class, so that widen can free one class before the next
	freeWide    pool[uint64]
	seenNonFine bool
}

// classes number the rows' classes.
const (
	negative = iota
	positive
	classes
)

func classOf(isPositive bool) int {
	if isPositive {
		return positive
	}
	return negative
}

// Add takes rows of one class: a[i] and b[i] are of one row. Scores are
// finite. It keeps none of the slices.
func (w *Worker) Add(isPositive bool, a, b []float64) {
	class := classOf(isPositive)
	if !w.seenNonFine {
		taken := w.addNarrow(class, a, b)
		a, b = a[taken:], b[taken:]
		w.seenNonFine = len(a) > 0
	}
	for c := &w.wide[class]; len(a) > 0; {
		rows := c.room(&w.freeWide, len(a))
		for i := range rows {
			rows[i] = row[uint64]{ordered(a[i]), ordered(b[i])}
		}
		a, b = a[len(rows):], b[len(rows):]
	}
}

// addNarrow takes rows up to the first one that needs 64 bits, and returns how many.
func (w *Worker) addNarrow(class int, a, b []float64) (taken int) {
	for c := &w.narrow[class]; taken < len(a); {
		rows := c.room(&w.freeNarrow[class], len(a)-taken)
		n := millionths(rows, a[taken:], b[taken:])
		taken += n
		if n < len(rows) {
			c.last = c.last[:len(c.last)-len(rows)+n]
			return taken
		}
	}
	return taken
}

// millionths fills rows up to the first one with a score that is no millionth, and
// returns how many.
func millionths(rows []row[uint32], a, b []float64) int {
	a, b = a[:len(rows)], b[:len(rows)]
	for i := range rows {
		x, okX := Millionth(a[i])
		y, okY := Millionth(b[i])
		if !okX || !okY {
			return i
		}
		rows[i] = row[uint32]{x, y}
	}
	return len(rows)
}

// Millionth is k where a score is the float nearest to k/10⁶, k from 0 to 10⁶.
// Different k are different floats, so that k is ordered and ties as scores do.
func Millionth(score float64) (k uint32, ok bool) {
	if !(score >= 0 && score <= 1) {
		return 0, false
	}
	k = uint32(score*1e6 + 0.5)
	return k, float64(k)/1e6 == score
}

// ordered are bits that order as unsigned integers the way finite floats do;
// 0 and -0 are one.
func ordered(x float64) uint64 {
	bits := math.Float64bits(x + 0) // +0 makes -0 the 0 it is
	return bits ^ (uint64(int64(bits)>>63) | 1<<63)
}

// Sums ends the stream: the rows are gone after it.
func (s *Stream) Sums() Sums {
	rows, wide := 0, false
	for i := range s.workers {
		w := &s.workers[i]
		rows += w.narrow[negative].rows() + w.narrow[positive].rows()
		wide = wide || w.seenNonFine
	}
	if !wide && rows < 1<<31 { // F, up to twice the rows, fits 32 bits
		held := make([][classes]chain[uint32], len(s.workers))
		for i := range s.workers {
			held[i] = s.workers[i].narrow
		}
		*s = Stream{}
		return sums(held)
	}
	held := make([][classes]chain[uint64], len(s.workers))
	parallel.Each(len(s.workers), len(s.workers), func(_, i int) {
		s.workers[i].widen()
		held[i] = s.workers[i].wide
	})
	*s = Stream{}
	return sums(held)
}

// widen moves what was held as multiples of 10⁻⁶.
func (w *Worker) widen() {
	for class := range w.narrow {
		blocks := w.narrow[class].take()
		for i, rows := range blocks {
			for _, r := range rows {
				a, b := ordered(float64(r.key)/1e6), ordered(float64(r.carry)/1e6)
				w.wide[class].room(&w.freeWide, 1)[0] = row[uint64]{a, b}
			}
			blocks[i] = nil // for the collector: otherwise all rows would be in memory twice
		}
	}
}
