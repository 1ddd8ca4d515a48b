package paired

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/org/ct-action/internal/metrics"
)

type cw struct {
	groups, holding, rows, positives int
	pareto                           float64 // 0 equal
	icc, corr                        float64
	gain                             float64
}

func (w cw) sizes(total, groups int, r *rand.Rand) []int {
	share := make([]float64, groups)
	sum := 0.0
	for g := range share {
		share[g] = 1
		if w.pareto > 0 {
			share[g] = math.Pow(1-r.Float64(), -1/w.pareto)
		}
		sum += share[g]
	}
	n := make([]int, groups)
	left := total - groups
	for g := range n {
		n[g] = 1
	}
	cum, done := 0.0, 0
	for g := range n {
		cum += share[g] / sum
		to := int(math.Round(cum * float64(left)))
		n[g] += to - done
		done = to
	}
	return n
}

func (w cw) draw(r *rand.Rand) metrics.Sample {
	s := metrics.Sample{Task: metrics.Binary}
	neg := w.sizes(w.rows-w.positives, w.groups, r)
	pos := w.sizes(w.positives, w.holding, r)
	sep := separation(0.83)
	ci, cr := math.Sqrt(w.icc), math.Sqrt(1-w.icc)
	a, b := math.Sqrt(w.corr), math.Sqrt(1-w.corr)
	for g := range neg {
		gx, g1, g2 := r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
		n := neg[g]
		p := 0
		if g < w.holding {
			p = pos[g]
		}
		for i := range n + p {
			is := i < p
			x := ci*gx + cr*r.NormFloat64()
			s1 := a*x + b*(ci*g1+cr*r.NormFloat64())
			s2 := a*x + b*(ci*g2+cr*r.NormFloat64())
			if is {
				s1 += sep
				s2 += sep + w.gain
			}
			s.Positive = append(s.Positive, is)
			s.Champion.Values = append(s.Champion.Values, s1)
			s.Challenger.Values = append(s.Challenger.Values, s2)
			s.Groups = append(s.Groups, uint32(g))
		}
	}
	s.Rows = len(s.Positive)
	return s
}

func aucPass(s metrics.Sample) (pass bool, df float64) {
	w := s.Weights
	if w == nil {
		w = make([]float64, s.Rows)
		for i := range w {
			w[i] = 1
		}
	}
	va, vb := area(s.Positive, s.Champion.Values)(w), area(s.Positive, s.Challenger.Values)(w)
	parts := scattered(s, ofAUC(s.Positive, s.Champion.Values, s.Weights), ofAUC(s.Positive, s.Challenger.Values, s.Weights))
	e := Estimate{Champion: metrics.Float(va), Challenger: metrics.Float(vb), Parts: parts}
	c := e.Contrast(1, one, none)
	return c.Lower(0.95) > 0, c.Freedom
}

func TestExplore(t *testing.T) {
	if os.Getenv("EXPLORE") == "" {
		t.Skip()
	}
	reps := 2000
	fmt.Sscan(os.Getenv("REPS"), &reps)
	run := func(w cw) string {
		out := ""
		for _, rho := range []float64{0, 0.2, 1} {
			intraGroup = rho
			type res struct {
				p  bool
				df float64
			}
			rs := repeat(reps, 7, func(_ *drawing, r *rand.Rand) res {
				p, df := aucPass(w.draw(r))
				return res{p, df}
			})
			n, df := 0, 0.0
			for _, x := range rs {
				if x.p {
					n++
				}
				df += x.df / float64(reps)
			}
			out += fmt.Sprintf("  rho %g: %5.1f%% df %5.1f", rho, 100*float64(n)/float64(reps), df)
		}
		return out
	}
	for _, pareto := range []float64{0, 1.5} {
		for _, icc := range []float64{0, 0.1, 0.5} {
			for _, h := range []int{2, 3, 4, 5, 8, 10, 15} {
				w := cw{400, h, 1000, 60, pareto, icc, 0.7, 0}
				fmt.Printf("400 groups pareto %g icc %g holding %d: %s\n", pareto, icc, h, run(w))
			}
			for _, g := range []int{3, 4, 5, 8, 10, 15} {
				w := cw{g, g, 600, 120, pareto, icc, 0.7, 0}
				fmt.Printf("all groups pareto %g icc %g groups %d: %s\n", pareto, icc, g, run(w))
			}
		}
	}
}
