package metrics

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// column is a random labelled column with both classes and many ties.
type column struct {
	positive []bool
	scores   []float64
}

func drawColumn(t *rapid.T) column {
	probability := rapid.OneOf(
		rapid.Float64Range(0, 1),
		rapid.Map(rapid.IntRange(0, 8), func(n int) float64 { return float64(n) / 8 }),
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, 5e-324, 1e-20, 1 - 1e-16}))
	n := rapid.IntRange(2, 40).Draw(t, "n")
	c := column{
		positive: rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "positive"),
		scores:   rapid.SliceOfN(probability, n, n).Draw(t, "scores"),
	}
	c.positive[0], c.positive[1] = true, false
	return c
}

// mapped is the column with f applied to every score.
func (c column) mapped(f func(float64) float64) column {
	scores := make([]float64, len(c.scores))
	for i, s := range c.scores {
		scores[i] = f(s)
	}
	return column{c.positive, scores}
}

// shuffled is the column in another order of rows.
func (c column) shuffled(t *rapid.T) column {
	order := make([]int, len(c.scores))
	for i := range order {
		order[i] = i
	}
	s := column{}
	for _, i := range rapid.Permutation(order).Draw(t, "order") {
		s.positive, s.scores = append(s.positive, c.positive[i]), append(s.scores, c.scores[i])
	}
	return s
}

func (c column) auc() *big.Rat   { return aucOf(c.positive, c.scores).Rat() }
func (c column) brier() *big.Rat { return brierOf(c.positive, c.scores).Rat() }

func aucOf(positive []bool, scores []float64) Value { return valueOf("auc", positive, scores) }

func brierOf(positive []bool, scores []float64) Value { return valueOf("brier", positive, scores) }

func valueOf(metric string, positive []bool, scores []float64) Value {
	m, _ := Lookup(metric)
	return Measure(m, Sample{Task: Binary, Rows: len(positive), Positive: positive}, Predictions{Values: append([]float64{}, scores...)}, Decimal{})
}

// byPairs is the definition of AUC, every pair looked at.
func (c column) byPairs() *big.Rat {
	var won, pairs int64
	for i := range c.scores {
		for j := range c.scores {
			if !c.positive[i] || c.positive[j] {
				continue
			}
			pairs += 2
			switch {
			case c.scores[i] > c.scores[j]:
				won += 2
			case c.scores[i] == c.scores[j]:
				won++
			}
		}
	}
	return big.NewRat(won, pairs)
}

func TestAUCIsItsDefinition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawColumn(t)
		got := c.auc()
		if want := c.byPairs(); got.Cmp(want) != 0 {
			t.Fatalf("AUC %v, by pairs %v", got, want)
		}
		if again := c.shuffled(t).auc(); again.Cmp(got) != 0 {
			t.Fatalf("AUC %v, in another order %v", got, again)
		}
	})
}

func TestAUCSymmetries(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawColumn(t).mapped(func(s float64) float64 { return math.Round(s*1000) / 1000 })
		got := c.auc()
		// Strictly increasing on thousandths; not on neighbouring floats.
		for name, f := range map[string]func(float64) float64{
			"exp":   math.Exp,
			"shift": func(s float64) float64 { return 7*s - 300 },
		} {
			if mapped := c.mapped(f).auc(); mapped.Cmp(got) != 0 {
				t.Fatalf("AUC %v, after %s %v", got, name, mapped)
			}
		}
		inverted := c.mapped(func(s float64) float64 { return -s }).auc()
		if sum := inverted.Add(inverted, got); sum.Cmp(big.NewRat(1, 1)) != 0 {
			t.Fatalf("AUC(s) + AUC(-s) = %v, expected 1", sum)
		}
	})
}

// fixedPoint is s in the steps of 2⁻⁶³ that Brier takes it in.
func fixedPoint(s float64) *big.Rat {
	steps, _ := big.NewFloat(math.Ldexp(s, 63)).Int(nil)
	return new(big.Rat).SetFrac(steps, new(big.Int).Lsh(big.NewInt(1), 63))
}

func TestBrierIsTheMeanSquaredError(t *testing.T) {
	t.Parallel()
	one := big.NewRat(1, 1)
	rapid.Check(t, func(t *rapid.T) {
		c := drawColumn(t)
		got := c.brier()
		if got.Sign() < 0 || got.Cmp(one) > 0 {
			t.Fatalf("Brier %v is outside [0, 1]", got)
		}
		if again := c.shuffled(t).brier(); again.Cmp(got) != 0 {
			t.Fatalf("Brier %v, in another order %v", got, again)
		}
		want := new(big.Rat)
		for i, s := range c.scores {
			miss := fixedPoint(s)
			if c.positive[i] {
				miss.Sub(one, miss)
			}
			want.Add(want, miss.Mul(miss, miss))
		}
		want.Quo(want, big.NewRat(int64(len(c.scores)), 1))
		if got.Cmp(want) != 0 {
			t.Fatalf("Brier %v, exactly %v", got.FloatString(40), want.FloatString(40))
		}
	})
}

func TestAbsent(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(-1)
	both := []bool{true, false}
	for _, test := range []struct {
		name       string
		positive   []bool
		scores     []float64
		auc, brier string // reasons; empty: present
	}{
		{"no rows", nil, nil, "no rows", "no rows"},
		{"lengths", both, []float64{1}, "2 labels and 1 scores", "2 labels and 1 scores"},
		{"NaN", both, []float64{.5, nan}, "score NaN in row 2", "score NaN in row 2"},
		{"infinite", both, []float64{inf, .5}, "score -Inf in row 1", "score -Inf in row 1"},
		{"no positive", []bool{false, false}, []float64{.1, .2}, "one class only: none of the 2 rows", ""},
		{"no negative", []bool{true, true}, []float64{.1, .2}, "one class only: all 2 rows", ""},
		{"above 1", both, []float64{.5, 1.5}, "", "score 1.5 in row 2: expected a probability"},
		{"below 0", both, []float64{-5e-324, .5}, "", "score -5e-324 in row 1"},
		{"fine", both, []float64{1, 0}, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			absent(t, aucOf(test.positive, test.scores), test.auc)
			absent(t, brierOf(test.positive, test.scores), test.brier)
		})
	}
}

func absent(t *testing.T, v Value, reason string) {
	t.Helper()
	if v.Present() != (reason == "") || !strings.Contains(v.Reason(), reason) {
		t.Errorf("present %v, reason %q; expected reason %q", v.Present(), v.Reason(), reason)
	}
	if v.Present() == math.IsNaN(v.Float64()) || v.Present() == (v.Rat() == nil) {
		t.Errorf("present %v, but the float is %v and the fraction %v", v.Present(), v.Float64(), v.Rat())
	}
}

func TestValueIsNobodyElses(t *testing.T) {
	t.Parallel()
	r := big.NewRat(1, 2)
	v := Exact(r)
	r.SetInt64(9)
	v.Rat().SetInt64(9)
	if v.Float64() != 0.5 {
		t.Errorf("value changed to %v from outside", v.Float64())
	}
	for name, v := range map[string]Value{"zero": {}, "nil": Exact(nil), "no reason": Absent("")} {
		if v.Present() || v.Reason() == "" {
			t.Errorf("%s value: present %v, reason %q; expected absent, with a reason", name, v.Present(), v.Reason())
		}
	}
}

// TestOurs: each other name stands for a metric that is known, and is none itself
// but where neg_ makes it another.
func TestOurs(t *testing.T) {
	t.Parallel()
	for other, name := range elsewhere {
		if _, known := Lookup(name); !known || Ours("neg_"+other) != name {
			t.Errorf("%s is %q, no metric", other, name)
		}
		if _, known := Lookup(other); known && other != "log_loss" {
			t.Errorf("%s is a metric of that name", other)
		}
	}
	if got := Ours("profit"); got != "" {
		t.Errorf("profit is %q", got)
	}
}
