package loop_test

import (
	"slices"
	"testing"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
)

func TestUnknownModel(t *testing.T) {
	t.Parallel()
	for _, mode := range []inputs.Mode{inputs.ModeGate, inputs.ModeRelease, inputs.ModePromote, inputs.ModeRollback} {
		w := newWorld(t)
		w.model.Name = ""
		w.similar = []string{"churn-eu", "churn-us"}
		r := w.do(t.Context(), mode, func(in *inputs.Inputs) { in.ChallengerVersion = "8" })
		expect(t, r, loop.Failed, loop.ExitFailed, `registered model "churn"`, "did you mean churn-eu, churn-us?")
	}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set     func(w *world, in *inputs.Inputs)
		outcome loop.Outcome
		texts   []string
	}{
		"worse than the champion": {func(w *world, in *inputs.Inputs) { w.scores["8"] = []string{"0.9", "0.9", "0.1", "0.1"} }, loop.Released, nil},
		"would be promoted again": {func(*world, *inputs.Inputs) {}, loop.Refused, []string{"would promote v8 again"}},
		"override":                {func(_ *world, in *inputs.Inputs) { in.Override, in.Reason = true, "why" }, loop.Released, nil},
		"not quarantined":         {func(w *world, _ *inputs.Inputs) { delete(w.versions["8"].Tags, promote.TagQuarantined) }, loop.Refused, []string{"v8 is not quarantined"}},
		"no such version":         {func(w *world, _ *inputs.Inputs) { delete(w.versions, "8") }, loop.Refused, []string{"challenger-version 8"}},
		"the champion itself": {func(w *world, _ *inputs.Inputs) { w.model.Aliases["champion"] = "8" }, loop.Refused,
			[]string{"v8 is the champion itself"}},
		"unreadable state": {func(w *world, _ *inputs.Inputs) { w.model.Tags[promote.TagState] = `{"schema":2}` }, loop.Failed,
			[]string{"tag ct.state of churn", "schema 2"}},
		"override under an unreadable state": {func(w *world, in *inputs.Inputs) {
			w.model.Tags[promote.TagState] = `{"schema":2}`
			in.Override, in.Reason = true, "why"
		}, loop.Failed, []string{"tag ct.state of churn", "schema 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.register("8", "")
			w.versions["8"].Tags[promote.TagQuarantined] = "true"
			r := w.do(t.Context(), inputs.ModeRelease, func(in *inputs.Inputs) {
				in.ChallengerVersion = "8"
				c.set(w, in)
			})
			if c.outcome == loop.Released {
				expect(t, r, c.outcome, loop.ExitOK)
				if w.versions["8"].Tags[promote.TagQuarantined] != "false" || r.Released != "8" {
					t.Errorf("v8 has tags %v, released %q", w.versions["8"].Tags, r.Released)
				}
				return
			}
			expect(t, r, c.outcome, loop.ExitFailed, c.texts...)
			if len(w.wrote) > 0 {
				t.Errorf("wrote %q, expected nothing", w.wrote)
			}
		})
	}
}

// The state is written whole: a flag must not take back what another run
// recorded while this one was judging.
func TestFlagKeepsAnotherRunsRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.remember(state.State{Holdout: &state.Holdout{SHA256: digest, Uses: 3}})
	w.scores["8"] = []string{"0.9", "0.9", "0.1", "0.1"}
	w.scoring = func() {
		w.remember(state.State{
			LastPromotion: &state.Event{At: w.clock.now, From: "6", To: "7", Decision: "another"},
			Holdout:       &state.Holdout{SHA256: digest, Uses: 4},
		})
	}
	expect(t, w.gate(t.Context()), loop.Flagged, loop.ExitFlagged)
	s := w.remembered(t)
	if s.LastPromotion == nil || s.LastPromotion.Decision != "another" || s.Holdout.Uses != 5 {
		t.Errorf("state %+v, expected another run's promotion and the fifth use of the holdout", s)
	}
	if w.model.Aliases["challenger"] != "8" || w.versions["8"].Tags[promote.TagDecision] == "" {
		t.Errorf("aliases %v, tags of v8 %v, expected the flag", w.model.Aliases, w.versions["8"].Tags)
	}
}

func TestFirstChampion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status  string
		tag     string
		other   bool
		outcome loop.Outcome
		exit    int
		serving string
	}{
		"accepted":      {status: "READY", outcome: loop.Promoted, exit: loop.ExitOK, serving: "8/"},
		"not READY":     {status: "PENDING_REGISTRATION", outcome: loop.Flagged, exit: loop.ExitFlagged, serving: "/"},
		"quarantined":   {status: "READY", tag: "True", outcome: loop.Flagged, exit: loop.ExitFlagged, serving: "/"},
		"not the first": {status: "READY", other: true, outcome: loop.Flagged, exit: loop.ExitFlagged, serving: "/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			clear(w.model.Aliases)
			clear(w.versions)
			if c.other {
				w.register("7", "")
			}
			w.register("8", "")
			v := w.versions["8"]
			v.Status, v.Tags[promote.TagQuarantined] = c.status, c.tag
			w.versions["8"] = v
			r := w.do(t.Context(), inputs.ModeGate, func(in *inputs.Inputs) { in.ChallengerVersion = "8" })
			expect(t, r, c.outcome, c.exit)
			w.serving(t, c.serving)
			w.journalKept(t, false)
			if flagged := w.model.Aliases["challenger"] == "8"; flagged != (c.outcome == loop.Flagged) {
				t.Errorf("aliases %v after %s", w.model.Aliases, r.Outcome)
			}
		})
	}
}

func TestChampionAgainstItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.do(t.Context(), inputs.ModeGate, func(in *inputs.Inputs) { in.ChallengerVersion = "7" })
	expect(t, r, loop.Flagged, loop.ExitFlagged)
	if len(w.wrote) > 0 || r.Verdict.Check(gate.CheckAUC).Status == gate.Passed {
		t.Errorf("wrote %q, AUC check %+v", w.wrote, r.Verdict.Check(gate.CheckAUC))
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode    inputs.Mode
		set     func(w *world, in *inputs.Inputs)
		outcome loop.Outcome
		exit    int
		flips   []loop.Flip
		would   bool
	}{
		"run": {mode: inputs.ModeRun, outcome: loop.Triggered, set: func(_ *world, in *inputs.Inputs) { in.ChallengerVersion = "" }},
		"run of a version": {mode: inputs.ModeRun, outcome: loop.Skipped, would: true,
			flips: []loop.Flip{{Alias: "champion", From: "7", To: "8"}, {Alias: "previous", From: "6", To: "7"}}},
		"trigger": {mode: inputs.ModeTrigger, outcome: loop.Triggered},
		"gate that would promote": {mode: inputs.ModeGate, outcome: loop.Skipped, would: true,
			flips: []loop.Flip{{Alias: "champion", From: "7", To: "8"}, {Alias: "previous", From: "6", To: "7"}}},
		"gate that would flag": {mode: inputs.ModeGate, outcome: loop.Flagged, exit: loop.ExitFlagged,
			set:   func(w *world, _ *inputs.Inputs) { w.scores["8"] = w.scores["7"] },
			flips: []loop.Flip{{Alias: "challenger", To: "8"}}},
		"rollback": {mode: inputs.ModeRollback, outcome: loop.Skipped, flips: []loop.Flip{{Alias: "champion", From: "7", To: "6"}}},
		"promote": {mode: inputs.ModePromote, outcome: loop.Skipped, would: true,
			flips: []loop.Flip{{Alias: "champion", From: "7", To: "8"}, {Alias: "previous", From: "6", To: "7"}}},
		"promote on a dangling champion": {mode: inputs.ModePromote, outcome: loop.Skipped, would: true,
			set:   func(w *world, _ *inputs.Inputs) { delete(w.versions, "7") },
			flips: []loop.Flip{{Alias: "champion", From: "7", To: "8"}}},
		"release": {mode: inputs.ModeRelease, outcome: loop.Skipped, set: func(w *world, in *inputs.Inputs) {
			w.versions["8"].Tags[promote.TagQuarantined], in.Override = "true", true
		}},
		"under an unfinished journal": {mode: inputs.ModePromote, outcome: loop.Skipped, would: true,
			set:   func(w *world, _ *inputs.Inputs) { w.occupy(promote.Rollback, "7", "6", day) },
			flips: []loop.Flip{{Alias: "champion", From: "7", To: "8"}, {Alias: "previous", From: "6", To: "7"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.register("8", "")
			r := w.do(t.Context(), c.mode, func(in *inputs.Inputs) {
				in.DryRun, in.Force, in.ChallengerVersion, in.Reason = true, true, "8", "why"
				if c.set != nil {
					c.set(w, in)
				}
			})
			expect(t, r, c.outcome, c.exit)
			if !slices.Equal(r.Flips, c.flips) || r.WouldPromote != c.would || r.Promoted {
				t.Errorf("flips %v, would promote %t, promoted %t; expected %v, %t, false", r.Flips, r.WouldPromote, r.Promoted, c.flips, c.would)
			}
			if len(w.wrote) > 0 || w.trained > 0 {
				t.Errorf("wrote %q, trained %d times; expected nothing", w.wrote, w.trained)
			}
			if moves := len(c.flips) > 0 || c.mode == inputs.ModeRelease; moves != (len(r.Requests) > 0) {
				t.Errorf("requests %q, expected some: %t", r.Requests, moves)
			}
		})
	}
}
