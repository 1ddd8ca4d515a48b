package bake

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestParseCondition(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "<= 0.05": "<= 0.05", "<=0.05": "<= 0.05", "  > 1e3 ": "> 1000", "== 0": "== 0", "!= -1.5": "!= -1.5", "< .5": "< 0.5", ">= 10": ">= 10",
	} {
		if c, err := ParseCondition(text); err != nil || c.String() != want {
			t.Errorf("%q: %q, %v; expected %q", text, c, err, want)
		}
	}
	for _, text := range []string{"0.05", "<=", "<= x", "<= 0x1p-4", "<= 1_0", "=< 1", "<= NaN", "> Inf", "<= 1 or true", "= 1", "<= 1\n> 2", "result[0] <= 1"} {
		if c, err := ParseCondition(text); err == nil {
			t.Errorf("%q: is %q, expected an error", text, c)
		}
	}
}

func must(t interface{ Fatal(...any) }, text string) Condition {
	c, err := ParseCondition(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		success, failure string
		value            float64
		want             Phase
	}{
		{"<= 0.05", "", 0.05, Successful}, {"<= 0.05", "", 0.0500001, Failed}, {"< 0.05", "", 0.05, Failed},
		{"", "> 0.05", 0.05, Successful}, {"", "> 0.05", 0.06, Failed}, {"", ">= 0.05", 0.05, Failed},
		{"<= 0.05", "> 0.1", 0.05, Successful}, {"<= 0.05", "> 0.1", 0.07, Inconclusive}, {"<= 0.05", "> 0.1", 0.2, Failed},
		{"<= 0.05", "> 0.01", 0.03, Failed}, // meets both
		{"== 1", "", 1, Successful}, {"== 1", "", 0, Failed}, {"", "!= 1", 0, Failed}, {"", "!= 1", 1, Successful},
		{"<= 0.05", "", nan, Inconclusive}, {"", "> 0.05", nan, Inconclusive}, {"", "!= 0", nan, Inconclusive},
		{"<= 0.05", "", inf, Inconclusive}, {"", "> 0.05", inf, Inconclusive}, {">= 0", "", math.Inf(-1), Inconclusive},
		{"", "", 0, Inconclusive},
	} {
		r := Rules{Success: must(t, c.success), Failure: must(t, c.failure)}
		if got := r.Measure(c.value); got != c.want {
			t.Errorf("success %q, failure %q, %g: %s, expected %s", c.success, c.failure, c.value, got, c.want)
		}
	}
}

// The zero values pass nothing and fail nothing.
func TestZero(t *testing.T) {
	t.Parallel()
	var rules Rules
	if (Measurement{}).Phase != Inconclusive || rules.Measure(0) != Inconclusive || rules.Assess(nil, true) != Inconclusive || rules.Assess(nil, false) != Running {
		t.Error("a zero value decides something")
	}
}

// assessed is the rule as it is written in Argo Rollouts
// (analysis/analysis.go, assessMetricFailureInconclusiveOrError and assessMetricStatus),
// read from the first measurement on, with its exception for a run that succeeded with
// nothing.
func assessed(phases []Phase, failureLimit, inconclusiveLimit int) (Phase, int) {
	failed, inconclusive := 0, 0
	for i, p := range phases {
		switch p {
		case Failed:
			failed++
		case Inconclusive:
			inconclusive++
		}
		if failed > failureLimit {
			return Failed, i + 1
		}
		if inconclusive > inconclusiveLimit {
			return Inconclusive, i + 1
		}
	}
	if failed+inconclusive == len(phases) {
		return Inconclusive, len(phases)
	}
	return Successful, len(phases)
}

func TestAssess(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		phases := rapid.SliceOfN(rapid.SampledFrom([]Phase{Successful, Failed, Inconclusive}), 1, 40).Draw(t, "phases")
		rules := Rules{FailureLimit: rapid.IntRange(0, 6).Draw(t, "failure-limit"), InconclusiveLimit: rapid.IntRange(0, 6).Draw(t, "inconclusive-limit")}
		want, decided := assessed(phases, rules.FailureLimit, rules.InconclusiveLimit)
		var all []Measurement
		for i, p := range phases {
			all = append(all, Measurement{Phase: p})
			got := rules.Assess(all, i == len(phases)-1)
			if expected := want; got != expected && i+1 == decided || i+1 < decided && got != Running {
				t.Fatalf("%v: %s after %d, expected %s after %d", phases, got, i+1, want, decided)
			}
			if got != Running {
				return
			}
		}
		t.Fatal("undecided")
	})
}
