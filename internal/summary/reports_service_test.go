package summary

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/bake"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/triggers"
)

const (
	service  = "https://churn.example.org/model-info"
	issue    = "https://github.com/octo/churn/issues/12"
	refusing = "HTTP 403: Resource not accessible by integration"
)

// The service's answers, as mode verify notes them.
var (
	down     = loop.Answer{Kind: loop.Unreachable, Times: 4, Text: "GET " + service + ": dial tcp 10.0.0.7:443: connect: connection refused\nhint: no server listens there: the service is down or still starts, or the port in verify-url is another"}
	old      = loop.Answer{Kind: loop.OldVersion, Text: "churn-classifier @champion v7", After: 8 * time.Second, Times: 11}
	fresh    = loop.Answer{Kind: loop.NewVersion, Text: "churn-classifier @champion v8", After: 30 * time.Second, Times: 1}
	stranger = loop.Answer{Kind: loop.OtherModel, Text: "fraud-detector @champion v3", Times: 150}
)

// What mode verify makes of the last one.
var (
	errStillOld = errors.New("verify: " + service + " still reports churn-classifier @champion v7 after 5m0s, expected v8\n" +
		"did the deployment run, and does the service load models:/churn-classifier@champion when it starts?")
	errNoVersion  = errors.New("verify: " + service + " did not tell its version within 5m0s, expected v8: " + down.Text)
	errOtherModel = errors.New("verify: " + service + " reports another model: fraud-detector @champion v3, expected churn-classifier v8\n" +
		"is verify-url the address of the service of churn-classifier?")
)

// undeployed is a deploy workflow that could not be started.
func undeployed(version string) error {
	return errors.New("@champion is v" + version + ", but deploy-workflow deploy.yml was not started: starting the workflow deploy.yml at \"main\": " +
		"POST https://api.github.com/repos/octo/churn/actions/workflows/deploy.yml/dispatches: " + refusing + "\n" +
		"hint: give the job `permissions: actions: write` (a job's token acts on its own repository alone), or the GitHub App Actions: read and write on octo/churn\n" +
		"start it by hand with model churn-classifier and version " + version)
}

// asked is a report of mode verify after v8 was promoted.
func asked(t *testing.T, answers []loop.Answer, args ...string) *loop.Report {
	t.Helper()
	r := report(t, append([]string{"verify", "--verify-url", service}, args...)...)
	r.ChampionNow, r.PreviousNow = "8", "7"
	r.Verification = loop.Verification{Address: service, Answers: answers}
	for _, a := range answers {
		if a.Kind != loop.Unreachable {
			r.Verification.Served = a.Text[strings.LastIndex(a.Text, "v")+1:]
		}
	}
	r.Timings = []loop.Timing{{Stage: "verification", Took: answers[len(answers)-1].After}}
	return r
}

const nothing = "GET https://prometheus.example.org/api/v1/query: no data: the query selects no series now"

// baked is a report of mode verify that watched the share of errors, a minute between
// two values.
func baked(t *testing.T, phase bake.Phase, values ...float64) *loop.Report {
	t.Helper()
	r := asked(t, []loop.Answer{fresh}, "--bake-for", "30m", "--bake-url", "https://prometheus.example.org",
		"--bake-query", `sum(rate(errors{job="churn"}[5m]))`, "--success-condition", "<= 0.01")
	r.Bake = &loop.Bake{Address: "https://prometheus.example.org", Phase: phase}
	for i, value := range values {
		m := bake.Measurement{After: time.Duration(i+1) * time.Minute, Value: value, Phase: r.Inputs.BakeRules().Measure(value)}
		if math.IsNaN(value) {
			m.Text = nothing
		}
		r.Bake.Measurements = append(r.Bake.Measurements, m)
	}
	r.Timings = append(r.Timings, loop.Timing{Stage: "bake", Took: time.Duration(len(values)) * time.Minute})
	return r
}

// unreported is one that ended without the champion.
func unreported(t *testing.T, why error, answers []loop.Answer, args ...string) *loop.Report {
	t.Helper()
	r := asked(t, answers, args...)
	r.Outcome, r.Exit, r.Err = loop.Failed, 1, why
	r.Timings[0].Took = 5 * time.Minute
	return r
}

// back rolls v8 back to v7, as mode rollback does.
func back(r *loop.Report) *loop.Report {
	r.Champion, r.Challenger, r.Outcome, r.Quarantined = linked("8"), linked("7"), loop.RolledBack, "8"
	r.Flips = []loop.Flip{{Alias: "champion", From: "8", To: "7"}}
	r.ChampionNow, r.PreviousNow = "7", "7"
	return r
}

func addServices(t *testing.T, add func(string, *loop.Report)) {
	t.Helper()
	r := asked(t, []loop.Answer{down, old, fresh})
	r.Outcome = loop.Verified
	add("verified", r)

	add("verify-unreachable", unreported(t, errNoVersion, []loop.Answer{down}))
	add("verify-old-version", unreported(t, errStillOld, []loop.Answer{down, old}))
	add("verify-other-model", unreported(t, errOtherModel, []loop.Answer{stranger}))

	r = back(unreported(t, errStillOld, []loop.Answer{down, old}, "--on-verify-failure", "rollback"))
	r.Reason = "verify: " + service + " still reports churn-classifier @champion v7 after 5m0s, expected v8"
	r.Timings = append(r.Timings, loop.Timing{Stage: "promotion", Took: 412 * time.Millisecond})
	add("verify-rolled-back", r)

	r = baked(t, bake.Successful, 0.004, 0.011, 0.003)
	r.Outcome = loop.Verified
	add("baked", r)

	r = back(baked(t, bake.Failed, 0.004, 0.31, 0.29, 0.33))
	r.Exit, r.Err = 1, errors.New("bake: 3 of 4 measurements at https://prometheus.example.org failed, more than failure-limit 2: expected <= 0.01, measured 0.33 after 4m0s")
	r.Reason = r.Err.Error()
	add("bake-rolled-back", r)

	r = baked(t, bake.Inconclusive, math.NaN(), math.NaN(), math.NaN(), math.NaN())
	r.Outcome, r.Exit = loop.Failed, 1
	r.Err = errors.New("bake: inconclusive: 4 of 4 measurements at https://prometheus.example.org said nothing, more than inconclusive-limit 3; nothing was moved\nthe last, after 4m0s: " + nothing)
	add("bake-inconclusive", r)

	r = back(unreported(t, errors.Join(errNoVersion, undeployed("7")), []loop.Answer{down}, "--on-verify-failure", "rollback", "--deploy-workflow", "deploy.yml"))
	add("verify-rolled-back-undeployed", r)

	r = unreported(t, errors.Join(errNoVersion, errors.New("rolling back: champion == previous; nothing to roll back to. Escalate.")),
		[]loop.Answer{down}, "--on-verify-failure", "rollback")
	r.Outcome, r.PreviousNow, r.Targets = loop.Refused, "8", []string{"4", "6"}
	add("verify-rollback-refused", r)
}

func addRehearsals(t *testing.T, add func(string, *loop.Report)) {
	t.Helper()
	served := func(version string, took time.Duration) loop.Leg {
		return loop.Leg{Version: version, Moved: true, Served: true, AfterFlip: took, AfterReload: took - 120*time.Millisecond,
			Answers: []loop.Answer{{Kind: loop.NewVersion, Text: "churn-classifier @champion v" + version, Times: 1}}}
	}
	rehearsal := func(args ...string) *loop.Report {
		r := report(t, append([]string{"rollback", "--rehearse", "--verify-url", service, "--reload-url", "https://churn.example.com/reload"}, args...)...)
		r.Champion, r.Challenger, r.ChampionNow, r.PreviousNow = linked("8"), linked("7"), "8", "7"
		r.Flips = []loop.Flip{{Alias: "champion", From: "8", To: "7"}, {Alias: "champion", From: "7", To: "8"}}
		r.Rehearsal = &loop.Rehearsal{From: "8", To: "7", There: served("7", 1234*time.Millisecond), Back: served("8", 980*time.Millisecond)}
		r.Verification = loop.Verification{Address: service, Served: "8", Answers: r.Rehearsal.Back.Answers}
		r.Timings = []loop.Timing{{Stage: "rehearsal", Took: 2300 * time.Millisecond}}
		return r
	}
	r := rehearsal("--reason", "the first Monday of the month")
	r.Outcome = loop.Rehearsed
	add("rehearsed", r)

	r = rehearsal()
	r.Outcome, r.Exit = loop.Failed, 1
	r.Rehearsal.There = loop.Leg{Version: "7", Moved: true}
	r.Err = errors.New("rehearsal: a rollback to v7 would not have reached the service: POST https://churn.example.com/reload: HTTP 401 Unauthorized\nhint: the service wants credentials: give its bearer token as reload-token")
	add("rehearsal-not-served", r)

	r = rehearsal()
	r.Outcome, r.Exit, r.Promoted = loop.Failed, 1, true
	r.Rehearsal.Back = loop.Leg{Version: "8", Moved: true, Answers: []loop.Answer{{Kind: loop.OldVersion, Text: "churn-classifier @champion v7", Times: 600}}}
	r.Err = errors.New("rehearsal: @champion is v8 again, but the service was not seen to serve it: verify: " + service + " still reports churn-classifier @champion v7 after 5m0s, expected v8\nredeploy the service now")
	add("rehearsal-no-way-back", r)

	r = rehearsal()
	r.Outcome, r.Exit, r.Rehearsal, r.Flips = loop.Failed, 1, nil, nil
	r.Err = errors.New("rehearsal not begun, nothing was moved: verify: " + service + " still reports churn-classifier @champion v6 after 5m0s, expected v8")
	add("rehearsal-not-begun", r)

	r = rehearsal("--dry-run")
	r.Outcome, r.Verification, r.Timings = loop.Skipped, loop.Verification{}, nil
	r.Rehearsal = &loop.Rehearsal{From: "8", To: "7", There: loop.Leg{Version: "7"}, Back: loop.Leg{Version: "8"}}
	r.Requests = []string{`POST /api/2.0/mlflow/registered-models/alias {"name":"churn-classifier","alias":"champion","version":"7"}`}
	add("dry-run-rehearsal", r)

	r = report(t, "run", "--train-command", "python train.py")
	r.Outcome, r.Promoted, r.Recovered, r.ChampionNow, r.PreviousNow = loop.Rehearsed, true, true, "8", "7"
	r.Recovery = "an unfinished rehearsal v8 → v7 (decision 7) had left @champion at v7: it is v8 again, and the service has to be reloaded"
	r.Flips = []loop.Flip{{Alias: "champion", From: "7", To: "8"}}
	add("rehearsal-recovered", r)
}

func addDeployments(t *testing.T, add func(string, *loop.Report)) {
	t.Helper()
	r := report(t, "rollback", "--reason", "error rate up 4x since the 14:00 deploy", "--deploy-workflow", "deploy.yml")
	back(r)
	r.Exit, r.Err = 1, undeployed("7")
	add("rolled-back-undeployed", r)

	r = report(t, "rollback", "--deploy-workflow", "deploy.yml")
	back(r)
	r.Notices = []string{"deploy-workflow deploy.yml was started for v7"}
	add("rolled-back-deployed", r)

	r = report(t, "rollback")
	back(r)
	r.Quarantined, r.Exit = "", 1
	r.Err = errors.New("@champion is v7; setting tag quarantined of v8: connection refused\nthe journal is kept: the next run that writes completes the rest")
	add("rolled-back-unfinished", r)

	r = report(t, "promote", "--challenger-version", "8", "--reason", "the holdout is blind to the new tariff", "--deploy-workflow", "deploy.yml")
	flipped(r)
	r.Champion, r.Challenger = linked("7"), linked("8")
	r.Exit, r.Err = 1, undeployed("8")
	add("promoted-undeployed", r)
}

// addReviews are the reports that the review issue is written from; its
// address is known once it is.
func addReviews(t *testing.T, add func(string, *loop.Report)) {
	t.Helper()
	r := reviewed(t)
	r.ReviewURL = issue
	add("flagged-review", r)

	r = report(t, "promote", "--challenger-version", "8", "--reason", "the holdout is blind to the new tariff", "--review-issue")
	flipped(r)
	r.Champion, r.Challenger, r.ReviewURL = linked("7"), linked("8"), issue
	add("promoted-review", r)
}

// monitored is a report of mode notify over a monitor's report of that share.
func monitored(t *testing.T, share float64, args ...string) *loop.Report {
	t.Helper()
	r := report(t, append([]string{"notify", "--repository", "octo/churn"}, args...)...)
	r.ChampionNow, r.PreviousNow = "", "" // the registry is not asked
	s := triggers.Signals{Now: now, Champion: triggers.Champion{Presence: triggers.Serving}}
	s.Drift.Source, s.Drift.Drift.Share = "monitoring/drift_summary.json", share
	r.Triggers = triggers.Decide(triggers.Policy{ScheduleOff: true, PerformanceOff: true, MaxDriftShare: metrics.MustDecimal("0.3")}, s)
	r.Triggers.Retrain, r.Decided = false, true
	r.Triggers.Triggers = r.Triggers.Triggers[1:2]
	return r
}

func addMonitors(t *testing.T, add func(string, *loop.Report)) {
	t.Helper()
	r := monitored(t, 0.42)
	r.Outcome, r.Notified = loop.Notified, "octo/churn"
	add("notified", r)

	r = monitored(t, 0.42, "--dry-run")
	r.Outcome, r.Notified = loop.Skipped, "octo/churn"
	r.Requests = []string{`POST /repos/octo/churn/dispatches {"client_payload":{"drift":{"share_drifted_features":0.42,"drifted":8,"columns":19,"report_sha256":"` + digest + `"}},"event_type":"drift-alert"}`}
	add("notify-dry-run", r)

	r = monitored(t, 0.12)
	r.Outcome = loop.Skipped
	add("notify-below", r)

	r = monitored(t, 0.42)
	r.Outcome, r.Exit, r.Notified = loop.Failed, 1, "octo/churn"
	r.Err = errors.New("telling octo/churn of the drift: sending the event \"drift-alert\" to octo/churn: POST https://api.github.com/repos/octo/churn/dispatches: " + refusing + "\n" +
		"hint: give the job `permissions: contents: write` (a job's token acts on its own repository alone), or the GitHub App Contents: read and write on octo/churn")
	add("notify-refused", r)

	r = monitored(t, 0)
	r.Triggers, r.Decided, r.Outcome, r.Exit = triggers.Decision{}, false, loop.Failed, 1
	r.Err = errors.New("drift-report: there is no file monitoring/drift_summary.json\nthe monitor must have written it before this step: its path is relative to the workspace")
	add("notify-no-report", r)

	r = monitored(t, 0)
	broken := errors.New("monitoring/drift_summary.json:1:24: NaN, expected a share from 0 to 1")
	r.Triggers.Errors = []error{broken}
	r.Triggers.Triggers[0] = triggers.Trigger{Name: "drift", Status: triggers.Broken, Measured: "cannot be read: monitoring/drift_summary.json",
		Fires: "> 30%", Text: "drift: monitoring/drift_summary.json cannot be read: error"}
	r.Outcome, r.Exit, r.Err = loop.Failed, 1, errors.Join(broken)
	add("notify-unreadable", r)
}
