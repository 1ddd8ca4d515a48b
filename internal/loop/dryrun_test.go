package loop_test

import (
	"slices"
	"testing"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
)

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
