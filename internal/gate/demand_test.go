package gate

import (
	"math"
	"math/big"
	"testing"

	"github.com/org/ct-action/internal/metrics"
)

// TestMark holds which demand is drawn, and where, for both senses of a metric
// and a champion of 0.8 (a loss of -0.8 has the same size).
func TestMark(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		metric     string
		kind       ConditionKind
		confidence string
		want       float64 // NaN: none
	}{
		{"auc", MinAbsoluteChange, "", 0.1},
		{"auc", MaxAbsoluteRegression, "", -0.1},
		{"auc", MinRelativeChange, "", 0.08},
		{"auc", MaxRelativeRegression, "", -0.08},
		{"auc", Threshold, "", math.NaN()},
		{"brier", MinAbsoluteChange, "", -0.1},
		{"brier", MaxAbsoluteRegression, "", 0.1},
		{"brier", MinRelativeChange, "", -0.08},
		{"brier", MaxRelativeRegression, "", 0.08},
		{"brier", MinAbsoluteChange, "0.95", -0.1},
		{"auc", MinRelativeChange, "0.95", math.NaN()}, // decided by another interval
		{"auc", Threshold, "0.95", math.NaN()},
	} {
		value := metrics.Exact(big.NewRat(4, 5))
		both := [2]metrics.Value{value, value}
		p := Policy{Confidence: decimal(t, test.confidence), Requirements: []Requirement{{
			Name: "check", Metric: test.metric, Conditions: []Condition{{test.kind, decimal(t, "0.1")}},
		}}}
		e := Evidence{Champion: "1", Challenger: "2", Measured: bare{CheckAUC: both, CheckBrier: both}}
		v := JudgeAlone(p, e)
		f := v.Check("check").Findings[0]
		if f.Confidence > 0 != (test.confidence != "") {
			t.Fatalf("%+v: decided at confidence %v", test, f.Confidence)
		}
		got := math.NaN()
		if mark := f.Mark(); mark != nil {
			got, _ = mark.Float64()
		}
		if got != test.want && !(math.IsNaN(got) && math.IsNaN(test.want)) {
			t.Errorf("%s %s, confidence %q: the demand is drawn at %v, want %v", test.metric, test.kind, test.confidence, got, test.want)
		}
		for _, reported := range v.Checks[1:] {
			if reported.Findings[0].Mark() != nil {
				t.Errorf("%s is only reported and has a demand", reported.Name)
			}
		}
	}
}
