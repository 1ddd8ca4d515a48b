package paired

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/org/ct-action/internal/metrics"
)

// Every metric: the influence adds up to 0 and is the slope of the value along
// the row's weight; identical models have a standard error of exactly 0.
func TestInfluence(t *testing.T) {
	t.Parallel()
	uniform := rand.New(rand.NewPCG(7, 0)).Float64
	const n = 60
	for _, task := range []metrics.Task{metrics.Binary, metrics.Numeric, metrics.Multiclass} {
		s := metrics.Sample{Task: task, Rows: n, Classes: []string{"a", "b", "c"}, Weights: make([]float64, n)}
		s.Challenger = metrics.Predictions{Values: make([]float64, n), ByClass: [][]float64{make([]float64, n), make([]float64, n), make([]float64, n)}}
		for i := range n {
			s.Weights[i] = 1
			s.Positive = append(s.Positive, uniform() < 0.4)
			s.Target = append(s.Target, 1+uniform())
			s.Class = append(s.Class, uint32(3*uniform()))
			s.Challenger.Values[i] = uniform()
			x, y := uniform()/2, uniform()/2
			s.Challenger.ByClass[0][i], s.Challenger.ByClass[1][i], s.Challenger.ByClass[2][i] = x, y, 1-x-y
		}
		if task == metrics.Multiclass {
			s.Challenger.Values = nil
		} else {
			s.Challenger.ByClass = nil
		}
		half := metrics.MustDecimal("0.5")
		for _, m := range metrics.Metrics() {
			value := metrics.Measure(m, s, s.Challenger, half)
			if !value.Present() {
				continue
			}
			twin := s
			twin.Champion, twin.Weights = s.Challenger, nil
			c := Measure(m, twin, half).Contrast(1, big.NewRat(1, 1), new(big.Rat))
			if c.StandardError != 0 || c.Value != 0 {
				t.Errorf("%s of a %s: identical models differ by %v ± %v", m.Name, task, c.Value, c.StandardError)
			}
			if m.Name == "ece" {
				continue
			}
			slopes(t, m, s, half)
			weighted := s
			weighted.Weights = slices.Clone(s.Weights)
			for i := range weighted.Weights {
				weighted.Weights[i] = 0.2 + 2*uniform()
			}
			slopes(t, m, weighted, half)
			if task == metrics.Binary && !m.Decision {
				weighted.Challenger.Values = slices.Clone(s.Challenger.Values)
				for i, x := range weighted.Challenger.Values { // ties
					weighted.Challenger.Values[i] = math.Round(8*x) / 8
				}
				slopes(t, m, weighted, half)
			}
		}
	}
}

func slopes(t *testing.T, m metrics.Metric, s metrics.Sample, decisionThreshold metrics.Decimal) {
	t.Helper()
	const step = 1e-4
	influence := influence(m, s, s.Challenger, 0.5)
	sum := 0.0
	for i, x := range influence {
		sum += x
		w := s.Weights[i]
		s.Weights[i] = w + step
		up := metrics.Measure(m, s, s.Challenger, decisionThreshold).Float64()
		s.Weights[i] = w - step
		down := metrics.Measure(m, s, s.Challenger, decisionThreshold).Float64()
		s.Weights[i] = w
		if slope := w * (up - down) / (2 * step); math.Abs(slope-x) > 1e-8 {
			t.Fatalf("%s of a %s, row %d: influence %v, slope %v", m.Name, s.Task, i, x, slope)
		}
	}
	if math.Abs(sum) > 1e-12 {
		t.Errorf("%s: influence adds up to %v", m.Name, sum)
	}
}
