package summary

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/document"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
)

// TestJudgedPassed lets nothing pass that somebody forgot.
func TestJudgedPassed(t *testing.T) {
	t.Parallel()
	passing := func() *loop.Report {
		return &loop.Report{Mode: inputs.ModeJudge, Outcome: loop.Passed, Gated: true,
			Verdict: gate.Verdict{Checks: []gate.Check{
				{Name: "auc", Metric: "auc", Status: gate.Passed}, {Name: "brier", Metric: "brier", DryRun: true, Status: gate.Passed}}}}
	}
	for _, test := range []struct {
		name   string
		change func(r *loop.Report)
		passed bool
	}{
		{"passed", func(*loop.Report) {}, true},
		{"zero", func(r *loop.Report) { *r = loop.Report{Mode: inputs.ModeJudge} }, false},
		{"blocked", func(r *loop.Report) { r.Outcome = loop.Blocked }, false},
		{"not judged", func(r *loop.Report) { r.Gated = false }, false},
		{"an error", func(r *loop.Report) { r.Err = errors.New("x") }, false},
		{"no check", func(r *loop.Report) { r.Verdict.Checks = nil }, false},
		{"only reported", func(r *loop.Report) { r.Verdict.Checks[0].DryRun = true }, false},
		{"a check that failed", func(r *loop.Report) { r.Verdict.Checks[0].Status = gate.Failed }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := passing()
			test.change(r)
			text, err := document.Judge(r)
			if err != nil {
				t.Fatal(err)
			}
			var d struct{ Passed bool }
			if err := json.Unmarshal(text, &d); err != nil || d.Passed != test.passed {
				t.Errorf("passed is %t (%v), want %t:\n%s", d.Passed, err, test.passed, text)
			}
			if says := strings.Contains(Console(loop.Ended, r, Style{}), "PASSED"); says != test.passed {
				t.Errorf("the console says PASSED: %t, want %t", says, test.passed)
			}
		})
	}
}

// TestNoInterval shows no track and no numbers of what is no interval.
func TestNoInterval(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for name, interval := range map[string][2]float64{
		"no number": {nan, nan}, "half": {0, nan}, "infinite": {math.Inf(-1), 0}, "swapped": {0.2, 0.1},
	} {
		f := seen("auc", "0.8312", "0.8471", 2000, 0.00296, 0.95)
		f.Interval = interval
		m := measured(&loop.Report{}, aucCheck(f, "x"), f)
		if m.finding.HasInterval() || intervalCell(m, scale{-1, 1}, true) != "" {
			t.Errorf("%s: %v is shown as an interval", name, interval)
		}
	}
}

// TestWarningsAreTheFindings: a small segment's warning does not stand beside
// the interval of all rows.
func TestWarningsAreTheFindings(t *testing.T) {
	t.Parallel()
	all, part := gate.Finding{}, gate.Finding{Warnings: []string{"few", "few"}}
	c := gate.Check{Warnings: []string{"few"}, Findings: []gate.Finding{all, part}}
	for name, test := range map[string]struct {
		m    measurement
		want int
	}{
		"all rows":   {measurement{check: c, finding: all, found: true}, 0},
		"segment":    {measurement{check: c, finding: part, found: true}, 1},
		"no finding": {measurement{check: c}, 1},
	} {
		if got := test.m.warnings(); len(got) != test.want || got == nil {
			t.Errorf("%s: %q, expected %d", name, got, test.want)
		}
	}
}
