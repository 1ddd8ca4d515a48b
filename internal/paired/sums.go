package paired

import (
	"math/big"

	"github.com/org/ct-action/internal/delong"
	"github.com/org/ct-action/internal/metrics"
)

// FromSums is the evidence about two AUCs, from exact sums: their values are
// exact, and so is DeLong's covariance up to one last rounding. One class has
// no AUC; fewer than two rows of a class, no standard error.
func FromSums(s delong.Sums) Estimate {
	p, n := s.Positive.Rows, s.Negative.Rows
	e := Estimate{Method: "DeLong", Curve: Placements, Rows: int(p + n), Positives: int(p), Effective: alike(int(p+n), int(p))}
	a, b := s.AUC()
	if a == nil {
		absent := metrics.OneClass(e.Positives, e.Rows)
		e.Champion, e.Challenger = absent, absent
		return e
	}
	e.Champion, e.Challenger = metrics.Exact(a), metrics.Exact(b)
	if positive, negative, ok := s.Covariances(); ok {
		e.Parts = []Part{partOf(positive, p), partOf(negative, n)}
	}
	e.Warnings = append(few(e), coarse(s)...)
	return e
}

func partOf(c delong.Covariance, rows uint64) Part {
	float := func(r *big.Rat) float64 { f, _ := r.Float64(); return f }
	return Part{float64(rows - 1), float(c.Difference), float(c.Cross), float(c.A)}
}
