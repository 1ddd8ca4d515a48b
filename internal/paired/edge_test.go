package paired

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/org/ct-action/internal/metrics"
)

// TestBoundsEnd: whatever the rows, bounds are found or are not there. One
// positive, or one weight that outweighs all others, leaves no degrees of freedom,
// and nothing passes by them. Where there are some, the p-values say what the
// bounds say.
func TestBoundsEnd(t *testing.T) {
	t.Parallel()
	margin := big.NewRat(1, 20)
	for _, m := range metrics.Metrics() {
		for shape := range 6 {
			r := rand.New(rand.NewPCG(uint64(shape), 7))
			s := drawShape(m, shape, r)
			e := Measure(m, s, half)
			sense := -1
			if m.GreaterIsBetter {
				sense = 1
			}
			for name, c := range map[string]Contrast{
				"a margin":          e.NonInferiority(sense, one, new(big.Rat).Mul(margin, big.NewRat(int64(-sense), 1))),
				"a relative margin": e.NonInferiority(sense, big.NewRat(9, 10), none),
				"a threshold":       e.AtThreshold(sense, big.NewRat(7, 10)),
				"better":            e.Contrast(sense, one, none),
			} {
				for _, confidence := range []float64{0.8, 0.95, 0.999} {
					low, high := c.Lower(confidence), c.Upper(confidence)
					if shape == 0 && s.Task == metrics.Binary && m.Name != "recall" && m.Name != "accuracy" && c.exact == nil && low > 0 && c.StandardError > 0 && c.Freedom <= 0 {
						t.Errorf("%s, %s: passes on one positive: %v", m.Name, name, low)
					}
					if math.IsNaN(low) || math.IsNaN(high) || !(c.StandardError > 0) {
						continue
					}
					near := func(p float64) bool { return math.Abs(p-(1-confidence)) < 1e-6 }
					if p := c.PValue(true); (low > 0) != (p < 1-confidence) && !near(p) && c.skewness == 0 {
						t.Errorf("%s, %s, shape %d: lower bound %v at %v, p-value %v", m.Name, name, shape, low, confidence, p)
					}
					if p := c.FailurePValue(); (high < 0) != (p < 1-confidence) && !near(p) {
						t.Errorf("%s, %s, shape %d: upper bound %v at %v, p-value of failure %v", m.Name, name, shape, high, confidence, p)
					}
				}
			}
		}
	}
}

// drawShape is 80 rows: with one positive, one dominant weight, groups, or none
// of these.
func drawShape(m metrics.Metric, shape int, r *rand.Rand) metrics.Sample {
	s := metrics.Sample{Task: m.Tasks[0], Rows: 80}
	column := func() (of []float64) {
		for range s.Rows {
			of = append(of, r.Float64())
		}
		return of
	}
	switch s.Task {
	case metrics.Binary:
		s.Champion.Values, s.Challenger.Values = column(), column()
		for i := range s.Rows {
			s.Positive = append(s.Positive, i == 0 || shape > 0 && r.Float64() < 0.4)
			if s.Positive[i] {
				s.Champion.Values[i], s.Challenger.Values[i] = math.Sqrt(s.Champion.Values[i]), math.Sqrt(s.Challenger.Values[i])
			}
		}
	case metrics.Numeric:
		s.Target, s.Champion.Values, s.Challenger.Values = column(), column(), column()
	case metrics.Multiclass:
		s.Classes = []string{"a", "b"}
		for _, p := range []*metrics.Predictions{&s.Champion, &s.Challenger} {
			a := column()
			b := make([]float64, s.Rows)
			for i := range a {
				b[i] = 1 - a[i]
			}
			p.ByClass = [][]float64{a, b}
		}
		for range s.Rows {
			s.Class = append(s.Class, uint32(r.IntN(2)))
		}
	}
	if shape == 1 || shape == 2 {
		s.Weights = column()
		for i := range s.Weights {
			s.Weights[i] = 1e-6 + math.Pow(s.Weights[i], 1/0.3)
		}
		if shape == 1 {
			s.Weights[3] = 1e6
		}
	}
	if shape == 3 || shape == 4 {
		for range s.Rows {
			s.Groups = append(s.Groups, uint32(r.IntN(4+20*(shape-3))))
		}
	}
	return s
}
