package paired

import (
	"math/big"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/rank"
)

// FromRanks is the estimate of two AUCs from exact sums. The values are exact, and
// DeLong's covariance is rounded only once. There is no AUC where one class has no
// rows, and no standard error where a class has fewer than two.
func FromRanks(s rank.Sums) Estimate {
	p, n := s.Positive.Rows, s.Negative.Rows
	e := Estimate{Method: "DeLong", Curve: Placements, Rows: int(p + n), Positives: int(p), Effective: alike(int(p+n), int(p))}
	pairs := new(big.Int).Mul(count(2*p), count(n))
	if pairs.Sign() == 0 {
		absent := metrics.OneClass(e.Positives, e.Rows)
		e.Champion, e.Challenger = absent, absent
		return e
	}
	auc := func(won *big.Int) metrics.Value { return metrics.Exact(new(big.Rat).SetFrac(won, pairs)) }
	e.Champion, e.Challenger = auc(s.Positive.A), auc(s.Positive.B)
	if p >= 2 && n >= 2 {
		e.Parts = []Part{delong(s.Positive, n), delong(s.Negative, p)}
	}
	e.Warnings = append(few(e), coarse(s)...)
	return e
}

// delong is one class's term of DeLong's estimate: the sample covariance of its
// placements, over its number of rows. others is the number of rows of the other
// class. Nothing is rounded before the end.
func delong(c rank.ClassSums, others uint64) Part {
	n := count(c.Rows)
	scale := new(big.Int).Mul(n, n)
	scale.Mul(scale, count(c.Rows-1))
	scale.Mul(scale, new(big.Int).Mul(count(2*others), count(2*others)))
	over := func(products, x, y *big.Int) float64 { // n·Σxy − Σx·Σy, scaled
		centred := new(big.Int).Mul(n, products)
		f, _ := new(big.Rat).SetFrac(centred.Sub(centred, new(big.Int).Mul(x, y)), scale).Float64()
		return f
	}
	d := new(big.Int).Sub(c.B, c.A)
	da := new(big.Int).Sub(c.AB, c.AA)
	dd := new(big.Int).Sub(c.BB, c.AB)
	dd.Sub(dd, da)
	return Part{
		Freedom:       float64(c.Rows - 1),
		VarDifference: over(dd, d, d), CovDifference: over(da, d, c.A), VarChampion: over(c.AA, c.A, c.A),
	}
}

func count(n uint64) *big.Int { return new(big.Int).SetUint64(n) }
