package gate_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/evidence"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
)

// Under a confidence a calibration error is compared less what chance gives a
// calibrated model; without one it is compared as it is, with a warning.
func TestLessChance(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	s := metrics.Sample{Task: metrics.Binary, Rows: 500}
	for range s.Rows {
		p, q := random.Float64(), random.Float64()
		s.Positive = append(s.Positive, random.Float64() < p)
		s.Champion.Values = append(s.Champion.Values, p)
		s.Challenger.Values = append(s.Challenger.Values, 0.9*p+0.1*q)
	}
	judged := func(confidence string) gate.Finding {
		q := gate.Requirement{Name: "ece", Metric: "ece", Conditions: []gate.Condition{{Kind: gate.MaxAbsoluteRegression, Limit: metrics.MustDecimal("0.02")}}}
		p := gate.Policy{Requirements: []gate.Requirement{q}}
		if confidence != "" {
			p.Confidence = metrics.MustDecimal(confidence)
		}
		v := gate.JudgeAlone(p, gate.Evidence{Champion: "7", Challenger: "8", Measured: evidence.NewRows(s)})
		return v.Check("ece").Findings[0]
	}
	sure, plain := judged("0.95"), judged("")
	change := plain.Challenger.Float64() - plain.Champion.Float64()
	left := change - (plain.ChallengerBias - plain.ChampionBias)
	if !(plain.ChampionBias > 0.02 && plain.ChallengerBias > 0.02) || math.Abs(left-change) < 1e-4 {
		t.Fatalf("biases %v and %v: nothing to take off", plain.ChampionBias, plain.ChallengerBias)
	}
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"margin under a confidence", sure.Conditions[0].Margin, 0.02 - left},
		{"margin of the values", plain.Conditions[0].Margin, 0.02 - change},
		{"difference", sure.Difference, left},
	} {
		if math.Abs(c.got-c.want) > 1e-12 {
			t.Errorf("%s: %v, expected %v", c.what, c.got, c.want)
		}
	}
	if !strings.Contains(sure.Reason, "less what is expected of a calibrated model: challenger ") || strings.Contains(plain.Reason, "less what") {
		t.Errorf("reasons %q and %q", sure.Reason, plain.Reason)
	}
	if warned := strings.Join(plain.Warnings, "\n"); !strings.Contains(warned, "is expected of a calibrated model on 500 rows") {
		t.Errorf("warnings %q", warned)
	}
	if sure.Calibration == nil || len(sure.Calibration.Challenger.Bins) != metrics.Bins {
		t.Errorf("no reliability diagram")
	}
}
