package cli

import (
	"errors"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/org/ct-action/internal/actions"
	"github.com/org/ct-action/internal/document"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/summary"
	"github.com/org/ct-action/internal/triggers"
)

// process is one of tests: no terminal, nobody's.
func process(args, environ []string, stdout, stderr io.Writer) Process {
	return Process{
		Version: "test", Args: args, Environ: environ, UID: -1, Stdout: stdout, Stderr: stderr,
		Terminal: func(io.Writer) (int, bool) { return 0, false }, Now: time.Now, Sleep: Sleep,
	}
}

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
	decision, err := document.Decision(r)
	if err != nil {
		t.Fatal(err)
	}
	page := html.UnescapeString(strings.NewReplacer(`\`, "", "<!-- -->", "").Replace(summary.Markdown(r)))
	console := summary.Console(loop.Ended, r, summary.Style{})
	for name, text := range map[string]string{"document": strings.ReplaceAll(string(decision), `\`, ""), "summary": page, "console": console} {
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

// Help is as wide as the reader's terminal, and no wider than can be read.
func TestHelpFitsTheReader(t *testing.T) {
	t.Parallel()
	for columns, want := range map[string]int{"": 80, "60": 60, "80": 80, "300": 100, "0": 80, "-5": 80, "wide": 80} {
		for _, args := range [][]string{{"run", "--help"}, {"help", "checks"}, {"--help"}} {
			var stdout, stderr strings.Builder
			if status := Run(t.Context(), process(args, []string{"COLUMNS=" + columns}, &stdout, &stderr)); status != loop.ExitOK || stderr.Len() > 0 {
				t.Fatalf("%q: exit status %d: %s", args, status, &stderr)
			}
			longest := 0
			for line := range strings.Lines(stdout.String()) {
				longest = max(longest, len(line)-1)
			}
			if args[0] == "run" && (longest > want || longest < want-5) || longest > max(want, 80) {
				t.Errorf("COLUMNS=%s %q: the longest line has %d characters, expected %d", columns, args, longest, want)
			}
		}
	}
}

// A command that asks for help or for the version among other flags has done
// nothing, and must not look as if it had.
func TestAskingIsNotDoing(t *testing.T) {
	t.Chdir(t.TempDir()) // .ct is written there
	for line, want := range map[string]int{
		"--version": 0, "version": 0, "--help": 0, "rollback --help": 0, "help rollback": 0,
		"rollback --version": 2, "rollback --version 3": 2, "rollback --model-name m --version=3": 2, "version rollback": 2,
		"rollback --model-name m --help": 2, "promote --help --force": 2, "--version --help --force": 2,
	} {
		var stdout, stderr strings.Builder
		t.Run(line, func(t *testing.T) {
			if status := Run(t.Context(), process(strings.Fields(line), nil, &stdout, &stderr)); status != want {
				t.Errorf("exit status %d, expected %d\n%s%s", status, want, &stdout, &stderr)
			}
		})
	}
}
