package main

import (
	"errors"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/org/ct-action/internal/actions"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/summary"
	"github.com/org/ct-action/internal/triggers"
)

// A secret that Markdown or JSON would escape must be gone before they do.
func TestRedactReport(t *testing.T) {
	t.Parallel()
	const secret = `zQ_a*s|s<w@x"&zZ`
	runner := actions.New(func(string) string { return "" }, io.Discard, io.Discard)
	if err := runner.Mask(secret); err != nil {
		t.Fatal(err)
	}
	said := "said " + secret
	r := &loop.Report{
		Outcome: loop.Failed, Err: fmt.Errorf("%s: %w", said, promote.ErrUnknownOutcome), Reason: said, Recovery: said, RunContext: said,
		Warnings: []string{said}, Notices: []string{said}, Requests: []string{said}, Decided: true, Gated: true,
		Triggers: triggers.Decision{
			Reasons: []string{said}, Warnings: []string{said}, Errors: []error{errors.New(said)},
			Triggers: []triggers.Trigger{{Name: "drift", Text: said, Measured: said}},
		},
		Explanation: []string{said},
		Verdict: gate.Verdict{Checks: []gate.Check{{
			Name: gate.CheckAUC, Metric: gate.CheckAUC, Text: said, Found: said, Warnings: []string{said},
			NotJudged: []gate.SegmentRows{{Segment: gate.Segment{Columns: []string{"c"}, Values: []string{said}}}},
			Findings: []gate.Finding{{
				Metric: gate.CheckAUC, Segment: gate.Segment{Columns: []string{"c"}, Values: []string{said}}, Challenger: metrics.Absent(said),
				Found: said, Needed: said, Reason: said, Would: said, Warnings: []string{said}, Conditions: []gate.ConditionFinding{{Reason: said}},
			}},
		}}},
	}
	redactReport(r, runner.Redact)
	document, err := summary.Document(r)
	if err != nil {
		t.Fatal(err)
	}
	page := html.UnescapeString(strings.NewReplacer(`\`, "", "<!-- -->", "").Replace(summary.Markdown(r)))
	console := summary.Console(loop.Ended, r, summary.Style{})
	for name, text := range map[string]string{"document": strings.ReplaceAll(string(document), `\`, ""), "summary": page, "console": console} {
		if strings.Contains(text, secret) || strings.Contains(text, "zQ_a") {
			t.Errorf("the %s shows the secret:\n%s", name, text)
		}
	}
	if !errors.Is(r.Err, promote.ErrUnknownOutcome) {
		t.Error("redacting has lost what kind of error it is")
	}
}

func TestInherited(t *testing.T) {
	t.Parallel()
	got := inherited([]string{
		"PATH=/bin", "INPUT_EPSILON=1", "GITHUB_TOKEN=x", "GITHUB_OUTPUT=/o", "GITHUB_STEP_SUMMARY=/s",
		"MINE=Bearer ghs_abc", "MLFLOW_TRACKING_TOKEN=kept", "GITHUB_SHA=1",
	}, "ghs_abc")
	want := []string{"PATH=/bin", "MLFLOW_TRACKING_TOKEN=kept", "GITHUB_SHA=1"}
	if !slices.Equal(got, want) {
		t.Errorf("inherited %q, expected %q", got, want)
	}
}

func TestInterruption(t *testing.T) {
	t.Parallel()
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		if got := (interruption{signal}).ExitStatus(); got != want {
			t.Errorf("%v: %d, expected %d", signal, got, want)
		}
	}
}
