package sanity

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

func value(x float64) metrics.Value { return metrics.Exact(new(big.Rat).SetFloat64(x)) }

// TestBelowChance holds the noise to that of Mann and Whitney's U: for 50 and
// 50 rows its standard deviation is 145.06, of 2,500 pairs.
func TestBelowChance(t *testing.T) {
	t.Parallel()
	const noise = 145.057 / 2500
	for _, test := range []struct {
		name                 string
		auc                  float64
		positives, negatives int
		standardError        float64
		below                bool
	}{
		{"the other class", 0.2, 50, 50, math.NaN(), true},
		{"just beyond the noise", 0.5 - 3.01*noise, 50, 50, 0, true},
		{"just within it", 0.5 - 2.99*noise, 50, 50, 0, false},
		{"a model that has learnt nothing", 0.5, 50, 50, 0, false},
		{"few rows", 0.1, 3, 5, 0, false},
		{"rows that belong together scatter more", 0.3, 50, 50, 0.1, false},
		{"nobody counted the classes", 0.3, -1, -1, 0.02, true},
		{"nobody counted the classes, nor knows the noise", 0.3, -1, -1, 0, false},
		{"no negative rows", 0, 50, 0, 0, false},
	} {
		text := BelowChance("champion", value(test.auc), test.positives, test.negatives, test.standardError)
		if (text != "") != test.below {
			t.Errorf("%s: %q, expected a contradiction: %v", test.name, text, test.below)
		}
	}
	if text := BelowChance("champion", metrics.Absent("one class only"), 50, 0, 0); text != "" {
		t.Errorf("absent: %q", text)
	}
}

// models are two models' scores on rows of which a share is positive: normal,
// with so many standard deviations between the classes, and correlated within
// them.
type models struct {
	rows                 int
	positive             float64
	champion, challenger float64
	correlation          float64
	ruin                 func(s *metrics.Sample)
}

func (m models) estimate(r *rand.Rand) paired.Estimate {
	s := metrics.Sample{Task: metrics.Binary, Rows: m.rows}
	for range m.rows {
		truth := 0.0
		if r.Float64() < m.positive {
			truth = 1
		}
		a, b := r.NormFloat64(), r.NormFloat64()
		b = m.correlation*a + math.Sqrt(1-m.correlation*m.correlation)*b
		s.Positive = append(s.Positive, truth == 1)
		s.Champion.Values = append(s.Champion.Values, logistic(m.champion*truth+a))
		s.Challenger.Values = append(s.Challenger.Values, logistic(m.challenger*truth+b))
	}
	if m.ruin != nil {
		m.ruin(&s)
	}
	auc, _ := metrics.Lookup("auc")
	return paired.Measure(auc, s, metrics.Decimal{})
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// shuffled puts the champion's scores in another order.
func shuffled(s *metrics.Sample) {
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(s.Champion.Values), func(i, j int) {
		v := s.Champion.Values
		v[i], v[j] = v[j], v[i]
	})
}

func reversed(s *metrics.Sample) {
	for _, values := range [][]float64{s.Champion.Values, s.Challenger.Values} {
		for i := range values {
			values[i] = 1 - values[i]
		}
	}
}

func constant(s *metrics.Sample) {
	for i := range s.Champion.Values {
		s.Champion.Values[i] = 0.3
	}
}

func TestContradictions(t *testing.T) {
	t.Parallel()
	good := models{rows: 1000, positive: 0.3, champion: 1.2, challenger: 1.4, correlation: 0.6}
	with := func(change func(m *models)) models {
		m := good
		change(&m)
		return m
	}
	for _, test := range []struct {
		name  string
		of    models
		words []string // one for each contradiction
	}{
		{"good models", good, nil},
		{"both of the other class", with(func(m *models) { m.ruin = reversed }), []string{"champion's AUC 0.2", "challenger's AUC 0.1"}},
		{"the champion's rows in another order", with(func(m *models) { m.ruin = shuffled }), []string{"nothing in common"}},
		{"the same of few rows", with(func(m *models) { m.ruin, m.rows = shuffled, 60 }), nil},
		{"a champion that always says the same", with(func(m *models) { m.ruin = constant }), nil},
		{"a champion that has lost its skill", with(func(m *models) { m.champion = 0 }), nil},
		{"two models of other features", with(func(m *models) { m.correlation = 0 }), nil},
		{"two weak models of other features", with(func(m *models) { m.correlation, m.champion, m.challenger = 0, 0.2, 0.25 }), nil},
	} {
		found := Contradictions(test.of.estimate(rand.New(rand.NewPCG(3, 4))))
		if len(found) != len(test.words) {
			t.Errorf("%s: %q, expected %d", test.name, found, len(test.words))
			continue
		}
		for i, words := range test.words {
			if !strings.Contains(found[i], words) {
				t.Errorf("%s: %q, expected %q in it", test.name, found[i], words)
			}
		}
	}
}

// TestFalseAlarms: models that mean what they say are let through, also those
// that have learnt nothing: one of 700 would lie that far below a half.
func TestFalseAlarms(t *testing.T) {
	t.Parallel()
	const repetitions = 400
	for _, test := range []struct {
		name string
		of   models
		most int
	}{
		{"skill", models{rows: 500, positive: 0.1, champion: 0.5, challenger: 0.8, correlation: 0.3}, 0},
		{"no skill in the challenger", models{rows: 500, positive: 0.3, champion: 1, challenger: 0, correlation: 0.5}, 4},
		{"no skill at all", models{rows: 500, positive: 0.3, correlation: 0.5}, 6},
		{"skill of other features", models{rows: 2000, positive: 0.5, champion: 0.3, challenger: 1}, 0},
	} {
		r := rand.New(rand.NewPCG(5, 6))
		alarms := 0
		for range repetitions {
			if len(Contradictions(test.of.estimate(r))) > 0 {
				alarms++
			}
		}
		if alarms > test.most {
			t.Errorf("%s: %d alarms in %d, expected at most %d", test.name, alarms, repetitions, test.most)
		}
	}
}

// TestWithoutACovariance: an estimate of values alone still tells the class.
func TestWithoutACovariance(t *testing.T) {
	t.Parallel()
	bare := paired.Estimate{Champion: metrics.Absent("no champion"), Challenger: value(0.2), Rows: 1000, Positives: 300}
	if found := Contradictions(bare); len(found) != 1 {
		t.Errorf("%q, expected one contradiction", found)
	}
	if found := Contradictions(paired.Estimate{}); found != nil {
		t.Errorf("the zero estimate: %q", found)
	}
}
