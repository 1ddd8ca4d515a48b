// Package rank counts, for every row and two models, how many rows of the other
// class the row beats, and adds those counts up exactly, for many rows.
//
// These sums are all that two AUCs and DeLong's covariance need (package paired).
// Sun and Xu (2014) get the counts by sorting. Here a count is an integer, F, so
// that sums of it and of its squares are exact: they depend neither on the order
// of the rows nor on the number of threads, two models that rank alike have
// equal sums, and nearly equal models lose nothing to cancellation.
//
// Scores need only be ordered; any strictly increasing function of them gives
// the same Sums. 0 and -0 tie. A NaN has no rank, and callers must keep it out.
package rank

import (
	"math/big"

	"github.com/org/ct-action/internal/parallel"
)

// Sums are over all rows, for two models. For a positive row F is
//
//	2·(negatives that score below it) + (negatives that score the same)
//
// and for a negative row the same of the positives. A is the champion, B the
// challenger.
type Sums struct {
	Positive, Negative ClassSums
	TiesA, TiesB       uint64 // pairs of a positive and a negative row that A, or B, scores the same
}

// ClassSums are sums over the rows of one class.
type ClassSums struct {
	Rows             uint64
	A, B, AA, BB, AB *big.Int // ΣF_A, ΣF_B, ΣF_A², ΣF_B², ΣF_A·F_B
}

const (
	streamed = 4096 // the fewest rows that Compare streams, and the size of its pieces
	threads  = 4    // of Compare; on fewer processors they take turns
)

// Compare takes rows in memory: positive[i], a[i] and b[i] are of row i; scores
// are finite.
func Compare(positive []bool, a, b []float64) Sums {
	if len(positive) < streamed {
		return plain(positive, a, b)
	}
	s := NewStream(threads)
	pieces := (len(positive) + streamed - 1) / streamed
	buffers := make([]Classes, len(s.workers))
	parallel.Each(len(s.workers), pieces, func(w, i int) {
		from, to := i*streamed, min((i+1)*streamed, len(positive))
		buffers[w].Split(positive[from:to], a[from:to], b[from:to], s.Worker(w).Add)
	})
	return s.Sums()
}

// Classes are buffers for splitting rows by class.
type Classes struct {
	a, b [classes][splitRows]float64
}

const splitRows = 512 // a and b of both classes fit a first-level cache

// Split calls f with the rows of each class, in their order, a few hundred at a
// time: positive[i], a[i] and b[i] are of one row. Code that gets rows of one class
// needs no branch on the class of each row, which no processor can predict.
func (c *Classes) Split(positive []bool, a, b []float64, f func(positive bool, a, b []float64)) {
	for len(positive) > 0 {
		n := min(len(positive), splitRows)
		negatives := c.split(positive[:n], a[:n], b[:n])
		f(false, c.a[0][:negatives], c.b[0][:negatives])
		f(true, c.a[1][:n-negatives], c.b[1][:n-negatives])
		positive, a, b = positive[n:], a[n:], b[n:]
	}
}

// split writes every row to both classes and keeps it in one, without a branch.
func (c *Classes) split(isPositive []bool, a, b []float64) (negatives int) {
	a, b = a[:len(isPositive)], b[:len(isPositive)]
	n, p := 0, 0
	for i, is := range isPositive {
		c.a[negative][n], c.b[negative][n] = a[i], b[i]
		c.a[positive][p], c.b[positive][p] = a[i], b[i]
		one := 0
		if is {
			one = 1
		}
		p += one
		n += 1 - one
	}
	return n
}
