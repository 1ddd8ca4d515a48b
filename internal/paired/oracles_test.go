package paired

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/metrics"
)

// The rows of testdata/oracles.json, and what its script found of them.
type oracles struct {
	Rows struct {
		Positive                      []int
		Champion, Challenger, Weights []float64
		Target                        []float64
		ChampionNumber                []float64   `json:"champion_number"`
		ChallengerNumber              []float64   `json:"challenger_number"`
		ChampionClass                 [][]float64 `json:"champion_class"`
		ChallengerClass               [][]float64 `json:"challenger_class"`
		Groups, Klass                 []uint32
	}
	Want []oracle
}

type oracle struct {
	Metric, Task, How string
	StandardError     float64 `json:"standard_error"`
	Tolerance         float64
	Weights, Groups   bool
	K                 *float64
}

func (o oracles) sample(task string) metrics.Sample {
	r := o.Rows
	s := metrics.Sample{Rows: len(r.Positive)}
	switch task {
	case "binary":
		s.Task, s.Champion.Values, s.Challenger.Values = metrics.Binary, r.Champion, r.Challenger
		for _, y := range r.Positive {
			s.Positive = append(s.Positive, y == 1)
		}
	case "continuous":
		s.Task, s.Target, s.Champion.Values, s.Challenger.Values = metrics.Numeric, r.Target, r.ChampionNumber, r.ChallengerNumber
	case "multiclass":
		s.Task, s.Class, s.Classes = metrics.Multiclass, r.Klass, []string{"0", "1", "2"}
		s.Champion.ByClass, s.Challenger.ByClass = r.ChampionClass, r.ChallengerClass
	}
	return s
}

var half = metrics.MustDecimal("0.5")

var one, none = big.NewRat(1, 1), new(big.Rat)

func measure(t *testing.T, name string, s metrics.Sample, decisionThreshold metrics.Decimal) Estimate {
	t.Helper()
	m, found := metrics.Lookup(name)
	if !found {
		t.Fatalf("no metric %q", name)
	}
	return Measure(m, s, decisionThreshold)
}

func TestAgainstOracles(t *testing.T) {
	t.Parallel()
	var file oracles
	read(t, "oracles.json", &file)
	if len(file.Want) < 60 {
		t.Fatalf("%d cases", len(file.Want))
	}
	for _, want := range file.Want {
		t.Run(fmt.Sprintf("%s/weights=%v/groups=%v/%s", want.Metric, want.Weights, want.Groups, want.How), func(t *testing.T) {
			t.Parallel()
			s, k := file.sample(want.Task), one
			if want.Weights {
				s.Weights = file.Rows.Weights
			}
			if want.Groups {
				s.Groups = file.Rows.Groups
			}
			if want.K != nil {
				k = new(big.Rat).SetFloat64(*want.K)
			}
			got := measure(t, want.Metric, s, half).Contrast(1, k, none).StandardError
			if !(math.Abs(got-want.StandardError) <= want.Tolerance*want.StandardError) {
				t.Errorf("standard error %v, expected %v within %v: ratio %.4f", got, want.StandardError, want.Tolerance, got/want.StandardError)
			}
		})
	}
}

// A threshold needs no champion: the challenger's own standard error is the
// same with one and without.
func TestThresholdOnTheChallengerAlone(t *testing.T) {
	t.Parallel()
	var file oracles
	read(t, "oracles.json", &file)
	for _, task := range []string{"binary", "continuous", "multiclass"} {
		for _, m := range metrics.Metrics() {
			with := file.sample(task)
			for range 2 { // plain, then grouped
				alone := with
				alone.Champion = metrics.Predictions{}
				e := Measure(m, alone, half)
				if !e.Challenger.Present() {
					continue
				}
				got, want := e.Contrast(1, none, none), Measure(m, with, half).Contrast(1, none, none)
				if !(math.Abs(got.StandardError-want.StandardError) <= 1e-12) || got.Value != want.Value || !(got.StandardError > 0) {
					t.Errorf("%s of a %s: %v ± %v alone, %v ± %v beside a champion", m.Name, task, got.Value, got.StandardError, want.Value, want.StandardError)
				}
				if c := e.Contrast(1, one, none); !math.IsNaN(c.Value) || !math.IsNaN(c.Lower(0.95)) {
					t.Errorf("%s: a difference from no champion is %v", m.Name, c)
				}
				with.Groups = file.Rows.Groups
			}
		}
	}
}

// What groups are called changes no digit, and a group of one row is a row.
func TestGroups(t *testing.T) {
	t.Parallel()
	var file oracles
	read(t, "oracles.json", &file)
	for _, name := range []string{"brier", "auc", "f1", "average_precision", "ece"} {
		s := file.sample("binary")
		plain := measure(t, name, s, half).Contrast(1, one, none).StandardError
		s.Groups = file.Rows.Groups
		want := measure(t, name, s, half)
		s.Groups = make([]uint32, s.Rows)
		for i, g := range file.Rows.Groups {
			s.Groups[i] = 1e9 - 7*g
		}
		if got := measure(t, name, s, half); fmt.Sprint(got.Parts) != fmt.Sprint(want.Parts) {
			t.Errorf("%s: %v, with other names of groups %v", name, want.Parts, got.Parts)
		}
		if !strings.HasPrefix(want.Method, "cluster-robust, ") {
			t.Errorf("%s: method %q", name, want.Method)
		}
		for i := range s.Groups {
			s.Groups[i] = uint32(i)
		}
		if got := measure(t, name, s, half).Contrast(1, one, none).StandardError; !(math.Abs(got/plain-1) < 0.08) {
			t.Errorf("%s: groups of one row %v, rows %v", name, got, plain)
		}
	}
}

// Moments of rows are Measure's; added up in pieces they are the same sums.
func TestMomentsOfRows(t *testing.T) {
	t.Parallel()
	var file oracles
	read(t, "oracles.json", &file)
	s := file.sample("binary")
	var halves [2][2]Moments
	for i, p := range s.Positive {
		y := indicator(p)
		halves[i%2][int(y)].add(square(s.Champion.Values[i]-y), square(s.Challenger.Values[i]-y))
	}
	want := measure(t, "brier", s, half)
	got := FromMoments(want.Champion, want.Challenger, halves[0][0].Add(halves[1][0]), halves[0][1].Add(halves[1][1]))
	for _, k := range []*big.Rat{one, none, big.NewRat(11, 10)} {
		g, w := got.Contrast(-1, k, none), want.Contrast(-1, k, none)
		if !(math.Abs(g.StandardError/w.StandardError-1) < 1e-12 && math.Abs(g.Freedom/w.Freedom-1) < 1e-9) {
			t.Errorf("k = %s: ± %v (%v), of rows ± %v (%v)", k.RatString(), g.StandardError, g.Freedom, w.StandardError, w.Freedom)
		}
	}
	if got.Rows != want.Rows || got.Positives != want.Positives || len(got.Parts) != 3 {
		t.Errorf("%+v, of rows %+v", got, want)
	}
}

// Errors around a million that differ by thousandths scatter as the same
// errors around 0 do.
func TestLargeLosses(t *testing.T) {
	t.Parallel()
	const n, offset = 1000, 1 << 20
	s := metrics.Sample{Task: metrics.Numeric, Rows: n, Target: make([]float64, n)}
	far := s
	random := rand.New(rand.NewPCG(3, 0))
	for range n { // multiples of 2⁻²⁰: exact after the offset too
		a, b := float64(random.Uint64()>>53)/(1<<20), float64(random.Uint64()>>53)/(1<<20)
		s.Champion.Values, s.Challenger.Values = append(s.Champion.Values, a), append(s.Challenger.Values, b)
		far.Champion.Values, far.Challenger.Values = append(far.Champion.Values, offset+a), append(far.Challenger.Values, offset+b)
	}
	for _, k := range []*big.Rat{one, none, big.NewRat(11, 10)} {
		got, want := measure(t, "mae", far, half).Contrast(-1, k, none), measure(t, "mae", s, half).Contrast(-1, k, none)
		if !(math.Abs(got.StandardError/want.StandardError-1) < 1e-9) {
			t.Errorf("k = %s: ± %v, around 0 ± %v", k.RatString(), got.StandardError, want.StandardError)
		}
	}
	for i := range n {
		far.Champion.Values[i], far.Challenger.Values[i] = 0.1, 0.3
	}
	for _, weights := range [][]float64{nil, slices.Repeat([]float64{0.7}, n)} {
		far.Weights = weights
		if c := measure(t, "mae", far, half).Contrast(-1, one, none); c.StandardError != 0 {
			t.Errorf("constant losses: ± %v, expected exactly 0", c.StandardError)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	base := metrics.Sample{Task: metrics.Binary}
	for i := range 40 {
		base.Positive = append(base.Positive, i%2 == 0)
		base.Champion.Values = append(base.Champion.Values, float64(i)/50)
		base.Challenger.Values = append(base.Challenger.Values, float64(39-i)/45)
	}
	base.Rows = 40
	for _, c := range []struct {
		name string
		s    func(s metrics.Sample) metrics.Sample
		want []string
	}{
		{"none", func(s metrics.Sample) metrics.Sample { return s }, nil},
		{"few", func(s metrics.Sample) metrics.Sample {
			return s.Only([]uint32{0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 1, 3})
		}, []string{"12 rows", "2 negative rows"}},
		{"identical", func(s metrics.Sample) metrics.Sample { s.Champion = s.Challenger; return s }, []string{"identical predictions"}},
		{"outside", func(s metrics.Sample) metrics.Sample {
			s.Challenger.Values = append([]float64{1.5}, s.Challenger.Values[1:]...)
			return s
		}, []string{"1 scores of the challenger are outside"}},
		{"ties", func(s metrics.Sample) metrics.Sample {
			s.Champion.Values = slices.Repeat([]float64{0.25, 0.25, 0.75, 0.75}, 10)
			return s
		}, []string{"the champion scores both rows alike in 50 % of the pairs"}},
		{"alike within a class", func(s metrics.Sample) metrics.Sample {
			s.Champion.Values = slices.Repeat([]float64{0.25, 0.75}, 20)
			return s
		}, nil},
		{"groups", func(s metrics.Sample) metrics.Sample {
			s.Groups = slices.Repeat([]uint32{1, 2, 3, 4}, 10)
			return s
		}, []string{"4 groups: too few", "2 groups with a positive row: too few", "2 groups with a negative row: too few"}},
		{"few groups with a positive", func(s metrics.Sample) metrics.Sample {
			for i := range s.Rows {
				s.Groups = append(s.Groups, uint32(i%2*i)) // the positives are in group 0
			}
			return s
		}, []string{"1 groups with a positive row: too few"}},
		{"weights", func(s metrics.Sample) metrics.Sample {
			s.Weights = slices.Repeat([]float64{1, 1}, 20)
			for i := range 12 {
				s.Weights[2*i] = 1e-6 // positives
			}
			return s
		}, []string{"20 positive rows, which their weights make worth 8.0: too few"}},
		{"weightless", func(s metrics.Sample) metrics.Sample {
			s.Weights = slices.Repeat([]float64{0.1, 0.1}, 20)
			for i := range 11 {
				s.Weights[2*i] = 0
			}
			return s
		}, []string{"9 positive rows: too few"}},
	} {
		got := measure(t, "auc", c.s(base), half).Warnings
		ok := len(got) == len(c.want)
		for i := range c.want {
			ok = ok && strings.HasPrefix(got[i], c.want[i])
		}
		if !ok {
			t.Errorf("%s: warnings %q, expected %q", c.name, got, c.want)
		}
	}
}

func BenchmarkMeasure(b *testing.B) {
	const n = 1_000_000
	uniform := rand.New(rand.NewPCG(9, 0)).Float64
	s := metrics.Sample{Task: metrics.Binary, Rows: n}
	for range n {
		s.Positive = append(s.Positive, uniform() < 0.3)
		s.Champion.Values, s.Challenger.Values = append(s.Champion.Values, uniform()), append(s.Challenger.Values, uniform())
	}
	for _, name := range []string{"auc", "brier", "f1", "average_precision"} {
		m, _ := metrics.Lookup(name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Measure(m, s, half)
			}
		})
	}
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestLoneClass(t *testing.T) {
	t.Parallel()
	auc, _ := metrics.Lookup("auc")
	s := metrics.Sample{
		Task: metrics.Binary, Rows: 6, Positive: []bool{true, true, false, false, false, true}, Groups: []uint32{7, 7, 1, 2, 3, 7},
		Champion:   metrics.Predictions{Values: []float64{.9, .3, .1, .5, .2, .4}},
		Challenger: metrics.Predictions{Values: []float64{.8, .4, .3, .1, .6, .7}},
	}
	if e := Measure(auc, s, metrics.Decimal{}); len(e.Parts) != 0 || !e.Challenger.Present() {
		t.Errorf("all positives in one group: %+v, expected a value without a standard error", e)
	}
	s.Groups[5] = 8
	if e := Measure(auc, s, metrics.Decimal{}); len(e.Parts) == 0 {
		t.Error("positives in two groups: expected a standard error")
	}
}

// add counts one row's losses.
func (m *Moments) add(champion, challenger float64) {
	m.Count(champion, challenger-champion, 1)
}
