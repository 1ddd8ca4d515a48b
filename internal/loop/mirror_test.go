package loop_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
)

// promotedBy is a record of a promotion so long ago.
func (w *world) promotedBy(ago time.Duration, updated time.Time) state.State {
	return state.State{
		UpdatedAt:     updated,
		LastPromotion: &state.Event{At: w.clock.now.Add(-ago).Truncate(time.Second), From: "6", To: "7", Decision: "kept"},
		Holdout:       &state.Holdout{SHA256: digest, Uses: 3},
	}
}

// rememberAt puts a state on record that was written so long ago.
func (w *world) rememberAt(s state.State, ago time.Duration) {
	now := w.clock.now
	w.clock.now = now.Add(-ago)
	w.remember(s)
	w.clock.now = now
}

// tick is a run that no trigger makes train.
func (w *world) tick(t *testing.T) *loop.Report { return w.do(t.Context(), inputs.ModeRun, nil) }

// worsen makes v8 a challenger that every metric check flags.
func (w *world) worsen() { w.scores["8"] = []string{"0.9", "0.9", "0.1", "0.1"} }

// What every mode that writes leaves in the variable is the registry's record,
// asked for once and written as often as it has to be.
func TestVariableFollowsTheRecord(t *testing.T) {
	t.Parallel()
	version8 := func(in *inputs.Inputs) { in.ChallengerVersion, in.Reason = "8", "why" }
	for name, c := range map[string]struct {
		mode    inputs.Mode
		set     func(in *inputs.Inputs)
		worse   bool
		outcome loop.Outcome
		exit    int
		asked   []string
	}{
		"run that promotes":  {inputs.ModeRun, func(in *inputs.Inputs) { in.Force = true }, false, loop.Promoted, loop.ExitOK, []string{readVariable, writeVariable, writeVariable}},
		"run that flags":     {inputs.ModeRun, func(in *inputs.Inputs) { in.Force = true }, true, loop.Flagged, loop.ExitFlagged, []string{readVariable, writeVariable, writeVariable}},
		"gate that promotes": {inputs.ModeGate, version8, false, loop.Promoted, loop.ExitOK, []string{readVariable, writeVariable}},
		"gate that flags":    {inputs.ModeGate, version8, true, loop.Flagged, loop.ExitFlagged, []string{readVariable, writeVariable}},
		"promote":            {inputs.ModePromote, version8, true, loop.Promoted, loop.ExitOK, []string{readVariable, writeVariable}},
		"rollback":           {inputs.ModeRollback, nil, false, loop.RolledBack, loop.ExitOK, []string{readVariable, writeVariable}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, store := range []inputs.StateStore{inputs.StateAuto, inputs.StateVariable} {
				w := newWorld(t)
				w.github(t)
				if c.worse {
					w.worsen()
				}
				if c.mode != inputs.ModeRun {
					w.register("8", "")
				}
				r := w.do(t.Context(), c.mode, func(in *inputs.Inputs) {
					in.State = store
					if c.set != nil {
						c.set(in)
					}
				})
				expect(t, r, c.outcome, c.exit)
				w.hub.expectAsked(t, c.asked...)
				w.mirrored(t)
				if len(r.Warnings) > 0 || len(r.Notices) > 0 {
					t.Errorf("warnings %q, notices %q, expected none", r.Warnings, r.Notices)
				}
			}
		})
	}
}

// The right to write is proven before the training, with the present record,
// or with a first one.
func TestWritingIsProvenBeforeTraining(t *testing.T) {
	t.Parallel()
	for name, recorded := range map[string]bool{"first record": false, "present record": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.github(t)
			if recorded {
				w.rememberAt(w.promotedBy(20*day, time.Time{}), 20*day)
				w.hub.variable = w.model.Tags[promote.TagState]
			}
			proven := ""
			train := w.training
			w.training = func(attempt string) {
				proven = w.hub.variable
				w.mirrored(t)
				w.hub.expectAsked(t, readVariable, writeVariable)
				train(attempt)
			}
			expect(t, w.run(t), loop.Promoted, loop.ExitOK)
			s, err := state.Decode(proven, "churn")
			if err != nil || (s.LastPromotion != nil) != recorded || s.UpdatedAt.IsZero() {
				t.Errorf("%s was written before the training (%v)", proven, err)
			}
		})
	}
}

// What was proven needs no second writing where the training comes to nothing.
func TestFailedTrainingWritesTheVariableOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.github(t)
	w.training = func(string) {}
	expect(t, w.run(t), loop.Failed, loop.ExitFailed, "nothing was registered")
	w.hub.expectAsked(t, readVariable, writeVariable)
	w.mirrored(t)
}

// A tick that trains nothing asks for the variable once, and writes only what
// an earlier run could not.
func TestQuietTickWritesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tag, variable bool
	}{
		"nothing on record":          {},
		"both say the same":          {tag: true, variable: true},
		"no variable was ever asked": {tag: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.github(t)
			if c.tag {
				w.remember(state.State{})
			}
			if c.variable {
				w.hub.variable = w.model.Tags[promote.TagState]
			}
			r := w.tick(t)
			expect(t, r, loop.Skipped, loop.ExitOK)
			w.hub.expectAsked(t, readVariable)
			if len(w.wrote) > 0 || len(r.Warnings) > 0 || len(r.Notices) > 0 {
				t.Errorf("wrote %q, warnings %q, notices %q, expected none", w.wrote, r.Warnings, r.Notices)
			}
		})
	}
}

// A newer variable, kept through a restored registry, overwrites the tag:
// whole, once, and so that every later reading of the run goes by it.
func TestNewerVariableOverwritesTheTag(t *testing.T) {
	t.Parallel()
	newer := func(t *testing.T, ago time.Duration) (w *world, text string) {
		w = newWorld(t)
		g := w.github(t)
		w.rememberAt(state.State{Holdout: &state.Holdout{SHA256: otherDigest, Uses: 9}}, 10*day)
		g.keep(w.promotedBy(ago, w.clock.now.Add(-time.Hour)))
		return w, g.variable
	}
	t.Run("quiet tick", func(t *testing.T) {
		t.Parallel()
		w, text := newer(t, 2*day)
		r := w.tick(t)
		expect(t, r, loop.Skipped, loop.ExitOK)
		w.hub.expectAsked(t, readVariable)
		if w.model.Tags[promote.TagState] != text || w.hub.variable != text || !slices.Equal(w.wrote, []string{setState}) {
			t.Errorf("wrote %q, the tag is %s, expected the variable's text %s", w.wrote, w.model.Tags[promote.TagState], text)
		}
		if !noticed(r, "is newer than the registry's record: it counts, and overwrites tag ct.state") {
			t.Errorf("notices %q, expected one about the variable", r.Notices)
		}
		again := w.tick(t)
		if len(again.Notices) > 0 || len(w.wrote) > 1 {
			t.Errorf("the next run noticed %q and wrote %q, expected it to find both equal", again.Notices, w.wrote[1:])
		}
	})
	t.Run("cooldown", func(t *testing.T) {
		t.Parallel()
		w, _ := newer(t, 2*day)
		r := w.gate(t.Context())
		expect(t, r, loop.Flagged, loop.ExitFlagged)
		if s := w.remembered(t); s.LastPromotion == nil || s.LastPromotion.Decision != "kept" || s.Holdout.SHA256 != digest || s.Holdout.Uses != 4 {
			t.Errorf("state %+v, expected the variable's with the holdout's fourth use", s)
		}
		if r.Verdict.Check(gate.CheckCooldown).Status == gate.Passed {
			t.Error("the promotion that only the variable knew started no cooldown")
		}
		w.mirrored(t)
	})
	t.Run("promotion", func(t *testing.T) {
		t.Parallel()
		w, _ := newer(t, 20*day)
		expect(t, w.gate(t.Context()), loop.Promoted, loop.ExitOK)
		if s := w.remembered(t); s.LastPromotion.To != "8" || s.Holdout.SHA256 != digest || s.Holdout.Uses != 4 {
			t.Errorf("state %+v, expected the variable's holdout with its fourth use, and v8", s)
		}
		w.mirrored(t)
	})
	t.Run("a tag without any record", func(t *testing.T) {
		t.Parallel()
		w, text := newer(t, 2*day)
		delete(w.model.Tags, promote.TagState)
		expect(t, w.tick(t), loop.Skipped, loop.ExitOK)
		if got := w.model.Tags[promote.TagState]; got != text {
			t.Errorf("the tag is %q, expected %s", got, text)
		}
	})
}

// Who writes nothing goes by a newer variable all the same.
func TestNewerVariableIsOnlyRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode    inputs.Mode
		dryRun  bool
		outcome loop.Outcome
	}{
		"trigger":      {inputs.ModeTrigger, false, loop.Skipped},
		"gate dry run": {inputs.ModeGate, true, loop.Flagged},
		"run dry run":  {inputs.ModeRun, true, loop.Skipped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			g := w.github(t)
			w.register("8", "")
			w.rememberAt(state.State{}, 10*day)
			g.keep(w.promotedBy(2*day, w.clock.now))
			tag := w.model.Tags[promote.TagState]
			r := w.do(t.Context(), c.mode, func(in *inputs.Inputs) {
				in.Force, in.SkipInCooldown, in.DryRun, in.ChallengerVersion = true, true, c.dryRun, "8"
				in.OnFlag = inputs.OnFlagWarn
			})
			expect(t, r, c.outcome, loop.ExitOK)
			w.hub.expectAsked(t, readVariable)
			if len(w.wrote) > 0 || w.model.Tags[promote.TagState] != tag {
				t.Errorf("wrote %q, expected nothing", w.wrote)
			}
			if r.Cooldown.Elapsed != 2*day {
				t.Errorf("cooldown %+v, expected the promotion that only the variable knows to count", r.Cooldown)
			}
		})
	}
}

// The model is gone and its record is not: a person says that it begins anew,
// the first training makes it, and the record goes on.
func TestVariableOutlivesTheModel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.github(t)
	g.keep(w.promotedBy(2*day, w.clock.now.Add(-time.Hour)))
	w.model.Name = ""
	clear(w.model.Aliases)
	clear(w.versions)
	w.training = func(attempt string) {
		if s, err := state.Decode(g.variable, "churn"); err != nil || s.LastPromotion == nil || s.Holdout.Uses != 3 {
			t.Errorf("the variable is %s before the training, expected it to keep its record", g.variable)
		}
		w.model.Name = "churn"
		w.register("8", attempt)
	}
	r := w.do(t.Context(), inputs.ModeRun, nil)
	expect(t, r, loop.Refused, loop.ExitFailed, "v7 was promoted at", "the variable CT_STATE_CHURN", "--first")
	r = w.do(t.Context(), inputs.ModeRun, func(in *inputs.Inputs) { in.SkipInCooldown, in.First = true, true })
	expect(t, r, loop.Promoted, loop.ExitOK) // a first champion waits for no cooldown
	w.serving(t, "8/")
	if s := w.remembered(t); s.Holdout.Uses != 4 || s.LastPromotion.To != "8" {
		t.Errorf("state %+v, expected the fourth use of the holdout that the variable kept, and v8", s)
	}
	w.mirrored(t)
}

// A variable that cannot be understood stops a mode that writes before it
// trains or scores, and is left as it is.
func TestBrokenVariable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"schema":2,"model":"churn","updated_at":"2027-01-01T00:00:00Z"}`: "schema 2",
		`not JSON`:                     "expected the JSON",
		`{"schema":1,"model":"other"}`: `the record of "other"`,
	} {
		for _, mode := range []inputs.Mode{inputs.ModeRun, inputs.ModeGate, inputs.ModePromote, inputs.ModeRelease} {
			w := newWorld(t)
			w.github(t).variable = text
			w.register("8", "")
			r := w.do(t.Context(), mode, func(in *inputs.Inputs) {
				in.Force = true
				if mode != inputs.ModeRun {
					in.ChallengerVersion = "8"
				}
			})
			expect(t, r, loop.Failed, loop.ExitFailed, "variable CT_STATE_CHURN", want)
			w.hub.expectAsked(t, readVariable)
			if len(w.wrote) > 0 || w.trained > 0 || len(w.scored) > 0 || w.hub.variable != text {
				t.Errorf("%s: wrote %q, trained %d times, scored %q, the variable is %s; expected nothing", mode, w.wrote, w.trained, w.scored, w.hub.variable)
			}
		}
		w := newWorld(t)
		w.github(t).variable = text
		r := w.rollback(t)
		expect(t, r, loop.RolledBack, loop.ExitOK)
		w.rolledBack(t)
		w.hub.expectAsked(t, readVariable)
		if w.remembered(t).LastRollback == nil || w.hub.variable != text || !warned(r, "the rollback was not recorded in the variable CT_STATE_CHURN") {
			t.Errorf("state %+v, variable %s, warnings %q; expected the rollback in the tag alone, and a warning", w.remembered(t), w.hub.variable, r.Warnings)
		}
	}
}

// The tag cannot be understood, the variable can: it is the only good copy.
func TestUnreadableTagSparesTheVariable(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`garbage`, `{"schema":2,"model":"churn"}`, `{"schema":1,"model":"other"}`} {
		for _, mode := range []inputs.Mode{inputs.ModeRun, inputs.ModeGate, inputs.ModeRollback} {
			w := newWorld(t)
			w.register("8", "")
			w.github(t).keep(w.promotedBy(2*day, w.clock.now))
			kept := w.hub.variable
			w.model.Tags[promote.TagState] = text
			r := w.do(t.Context(), mode, func(in *inputs.Inputs) { in.ChallengerVersion, in.Force = "8", true })
			if mode == inputs.ModeRollback {
				expect(t, r, loop.RolledBack, loop.ExitOK)
			} else {
				expect(t, r, loop.Failed, loop.ExitFailed, "tag ct.state of churn")
			}
			if w.hub.variable != kept || w.model.Tags[promote.TagState] != text {
				t.Errorf("%s under the tag %s: the variable is %s, the tag %s; expected both as they were", mode, text, w.hub.variable, w.model.Tags[promote.TagState])
			}
		}
	}
}

// The registry refuses to be overwritten: the newer variable is the only copy
// of what it says, and stays.
func TestNewerVariableStaysWhereTheTagCannotBeWritten(t *testing.T) {
	t.Parallel()
	for _, mode := range []inputs.Mode{inputs.ModeGate, inputs.ModeRollback} {
		w := newWorld(t)
		w.register("8", "")
		w.rememberAt(state.State{}, 10*day)
		w.github(t).keep(w.promotedBy(2*day, w.clock.now))
		kept := w.hub.variable
		w.faults[setState] = fault{err: errDown}
		r := w.do(t.Context(), mode, func(in *inputs.Inputs) { in.ChallengerVersion = "8" })
		if r.Exit != loop.ExitFailed {
			t.Errorf("%s: %s, exit %d, expected exit 1", mode, r.Outcome, r.Exit)
		}
		if w.hub.variable != kept {
			t.Errorf("%s: the variable is %s, expected it to stay %s", mode, w.hub.variable, kept)
		}
	}
}

// state: variable without the right to it stops before anything is trained,
// scored or moved; what does nothing anyway says it as a warning.
func TestStateVariableWithoutPermission(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(w *world, t *testing.T)
		why     string
	}{
		"refused":       {func(w *world, t *testing.T) { w.github(t).answers[readVariable] = []error{errRefused} }, "403"},
		"unreachable":   {func(w *world, t *testing.T) { w.github(t).answers[readVariable] = []error{errGitHub} }, "503"},
		"no repository": {func(*world, *testing.T) {}, "GITHUB_REPOSITORY is not set"},
	} {
		for _, mode := range []inputs.Mode{inputs.ModeRun, inputs.ModeTrigger, inputs.ModeGate, inputs.ModePromote, inputs.ModeRelease} {
			t.Run(name+" "+string(mode), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				c.prepare(w, t)
				w.register("8", "")
				r := w.do(t.Context(), mode, func(in *inputs.Inputs) {
					in.State, in.Force = inputs.StateVariable, true
					if mode != inputs.ModeRun {
						in.ChallengerVersion = "8"
					}
				})
				expect(t, r, loop.Failed, loop.ExitFailed, "state: variable: ", c.why)
				if len(w.wrote) > 0 || w.trained > 0 || len(w.scored) > 0 {
					t.Errorf("wrote %q, trained %d times, scored %q; expected nothing", w.wrote, w.trained, w.scored)
				}
			})
		}
		t.Run(name+" quiet tick", func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.prepare(w, t)
			r := w.do(t.Context(), inputs.ModeRun, func(in *inputs.Inputs) { in.State = inputs.StateVariable })
			expect(t, r, loop.Skipped, loop.ExitOK)
			if !warned(r, "state: variable: ") || !warned(r, c.why) || len(w.wrote) > 0 {
				t.Errorf("warnings %q, wrote %q, expected one about the variable, and nothing", r.Warnings, w.wrote)
			}
		})
		t.Run(name+" rollback", func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.prepare(w, t)
			r := w.do(t.Context(), inputs.ModeRollback, func(in *inputs.Inputs) { in.State = inputs.StateVariable })
			expect(t, r, loop.RolledBack, loop.ExitOK)
			w.rolledBack(t)
			if len(r.Warnings) != 1 || !warned(r, "the variable CT_STATE_CHURN is behind the registry's record") || !warned(r, c.why) {
				t.Errorf("warnings %q, expected one about the variable", r.Warnings)
			}
		})
	}
	t.Run("recovered promotion", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.github(t).answers[readVariable] = []error{errRefused}
		w.register("8", "")
		w.occupy(promote.Promotion, "7", "8", time.Hour)
		w.model.Aliases["champion"], w.model.Aliases["previous"] = "8", "7"
		r := w.do(t.Context(), inputs.ModeRun, func(in *inputs.Inputs) { in.State = inputs.StateVariable })
		expect(t, r, loop.Promoted, loop.ExitOK)
		if !r.Recovered || !warned(r, "state: variable: 403") {
			t.Errorf("recovered %t, warnings %q, expected one about the variable", r.Recovered, r.Warnings)
		}
	})
	t.Run("refused when proven", func(t *testing.T) {
		t.Parallel()
		for _, why := range []error{errRefused, errGitHub} {
			w := newWorld(t)
			w.github(t).answers[writeVariable] = []error{why}
			r := w.do(t.Context(), inputs.ModeRun, func(in *inputs.Inputs) { in.State, in.Force = inputs.StateVariable, true })
			expect(t, r, loop.Failed, loop.ExitFailed, "state: variable: ", why.Error())
			w.hub.expectAsked(t, readVariable, writeVariable)
			if w.trained > 0 {
				t.Errorf("trained %d times, expected none", w.trained)
			}
		}
	})
}

// state: auto goes on with the registry alone, and says why: a refusal, which
// a plain GITHUB_TOKEN meets at every tick, as a notice, anything else as a
// warning.
func TestStateAutoWithoutPermission(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		words   string
		err     error
		asked   []string
		notices bool
	}{
		"refused when read":       {readVariable, errRefused, []string{readVariable}, true},
		"unreachable when read":   {readVariable, errGitHub, []string{readVariable}, false},
		"refused when proven":     {writeVariable, errRefused, []string{readVariable, writeVariable}, true},
		"unreachable when proven": {writeVariable, errGitHub, []string{readVariable, writeVariable}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.github(t).answers[c.words] = []error{c.err}
			r := w.run(t)
			expect(t, r, loop.Promoted, loop.ExitOK)
			w.hub.expectAsked(t, c.asked...)
			said := append(slices.Clone(r.Notices), r.Warnings...)
			if len(said) != 1 || !strings.Contains(said[0], "state: the registry's record alone") || !strings.Contains(said[0], c.err.Error()) || (len(r.Notices) == 1) != c.notices {
				t.Errorf("notices %q, warnings %q, expected one, a notice: %t", r.Notices, r.Warnings, c.notices)
			}
			if w.remembered(t).LastPromotion == nil || w.hub.variable != "" {
				t.Errorf("state %+v, variable %q, expected the promotion in the tag alone", w.remembered(t), w.hub.variable)
			}
		})
	}
}

// Without a repository there is nothing to mirror to, and nothing to say.
func TestStateAutoWithoutRepository(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.run(t)
	expect(t, r, loop.Promoted, loop.ExitOK)
	if len(r.Warnings) > 0 || len(r.Notices) > 0 {
		t.Errorf("warnings %q, notices %q, expected none", r.Warnings, r.Notices)
	}
}

// The fake panics where it is asked for a variable with state: registry.
func TestStateRegistryNeverAsksGitHub(t *testing.T) {
	t.Parallel()
	for _, mode := range []inputs.Mode{inputs.ModeRun, inputs.ModeTrigger, inputs.ModeGate, inputs.ModePromote, inputs.ModeRollback} {
		w := newWorld(t)
		w.github(t)
		if mode != inputs.ModeRun {
			w.register("8", "")
		}
		r := w.do(t.Context(), mode, func(in *inputs.Inputs) {
			in.State, in.Force = inputs.StateRegistry, true
			if mode != inputs.ModeRun {
				in.ChallengerVersion = "8"
			}
		})
		if r.Exit != loop.ExitOK || len(r.Warnings) > 0 {
			t.Errorf("%s: exit %d (%v), warnings %q", mode, r.Exit, r.Err, r.Warnings)
		}
		w.hub.expectAsked(t)
	}
}

// After the flip the registry's record holds the cooldown: a variable that
// cannot be written is a warning, and the next run mends it.
func TestNextRunMendsTheVariable(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"unreachable": errGitHub, "refused": errRefused} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.github(t).answers[writeVariable] = []error{nil, err}
			r := w.run(t)
			expect(t, r, loop.Promoted, loop.ExitOK)
			if !r.Promoted || !warned(r, "the variable CT_STATE_CHURN is behind the registry's record") || !warned(r, err.Error()) {
				t.Errorf("promoted %t, warnings %q, expected one about the variable", r.Promoted, r.Warnings)
			}
			if w.remembered(t).LastPromotion == nil || strings.Contains(w.hub.variable, "last_promotion") {
				t.Errorf("state %+v, variable %s", w.remembered(t), w.hub.variable)
			}
			wrote := len(w.wrote)
			expect(t, w.tick(t), loop.Skipped, loop.ExitOK)
			w.mirrored(t)
			w.hub.expectAsked(t, readVariable, writeVariable)
			if len(w.wrote) != wrote {
				t.Errorf("mending the variable wrote %q to the registry", w.wrote[wrote:])
			}
		})
	}
}

// An interrupted promotion ends what it began in the registry and leaves the
// variable to the next run.
func TestInterruptedBeforeTheVariable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.github(t)
	w.rememberAt(state.State{}, day)
	w.hub.variable = w.model.Tags[promote.TagState]
	ctx, cancel := context.WithCancelCause(t.Context())
	w.before[setPromotedAt] = func() { cancel(signal(loop.ExitTerminated)) }
	r := w.gate(ctx)
	if !r.Promoted || !warned(r, "the next run mends it") {
		t.Errorf("promoted %t, warnings %q", r.Promoted, r.Warnings)
	}
	expect(t, w.tick(t), loop.Skipped, loop.ExitOK)
	w.mirrored(t)
}

// Another run writes the record between this one's readings of the tag and of
// the variable: neither its record is lost nor is its variable called newer.
func TestVariableOfARunInBetween(t *testing.T) {
	t.Parallel()
	t.Run("both written", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		g := w.github(t)
		w.rememberAt(state.State{}, 10*day)
		g.variable = w.model.Tags[promote.TagState]
		g.before[readVariable] = func() {
			w.remember(w.promotedBy(0, time.Time{}))
			g.variable = w.model.Tags[promote.TagState]
		}
		r := w.tick(t)
		expect(t, r, loop.Skipped, loop.ExitOK)
		if len(w.wrote) > 0 || len(r.Notices) > 0 {
			t.Errorf("wrote %q, notices %q, expected none: the tag says what the variable says", w.wrote, r.Notices)
		}
	})
	t.Run("tag of a newer release", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		g := w.github(t)
		w.rememberAt(state.State{}, 10*day)
		g.keep(w.promotedBy(20*day, w.clock.now))
		g.before[readVariable] = func() { w.model.Tags[promote.TagState] = `{"schema":2,"model":"churn"}` }
		expect(t, w.gate(t.Context()), loop.Failed, loop.ExitFailed, "tag ct.state of churn", "schema 2")
		if len(w.wrote) > 0 {
			t.Errorf("wrote %q, expected nothing", w.wrote)
		}
		w.hub.expectAsked(t, readVariable)
	})
	t.Run("tag written", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		g := w.github(t)
		w.rememberAt(state.State{}, 10*day)
		g.keep(state.State{UpdatedAt: w.clock.now.Add(-time.Hour)})
		g.before[readVariable] = func() { w.remember(w.promotedBy(0, time.Time{})) }
		expect(t, w.tick(t), loop.Skipped, loop.ExitOK)
		if s := w.remembered(t); s.LastPromotion == nil {
			t.Errorf("state %+v, expected the promotion that another run recorded meanwhile", s)
		}
		w.mirrored(t)
	})
}

// A rollback reads the variable once it is done. Where that was newer than the
// tag, it is the record, and the rollback is added to it.
func TestRollbackAddsItselfToANewerVariable(t *testing.T) {
	t.Parallel()
	for name, old := range map[string]*state.Event{
		"first rollback": nil, "another before": {At: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), From: "5", To: "4", Decision: "old"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			g := w.github(t)
			w.rememberAt(state.State{LastRollback: old}, 10*day)
			g.keep(w.promotedBy(2*day, w.clock.now.Add(-time.Hour)))
			r := w.rollback(t)
			expect(t, r, loop.RolledBack, loop.ExitOK)
			w.rolledBack(t)
			s := w.remembered(t)
			if s.LastPromotion == nil || s.LastPromotion.Decision != "kept" || s.Holdout == nil || s.Holdout.Uses != 3 {
				t.Errorf("state %+v, expected what the variable had kept", s)
			}
			if s.LastRollback == nil || s.LastRollback.Decision != r.DecisionID || s.LastRollback.From != "7" {
				t.Errorf("last rollback %+v, expected this one", s.LastRollback)
			}
			w.mirrored(t)
		})
	}
}

// A rollback follows all that is on record, however far behind another runner's clock
// its own is: the version stays out of service, and the next run drops nothing.
func TestRollbackFollowsWhatAFasterClockRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rememberAt(state.State{}, time.Hour)
	ahead := state.Event{At: w.clock.now.Add(5 * time.Minute).UTC().Truncate(time.Second), From: "6", To: "7", Decision: "ahead"}
	w.github(t).keep(state.State{UpdatedAt: w.clock.now.Add(-2 * time.Hour), LastPromotion: &ahead, LastRollback: &ahead})
	r := w.rollback(t)
	expect(t, r, loop.RolledBack, loop.ExitOK)
	w.mirrored(t)
	w.tick(t)
	if s := w.remembered(t); s.LastRollback.Decision != r.DecisionID || s.TakenBack("7") == nil {
		t.Errorf("last rollback %+v, expected this one, and v7 out of service", s.LastRollback)
	}
}

// A promotion that only the tag knows of stays on record, however new the
// variable is.
func TestRollbackKeepsThePromotionOfTheTag(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rememberAt(w.promotedBy(2*day, time.Time{}), 2*day)
	w.github(t).keep(state.State{UpdatedAt: w.clock.now.Add(-time.Hour)})
	r := w.rollback(t)
	expect(t, r, loop.RolledBack, loop.ExitOK)
	if s := w.remembered(t); s.LastPromotion == nil || s.LastRollback == nil || s.LastRollback.Decision != r.DecisionID {
		t.Errorf("state %+v, expected the tag's promotion and this rollback", s)
	}
	w.mirrored(t)
}

// The registry fails at one of the two records that a rollback writes.
func TestRollbackRecordsHalf(t *testing.T) {
	t.Parallel()
	half := func(t *testing.T) (w *world, variable string) {
		w = newWorld(t)
		w.rememberAt(state.State{LastRollback: &state.Event{From: "5", To: "4", Decision: "old"}}, 10*day)
		newer := w.promotedBy(2*day, w.clock.now.Add(-time.Hour))
		newer.LastRollback = &state.Event{From: "4", To: "3", Decision: "newer"}
		w.github(t).keep(newer)
		return w, w.hub.variable
	}
	t.Run("not its own", func(t *testing.T) {
		t.Parallel()
		w, variable := half(t)
		w.faults[setState] = fault{err: errDown}
		w.hub.before[readVariable] = func() { clear(w.faults) }
		r := w.rollback(t)
		expect(t, r, loop.RolledBack, loop.ExitFailed, errDown.Error(), "the journal is kept")
		if s := w.remembered(t); s.LastRollback.Decision == r.DecisionID || w.hub.variable != variable {
			t.Errorf("state %+v, variable %s; expected both as they were: this rollback is the journal's to record", s, w.hub.variable)
		}
		expect(t, w.rollback(t), loop.RolledBack, loop.ExitOK)
		if s := w.remembered(t); s.LastPromotion == nil || s.LastRollback.Decision != r.DecisionID {
			t.Errorf("state %+v, expected the finished rollback on record", s)
		}
		w.mirrored(t)
	})
	t.Run("not the newer one", func(t *testing.T) {
		t.Parallel()
		w, variable := half(t)
		w.hub.before[readVariable] = func() { w.faults[setState] = fault{err: errDown} }
		r := w.rollback(t)
		expect(t, r, loop.RolledBack, loop.ExitOK)
		if w.hub.variable != variable || !warned(r, "the variable CT_STATE_CHURN is newer than the registry's record, which could not be overwritten") {
			t.Errorf("the variable is %s, warnings %q; expected it to stay, and a warning", w.hub.variable, r.Warnings)
		}
	})
}

// An older variable has nothing to add.
func TestRollbackOverwritesAnOlderVariable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.github(t)
	w.remember(w.promotedBy(2*day, time.Time{}))
	g.keep(state.State{UpdatedAt: w.clock.now.Add(-10 * day), Holdout: &state.Holdout{SHA256: otherDigest, Uses: 7}})
	expect(t, w.rollback(t), loop.RolledBack, loop.ExitOK)
	if s := w.remembered(t); s.Holdout.SHA256 != digest || s.LastRollback == nil || s.LastPromotion == nil {
		t.Errorf("state %+v, expected the tag's, with the rollback", s)
	}
	w.mirrored(t)
}

func TestRollbackWithGitHubDown(t *testing.T) {
	t.Parallel()
	t.Run("answering errors", func(t *testing.T) {
		t.Parallel()
		for words, err := range map[string]error{readVariable: errGitHub, writeVariable: errRefused} {
			w := newWorld(t)
			w.github(t).answers[words] = []error{err}
			r := w.rollback(t)
			expect(t, r, loop.RolledBack, loop.ExitOK)
			w.rolledBack(t)
			w.journalKept(t, false)
			if !warned(r, err.Error()) || w.remembered(t).LastRollback == nil {
				t.Errorf("warnings %q, state %+v, expected one about GitHub, and the rollback on record", r.Warnings, w.remembered(t))
			}
		}
	})
	t.Run("answering nothing", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.github(t)
			began := time.Now()
			w.hub.before[readVariable] = func() { time.Sleep(time.Minute) } // outlives any patience
			r := w.rollback(t)
			expect(t, r, loop.RolledBack, loop.ExitOK)
			w.rolledBack(t)
			if !warned(r, context.DeadlineExceeded.Error()) {
				t.Errorf("after %s: warnings %q, expected one that GitHub did not answer in time", time.Since(began), r.Warnings)
			}
		})
	})
}

// A rollback that is refused, or only planned, is nobody's business.
func TestRollbackThatDoesNothingAsksNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.github(t)
	r := w.do(t.Context(), inputs.ModeRollback, func(in *inputs.Inputs) { in.DryRun = true })
	expect(t, r, loop.Skipped, loop.ExitOK)
	w.hub.expectAsked(t)
	delete(w.model.Aliases, "previous")
	expect(t, w.rollback(t), loop.Refused, loop.ExitFailed, "nothing to roll back to")
	w.hub.expectAsked(t)
}

// A recovery, or a run on a clock that is behind, writes a record that counts:
// the variable of before is not taken for the newer one.
func TestRecordNeverGrowsOlder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		run     func(w *world) *loop.Report
		updated time.Duration // of the record on both sides, from now
		to      string
	}{
		"recovered promotion": {func(w *world) *loop.Report {
			w.register("9", "")
			w.occupy(promote.Promotion, "7", "9", time.Hour)
			w.model.Aliases["champion"], w.model.Aliases["previous"] = "9", "7"
			return w.gate(context.Background())
		}, -time.Minute, "9"},
		"promotion on a slow clock": {func(w *world) *loop.Report { return w.gate(context.Background()) }, 5 * time.Minute, "8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.rememberAt(state.State{}, -c.updated)
			w.github(t).variable = w.model.Tags[promote.TagState]
			w.hub.answers[writeVariable] = []error{errGitHub}
			expect(t, c.run(w), loop.Promoted, loop.ExitOK)
			expect(t, w.tick(t), loop.Skipped, loop.ExitOK)
			if s := w.remembered(t); s.LastPromotion == nil || s.LastPromotion.To != c.to {
				t.Errorf("state %+v, expected the promotion of v%s to stay on record", s, c.to)
			}
			w.mirrored(t)
		})
	}
	t.Run("flag on a slow clock", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.worsen()
		w.rememberAt(state.State{Holdout: &state.Holdout{SHA256: digest, Uses: 3}}, -5*time.Minute)
		w.github(t).variable = w.model.Tags[promote.TagState]
		w.hub.answers[writeVariable] = []error{errGitHub}
		expect(t, w.gate(t.Context()), loop.Flagged, loop.ExitFlagged)
		expect(t, w.tick(t), loop.Skipped, loop.ExitOK)
		if s := w.remembered(t); s.Holdout.Uses != 4 {
			t.Errorf("holdout on record %+v, expected its fourth use to stay", s.Holdout)
		}
	})
}

// The newest promotion of any record that can be read counts, whichever record
// is the newer one, and stays on it.
func TestCooldownCountsBothRecords(t *testing.T) {
	t.Parallel()
	const never = 0
	for name, c := range map[string]struct {
		tag, variable time.Duration // since the last promotion that each knows
		newer         string
	}{
		"newer tag, promotion in the variable alone": {never, 2 * day, "tag"},
		"newer tag, later promotion in the variable": {5 * day, 2 * day, "tag"},
		"newer tag, later promotion in it":           {2 * day, 5 * day, "tag"},
		"newer variable, promotion in the tag alone": {2 * day, never, "variable"},
		"newer variable, later promotion in the tag": {2 * day, 5 * day, "variable"},
		"newer variable, later promotion in it":      {5 * day, 2 * day, "variable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.worsen()
			record := func(ago time.Duration, name string) state.State {
				s := w.promotedBy(ago, w.clock.now.Add(-2*time.Hour))
				if ago == never {
					s.LastPromotion = nil
				}
				if name == c.newer {
					s.UpdatedAt = w.clock.now.Add(-time.Hour)
				}
				return s
			}
			w.github(t).keep(record(c.variable, "variable"))
			tag := record(c.tag, "tag")
			w.rememberAt(tag, w.clock.now.Sub(tag.UpdatedAt))
			r := w.gate(t.Context())
			expect(t, r, loop.Flagged, loop.ExitFlagged)
			if s := w.remembered(t); r.Cooldown.Elapsed != 2*day || s.LastPromotion == nil || w.clock.now.Sub(s.LastPromotion.At) != 2*day {
				t.Errorf("cooldown %+v, state %+v; expected the promotion 2 days ago to count and to stay on record", r.Cooldown, s)
			}
			w.mirrored(t)
		})
	}
}

// A run that judges nothing keeps the variable's promotion too.
func TestLaterPromotionOfTheVariableIsKept(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(*world) *loop.Report{
		"quiet tick":      func(w *world) *loop.Report { return w.tick(t) },
		"failed training": func(w *world) *loop.Report { w.training = func(string) {}; return w.run(t) },
	} {
		w := newWorld(t)
		kept := w.promotedBy(2*day, w.clock.now.Add(-2*time.Hour))
		w.github(t).keep(kept)
		kept.LastPromotion = nil
		w.rememberAt(kept, time.Hour)
		run(w)
		if s := w.remembered(t); s.LastPromotion == nil {
			t.Errorf("%s: state %+v, expected the promotion that the variable alone knew of", name, s)
		}
		w.mirrored(t)
	}
}

// What an older variable alone knows counts, and stays on record: whichever run
// finds it, and also where the tag cannot be written.
func TestOlderVariableAdds(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]inputs.Mode{"gate": inputs.ModeGate, "rollback": inputs.ModeRollback} {
		for _, down := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, tag unwritable: %t", name, down), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.register("8", "")
				w.rememberAt(state.State{Holdout: &state.Holdout{SHA256: digest, Uses: 1}}, time.Hour)
				kept := w.promotedBy(2*day, w.clock.now.Add(-2*time.Hour))
				kept.Holdout = &state.Holdout{SHA256: digest, Uses: 9}
				w.github(t).keep(kept)
				variable := w.hub.variable
				if down {
					w.hub.before[readVariable] = func() { w.faults[setState] = fault{err: errDown} }
				}
				r := w.do(t.Context(), mode, func(in *inputs.Inputs) { in.ChallengerVersion = "8" })
				if down {
					if w.hub.variable != variable {
						t.Errorf("%s: the variable is %s, expected it to stay %s: what it says is nowhere else", r.Outcome, w.hub.variable, variable)
					}
					return
				}
				if s := w.remembered(t); s.LastPromotion == nil || s.LastPromotion.Decision != "kept" || s.Holdout.Uses < 9 {
					t.Errorf("%s (%v): state %+v, expected the variable's promotion and uses", r.Outcome, r.Err, s)
				}
				w.mirrored(t)
			})
		}
	}
}

// More uses of the holdout are not forgotten with the budget that they were of,
// and the run says where it knows them from.
func TestUsesThatTheVariableKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rememberAt(state.State{Holdout: &state.Holdout{SHA256: digest, Uses: 1}}, time.Hour)
	w.github(t).keep(state.State{UpdatedAt: w.clock.now.Add(-2 * time.Hour), Holdout: &state.Holdout{SHA256: digest, Uses: 9}})
	w.register("8", "")
	r := w.do(t.Context(), inputs.ModeGate, func(in *inputs.Inputs) { in.ChallengerVersion, in.HoldoutBudget = "8", 9 })
	expect(t, r, loop.Flagged, loop.ExitFlagged)
	if r.Holdout.Uses != 10 || r.Verdict.Check(gate.CheckBudget).Status == gate.Passed || !noticed(r, "tells of 9 uses of the holdout, more than the registry's record") {
		t.Errorf("use %d, checks %+v, notices %q; expected the tenth to be over the budget", r.Holdout.Uses, r.Verdict.Checks, r.Notices)
	}
	w.mirrored(t)
}

// A dry run may read, and writes to nobody: the fake panics where it does.
func TestDryRunTellsGitHubNothing(t *testing.T) {
	t.Parallel()
	const (
		set    = "PATCH /repos/octo/churn/actions/variables/CT_STATE_CHURN"
		deploy = "POST /repos/octo/churn/actions/workflows/deploy.yml/dispatches"
		issue  = "POST /repos/octo/churn/issues"
	)
	for name, c := range map[string]struct {
		mode  inputs.Mode
		worse bool
		plan  []string
		not   []string
	}{
		"run":                     {inputs.ModeRun, false, []string{set, deploy}, []string{issue}},
		"gate that would promote": {inputs.ModeGate, false, []string{set, deploy}, []string{issue}},
		"gate that would flag":    {inputs.ModeGate, true, []string{set, issue}, []string{deploy}},
		"promote":                 {inputs.ModePromote, false, []string{set, deploy}, []string{issue}},
		"rollback":                {inputs.ModeRollback, false, []string{deploy}, []string{issue}},
		"trigger":                 {inputs.ModeTrigger, false, nil, []string{set, issue, deploy}},
		"release":                 {inputs.ModeRelease, false, nil, []string{issue, deploy}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.github(t).keep(state.State{UpdatedAt: w.clock.now.Add(-day)})
			w.register("8", "")
			w.remember(state.State{})
			tags := maps.Clone(w.model.Tags)
			if c.worse {
				w.worsen()
			}
			if c.mode == inputs.ModeRelease {
				w.versions["8"].Tags[promote.TagQuarantined] = "true"
			}
			r := w.do(t.Context(), c.mode, func(in *inputs.Inputs) {
				in.DryRun, in.Force, in.ReviewIssue, in.Override, in.OnFlag = true, true, true, true, inputs.OnFlagWarn
				in.ChallengerVersion, in.Reason, in.DeployWorkflow = "8", "why", "deploy.yml"
			})
			if r.Exit != loop.ExitOK || len(w.wrote) > 0 || !maps.Equal(tags, w.model.Tags) {
				t.Errorf("%s, exit %d (%v), wrote %q", r.Outcome, r.Exit, r.Err, w.wrote)
			}
			for _, want := range c.plan {
				if !slices.Contains(r.Requests, want) {
					t.Errorf("requests %q, expected %s among them", r.Requests, want)
				}
			}
			for _, not := range c.not {
				if slices.Contains(r.Requests, not) {
					t.Errorf("requests %q, expected no %s", r.Requests, not)
				}
			}
		})
	}
}
