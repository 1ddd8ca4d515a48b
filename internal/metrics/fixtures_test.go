package metrics

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// fixture is one case of testdata/scikit-learn.json, which
// testdata/make_fixtures.py wrote: rows that are listed, or how to make them.
type fixture struct {
	Name       string
	Seed       uint64
	Rows       int
	Levels     uint64
	Rate       uint64
	Positives  int
	Labels     []int
	Scores     []float64
	AUC, Brier float64
}

func (f fixture) data() (positive []bool, scores []float64) {
	if f.Rows > 0 {
		return generate(f.Seed, f.Rows, f.Levels, f.Rate)
	}
	for _, label := range f.Labels {
		positive = append(positive, label == 1)
	}
	return positive, f.Scores
}

// generate is draw of make_fixtures.py, to the last bit.
func generate(seed uint64, rows int, levels, rate uint64) ([]bool, []float64) {
	state := seed
	next := func() uint64 {
		state = state*6364136223846793005 + 1442695040888963407
		return state >> 33
	}
	positive, scores := make([]bool, rows), make([]float64, rows)
	for i := range rows {
		level := next() % levels
		positive[i] = next()%(1000*levels) < rate*(level+1)
		scores[i] = (float64(level) + 0.5) / float64(levels)
	}
	return positive, scores
}

func TestScikitLearn(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/scikit-learn.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []fixture }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 10 {
		t.Fatalf("%d cases, expected all of them", len(file.Cases))
	}
	for _, f := range file.Cases {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			positive, scores := f.data()
			if got := count(positive); f.Rows > 0 && got != f.Positives {
				t.Fatalf("generated %d positives, Python %d: not the same data", got, f.Positives)
			}
			near(t, "AUC", aucOf(positive, scores), f.AUC)
			near(t, "Brier", brierOf(positive, scores), f.Brier)
		})
	}
}

func near(t *testing.T, name string, got Value, want float64) {
	t.Helper()
	if !(math.Abs(got.Float64()-want) <= 1e-12) { // so written, NaN fails
		t.Errorf("%s %v %s, scikit-learn says %v", name, got.Float64(), got.Reason(), want)
	}
}

func count(positive []bool) (n int) {
	for _, p := range positive {
		if p {
			n++
		}
	}
	return n
}

func BenchmarkAUC(b *testing.B) {
	positive, scores := generate(4, 1_000_000, 1_000_000, 300)
	for b.Loop() {
		aucOf(positive, scores)
	}
}

func BenchmarkBrier(b *testing.B) {
	positive, scores := generate(4, 1_000_000, 1_000_000, 300)
	for b.Loop() {
		brierOf(positive, scores)
	}
}
