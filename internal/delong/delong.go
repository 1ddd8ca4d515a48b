// Package delong compares two AUCs on the same rows, exactly.
//
// DeLong, DeLong and Clarke-Pearson (1988) get the covariance of two AUCs from
// each row's placement: the share of the other class that it beats. Sun and Xu
// (2014) get placements by sorting. Here a placement is an integer, F, so that
// sums of it and of its squares are exact: they depend neither on the order of
// the rows nor on the number of threads, two models that rank alike have a
// variance of the difference of exactly 0, and nearly equal models lose
// nothing to cancellation.
//
// AUC never turns round: a model that ranks backwards has an AUC below a half.
// Scores need only be ordered; any strictly increasing function of them gives
// the same Sums. 0 and -0 tie. A NaN has no rank: keep it out.
package delong

import (
	"math/big"

	"github.com/org/ct-action/internal/parallel"
)

// Sums are all that the AUCs of two models, their variances and their
// covariance need, as integers. For a positive row F is
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
	streamed = 4096 // rows from which on Compare streams them, in pieces of as many
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

// Classes are the memory in which rows are told apart by class.
type Classes struct {
	a, b [classes][splitRows]float64
}

const splitRows = 512 // a and b of both classes fit a first-level cache

// Split calls f with the rows of each class, in their order, a few hundred at a
// time: positive[i], a[i] and b[i] are of one row. What comes after has no
// class to look at, row by row, which no processor can foretell.
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
