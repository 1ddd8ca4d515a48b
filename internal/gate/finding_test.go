package gate

import (
	"math"
	"math/big"
	"testing"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

// inconclusive judges a threshold of 0.7 on 1,000 rows at a confidence of 0.95.
func inconclusive(t *testing.T, challenger *big.Rat, positives int, standardError float64) ConditionFinding {
	t.Helper()
	r := Requirement{Name: "auc", Metric: "auc", Conditions: []Condition{{Threshold, metrics.MustDecimal("0.7")}}}
	variance := standardError * standardError
	v := JudgeMetrics(Policy{Confidence: metrics.MustDecimal("0.95"), Requirements: []Requirement{r}}, Evidence{
		Champion: "7", Challenger: "8", Measured: sums{estimates: map[string]paired.Estimate{"auc/": {
			Champion: metrics.Exact(big.NewRat(7, 10)), Challenger: metrics.Exact(challenger), Rows: 1000, Positives: positives,
			Effective: paired.Effective{Rows: 1000, Positives: float64(positives), Negatives: float64(1000 - positives)},
			Parts:     []paired.Part{{Freedom: 999, VarDifference: variance}},
		}}},
	})
	c := v.Check("auc").Findings[0].Conditions[0]
	if c.Status != Inconclusive {
		t.Fatalf("%s (%s), expected inconclusive", c.Status, c.Reason)
	}
	return c
}

// TestNoProofByNoScatter: what a standard error of 0 cannot prove has no
// p-value of 0 either.
func TestNoProofByNoScatter(t *testing.T) {
	t.Parallel()
	if c := inconclusive(t, big.NewRat(1, 1), 300, 0); !math.IsNaN(c.PValue) {
		t.Errorf("p-value %v beside a standard error of 0, expected none", c.PValue)
	}
}

// TestRowsForFewPositives: as many rows as it takes to have 10 positive ones,
// of a threshold too.
func TestRowsForFewPositives(t *testing.T) {
	t.Parallel()
	if c := inconclusive(t, big.NewRat(9, 10), 8, 0.01); c.RowsNeeded != 1250 {
		t.Errorf("%d rows needed, expected 1250: 10 of 8 positive rows in 1,000", c.RowsNeeded)
	}
}
