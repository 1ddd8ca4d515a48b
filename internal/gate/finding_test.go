package gate

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

// inconclusive judges a threshold of 0.7 on 1,000 rows at a confidence of 0.95.
func inconclusive(t *testing.T, challenger *big.Rat, positives int, standardError float64) ConditionFinding {
	t.Helper()
	r := Requirement{Name: "auc", Metric: "auc", Conditions: []Condition{{Threshold, metrics.MustDecimal("0.7")}}}
	variance := standardError * standardError
	v := JudgeAlone(Policy{Confidence: metrics.MustDecimal("0.95"), Requirements: []Requirement{r}}, Evidence{
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

// TestScarce: what is too little evidence for any condition is so by what weights
// and groups leave of the rows, and is for a bounded loss too.
func TestScarce(t *testing.T) {
	t.Parallel()
	enough := paired.Effective{Rows: 900, Positives: 10, Negatives: 890, Groups: 50, PositiveGroups: 10, NegativeGroups: 40}
	for what, less := range map[string]func(e *paired.Effective){
		"":                      func(*paired.Effective) {},
		"worth 2.0, and":        func(e *paired.Effective) { e.Positives = 2 },
		"worth 9.9, and":        func(e *paired.Effective) { e.Negatives = 9.99 },
		"worth 9.0, and":        func(e *paired.Effective) { e.Rows = 9 },
		"2 groups with a posit": func(e *paired.Effective) { e.PositiveGroups = 2 },
		"2 groups with a negat": func(e *paired.Effective) { e.NegativeGroups = 2 },
	} {
		e := enough
		less(&e)
		for _, kind := range []ConditionKind{Threshold, MinAbsoluteChange, MaxAbsoluteRegression, MaxRelativeRegression} {
			cause, remedy := scarce(demand{Condition: Condition{Kind: kind}}, Finding{Rows: 1000, Positives: 12, Effective: e})
			if what == "" && cause != "" || !strings.Contains(cause, what) || (cause == "") != (remedy == "") {
				t.Errorf("%s: %q and %q, expected %q", kind, cause, remedy, what)
			}
		}
	}
	few := Finding{Rows: 1000, Positives: 12, Effective: enough}
	few.Effective.PositiveGroups = 3
	if cause, _ := scarce(demand{auto: true}, few); cause != "" {
		t.Errorf("an improvement on 3 groups: %q", cause)
	}
	if cause, _ := scarce(demand{Condition: Condition{Kind: Threshold}}, few); cause == "" {
		t.Error("3 groups are enough for a threshold")
	}
	if cause, _ := scarce(demand{}, Finding{}); cause == "" {
		t.Error("no evidence at all is enough")
	}
	if cause, _ := scarce(demand{}, Finding{Positives: -1, Effective: paired.Effective{Rows: 100, Groups: 2}}); cause == "" {
		t.Error("2 groups of numbers are enough")
	}
}
