package paired

import (
	"math"
	"testing"

	"github.com/org/ct-action/internal/metrics"
)

// TestCR2 holds standard errors and degrees of freedom to R's clubSandwich
// (testdata/make_cr2.R).
func TestCR2(t *testing.T) {
	t.Parallel()
	var file struct {
		Designs []struct {
			Name                         string
			Positive                     []int
			Champion, Challenger, Weight []float64
			Group                        []uint32
		}
		Want []struct {
			Design, Metric  string
			DifferenceError float64 `json:"difference_error"`
			ChallengerError float64 `json:"challenger_error"`
			Freedom         float64 // of the difference
		}
	}
	read(t, "cr2.json", &file)
	samples := map[string]metrics.Sample{}
	for _, d := range file.Designs {
		s := metrics.Sample{Task: metrics.Binary, Rows: len(d.Positive), Weights: d.Weight, Groups: d.Group}
		for _, y := range d.Positive {
			s.Positive = append(s.Positive, y == 1)
		}
		s.Champion.Values, s.Challenger.Values = d.Champion, d.Challenger
		samples[d.Name] = s
	}
	if len(file.Want) < 14 {
		t.Fatalf("%d cases", len(file.Want))
	}
	for _, want := range file.Want {
		e := measure(t, want.Metric, samples[want.Design], half)
		difference, challenger := e.Contrast(1, one, none), e.Contrast(1, none, none)
		for what, pair := range map[string][2]float64{
			"standard error":              {difference.StandardError, want.DifferenceError},
			"challenger's standard error": {challenger.StandardError, want.ChallengerError},
			"degrees of freedom":          {difference.Freedom, want.Freedom},
		} {
			if !(math.Abs(pair[0]/pair[1]-1) <= 1e-9) {
				t.Errorf("%s, %s: %s %.12g, clubSandwich says %.12g", want.Design, want.Metric, what, pair[0], pair[1])
			}
		}
	}
}
