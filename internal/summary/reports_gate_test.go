package summary

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
)

// seen is a finding of a change with that standard error, at the level of a
// two-sided interval.
func seen(metric, champion, challenger string, rows int, standardError, level float64) gate.Finding {
	a, b := number4(champion), number4(challenger)
	change, _ := new(big.Rat).Sub(b.Rat(), a.Rat()).Float64()
	quantile := map[float64]float64{0.95: 1.959964, 0.9: 1.644854, 0.996875: 2.955}[level]
	known, _ := metrics.Lookup(metric)
	return gate.Finding{
		Metric: metric, GreaterIsBetter: known.GreaterIsBetter, Rows: rows, Positives: rows * 531 / 2000, Champion: a, Challenger: b, Difference: change,
		StandardError: standardError, Interval: [2]float64{change - quantile*standardError, change + quantile*standardError}, IntervalLevel: level,
		Method: "paired", PValue: math.NaN(), Status: gate.Passed,
	}
}

func bounded(f gate.Finding, kind gate.ConditionKind, bound, needed string, status gate.Status) gate.Finding {
	f.Needed, f.Status = needed, status
	var change *big.Rat
	switch up := f.GreaterIsBetter; kind {
	case gate.MinAbsoluteChange, gate.MaxAbsoluteRegression:
		change = metrics.MustDecimal(bound).Rat()
		if up != (kind == gate.MinAbsoluteChange) {
			change.Neg(change)
		}
	}
	f.Conditions = []gate.ConditionFinding{{
		Condition: gate.Condition{Kind: kind, Limit: metrics.MustDecimal(bound)}, Change: change, Margin: f.Difference, StandardError: f.StandardError,
		Lower: math.NaN(), Upper: math.Inf(1), PValue: 0.03, Status: status,
	}}
	return f
}

// replaced puts metric checks in the place of those of a report.
func replaced(r *loop.Report, checks ...gate.Check) {
	for _, c := range r.Verdict.Checks {
		if c.Metric == "" {
			checks = append(checks, c)
		}
	}
	for _, c := range checks {
		for i := range c.Findings { // as the gate does, each says what it needs and why it went so
			f := &c.Findings[i]
			f.Reason, f.Needed = cmp.Or(f.Reason, c.Text), cmp.Or(f.Needed, c.Needed)
		}
	}
	r.Verdict.Checks = checks
}

func aucCheck(f gate.Finding, text string) gate.Check {
	return gate.Check{Name: "auc", Metric: "auc", Status: f.Status, Text: text, Found: "", Needed: f.Needed, Findings: []gate.Finding{f}}
}

func brierCheck(f gate.Finding, text string) gate.Check {
	return gate.Check{Name: "brier", Metric: "brier", Status: f.Status, Text: text, Needed: f.Needed, Findings: []gate.Finding{f}}
}

// measuredRun is a run whose gate has intervals.
func measuredRun(t *testing.T, champion, challenger loop.Metrics, args ...string) *loop.Report {
	t.Helper()
	r := trainedAndJudged(t, args...)
	judge(r, champion, challenger, gate.Evidence{})
	return r
}

func addGates(t *testing.T, add func(string, *loop.Report)) {
	t.Helper()
	old, better := scores("0.8312", "0.1400"), scores("0.8471", "0.1312")

	r := measuredRun(t, old, better)
	r.Policy.HoldoutBudget = 32
	replaced(r,
		aucCheck(bounded(seen("auc", "0.8312", "0.8471", 2000, 0.00296, 0.95), gate.MinAbsoluteChange, "0.005", "≥ +0.005", gate.Passed), "AUC gate: 0.8471 >= 0.8312 + 0.005"),
		brierCheck(bounded(seen("brier", "0.1400", "0.1312", 2000, 0.00168, 0.95), gate.MaxAbsoluteRegression, "0", "≤ 0", gate.Passed), "calibration gate: Brier 0.1312 <= 0.1400"))
	flipped(r)
	add("gate-promoted", r)

	close := scores("0.8490", "0.1309")
	r = measuredRun(t, better, close)
	f := bounded(seen("auc", "0.8471", "0.8490", 2000, 0.00255, 0.95), gate.MinAbsoluteChange, "0.005", "≥ +0.005", gate.Failed)
	f.Tell = gate.Tell{Smallest: 0.007144, Rows: 10_734, Range: [2]int{1_067, 0}}
	replaced(r, aucCheck(f, "AUC gate: 0.8490 < 0.8471 + 0.005"),
		brierCheck(bounded(seen("brier", "0.1312", "0.1309", 2000, 0.00092, 0.95), gate.MaxAbsoluteRegression, "0", "≤ 0", gate.Passed), "calibration gate: Brier 0.1309 <= 0.1312"))
	r.Outcome, r.Exit = loop.Flagged, 3
	r.Flips = []loop.Flip{{Alias: "challenger", From: "5", To: "8"}}
	add("gate-flagged", r)

	r = measuredRun(t, better, close)
	r.Policy.Confidence, r.Policy.HoldoutBudget = metrics.MustDecimal("0.95"), 32
	f = bounded(seen("auc", "0.8471", "0.8490", 2000, 0.00255, 0.996875), gate.MinAbsoluteChange, "0", "> 0", gate.Inconclusive)
	f.Confidence, f.PValue, f.RowsNeeded, f.RowsNeededRange, f.Smallest = 0.9984375, 0.228, 51_432, [2]int{2_102, 0}, 0.009685
	f.Warnings = []string{"31 positives: below 40 the interval may be too narrow"}
	g := bounded(seen("brier", "0.1312", "0.1309", 2000, 0.00092, 0.95), gate.MaxAbsoluteRegression, "0.002", "≤ +0.002", gate.Passed)
	g.Warnings = f.Warnings
	replaced(r, aucCheck(f, "AUC gate: inconclusive at confidence 0.9984: +0.0019 (99.69% interval -0.0056 … +0.0094) against > 0; 2,000 rows show +0.0097 or more with power 0.8; at the difference seen about 52,000 would (2,200 to any number)"),
		brierCheck(g, "calibration gate: -0.0003 ≤ +0.002"),
		gate.Check{Name: "recall at 0.3", Metric: "recall", Status: gate.Failed, DryRun: true, Text: "recall at 0.3: 0.61 < 0.7", Needed: "≥ 0.7",
			Findings: []gate.Finding{bounded(seen("recall", "0.6000", "0.6100", 2000, 0.01, 0.95), gate.Threshold, "0.7", "≥ 0.7", gate.Failed)}},
		gate.Check{Name: "latency", Metric: "p99_ms", Status: gate.Passed, Text: "latency: 41 <= 45", Needed: "≤ 45",
			Findings: []gate.Finding{{Metric: "p99_ms", Positives: -1, Champion: number4("44"), Challenger: number4("41"), Difference: -3,
				StandardError: math.NaN(), Interval: [2]float64{math.NaN(), math.NaN()}, PValue: math.NaN(), Needed: "≤ 45", Status: gate.Passed}}},
		gate.Check{Name: "auc by tariff", Metric: "auc", Status: gate.Absent, Text: "auc by tariff: the holdout has no column tariff", Needed: "≥ +0"})
	r.Outcome, r.Exit = loop.Flagged, 3
	add("gate-inconclusive", r)

	r = measuredRun(t, old, better)
	segmented(r, 40, func(i int) gate.Segment {
		return gate.Segment{Columns: []string{"region"}, Values: []string{fmt.Sprintf("district %02d", i)}}
	})
	r.Outcome, r.Exit = loop.Flagged, 3
	add("gate-segments", r)

	r = measuredRun(t, old, better)
	segmented(r, 6, func(i int) gate.Segment {
		return gate.Segment{Columns: []string{"contract", "region"}, Values: []string{"Two year", fmt.Sprintf("north %d", i)}}
	})
	for i := range r.Verdict.Checks[2].Findings {
		r.Verdict.Checks[2].Findings[i].Status = gate.Passed
	}
	r.Verdict.Checks[2].Status = gate.Passed
	flipped(r)
	add("gate-segments-passed", r)

	const evil = "a|b\n# x <script>alert(1)</script> `tick` *bold* [l](http://evil.example) @octocat #1 \u202Edesrever\u202C \x1b[2J --> $x$ \\| ~~s~~"
	r = measuredRun(t, old, better)
	segmented(r, 6, func(i int) gate.Segment {
		return gate.Segment{Columns: []string{evil, "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"}, Values: []string{evil, strings.Repeat("x", 40*i)}}
	})
	r.Verdict.Checks[2].Name = evil
	r.Verdict.Checks[2].Findings[0].Warnings = []string{evil}
	r.Verdict.Checks[2].Findings[0].Needed = evil
	r.Model = strings.Repeat("catalog_of_everything.", 6) + "churn"
	r.Outcome, r.Exit = loop.Flagged, 3
	add("gate-hostile", r)
}

// segmented adds a check by segments: the first three did not pass.
func segmented(r *loop.Report, n int, name func(i int) gate.Segment) {
	replaced(r,
		aucCheck(bounded(seen("auc", "0.8312", "0.8471", 20_000, 0.00296, 0.9), gate.MinAbsoluteChange, "0.005", "≥ +0.005", gate.Passed), "AUC gate: 0.8471 >= 0.8312 + 0.005"),
		brierCheck(bounded(seen("brier", "0.1400", "0.1312", 20_000, 0.00168, 0.9), gate.MaxAbsoluteRegression, "0", "≤ 0", gate.Passed), "calibration gate: Brier 0.1312 <= 0.1400"),
		gate.Check{Name: "every segment", Metric: "auc", Status: gate.Failed, Needed: "≥ −0.01",
			Text: "every segment: AUC of district 00: -0.0400 (90% interval -0.0696 … -0.0104) < -0.01 at confidence 0.95 (and 2 other segments that did not pass)"})
	c := &r.Verdict.Checks[2]
	for i := range n {
		challenger := []string{"0.7912", "0.8212", "0.8302"}[min(i, 2)]
		status := []gate.Status{gate.Failed, gate.Inconclusive, gate.Inconclusive, gate.Passed}[min(i, 3)]
		if i > 2 {
			challenger = fmt.Sprintf("0.%d", 8412+3*i)
		}
		f := bounded(seen("auc", "0.8312", challenger, 1200-10*i, 0.018/(1+float64(i)/8), 0.9), gate.MaxAbsoluteRegression, "0.01", "≥ −0.01", status)
		f.Segment, f.Confidence, f.Reason = name(i), 0.95, c.Text
		if i == 1 {
			f.Warnings = []string{"9 positives: fewer than 10 decide nothing"}
		}
		c.Findings = append(c.Findings, f)
	}
	for i := range 9 {
		c.NotJudged = append(c.NotJudged, gate.SegmentRows{Segment: gate.Segment{Columns: []string{"region"}, Values: []string{fmt.Sprintf("hamlet %d", i)}}, Rows: 40 + i})
	}
	r.Policy.Confidence = metrics.MustDecimal("0.95")
	r.Policy.Requirements = []gate.Requirement{{Name: c.Name, Metric: "auc", MinRows: 200, AllRows: true,
		Conditions: []gate.Condition{{Kind: gate.MaxAbsoluteRegression, Limit: metrics.MustDecimal("0.01")}},
		Segments:   []gate.SegmentBy{{Columns: []string{"region"}, Require: [][]string{{"district 00"}}}}}}
}

// addJudges are the ends of mode judge, which asks no registry.
func addJudges(t *testing.T, add func(string, *loop.Report)) {
	t.Helper()
	judged := func(checks ...gate.Check) *loop.Report {
		r := &loop.Report{Mode: inputs.ModeJudge, Started: now, Gated: true, Outcome: loop.Passed, Actor: "anna",
			Policy:  gate.Policy{Epsilon: metrics.MustDecimal("0.005")},
			Holdout: loop.HoldoutReport{Source: "p.parquet", SHA256: digest, Rows: 2000, Positives: 531}}
		r.Verdict.Checks = checks
		return r
	}
	auc := bounded(seen("auc", "0.8312", "0.8471", 2000, 0.00296, 0.95), gate.MinAbsoluteChange, "0.005", "≥ +0.005", gate.Passed)
	auc.Reason = "0.8471 >= 0.8312 + 0.005"
	brier := bounded(seen("brier", "0.1400", "0.1312", 2000, 0.00168, 0.95), gate.MaxAbsoluteRegression, "0", "≤ 0", gate.Passed)
	brier.Reason = "Brier 0.1312 <= 0.1400"
	add("judge-passed", judged(aucCheck(auc, "AUC gate: 0.8471 >= 0.8312 + 0.005"), brierCheck(brier, "calibration gate: Brier 0.1312 <= 0.1400")))

	r := judged(aucCheck(auc, "AUC gate: 0.8471 >= 0.8312 + 0.005"), brierCheck(brier, "calibration gate: Brier 0.1312 <= 0.1400"),
		gate.Check{Name: gate.CheckBudget, Status: gate.Failed, Text: "holdout budget: use 4 of 3; judge on a fresh holdout", Found: "use 4", Needed: "≤ 3"})
	r.Policy.HoldoutBudget, r.Holdout.Uses = 3, 4
	r.Outcome, r.Exit = loop.Blocked, 3
	add("judge-past-the-budget", r)

	r = judged()
	r.Gated, r.DryRun, r.Outcome = false, true, loop.Skipped
	r.Policy.HoldoutBudget, r.Holdout = 3, loop.HoldoutReport{Source: "p.parquet", SHA256: digest, Uses: 2}
	r.Planned = gate.Planned(r.Policy, gate.Evidence{Champion: "champion", Holdout: gate.Holdout{Use: 2}})
	add("judge-hidden", r)

	brier = bounded(seen("brier", "0.1400", "0.1500", 2000, 0.00168, 0.95), gate.MaxAbsoluteRegression, "0", "≤ 0", gate.Failed)
	brier.Reason, brier.Would = "Brier 0.1500 > 0.1400", "the challenger's Brier would have to be at most 0.1400 (it is 0.1500)"
	r = judged(aucCheck(auc, "AUC gate: 0.8471 >= 0.8312 + 0.005"), brierCheck(brier, "calibration gate: Brier 0.1500 > 0.1400"))
	r.Outcome, r.Exit = loop.Blocked, 3
	r.Explanation = gate.Explain(r.Verdict)
	add("judge-blocked", r)

	other := measuredRun(t, scores("0.8312", "0.1400"), scores("0.8471", "0.1312"))
	segmented(other, 5, func(i int) gate.Segment {
		return gate.Segment{Columns: []string{"contract"}, Values: []string{fmt.Sprintf("%d year", i)}}
	})
	r = judged(other.Verdict.Checks[:3]...)
	r.Policy, r.Outcome, r.Exit = other.Policy, loop.Blocked, 3
	r.Holdout.Positives = -1
	add("judge-segments", r)

	r = &loop.Report{Mode: inputs.ModeJudge, Started: now, Outcome: loop.Failed, Exit: 1,
		Err: errors.New("p.parquet: no column challenger, found label, champion\nname the columns label, champion and challenger")}
	add("judge-failed", r)
}
