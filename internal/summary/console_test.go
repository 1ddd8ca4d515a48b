package summary

import (
	"fmt"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
)

// TestColour colours the verdict's word alone, and only at the end.
func TestColour(t *testing.T) {
	t.Parallel()
	r := reports(t)["promoted"]
	ended := Console(loop.Ended, r, Style{Colour: true})
	if want := "\x1b[1;32mPROMOTED\x1b[0m v8 -> @champion"; !strings.HasPrefix(ended, want) {
		t.Errorf("got %q, want it to begin with %q", ended, want)
	}
	if plain := Console(loop.Scored, r, Style{Colour: true}); strings.Contains(plain, "\x1b") {
		t.Errorf("coloured before the end: %q", plain)
	}
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	r := &loop.Report{Recovery: "an unfinished promotion v7 → v8 was begun 30s ago: waiting"}
	if got := Console(loop.Waiting, r, Style{}); got != r.Recovery+"\n" {
		t.Errorf("got %q", got)
	}
	for _, m := range []loop.Moment{loop.Began, loop.Training, loop.Scoring} {
		if got := Console(m, r, Style{}); got != "" {
			t.Errorf("moment %d says %q", m, got)
		}
	}
}

// TestZeroReport is what a program that stopped before it began has to say.
func TestZeroReport(t *testing.T) {
	t.Parallel()
	r := &loop.Report{}
	if got := Console(loop.Ended, r, Style{}); !strings.HasPrefix(got, "FAILED: ") {
		t.Errorf("console %q", got)
	}
	if got := Markdown(r); !strings.HasPrefix(got, "## ❌ ct-action: ") {
		t.Errorf("summary %q", got)
	}
	outputs := Outputs(r)
	if len(outputs) != len(inputs.Outputs()) {
		t.Fatalf("%d outputs, want %d", len(outputs), len(inputs.Outputs()))
	}
	for _, o := range outputs {
		switch want := map[string]string{"outcome": "failed", "promoted": "false", "retrain": "false", "reasons": "[]"}[o.Name]; {
		case want != "" && o.Value != want:
			t.Errorf("output %s is %q, want %q", o.Name, o.Value, want)
		}
	}
}

// TestOutputsDeclared holds the outputs that are set against those declared.
func TestOutputsDeclared(t *testing.T) {
	t.Parallel()
	values := outputValues(&loop.Report{})
	for _, o := range inputs.Outputs() {
		if _, ok := values[o.Name]; !ok {
			t.Errorf("output %s is declared and never set", o.Name)
		}
		delete(values, o.Name)
	}
	for name := range values {
		t.Errorf("output %s is set and not declared", name)
	}
}

// TestCommand repeats what came with this one invocation, and what the mode
// reads, and nothing else.
func TestCommand(t *testing.T) {
	t.Parallel()
	r := report(t, "gate", "--challenger-version", "8", "--holdout", "data/hold out.csv", "--epsilon", "0.0100", "--champion-alias", "prod")
	for _, test := range []struct {
		mode inputs.Mode
		want string
	}{
		{inputs.ModeGate, "ct-action gate --model-name churn-classifier --challenger-version 8 --holdout 'data/hold out.csv' --epsilon 0.01 --champion-alias prod"},
		{inputs.ModePromote, "ct-action promote --model-name churn-classifier --challenger-version 8 --champion-alias prod"},
	} {
		if got := command(r, test.mode, "challenger-version", "8"); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// TestUnknownOutcome does not claim that nothing happened when that cannot be
// known.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	r := report(t, "rollback")
	r.Outcome, r.Err = loop.Failed, fmt.Errorf("setting alias champion: %w", promote.ErrUnknownOutcome)
	if got := Markdown(r); strings.Contains(got, "Nothing was") {
		t.Errorf("it claims to know:\n%s", got)
	}
	r.Err = fmt.Errorf("reading the model")
	if got := Markdown(r); !strings.Contains(got, "Nothing was rolled back.") {
		t.Errorf("it does not say that nothing happened:\n%s", got)
	}
}
