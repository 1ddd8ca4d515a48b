package loop_test

import (
	"slices"
	"testing"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
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

// TestDryRunRefuses: what the real run refuses before it trains, scores or
// moves anything, a dry run refuses alike.
func TestDryRunRefuses(t *testing.T) {
	t.Parallel()
	trained := func(in *inputs.Inputs) { in.ChallengerVersion = "" }
	for name, c := range map[string]struct {
		modes  []inputs.Mode
		broken func(w *world)
		set    func(*inputs.Inputs)
	}{
		"no holdout":             {modes: []inputs.Mode{inputs.ModeRun}, set: trained, broken: func(w *world) { delete(w.files, "data/holdout.csv") }},
		"no holdout for a gate":  {modes: []inputs.Mode{inputs.ModeRun, inputs.ModeGate}, broken: func(w *world) { delete(w.files, "data/holdout.csv") }},
		"no target column":       {modes: []inputs.Mode{inputs.ModeRun}, set: func(in *inputs.Inputs) { in.ChallengerVersion, in.TargetColumn = "", "churned" }},
		"no positive class":      {modes: []inputs.Mode{inputs.ModeRun}, set: func(in *inputs.Inputs) { in.ChallengerVersion, in.PositiveClass = "", "yes" }},
		"no weight column":       {modes: []inputs.Mode{inputs.ModeRun}, set: func(in *inputs.Inputs) { in.ChallengerVersion, in.WeightColumn = "", "w" }},
		"no group column":        {modes: []inputs.Mode{inputs.ModeRun, inputs.ModeGate}, set: func(in *inputs.Inputs) { in.GroupColumn = "customer" }},
		"no id column":           {modes: []inputs.Mode{inputs.ModeRun, inputs.ModeGate}, set: func(in *inputs.Inputs) { in.IDColumn = "customer" }},
		"another holdout pinned": {modes: []inputs.Mode{inputs.ModeRun}, set: func(in *inputs.Inputs) { in.ChallengerVersion, in.HoldoutSHA256 = "", otherDigest }},
		"an unreadable state": {modes: []inputs.Mode{inputs.ModeRun, inputs.ModeGate, inputs.ModePromote, inputs.ModeRelease}, set: trained,
			broken: func(w *world) { w.model.Tags[promote.TagState] = "not JSON" }},
		"an unreadable journal": {modes: []inputs.Mode{inputs.ModeRun, inputs.ModeGate, inputs.ModePromote, inputs.ModeRelease},
			broken: func(w *world) { w.model.Tags[promote.TagJournal] = "not JSON" }},
		"no variable": {modes: []inputs.Mode{inputs.ModeRun, inputs.ModeGate, inputs.ModePromote, inputs.ModeRelease},
			set: func(in *inputs.Inputs) { in.State = inputs.StateVariable }},
		"no such version": {modes: []inputs.Mode{inputs.ModeRun, inputs.ModeGate, inputs.ModePromote, inputs.ModeRelease},
			set: func(in *inputs.Inputs) { in.ChallengerVersion = "99" }},
		"no such model": {modes: []inputs.Mode{inputs.ModeGate, inputs.ModeRollback, inputs.ModePromote, inputs.ModeRelease},
			broken: func(w *world) { w.model.Name = "" }},
		"no @previous":      {modes: []inputs.Mode{inputs.ModeRollback}, broken: func(w *world) { delete(w.model.Aliases, "previous") }},
		"not quarantined":   {modes: []inputs.Mode{inputs.ModeRelease}},
		"a quarantined one": {modes: []inputs.Mode{inputs.ModePromote}, broken: func(w *world) { w.versions["8"].Tags[promote.TagQuarantined] = "true" }},
	} {
		for _, mode := range c.modes {
			t.Run(name+"/"+string(mode), func(t *testing.T) {
				t.Parallel()
				var reports [2]*loop.Report
				for i, dry := range []bool{false, true} {
					w := newWorld(t)
					w.register("8", "")
					if c.broken != nil {
						c.broken(w)
					}
					reports[i] = w.do(t.Context(), mode, func(in *inputs.Inputs) {
						in.DryRun, in.Force, in.ChallengerVersion, in.Reason = dry, true, "8", "why"
						if c.set != nil {
							c.set(in)
						}
					})
					if w.trained > 0 || len(w.wrote) > 0 {
						t.Errorf("dry run %t: trained %d times, wrote %q; expected nothing", dry, w.trained, w.wrote)
					}
				}
				expect(t, reports[1], reports[0].Outcome, reports[0].Exit, reports[0].Err.Error())
				if reports[0].Exit == loop.ExitOK {
					t.Errorf("the real run: %s, expected to be refused", reports[0].Outcome)
				}
			})
		}
	}
}

// TestHoldoutIsForetold: what the gate will hold against any challenger is said
// before one is trained, and only then.
func TestHoldoutIsForetold(t *testing.T) {
	t.Parallel()
	const told = "whatever is trained now will be flagged"
	for name, c := range map[string]struct {
		holdout *state.Holdout
		set     func(*inputs.Inputs)
		want    string
	}{
		"the same":  {holdout: &state.Holdout{SHA256: digest, Uses: 3}},
		"the first": {},
		"changed":   {holdout: &state.Holdout{SHA256: otherDigest, Uses: 3}, want: "accepted with holdout-sha256: " + digest},
		"accepted":  {holdout: &state.Holdout{SHA256: otherDigest, Uses: 3}, set: func(in *inputs.Inputs) { in.HoldoutSHA256 = digest }},
		"used up":   {holdout: &state.Holdout{SHA256: digest, Uses: 3}, set: func(in *inputs.Inputs) { in.HoldoutBudget = 3 }, want: "holdout budget: use 4 of 3"},
		"no segment": {set: func(in *inputs.Inputs) {
			in.Requirements = []gate.Requirement{{Name: "auc", Metric: "auc", GreaterIsBetter: true, Segments: []gate.SegmentBy{{Columns: []string{"contract"}}},
				Conditions: []gate.Condition{{Kind: gate.Threshold, Limit: metrics.MustDecimal("0.5")}}}}
		}, want: `auc: the holdout has no column "contract"`},
		"not yet used up": {holdout: &state.Holdout{SHA256: digest, Uses: 2}, set: func(in *inputs.Inputs) { in.HoldoutBudget = 3 }},
	} {
		for _, dry := range []bool{true, false} {
			w := newWorld(t)
			if c.holdout != nil {
				w.remember(state.State{Holdout: c.holdout})
			}
			before := []string{}
			w.training = func(attempt string) { before = append(before, attempt); w.register("8", attempt) }
			r := w.do(t.Context(), inputs.ModeRun, func(in *inputs.Inputs) {
				in.Force, in.DryRun = true, dry
				if c.set != nil {
					c.set(in)
				}
			})
			if (c.want != "" || warned(r, told)) && !warned(r, c.want+": "+told) && !warned(r, c.want+"; judge on a fresh holdout") {
				t.Errorf("%s, dry run %t: warnings %q, expected %q", name, dry, r.Warnings, c.want)
			}
			if (c.want != "") != warned(r, told) {
				t.Errorf("%s, dry run %t: warnings %q, expected one: %t", name, dry, r.Warnings, c.want != "")
			}
			if !dry && (c.want != "") != (r.Outcome == loop.Flagged) {
				t.Errorf("%s: %s after the warnings %q", name, r.Outcome, r.Warnings)
			}
		}
	}
}
