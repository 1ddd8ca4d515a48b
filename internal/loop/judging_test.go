package loop_test

import (
	"testing"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
)

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
