package loop_test

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
)

const (
	day         = 24 * time.Hour
	lockTimeout = 120 * time.Second

	setJournal    = "setting tag ct.journal of the registered model"
	clearJournal  = "clearing tag ct.journal of the registered model"
	setState      = "setting tag ct.state of the registered model"
	setPrevious   = "setting alias previous to version 7"
	setChampion   = "setting alias champion to version 8"
	setBack       = "setting alias champion to version 6"
	quarantine7   = "setting tag quarantined of version 7"
	setPromotedAt = "setting tag ct.promoted_at of version 8"
)

// Digests of a holdout and of what a training made of it.
var digest, otherDigest = strings.Repeat("a", 64), strings.Repeat("b", 64)

// A world is everything that a loop touches. Fresh from newWorld it is the
// ordinary case: v7 is @champion, v6 is @previous, no cooldown, nothing on
// record, and a training that registers a v8 which is better than both.
type world struct {
	*registry
	*commands
	files   data
	env     map[string]string
	ids     int
	hub     *github   // nil: no token, or no repository
	service *service  // nil: the mode has none
	gauge   *gauge    // nil: nothing is baked
	reloads *reloader // nil: nothing is rehearsed
	told    narrator
	ledger  *counted // nil: the mode has none
}

// defaults are the inputs of somebody who gives none.
func defaults() inputs.Inputs {
	in, _ := inputs.Parse(nil, nil, func(string) ([]byte, error) { return nil, fs.ErrNotExist })
	return in
}

func newWorld(t *testing.T) *world {
	files := data{"data/holdout.csv": {digest: digest, columns: map[string][]string{"label": {"0", "0", "1", "1"}}}}
	c := &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	w := &world{registry: newRegistry(t, c), files: files, env: map[string]string{}, told: narrator{}}
	w.commands = &commands{files: files, scores: map[string][]string{
		"6": {"0.4", "0.6", "0.5", "0.6"}, "7": {"0.3", "0.6", "0.5", "0.6"},
		"8": {"0.1", "0.1", "0.9", "0.9"}, "9": {"0.2", "0.1", "0.9", "0.9"},
	}}
	w.training = func(attempt string) { w.register("8", attempt) }
	return w
}

// do runs one mode to its end.
func (w *world) do(ctx context.Context, mode inputs.Mode, set func(*inputs.Inputs)) *loop.Report {
	in := defaults()
	in.Mode, in.ModelName, in.TrainCommand, in.LockTimeout = mode, "churn", "train", lockTimeout
	in.StateVariable = "CT_STATE_CHURN"
	if set != nil {
		set(&in)
	}
	w.emergency = mode == inputs.ModeRollback && !in.Rehearse || mode == inputs.ModeVerify
	clear(w.told)
	l := &loop.Loop{
		In: in, Registry: w.registry, Data: w.files, Commands: w.commands, Narrator: w.told,
		Now: w.clock.Now, Sleep: w.clock.Sleep, Getenv: func(name string) string { return w.env[name] },
		NewID: func() string { w.ids++; return fmt.Sprintf("id-%d", w.ids) },
	}
	if w.hub != nil {
		w.hub.begin(in)
		l.GitHub = w.hub
	}
	if w.service != nil {
		l.Service = w.service
	}
	if w.gauge != nil {
		l.Gauge = w.gauge
	}
	if w.reloads != nil && in.Rehearse {
		l.Service, l.Reloader = w.reloads, w.reloads
	}
	if w.ledger != nil {
		l.Ledger = w.ledger
	}
	return l.Do(ctx)
}

// run is the whole sentence, forced to train.
func (w *world) run(t *testing.T) *loop.Report {
	return w.do(t.Context(), inputs.ModeRun, func(in *inputs.Inputs) { in.Force = true })
}

// gate judges v8, which it registers.
func (w *world) gate(ctx context.Context) *loop.Report {
	w.register("8", "")
	return w.do(ctx, inputs.ModeGate, func(in *inputs.Inputs) { in.ChallengerVersion = "8" })
}

// remember puts a state on record.
func (w *world) remember(s state.State) {
	s.Model, s.UpdatedAt = "churn", w.clock.now
	text, err := s.Encode()
	if err != nil {
		panic(err)
	}
	w.model.Tags[promote.TagState] = text
}

// remembered is the state on record.
func (w *world) remembered(t *testing.T) state.State {
	t.Helper()
	s, err := state.Decode(w.model.Tags[promote.TagState], "churn")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// expect holds a report's outcome and exit status, and its error's text.
func expect(t *testing.T, r *loop.Report, outcome loop.Outcome, exit int, texts ...string) {
	t.Helper()
	if r.Outcome != outcome || r.Exit != exit {
		t.Errorf("%s, exit %d (%v), expected %s, exit %d", r.Outcome, r.Exit, r.Err, outcome, exit)
	}
	if (r.Err == nil) != (len(texts) == 0 && exit != loop.ExitFailed) {
		t.Errorf("error %v, expected one that says %q", r.Err, texts)
		return
	}
	for _, text := range texts {
		if !strings.Contains(r.Err.Error(), text) {
			t.Errorf("error %q, expected it to say %q", r.Err, text)
		}
	}
}

// serving holds what the aliases name, as "champion/previous".
func (w *world) serving(t *testing.T, want string) {
	t.Helper()
	if got := w.model.Aliases["champion"] + "/" + w.model.Aliases["previous"]; got != want {
		t.Errorf("champion/previous is %s, expected %s", got, want)
	}
}

// journalKept holds whether a journal is left to the next run.
func (w *world) journalKept(t *testing.T, want bool) {
	t.Helper()
	if got := w.model.Tags[promote.TagJournal]; (got != "") != want {
		t.Errorf("journal %q, expected one: %t", got, want)
	}
}

func warned(r *loop.Report, text string) bool { return said(r.Warnings, text) }

func noticed(r *loop.Report, text string) bool { return said(r.Notices, text) }

func said(lines []string, text string) bool {
	return slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, text) })
}
