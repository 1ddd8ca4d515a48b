package loop_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
)

// move is a move of @champion on record, so many hours ago.
func (w *world) move(hours int, from, to string) *state.Event {
	return &state.Event{At: w.clock.now.Add(-time.Duration(hours) * time.Hour), From: from, To: to, Decision: "d-" + to}
}

// What the registry shows, what the record knows, and whether anything is
// trained. Whatever is refused has trained and written nothing, in a dry run as
// in a real one.
func TestDoubt(t *testing.T) {
	t.Parallel()
	empty := func(w *world) { clear(w.model.Aliases); clear(w.versions) }
	none := func(w *world) { empty(w); w.model.Name = "" }
	first := func(in *inputs.Inputs) { in.First = true }
	for name, c := range map[string]struct {
		prepare  func(w *world)
		set      func(in *inputs.Inputs)
		variable func(w *world) *state.State
		want     []string // of the refusal; nil: it trains and promotes
	}{
		"a new model":                       {none, nil, nil, nil},
		"a new model, said to be":           {none, first, nil, nil},
		"a model without versions":          {empty, nil, nil, nil},
		"a misspelt name":                   {func(w *world) { none(w); w.similar = []string{"chrun", "churn-2"} }, nil, nil, []string{`registered model "churn"`, "did you mean chrun, churn-2? begin a new model with --first"}},
		"a new model with a similar name":   {func(w *world) { none(w); w.similar = []string{"chrun"} }, first, nil, nil},
		"names cannot be listed":            {func(w *world) { none(w); w.listing = errDown }, nil, nil, []string{errDown.Error(), "--first"}},
		"names cannot be listed, and first": {func(w *world) { none(w); w.listing = errDown }, first, nil, nil},
		"an emptied registry, by variable": {none, nil, func(w *world) *state.State { return &state.State{LastPromotion: w.move(300, "3", "4")} },
			[]string{"v4 was promoted at 2026-11-11T00:00:00Z (decision d-4), as the variable CT_STATE_CHURN tells", "--first"}},
		"an emptied model, by its own tag": {func(w *world) { empty(w); w.remember(state.State{LastRollback: w.move(300, "4", "3")}) }, nil, nil,
			[]string{"v3 was rolled back to at", "as the tag ct.state tells"}},
		"an emptied registry, and first": {none, first, func(w *world) *state.State { return &state.State{LastPromotion: w.move(300, "3", "4")} }, nil},
		"first, and there is a champion": {func(*world) {}, first, nil, []string{"first: churn has @champion v7", "remove first"}},
		"a backup restored": {func(*world) {}, nil, func(w *world) *state.State {
			return &state.State{LastPromotion: w.move(500, "6", "7"), LastRollback: w.move(300, "7", "6")}
		}, []string{"@champion is v7, which was rolled back from at 2026-11-11T00:00:00Z (decision d-6), as the variable CT_STATE_CHURN tells", "rollback --model-name churn --rollback-to 6", "release --model-name churn --challenger-version 7"}},
		"a backup restored, released since": {func(w *world) { w.versions["7"].Tags[promote.TagQuarantined] = "false" }, nil, func(w *world) *state.State {
			return &state.State{LastRollback: w.move(300, "7", "6")}
		}, nil},
		"rolled back, promoted again since": {func(*world) {}, nil, func(w *world) *state.State {
			return &state.State{LastRollback: w.move(400, "7", "6"), LastPromotion: w.move(300, "6", "7")}
		}, nil},
		"the quarantined version serves again": {func(w *world) {
			w.remember(state.State{LastRollback: w.move(300, "7", "6")})
			w.versions["7"].Tags[promote.TagQuarantined] = "true"
		}, nil, nil, []string{"@champion is v7, which was rolled back from", "as the tag ct.state tells"}},
		"moved back by hand, tag and all": {func(w *world) { w.remember(state.State{LastRollback: w.move(300, "7", "6")}) }, nil, nil, nil},
		"moved by hand to an older one":   {func(w *world) { w.remember(state.State{LastPromotion: w.move(300, "7", "8")}); w.register("8", "") }, nil, nil, nil},
		"the recorded one was deleted":    {func(w *world) { w.remember(state.State{LastPromotion: w.move(300, "7", "9")}) }, nil, nil, nil},
		"another registry, or an older backup": {func(*world) {}, nil, func(w *world) *state.State { return &state.State{LastPromotion: w.move(300, "16", "17")} },
			[]string{"the newest version of churn in this registry is v7", "v17 was promoted"}},
		"only the tag was lost": {func(*world) {}, nil, func(w *world) *state.State { return &state.State{LastPromotion: w.move(300, "6", "7")} }, nil},
	} {
		for _, dry := range []bool{false, true} {
			w := newWorld(t)
			c.prepare(w)
			if c.variable != nil {
				s := c.variable(w)
				s.UpdatedAt = w.clock.now.Add(-time.Hour)
				w.github(t).keep(*s)
			}
			trained := false
			w.training = func(attempt string) {
				trained = true
				w.model.Name = "churn"
				number := "8"
				if _, taken := w.versions[number]; taken {
					number = "9"
				}
				w.register(number, attempt)
			}
			r := w.do(t.Context(), inputs.ModeRun, func(in *inputs.Inputs) {
				in.Force, in.DryRun = true, dry
				if c.set != nil {
					c.set(in)
				}
			})
			switch {
			case c.want != nil:
				outcome := loop.Refused
				if w.listing != nil {
					outcome = loop.Failed
				}
				expect(t, r, outcome, loop.ExitFailed, c.want...)
				if trained || len(w.wrote) > 0 {
					t.Errorf("%s: trained %t, wrote %q", name, trained, w.wrote)
				}
			case dry:
				expect(t, r, loop.Triggered, loop.ExitOK)
			default:
				expect(t, r, loop.Promoted, loop.ExitOK)
			}
			if t.Failed() {
				t.Fatalf("in %q, dry run %t", name, dry)
			}
		}
	}
}

// A version that somebody registers into an emptied registry does not become
// its champion through the gate either.
func TestGateInAnEmptiedRegistry(t *testing.T) {
	t.Parallel()
	for _, first := range []bool{false, true} {
		w := newWorld(t)
		clear(w.model.Aliases)
		clear(w.versions)
		w.github(t).keep(state.State{LastPromotion: w.move(300, "3", "4")})
		w.register("8", "")
		r := w.do(t.Context(), inputs.ModeGate, func(in *inputs.Inputs) { in.ChallengerVersion, in.First = "8", first })
		if first {
			expect(t, r, loop.Promoted, loop.ExitOK)
			continue
		}
		expect(t, r, loop.Flagged, loop.ExitFlagged)
		w.serving(t, "/")
	}
}

// Without @champion the version that the record knows is suggested, and never
// one that was taken out of service.
func TestWhichVersionIsSuggested(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(w *world)
		want    string
	}{
		"nothing is known: the newest": {func(*world) {}, "9"},
		"the one that was rolled to": {func(w *world) {
			w.remember(state.State{LastPromotion: w.move(5, "6", "7"), LastRollback: w.move(4, "7", "6")})
		}, "6"},
		"promoted since": {func(w *world) {
			w.remember(state.State{LastPromotion: w.move(3, "6", "7"), LastRollback: w.move(4, "9", "6")})
		}, "7"},
		"the recorded one is deleted": {func(w *world) {
			w.remember(state.State{LastPromotion: w.move(3, "6", "5")})
			w.model.Aliases["previous"] = "6"
		}, "6"},
		"@previous":                     {func(w *world) { w.model.Aliases["previous"] = "7" }, "7"},
		"the newest one promoted":       {func(w *world) { w.versions["7"].Tags[promote.TagPromotedAt] = "2026-11-01T00:00:00Z" }, "7"},
		"the newest is quarantined":     {func(w *world) { w.versions["9"].Tags[promote.TagQuarantined] = "bad" }, "7"},
		"rolled back, its tag was lost": {func(w *world) { w.remember(state.State{LastRollback: w.move(3, "9", "8")}) }, "7"},
		"none": {func(w *world) {
			for _, v := range w.versions {
				v.Tags[promote.TagQuarantined] = "true"
			}
		}, "N"},
	} {
		w := newWorld(t)
		clear(w.model.Aliases)
		w.register("9", "")
		c.prepare(w)
		want := "promote --model-name churn --challenger-version " + c.want + " "
		if r := w.do(t.Context(), inputs.ModeRun, nil); r.Outcome != loop.Flagged || !warned(r, want) {
			t.Errorf("%s: %s, warnings %q, expected %q", name, r.Outcome, r.Warnings, want)
		}
		if r := w.rollback(t); r.Outcome != loop.Refused || !strings.Contains(r.Err.Error(), want) {
			t.Errorf("%s: %v, expected %q", name, r.Err, want)
		}
		if slices.ContainsFunc(w.wrote, func(words string) bool { return strings.Contains(words, "champion") }) {
			t.Errorf("%s: wrote %q", name, w.wrote)
		}
	}
}

// A quarantine whose tag a restored registry has lost is lifted as any other.
// A version that was rolled back from is out of service also where a restored
// registry has lost its tag: nothing promotes it until it is released.
func TestRolledBackWithoutATag(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register("8", "")
	w.remember(state.State{LastRollback: w.move(300, "8", "7")})
	judged := func(in *inputs.Inputs) { in.ChallengerVersion, in.Reason = "8", "why" }
	expect(t, w.do(t.Context(), inputs.ModePromote, judged), loop.Refused, loop.ExitFailed, "the record says that it was rolled back", "release")
	r := w.do(t.Context(), inputs.ModeGate, judged)
	expect(t, r, loop.Flagged, loop.ExitFlagged)
	if r.Verdict.Check(gate.CheckQuarantine).Status != gate.Failed {
		t.Errorf("quarantine: %+v", r.Verdict.Check(gate.CheckQuarantine))
	}
}

func TestReleaseOfALostQuarantine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.remember(state.State{LastRollback: w.move(3, "7", "6")})
	release := func(in *inputs.Inputs) { in.ChallengerVersion, in.Override, in.Reason = "7", true, "why" }
	expect(t, w.do(t.Context(), inputs.ModeRelease, release), loop.Released, loop.ExitOK)
	expect(t, w.do(t.Context(), inputs.ModeRelease, release), loop.Refused, loop.ExitFailed, "not quarantined")
}
