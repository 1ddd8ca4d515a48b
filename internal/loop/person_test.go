package loop_test

import (
	"testing"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
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
