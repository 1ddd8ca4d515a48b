package evidence

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

// A stream says what Measure says, whatever the threads.
func TestStreamIsMeasure(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string]float64{"probabilities": 0.5, "outside": 1.5, "identical": 0.5, "coarse": 0.5, "not finite": math.NaN()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			s := metrics.Sample{Task: metrics.Binary, Rows: 30_000}
			for i := range s.Rows {
				s.Positive = append(s.Positive, r.Float64() < 0.3)
				s.Champion.Values = append(s.Champion.Values, r.Float64())
				s.Challenger.Values = append(s.Challenger.Values, math.Round(r.Float64()*1000)/1000)
				if i == 20_000 {
					s.Challenger.Values[i] = odd
				}
			}
			switch name {
			case "identical":
				s.Champion = s.Challenger
			case "coarse":
				for i, x := range s.Champion.Values {
					s.Champion.Values[i] = math.Round(3*x) / 3
				}
			}
			for _, workers := range []int{1, 3} {
				stream := NewStream(workers)
				for c, from := 0, 0; from < s.Rows; c, from = c+1, from+4000 {
					to := min(from+4000, s.Rows)
					stream.Worker(c%workers).Add(c, s.Positive[from:to], s.Champion.Values[from:to], s.Challenger.Values[from:to])
				}
				isMeasure(t, s, stream.Measure())
			}
		})
	}
}

// Columns say what Measure says, in millionths and not.
func TestAtOnceIsMeasure(t *testing.T) {
	t.Parallel()
	for name, digits := range map[string]float64{"millionths": 1e6, "hundredths": 100, "all digits": 0, "one last": 1e6} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			score := func() float64 {
				if digits == 0 {
					return r.Float64()
				}
				return math.Round(r.Float64()*digits) / digits
			}
			s := metrics.Sample{Task: metrics.Binary, Rows: 30_000}
			for range s.Rows {
				s.Positive = append(s.Positive, r.Float64() < 0.3)
				s.Champion.Values = append(s.Champion.Values, score())
				s.Challenger.Values = append(s.Challenger.Values, score())
			}
			if name == "one last" {
				s.Champion.Values[s.Rows-1] = 1. / 3
			}
			both, ok := atOnce(s)
			if !ok {
				t.Fatal("left to Measure")
			}
			isMeasure(t, s, both)
			for what, change := range map[string]func(*metrics.Sample){
				"weights":        func(s *metrics.Sample) { s.Weights = make([]float64, s.Rows) },
				"groups":         func(s *metrics.Sample) { s.Groups = make([]uint32, s.Rows) },
				"a task":         func(s *metrics.Sample) { s.Task = metrics.Numeric },
				"few rows":       func(s *metrics.Sample) { *s = s.Only([]uint32{1, 2, 3}) },
				"no champion":    func(s *metrics.Sample) { s.Champion = metrics.Predictions{} },
				"a column short": func(s *metrics.Sample) { s.Challenger.Values = s.Challenger.Values[1:] },
			} {
				other := s
				change(&other)
				if _, ok := atOnce(other); ok {
					t.Errorf("%s: not left to Measure", what)
				}
			}
		})
	}
}

func isMeasure(t rapid.TB, s metrics.Sample, both AUCAndBrier) {
	t.Helper()
	for metric, got := range map[string]paired.Estimate{"auc": both.AUC, "brier": both.Brier} {
		m, _ := metrics.Lookup(metric)
		agree(t, metric, got, paired.Measure(m, s, metrics.Decimal{}))
	}
}

func agree(t rapid.TB, metric string, got, want paired.Estimate) {
	t.Helper()
	for _, v := range [][2]metrics.Value{{got.Champion, want.Champion}, {got.Challenger, want.Challenger}} {
		if g, w := fmt.Sprint(v[0].Rat(), v[0].Reason()), fmt.Sprint(v[1].Rat(), v[1].Reason()); g != w {
			t.Errorf("%s: %s, expected %s", metric, g, w)
		}
	}
	if g, w := fmt.Sprintf("%q", got.Warnings), fmt.Sprintf("%q", want.Warnings); g != w {
		t.Errorf("%s: warnings %s, expected %s", metric, g, w)
	}
	if len(got.Parts) != len(want.Parts) || got.Rows != want.Rows || got.Positives != want.Positives {
		t.Fatalf("%s: got %+v, expected %+v", metric, got, want)
	}
	rounding := 1e-15 / math.Sqrt(float64(want.Rows)) // of sums of squares up to 1
	for i, w := range want.Parts {
		g := got.Parts[i]
		for _, pair := range [][2]float64{{g.Freedom, w.Freedom}, {g.VarDifference, w.VarDifference}, {g.CovDifference, w.CovDifference}, {g.VarChampion, w.VarChampion}} {
			if !(math.Abs(pair[0]-pair[1]) <= 1e-10*math.Abs(pair[1])+rounding) {
				t.Errorf("%s: part %+v, expected %+v", metric, g, w)
			}
		}
	}
}
