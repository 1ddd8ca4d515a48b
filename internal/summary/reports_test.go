package summary

import (
	"errors"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
	"github.com/org/ct-action/internal/triggers"
)

// now is the moment at which all these reports were made.
var now = time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)

const (
	digest    = "3f9a0b7de1c44a5f9e2b8c6d7a1f0e3b5c9d8e7f6a5b4c3d2e1f0a9b8c7dc2e1"
	refreshed = "91ee0b7de1c44a5f9e2b8c6d7a1f0e3b5c9d8e7f6a5b4c3d2e1f0a9b8c7d04aa"
	decision  = "01938f2a-7c1e-7d40-9b7e-3a1f5d2c8e60"
)

// parsed are inputs as the program gets them.
func parsed(t *testing.T, args ...string) inputs.Inputs {
	t.Helper()
	args = append(args, "--model-name", "churn-classifier")
	if args[0] != "notify" { // which asks no registry
		args = append(args, "--tracking-uri", "https://mlflow.example.org")
	}
	in, err := inputs.Parse(args, []string{"INPUT_GITHUB-TOKEN=ghs_of-nobody"}, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// report is the beginning of one: a mode on the demo's model.
func report(t *testing.T, args ...string) *loop.Report {
	t.Helper()
	in := parsed(t, args...)
	return &loop.Report{
		Mode: in.Mode, Model: "churn-classifier", Inputs: in, DryRun: in.DryRun, Reason: in.Reason, Actor: "anna",
		Aliases: promote.Aliases{Champion: in.ChampionAlias, Previous: in.PreviousAlias, Challenger: in.ChallengerAlias},
		Policy:  in.Policy(),
		Started: now.Add(-48 * time.Second), ChampionNow: "7", PreviousNow: "6", DecisionID: decision,
	}
}

func number4(text string) metrics.Value {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		panic(text)
	}
	return metrics.Exact(r)
}

func scores(auc, brier string) loop.Metrics {
	return loop.Metrics{AUC: number4(auc), Brier: number4(brier)}
}

func linked(version string) loop.Judged {
	run := "5f0c7e1a9b2d4c68a1e3f5d7b9c1e3f" + version[:1]
	return loop.Judged{
		Version: version, RunID: run,
		VersionURL: "https://mlflow.example.org/#/models/churn-classifier/versions/" + version,
		RunURL:     "https://mlflow.example.org/#/experiments/1/runs/" + run,
	}
}

// tick evaluates the triggers of a champion of that age in days.
func tick(r *loop.Report, days int, share float64, auc string) {
	s := triggers.Signals{
		Now:      now,
		Champion: triggers.Champion{Presence: triggers.Serving, Alias: "champion", Version: "7", Created: now.AddDate(0, 0, -days)},
	}
	s.Drift.Source, s.Drift.Drift.Share = "monitoring/drift_summary.json", share
	s.Performance.Source, s.Performance.Missing = "monitoring/labeled_predictions.csv", auc == ""
	if auc != "" {
		s.Performance.Rolling = triggers.Rolling{AUC: number4(auc), Rows: 1842}
	}
	r.Triggers = triggers.Decide(triggers.Policy{
		MaxAgeDays: 30, MaxDriftShare: metrics.MustDecimal("0.3"), AUCFloor: metrics.MustDecimal("0.80"), MinRows: 500,
	}, s)
	r.Decided = true
	r.Champion = linked("7")
}

// bare is evidence of the two values of each metric on 2,000 rows, of which no
// scatter is known.
type bare struct{ champion, challenger loop.Metrics }

func (b bare) Estimate(r gate.Requirement, _ gate.Segment) paired.Estimate {
	e := paired.Estimate{Rows: 2000, Positives: 531}
	switch r.Metric {
	case gate.CheckAUC:
		e.Champion, e.Challenger = b.champion.AUC, b.challenger.AUC
	case gate.CheckBrier:
		e.Champion, e.Challenger = b.champion.Brier, b.challenger.Brier
	}
	return e
}

func (bare) Segments([]string) ([]gate.SegmentRows, bool) { return nil, false }

// judge puts v8 before the gate.
func judge(r *loop.Report, champion, challenger loop.Metrics, e gate.Evidence) {
	r.Champion, r.Challenger = linked("7"), linked("8")
	r.Champion.Metrics, r.Challenger.Metrics = champion, challenger
	e.Champion = "7"
	if e.Challenger == "" {
		e.Challenger = "8"
	}
	e.Measured = bare{champion, challenger}
	if e.Holdout.SHA256 == "" {
		e.Holdout = gate.Holdout{SHA256: digest, Recorded: digest}
	}
	if e.Cooldown.Last.IsZero() {
		e.Cooldown = since(31)
	}
	r.Cooldown, r.Gated = e.Cooldown, true
	r.Holdout = loop.HoldoutReport{Source: "data/holdout.csv", SHA256: e.Holdout.SHA256, Rows: 2000, Positives: 531, Uses: 7}
	r.Verdict = gate.Judge(r.Policy, e)
}

func since(days int) state.Cooldown {
	return state.Since([]time.Time{now.AddDate(0, 0, -days)}, now, time.Time{})
}

// flipped moves @champion as a promotion does.
func flipped(r *loop.Report) {
	r.Outcome, r.Promoted, r.ChampionNow, r.PreviousNow = loop.Promoted, true, "8", "7"
	r.Flips = []loop.Flip{{Alias: r.Aliases.Champion, From: "7", To: "8"}, {Alias: r.Aliases.Previous, From: "6", To: "7"}}
}

func timed(r *loop.Report) {
	for i, stage := range []string{"triggers", "training", "scoring", "promotion"} {
		r.Timings = append(r.Timings, loop.Timing{Stage: stage, Took: []time.Duration{98, 41_210, 5_912, 412}[i] * time.Millisecond})
	}
}

// trainedAndJudged is a run whose drift trigger fired.
func trainedAndJudged(t *testing.T, args ...string) *loop.Report {
	t.Helper()
	r := report(t, append([]string{"run", "--train-command", "python train.py"}, args...)...)
	tick(r, 12, 0.42, "0.836")
	r.Retrained, r.Attempt = true, "gh-27013019883-ct"
	r.RunContext = `{"ct.attempt":"gh-27013019883-ct","pipeline":"continuous_training","trigger_reasons":"drift: 42% of features drifted (threshold 30%)"}`
	timed(r)
	return r
}

// reports are the cases of testdata, by the name of their directory.
func reports(t *testing.T) map[string]*loop.Report {
	t.Helper()
	cases := map[string]*loop.Report{}
	add := func(name string, r *loop.Report) { cases[name] = r }
	addRuns(t, add)
	addDryRuns(t, add)
	addPersons(t, add)
	addFailures(t, add)
	addServices(t, add)
	addDeployments(t, add)
	addRehearsals(t, add)
	addReviews(t, add)
	addMonitors(t, add)
	addGates(t, add)
	addJudges(t, add)
	return cases
}

func addRuns(t *testing.T, add func(string, *loop.Report)) {
	t.Helper()
	better, old := scores("0.8471", "0.1312"), scores("0.8312", "0.1400")

	r := trainedAndJudged(t)
	judge(r, old, better, gate.Evidence{})
	flipped(r)
	add("promoted", r)

	r = trainedAndJudged(t)
	judge(r, old, better, gate.Evidence{})
	flipped(r)
	r.Exit, r.Err = 1, errors.New("@champion is v8; finishing the records: setting tag ct.state of the registered model: connection refused\nthe journal is kept: the next run that writes completes them")
	add("promoted-unfinished", r)

	r = trainedAndJudged(t)
	judge(r, old, scores("0.8350", "0.1500"), gate.Evidence{
		Cooldown: since(2), Quarantine: "bad accuracy, do not use", Quarantined: true,
		Holdout: gate.Holdout{SHA256: refreshed, Recorded: digest},
	})
	r.Outcome, r.Exit = loop.Flagged, 3
	r.Flips = []loop.Flip{{Alias: "challenger", From: "5", To: "8"}}
	r.Notices = []string{"the cooldown ends 2026-12-01 03:00 UTC: whatever is trained before will be flagged"}
	add("flagged", r)

	r = trainedAndJudged(t)
	judge(r, old, scores("0.8361", "0.1400"), gate.Evidence{Cooldown: since(2)})
	r.Challenger.Metrics.AUC = number4("836196/1000000")
	judge(r, old, r.Challenger.Metrics, gate.Evidence{Cooldown: since(2)})
	r.Outcome, r.Exit = loop.Flagged, 3
	r.Flips = []loop.Flip{{Alias: "challenger", To: "8"}}
	add("flagged-close", r)

	r = report(t, "gate", "--challenger-version", "7", "--holdout", "data/hold out.csv", "--epsilon", "0.0100")
	judge(r, old, old, gate.Evidence{Challenger: "7", Cooldown: since(0)})
	r.Challenger = r.Champion
	r.Outcome, r.Exit = loop.Flagged, 3
	add("flagged-champion-itself", r)

	r = report(t, "run", "--challenger-version", "8")
	tick(r, 12, 0.42, "")
	judge(r, old, loop.Metrics{AUC: metrics.Absent("one class only: none of the 2000 rows is positive"), Brier: metrics.Absent("score 1.2 in row 3: expected a probability between 0 and 1")}, gate.Evidence{})
	r.Outcome, r.Exit = loop.Flagged, 3
	add("flagged-absent", r)

	r = report(t, "run", "--train-command", "python train.py")
	tick(r, 12, 0.12, "")
	r.Outcome = loop.Skipped
	timed(r)
	r.Timings = r.Timings[:1]
	add("skipped", r)

	r = report(t, "run", "--train-command", "python train.py", "--skip-in-cooldown")
	tick(r, 12, 0.42, "0.7805")
	r.Outcome, r.Cooldown, r.Triggers.Retrain = loop.Skipped, since(2), false
	r.Notices = []string{"not training: the cooldown ends 2026-12-01 03:00 UTC and skip-in-cooldown is set"}
	add("skipped-cooldown", r)

	r = report(t, "trigger", "--skip-in-cooldown")
	tick(r, 12, 0.42, "0.7805")
	r.Outcome, r.Cooldown, r.Triggers.Retrain = loop.Skipped, since(2), false
	add("trigger-cooldown", r)

	r = report(t, "trigger")
	tick(r, 42, 0.42, "0.7805")
	r.Outcome, r.Attempt = loop.Triggered, "gh-27013019883-ct"
	r.RunContext = `{"ct.attempt":"gh-27013019883-ct","pipeline":"continuous_training"}`
	add("triggered", r)

	r = trainedAndJudged(t)
	r.Triggers = triggers.Decide(triggers.Policy{MaxAgeDays: 30, DriftOff: true, PerformanceOff: true},
		triggers.Signals{Champion: triggers.Champion{Presence: triggers.NoModel, Alias: "champion"}})
	r.Champion, r.Challenger = loop.Judged{}, linked("1")
	r.Challenger.Metrics, r.Gated = better, true
	r.Verdict = gate.Judge(r.Policy, gate.Evidence{Challenger: "1", Measured: bare{challenger: better}, Holdout: gate.Holdout{SHA256: digest}})
	r.Holdout = loop.HoldoutReport{Source: "data/holdout.csv", SHA256: digest, Rows: 2000, Positives: 531, Uses: 1}
	r.Outcome, r.Promoted, r.ChampionNow, r.PreviousNow = loop.Promoted, true, "1", ""
	r.Flips = []loop.Flip{{Alias: "champion", To: "1"}}
	add("first-champion", r)

	r = report(t, "run", "--train-command", "python train.py", "--champion-alias", "prod")
	r.Triggers = triggers.Decide(triggers.Policy{MaxAgeDays: 30, DriftOff: true, PerformanceOff: true},
		triggers.Signals{Champion: triggers.Champion{Presence: triggers.NoChampion, Alias: "prod"}})
	r.Decided, r.Gated, r.Outcome, r.Exit, r.ChampionNow = true, true, loop.Flagged, 3, ""
	r.Verdict = gate.Verdict{Checks: []gate.Check{gate.NoChampion(3)}}
	r.Notices = []string{`choose the champion with: ct-action promote --model-name churn-classifier --challenger-version 3 --reason "why"`}
	add("no-champion", r)

	r = report(t, "run", "--train-command", "python train.py")
	flipped(r)
	r.Recovered, r.Champion, r.Challenger = true, linked("7"), linked("8")
	r.Recovery = "an unfinished promotion v7 → v8 (decision " + decision + ") had moved @champion: finished"
	r.Notices = []string{"this run finished an interrupted promotion and did nothing else"}
	add("recovered", r)
}

func addDryRuns(t *testing.T, add func(string, *loop.Report)) {
	t.Helper()
	r := report(t, "gate", "--challenger-version", "8", "--dry-run")
	judge(r, scores("0.8312", "0.1400"), scores("0.8471", "0.1312"), gate.Evidence{})
	flipped(r)
	r.Outcome, r.Promoted, r.WouldPromote, r.ChampionNow, r.PreviousNow = loop.Skipped, false, true, "7", "6"
	r.Requests = []string{
		`POST /api/2.0/mlflow/registered-models/set-tag {"name":"churn-classifier","key":"ct.journal","value":"{…}"}`,
		`POST /api/2.0/mlflow/registered-models/alias {"name":"churn-classifier","alias":"previous","version":"7"}`,
		`POST /api/2.0/mlflow/registered-models/alias {"name":"churn-classifier","alias":"champion","version":"8"}`,
	}
	add("dry-run-promote", r)

	r = report(t, "gate", "--challenger-version", "8", "--dry-run")
	judge(r, scores("0.8312", "0.1400"), scores("0.8350", "0.1312"), gate.Evidence{})
	r.Outcome, r.Exit = loop.Flagged, 3
	r.Flips = []loop.Flip{{Alias: "challenger", To: "8"}}
	r.Requests = []string{`POST /api/2.0/mlflow/registered-models/alias {"name":"churn-classifier","alias":"challenger","version":"8"}`}
	add("dry-run-flag", r)

	r = report(t, "gate", "--challenger-version", "8", "--dry-run", "--holdout-budget", "32", "--confidence", "0.95", "--epsilon", "auto")
	r.Champion, r.Challenger, r.Outcome = linked("7"), linked("8"), loop.Skipped
	r.Holdout = loop.HoldoutReport{Source: "data/holdout.csv", SHA256: digest, Uses: 4}
	r.Planned = gate.Planned(r.Policy, gate.Evidence{Champion: "7", Challenger: "8", Holdout: gate.Holdout{SHA256: digest, Use: 4}})
	add("dry-run-hidden", r)

	r = report(t, "run", "--train-command", "python train.py", "--dry-run")
	tick(r, 42, 0.42, "")
	r.Outcome = loop.Triggered
	add("dry-run-train", r)

	r = report(t, "rollback", "--dry-run")
	r.Champion, r.Challenger, r.Outcome = linked("8"), linked("7"), loop.Skipped
	r.Flips = []loop.Flip{{Alias: "champion", From: "8", To: "7"}}
	r.Requests = []string{`POST /api/2.0/mlflow/registered-models/alias {"name":"churn-classifier","alias":"champion","version":"7"}`}
	add("dry-run-rollback", r)
}

func addPersons(t *testing.T, add func(string, *loop.Report)) {
	t.Helper()
	r := report(t, "rollback", "--reason", "error rate up 4x since the 14:00 deploy")
	r.Champion, r.Challenger, r.Outcome, r.Quarantined = linked("8"), linked("7"), loop.RolledBack, "8"
	r.Flips = []loop.Flip{{Alias: "champion", From: "8", To: "7"}}
	r.ChampionNow, r.PreviousNow = "7", "7"
	add("rolled-back", r)

	r = report(t, "rollback")
	r.Outcome, r.Exit, r.ChampionNow, r.PreviousNow = loop.Refused, 1, "7", "7"
	r.Err = errors.New("champion == previous; nothing to roll back to. Escalate.")
	r.Targets = []string{"4", "6"}
	add("refused", r)

	r = report(t, "promote", "--challenger-version", "8", "--reason", "the holdout is blind to the new tariff")
	flipped(r)
	r.Champion, r.Challenger = linked("7"), linked("8")
	add("promoted-by-hand", r)

	r = report(t, "release", "--challenger-version", "8")
	judge(r, scores("0.8312", "0.1400"), scores("0.8290", "0.1390"), gate.Evidence{Quarantine: "true", Quarantined: true})
	r.Outcome, r.Released = loop.Released, "8"
	add("released", r)
}

func addFailures(t *testing.T, add func(string, *loop.Report)) {
	t.Helper()
	r := trainedAndJudged(t)
	r.Challenger = linked("8")
	r.Outcome, r.Exit = loop.Failed, 1
	r.Err = fmt.Errorf("what the scorer wrote for v8: %w", errors.New("1999 rows, expected 2000: one for each row of data/holdout.csv, in its order\nkeep the rows in the holdout's order: one score a row, none dropped, none sorted"))
	add("failed", r)

	r = report(t, "gate", "--challenger-version", "8")
	r.Outcome, r.Exit = loop.Failed, 1
	r.Err = errors.New("a mistake in this program: index out of range [5] with length 3\nplease report it (https://github.com/org/ct-action/issues) with these lines:\n" +
		"goroutine 1 [running]:\nmain.main.func1()\n\tmain.go:120 +0x1d\nmain.main()\n\tmain.go:43 +0x99")
	add("failed-panic", r)

	r = trainedAndJudged(t)
	r.Outcome, r.Exit = loop.Failed, 1
	timed(r)
	add("failed-unexplained", r)

	r = report(t, "run", "--train-command", "python train.py")
	tick(r, 12, 0.12, "")
	broken := errors.New("monitoring/drift_summary.json:1:24: NaN, expected a share from 0 to 1")
	r.Triggers.Errors = []error{broken}
	r.Triggers.Triggers[1] = triggers.Trigger{Name: "drift", Status: triggers.Broken, Measured: "cannot be read: monitoring/drift_summary.json",
		Fires: "> 30%", Text: "drift: monitoring/drift_summary.json cannot be read: error"}
	r.Outcome, r.Exit, r.Err = loop.Failed, 1, errors.Join(broken)
	add("failed-trigger", r)

	_, err := inputs.Parse([]string{"run", "--epsilon", "1e-3", "--max-age-days", "soon", "--force=ture", "--champoin-alias", "x|y", "--on-flag", "ignore"},
		nil, os.ReadFile)
	add("invalid", &loop.Report{Mode: "run", Outcome: loop.Invalid, Exit: 2, Err: err, Started: now})

	add("hostile", hostile(t))
}

// hostile says everything that could break a table, a page or a terminal.
func hostile(t *testing.T) *loop.Report {
	t.Helper()
	const evil = "a|b\n# x <script>alert(1)</script> `tick` *bold* [l](http://evil.example) @octocat #1 \u202Edesrever\u202C \x1b[2J --> $x$ \\| ~~s~~\n::error::x"
	r := trainedAndJudged(t)
	judge(r, scores("0.8312", "0.1400"), loop.Metrics{AUC: metrics.Absent(evil)}, gate.Evidence{Cooldown: since(2), Quarantine: evil, Quarantined: true})
	r.Model, r.Outcome, r.Exit = "-it's \"a\" $(model) `x` | y", loop.Flagged, 3
	r.Aliases.Challenger = "x|`y`"
	r.Flips = []loop.Flip{{Alias: r.Aliases.Challenger, From: evil, To: "8"}}
	r.Triggers.Reasons = []string{evil, "1. one", "- two"}
	r.Triggers.Triggers[1].Measured, r.Triggers.Triggers[1].Text = evil, evil
	r.Challenger.VersionURL, r.Champion.VersionURL, r.Challenger.RunURL = "javascript:alert(1)", "https://h/a)b|c`<d>", "https://u:p@h/x"
	r.Warnings, r.Notices = []string{evil, strings.Repeat("long ", 300)}, []string{evil}
	r.Requests = []string{"```", evil, "````` x"}
	r.DecisionID, r.Attempt, r.RunContext = "a`b", evil, evil
	r.ReviewURL = "https://h/issues/1)@octocat ![x](y"
	return r
}
