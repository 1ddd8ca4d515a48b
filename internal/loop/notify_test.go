package loop_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/triggers"
)

const report = "monitoring/drift_summary.json"

// notify sends what a report says. The registry panics where it is read.
func (w *world) notify(t *testing.T, text string, set func(in *inputs.Inputs)) *loop.Report {
	if text != "" {
		w.files[report] = file{text: text, modified: w.clock.now.Add(-time.Minute)}
	}
	r := w.do(t.Context(), inputs.ModeNotify, func(in *inputs.Inputs) {
		in.ModelName, in.StateVariable = "", ""
		if set != nil {
			set(in)
		}
	})
	if w.reads > 0 || len(w.wrote) > 0 {
		t.Errorf("the registry was read %d times, and %q written, expected neither", w.reads, w.wrote)
	}
	return r
}

// What is sent is what a run that receives it reads back as a reason.
func TestNotify(t *testing.T) {
	t.Parallel()
	const text = ` {"share_drifted_features": 0.42, "drifted": 8, "columns": 19}` + "\n"
	sum := sha256.Sum256([]byte(text))
	w := newWorld(t)
	w.github(t)
	r := w.notify(t, text, nil)
	expect(t, r, loop.Notified, loop.ExitOK)
	w.hub.expectAsked(t, alertChurn)
	want := `{"drift":{"share_drifted_features":0.42,"drifted":8,"columns":19,"report_sha256":"` + hex.EncodeToString(sum[:]) + `"}}`
	if w.hub.payload != want || r.Notified != "octo/churn" || len(r.Warnings) > 0 {
		t.Errorf("sent %s to %s, warnings %q, expected %s", w.hub.payload, r.Notified, r.Warnings, want)
	}
	if !r.Decided || r.Triggers.Retrain || len(r.Triggers.Triggers) != 1 || !r.Triggers.Fired("drift") || w.told[loop.Decided] != 1 {
		t.Errorf("decided %t: %+v, told %d times; expected drift alone, told once, and the training left to the receiver", r.Decided, r.Triggers, w.told[loop.Decided])
	}

	received := newWorld(t)
	received.env["GITHUB_EVENT_NAME"], received.env["GITHUB_EVENT_PATH"] = "repository_dispatch", "event.json"
	received.files["event.json"] = file{text: `{"action":"drift-alert","client_payload":` + w.hub.payload + `}`}
	got := received.do(t.Context(), inputs.ModeTrigger, nil)
	expect(t, got, loop.Triggered, loop.ExitOK)
	if !slices.Equal(got.Triggers.Reasons, []string{"drift: 42% of features drifted (threshold 30%)"}) || len(got.Warnings) > 0 || !noticed(got, hex.EncodeToString(sum[:])) {
		t.Errorf("received: reasons %q, warnings %q, notices %q", got.Triggers.Reasons, got.Warnings, got.Notices)
	}
	drift := got.Triggers.Triggers[slices.IndexFunc(got.Triggers.Triggers, func(t triggers.Trigger) bool { return t.Name == "drift" })]
	if want := "8 of 19, report " + hex.EncodeToString(sum[:4]); !strings.Contains(drift.Measured, want) {
		t.Errorf("received: measured %q, expected %q", drift.Measured, want)
	}
}

// The threshold is strict, and decimal.
func TestNotifyThreshold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		share     string
		threshold metrics.Decimal
		sent      bool
	}{
		{"0.3", metrics.MustDecimal("0.3"), false},
		{"0.30000000000000004", metrics.MustDecimal("0.3"), true},
		{"0.29", metrics.MustDecimal("0.3"), false},
		{"0", metrics.MustDecimal("0"), false},
		{"0.01", metrics.MustDecimal("0"), true},
		{"1", metrics.MustDecimal("1"), false},
	} {
		w := newWorld(t)
		w.github(t)
		r := w.notify(t, `{"share_drifted_features": `+c.share+`}`, func(in *inputs.Inputs) { in.MaxDriftShare.Value = c.threshold })
		outcome := loop.Skipped
		if c.sent {
			outcome = loop.Notified
		}
		expect(t, r, outcome, loop.ExitOK)
		if sent := len(w.hub.asked) > 0; sent != c.sent || (r.Notified != "") != c.sent {
			t.Errorf("share %s of threshold %s: asked %q, notified %q, expected %t", c.share, c.threshold, w.hub.asked, r.Notified, c.sent)
		}
	}
}

// The monitor hears what is odd about its report.
func TestNotifyWarns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.github(t)
	r := w.notify(t, `{"share_drifted_features": 0.42, "drifted": 1, "columns": 19}`, nil)
	expect(t, r, loop.Notified, loop.ExitOK)
	if !warned(r, "1 of 19 columns drifted") {
		t.Errorf("warnings %q, expected one about the counts", r.Warnings)
	}
}

// max-drift-share: off is no threshold of 0.
func TestNotifyOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.github(t)
	r := w.notify(t, `{"share_drifted_features": 0.9}`, func(in *inputs.Inputs) { in.MaxDriftShare.Off, in.MaxDriftShare.Value = true, metrics.Decimal{} })
	expect(t, r, loop.Skipped, loop.ExitOK)
	w.hub.expectAsked(t)
}

// The monitor has promised a report: none, an old one, or one that cannot be
// read is an error, and no opinion besides.
func TestNotifyWithoutReport(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		age  time.Duration
		want []string
	}{
		"missing":   {"", 0, []string{"drift-report: there is no file " + report, "the monitor must have written it"}},
		"too old":   {`{"share_drifted_features": 0.9}`, 25 * time.Hour, []string{"drift-report: " + report + " is 25h old (max-report-age 24h)", "did not write it anew"}},
		"no JSON":   {"{\n oops}", 0, []string{report + ": line 2, column 2"}},
		"no share":  {`{"a": 1}`, 0, []string{report + ": no share of drifted features"}},
		"NaN":       {`{"share_drifted_features": NaN}`, 0, []string{"found NaN, expected a number between 0 and 1"}},
		"empty":     {" ", 0, []string{report + ": the file is empty"}},
		"above one": {`{"share_drifted_features": 42}`, 0, []string{"found 42, expected a number between 0 and 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.github(t)
			if c.text != "" {
				w.files[report] = file{text: c.text, modified: w.clock.now.Add(-c.age)}
			}
			r := w.notify(t, "", func(in *inputs.Inputs) { in.MaxReportAge = day })
			expect(t, r, loop.Failed, loop.ExitFailed, c.want...)
			w.hub.expectAsked(t)
			if warned(r, "no opinion") || r.Notified != "" {
				t.Errorf("warnings %q, notified %q, expected neither", r.Warnings, r.Notified)
			}
		})
	}
}

// What a run only warns of, as it has no opinion then.
func TestNotifyWithoutTheReportThatItsUserNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.github(t)
	given, err := inputs.Parse([]string{"notify", "--drift-report", "drift.json", "--github-token", "a-token-of-some-length"}, nil, data{}.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	r := w.notify(t, "", func(in *inputs.Inputs) { *in = given })
	expect(t, r, loop.Failed, loop.ExitFailed, "drift-report: there is no file drift.json")
	if len(r.Warnings) > 0 {
		t.Errorf("warnings %q, expected the error alone", r.Warnings)
	}
	given.Mode = inputs.ModeTrigger
	if r := w.do(t.Context(), inputs.ModeTrigger, func(in *inputs.Inputs) { *in = given; in.ModelName, in.StateVariable = "churn", "CT_STATE_CHURN" }); !warned(r, "drift-report: there is no file drift.json: no opinion") {
		t.Errorf("warnings %q, expected one about the file", r.Warnings)
	}
}

func TestNotifyOfAReportJustYoungEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.github(t)
	w.files[report] = file{text: `{"share_drifted_features": 0.9}`, modified: w.clock.now.Add(-day)}
	expect(t, w.notify(t, "", func(in *inputs.Inputs) { in.MaxReportAge = day }), loop.Notified, loop.ExitOK)
}

func TestNotifyElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.github(t)
	r := w.notify(t, `{"share_drifted_features": 0.9}`, func(in *inputs.Inputs) { in.Repository, in.EventType = "octo/training", "retrain" })
	expect(t, r, loop.Notified, loop.ExitOK)
	w.hub.expectAsked(t, "send retrain to octo/training")
	if r.Notified != "octo/training" {
		t.Errorf("notified %q", r.Notified)
	}
}

func TestNotifyFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(w *world, t *testing.T)
		want    []string
	}{
		"GitHub refuses": {func(w *world, t *testing.T) { w.github(t).answers[alertChurn] = []error{errRefused} }, []string{"telling octo/churn of the drift", "403"}},
		"no repository":  {func(w *world, t *testing.T) { w.github(t); delete(w.env, "GITHUB_REPOSITORY") }, []string{"GITHUB_REPOSITORY is not set", "--repository owner/name"}},
		"no token":       {func(w *world, _ *testing.T) { w.env["GITHUB_REPOSITORY"] = "octo/churn" }, []string{"github-token: none was given"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.prepare(w, t)
			expect(t, w.notify(t, `{"share_drifted_features": 0.9}`, nil), loop.Failed, loop.ExitFailed, c.want...)
		})
	}
}

// Nothing to tell needs neither token nor repository.
func TestNotifyOfNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	expect(t, w.notify(t, `{"share_drifted_features": 0.1}`, nil), loop.Skipped, loop.ExitOK)
}

// The fake panics where a dry run sends anything.
func TestNotifyDryRun(t *testing.T) {
	t.Parallel()
	for _, withToken := range []bool{true, false} {
		w := newWorld(t)
		if withToken {
			w.github(t)
		}
		r := w.notify(t, `{"share_drifted_features": 0.9, "drifted": 9, "columns": 10}`, func(in *inputs.Inputs) { in.DryRun, in.Repository = true, "octo/training" })
		expect(t, r, loop.Skipped, loop.ExitOK)
		if len(r.Requests) != 1 || r.Notified != "octo/training" {
			t.Fatalf("requests %q, notified %q, expected the one request", r.Requests, r.Notified)
		}
		body, ok := strings.CutPrefix(r.Requests[0], "POST /repos/octo/training/dispatches ")
		var sent struct {
			EventType string           `json:"event_type"`
			Payload   triggers.Payload `json:"client_payload"`
		}
		if err := json.Unmarshal([]byte(body), &sent); !ok || err != nil || sent.EventType != "drift-alert" || sent.Payload.Drift.Drifted != 9 {
			t.Errorf("%s: %v", r.Requests[0], err)
		}
	}
	w := newWorld(t)
	r := w.notify(t, `{"share_drifted_features": 0.1}`, func(in *inputs.Inputs) { in.DryRun = true })
	expect(t, r, loop.Skipped, loop.ExitOK)
	if len(r.Requests) > 0 || r.Notified != "" {
		t.Errorf("requests %q, notified %q, expected none", r.Requests, r.Notified)
	}
}

// A dry run refuses what the real one does, before anything is sent.
func TestDryNotifyRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		repository string
		refuses    error
		want       string
	}{
		"parent folder": {"octo/..", nil, `repository "octo/..": expected owner/name`},
		"this folder":   {"octo/.", nil, `repository "octo/.": expected owner/name`},
		"no name":       {"octo", nil, "expected owner/name"},
		"no owner":      {"/churn", nil, "expected owner/name"},
		"an address":    {"https://github.com/octo/churn", nil, "expected owner/name"},
		"by the edge":   {"octo/churn", errRefused, "403"},
	} {
		for _, dry := range []bool{true, false} {
			w := newWorld(t)
			w.github(t).refuses = c.refuses
			w.env["GITHUB_REPOSITORY"] = c.repository
			r := w.notify(t, `{"share_drifted_features": 0.9}`, func(in *inputs.Inputs) { in.DryRun = dry })
			expect(t, r, loop.Failed, loop.ExitFailed, c.want)
			w.hub.expectAsked(t)
			if len(r.Requests) > 0 || r.Notified != "" {
				t.Errorf("%s, dry run %t: requests %q, notified %q, expected none", name, dry, r.Requests, r.Notified)
			}
		}
	}
}

// Two models in one repository: an event is for the model that it names, and
// for any where it names none. For the others it is a plain tick.
func TestEventOfAModel(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		payload, file   string
		reason          string // "": nothing fired
		notice, warning string
	}{
		"its own":            {`{"model":"churn","drift":{"share_drifted_features":0.42}}`, "", "drift: 42%", "", ""},
		"nobody's":           {`{"drift":{"share_drifted_features":0.42}}`, "", "drift: 42%", "", ""},
		"null":               {`{"model":null,"drift":{"share_drifted_features":0.42}}`, "", "drift: 42%", "", ""},
		"another's":          {`{"model":"pumps","drift":{"share_drifted_features":0.42}}`, "", "", `the event is about the drift of the model "pumps", not of churn`, ""},
		"another's, hostile": {`{"model":"a\n::error::x","drift":{"share_drifted_features":0.42}}`, "", "", `"a\n::error::x", not of churn`, ""},
		"another's, broken":  {`{"model":"pumps","drift":"no"}`, "", "", `the model "pumps"`, ""},
		"another's, a file":  {`{"model":"pumps","drift":{"share_drifted_features":0.42}}`, `{"share_drifted_features":0.9}`, "drift: 90%", `the model "pumps"`, ""},
		"no name":            {`{"model":{"name":"pumps"},"drift":{"share_drifted_features":0.42}}`, "", "drift: 42%", "", "client_payload.model is"},
		"in other letters":   {`{"Model":"pumps","drift":{"share_drifted_features":0.42}}`, "", "drift: 42%", "", ""},
	} {
		w := newWorld(t)
		w.env["GITHUB_EVENT_NAME"], w.env["GITHUB_EVENT_PATH"] = "repository_dispatch", "event.json"
		w.files["event.json"] = file{text: `{"action":"drift-alert","client_payload":` + c.payload + `}`}
		if c.file != "" {
			w.files[report] = file{text: c.file, modified: w.clock.now}
		}
		r := w.do(t.Context(), inputs.ModeTrigger, nil)
		if got := strings.Join(r.Triggers.Reasons, "|"); !strings.HasPrefix(got, c.reason) || (got == "") != (c.reason == "") {
			t.Errorf("%s: reasons %q, expected %q: %v", name, got, c.reason, r.Err)
		}
		if notices := strings.Join(r.Notices, "|"); !strings.Contains(notices, c.notice) || (notices == "") != (c.notice == "") || strings.Contains(notices, "\n") {
			t.Errorf("%s: notices %q, expected %q", name, notices, c.notice)
		}
		if warnings := strings.Join(r.Warnings, "|"); !strings.Contains(warnings, c.warning) || (warnings == "") != (c.warning == "") {
			t.Errorf("%s: warnings %q, expected %q", name, warnings, c.warning)
		}
	}
}

func TestNotifyIsInterrupted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.github(t)
	w.files[report] = file{text: `{"share_drifted_features": 0.9}`, modified: w.clock.now}
	ctx, cancel := context.WithCancelCause(t.Context())
	g.before[alertChurn] = func() { cancel(signal(loop.ExitTerminated)) }
	expect(t, w.do(ctx, inputs.ModeNotify, nil), loop.Failed, loop.ExitTerminated, "telling octo/churn of the drift")
}
