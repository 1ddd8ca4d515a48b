package rank

import (
	"math"
	"math/big"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

type rows struct {
	positive []bool
	a, b     []float64
}

// draw is a sample with both classes and many ties.
func draw(t *rapid.T) rows {
	n := rapid.IntRange(4, 40).Draw(t, "n")
	score := rapid.OneOf(
		rapid.Map(rapid.IntRange(0, 6), func(i int) float64 { return float64(i) / 4 }),
		rapid.Float64Range(-2, 2), rapid.SampledFrom([]float64{0, math.Copysign(0, -1)}))
	r := rows{
		positive: rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "positive"),
		a:        rapid.SliceOfN(score, n, n).Draw(t, "a"),
		b:        rapid.SliceOfN(score, n, n).Draw(t, "b"),
	}
	copy(r.positive, []bool{true, false, true, false})
	return r
}

// byPairsWithTies is F by its definition, every pair looked at.
func byPairsWithTies(positive []bool, scores []float64) (f []uint64, ties uint64) {
	f = make([]uint64, len(scores))
	for i := range scores {
		for j := range scores {
			switch {
			case positive[i] == positive[j]:
			case scores[j] < scores[i]:
				f[i] += 2
			case scores[j] == scores[i]:
				f[i]++
				if positive[i] {
					ties++
				}
			}
		}
	}
	return f, ties
}

func TestPlacements(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := draw(t)
		got, ties := Placements(r.positive, r.a)
		want, tiesA := byPairsWithTies(r.positive, r.a)
		if !reflect.DeepEqual(got, want) || ties != tiesA {
			t.Fatalf("placements %v, by pairs %v", got, want)
		}
		s := Compare(r.positive, r.a, r.b)
		_, tiesB := byPairsWithTies(r.positive, r.b)
		if s.TiesA != tiesA || s.TiesB != tiesB {
			t.Fatalf("%d and %d ties, by pairs %d and %d", s.TiesA, s.TiesB, tiesA, tiesB)
		}
	})
}

func TestProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := draw(t)
		s := Compare(r.positive, r.a, r.b)
		if monotone := Compare(r.positive, mapped(r.a, bent), mapped(r.b, bent)); !same(s, monotone) {
			t.Fatal("a monotone function of the scores changes the sums")
		}
		swapped := Compare(r.positive, r.b, r.a)
		swapped = Sums{swapped.Positive.swapped(), swapped.Negative.swapped(), swapped.TiesB, swapped.TiesA}
		if !same(s, swapped) {
			t.Fatal("swapping the models does more than swap the sums")
		}
		half := len(r.a) / 2
		turned := rows{rotate(r.positive, half), rotate(r.a, half), rotate(r.b, half)}
		if !same(s, Compare(turned.positive, turned.a, turned.b)) {
			t.Fatal("the order of the rows changes the sums")
		}
		if s.Positive.A.Cmp(other(s, s.Negative.A)) != 0 {
			t.Fatal("what the positives win and what the negatives lose is not the same")
		}
	})
}

// bent is strictly increasing and exact: no rounding makes a tie.
func bent(x float64) float64 {
	if x < 0 {
		return 2 * x
	}
	return 8 * x
}

// other is 2·P·N less ΣF of the other class.
func other(s Sums, f *big.Int) *big.Int {
	pairs := new(big.Int).SetUint64(2 * s.Positive.Rows * s.Negative.Rows)
	return pairs.Sub(pairs, f)
}

func (c ClassSums) swapped() ClassSums { return ClassSums{c.Rows, c.B, c.A, c.BB, c.AA, c.AB} }

func same(s, t Sums) bool {
	return s.Positive.same(t.Positive) && s.Negative.same(t.Negative) && s.TiesA == t.TiesA && s.TiesB == t.TiesB
}

func (c ClassSums) same(d ClassSums) bool {
	return c.Rows == d.Rows && c.A.Cmp(d.A) == 0 && c.B.Cmp(d.B) == 0 && c.AA.Cmp(d.AA) == 0 && c.BB.Cmp(d.BB) == 0 && c.AB.Cmp(d.AB) == 0
}

func rotate[T any](s []T, by int) []T { return append(append([]T{}, s[by:]...), s[:by]...) }

func mapped(s []float64, f func(float64) float64) []float64 {
	out := make([]float64, len(s))
	for i := range s {
		out[i] = f(s[i])
	}
	return out
}
