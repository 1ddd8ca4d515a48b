package cli

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/org/ct-action/internal/actions"
	"github.com/org/ct-action/internal/loop"
)

// process is one of tests: no terminal, nobody's.
func process(args, environ []string, stdout, stderr io.Writer) Process {
	return Process{
		Version: "test", Args: args, Environ: environ, UID: -1, Stdout: stdout, Stderr: stderr,
		Terminal: func(io.Writer) (int, bool) { return 0, false }, Now: time.Now, Sleep: Sleep,
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

// outcomes are the constants of type loop.Outcome, as its source has them.
func outcomes(t *testing.T) []loop.Outcome {
	t.Helper()
	source, err := os.ReadFile("../loop/report.go")
	if err != nil {
		t.Fatal(err)
	}
	_, source, _ = bytes.Cut(source, []byte("type Outcome string"))
	source, _, _ = bytes.Cut(source, []byte("\n)"))
	var all []loop.Outcome
	for _, found := range regexp.MustCompile(`(?m)= "([a-z-]+)"`).FindAllSubmatch(source, -1) {
		all = append(all, loop.Outcome(found[1]))
	}
	if len(all) < 10 || !slices.Contains(all, loop.Invalid) {
		t.Fatalf("found the outcomes %q", all)
	}
	return all
}

// TestNoOutcomeIsASecret: GitHub drops an output that holds a masked text, so
// package actions must know each word that an outcome can be.
func TestNoOutcomeIsASecret(t *testing.T) {
	t.Parallel()
	for _, outcome := range outcomes(t) {
		runner := actions.New(func(string) string { return "" }, io.Discard, io.Discard)
		if runner.Mask(string(outcome)) == nil {
			t.Errorf("%s can be masked: it is missing from the vocabulary of package actions", outcome)
		}
	}
}

// TestColour: a terminal gets colours where it wants them, anything else none.
func TestColour(t *testing.T) {
	t.Chdir(t.TempDir()) // .ct is written there
	for _, test := range []struct {
		name     string
		terminal bool
		environ  string
		want     bool
	}{
		{"terminal", true, "TERM=xterm", true}, {"file", false, "TERM=xterm", false},
		{"NO_COLOR", true, "NO_COLOR=1", false}, {"dumb", true, "TERM=dumb", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			p := process([]string{"--help"}, []string{test.environ}, &stdout, &stderr)
			p.Terminal = func(w io.Writer) (int, bool) { return 200, test.terminal && w == p.Stdout }
			if status := Run(t.Context(), p); status != loop.ExitOK {
				t.Fatalf("exit status %d: %s", status, &stderr)
			}
			if got := strings.Contains(stdout.String(), "\x1b["); got != test.want {
				t.Errorf("colours: %t, expected %t", got, test.want)
			}
		})
	}
}

// TestStandardInput: what judge reads is the process's own.
func TestStandardInput(t *testing.T) {
	t.Chdir(t.TempDir())
	const name = "predictions.csv"
	text := "label,champion,challenger\n" + strings.Repeat("1,0.7,0.9\n0,0.2,0.1\n1,0.4,0.8\n0,0.5,0.2\n", 25)
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var stdout, stderr strings.Builder
	p := process([]string{"judge", "--predictions", "-"}, nil, &stdout, &stderr)
	p.Stdin = file
	if status := Run(t.Context(), p); status != loop.ExitOK || !strings.Contains(stdout.String(), `"rows": 100`) {
		t.Errorf("exit status %d\n%s%s", status, &stdout, &stderr)
	}
}
