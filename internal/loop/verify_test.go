package loop_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
)

var (
	errService = errors.New("GET https://churn.example/model-info: connection refused\nhint: no server listens there")

	fresh    = answer{model: "churn", alias: "champion", version: "7"}
	stale    = answer{model: "churn", alias: "champion", version: "6"}
	stranger = answer{model: "fraud", alias: "champion", version: "7"}
	silent   = answer{err: errService}
)

// verify asks a service with these answers for a minute.
func (w *world) verify(ctx context.Context, set func(in *inputs.Inputs), answers ...answer) *loop.Report {
	w.service = &service{answers: answers, before: map[int]func(){}}
	return w.verifyAgain(ctx, set)
}

func (w *world) verifyAgain(ctx context.Context, set func(in *inputs.Inputs)) *loop.Report {
	return w.do(ctx, inputs.ModeVerify, func(in *inputs.Inputs) {
		in.VerifyURL, in.VerifyTimeout = "https://user:secret@churn.example/model-info?token=secret#here", time.Minute
		if set != nil {
			set(in)
		}
	})
}

func rollsBack(in *inputs.Inputs) { in.OnVerifyFailure = inputs.OnVerifyRollback }

func TestVerify(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers []answer
		kinds   []loop.AnswerKind
		times   []int
		after   []time.Duration
		text    string // of the last answer
	}{
		"at once":                   {[]answer{fresh}, []loop.AnswerKind{loop.NewVersion}, []int{1}, []time.Duration{0}, "churn @champion v7"},
		"after a restart":           {[]answer{stale, stale, silent, silent, silent, fresh}, []loop.AnswerKind{loop.OldVersion, loop.Unreachable, loop.NewVersion}, []int{2, 3, 1}, []time.Duration{0, 4 * time.Second, 10 * time.Second}, "churn @champion v7"},
		"old between two errors":    {[]answer{silent, stale, silent, fresh}, []loop.AnswerKind{loop.Unreachable, loop.OldVersion, loop.Unreachable, loop.NewVersion}, []int{1, 1, 1, 1}, []time.Duration{0, 2 * time.Second, 4 * time.Second, 6 * time.Second}, "churn @champion v7"},
		"another model at first":    {[]answer{stranger, fresh}, []loop.AnswerKind{loop.OtherModel, loop.NewVersion}, []int{1, 1}, []time.Duration{0, 2 * time.Second}, "churn @champion v7"},
		"two old versions":          {[]answer{stale, {version: "5"}, fresh}, []loop.AnswerKind{loop.OldVersion, loop.OldVersion, loop.NewVersion}, []int{1, 1, 1}, []time.Duration{0, 2 * time.Second, 4 * time.Second}, "churn @champion v7"},
		"version alone":             {[]answer{{version: "7"}}, []loop.AnswerKind{loop.NewVersion}, []int{1}, []time.Duration{0}, "v7"},
		"alias as MLflow spells it": {[]answer{{alias: "@champion", version: "7"}}, []loop.AnswerKind{loop.NewVersion}, []int{1}, []time.Duration{0}, "@champion v7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := w.verify(t.Context(), rollsBack, c.answers...)
			expect(t, r, loop.Verified, loop.ExitOK)
			var kinds []loop.AnswerKind
			var times []int
			var after []time.Duration
			for _, a := range r.Verification.Answers {
				kinds, times, after = append(kinds, a.Kind), append(times, a.Times), append(after, a.After)
			}
			if !slices.Equal(kinds, c.kinds) || !slices.Equal(times, c.times) || !slices.Equal(after, c.after) {
				t.Errorf("answers %v, %v times after %v; expected %v, %v after %v", kinds, times, after, c.kinds, c.times, c.after)
			}
			last := r.Verification.Answers[len(r.Verification.Answers)-1]
			if last.Text != c.text || r.Verification.Served != "7" || r.Verification.Address != "https://churn.example/model-info" {
				t.Errorf("last answer %q, served %q at %s", last.Text, r.Verification.Served, r.Verification.Address)
			}
			if told := w.told[loop.Answered]; told != len(c.kinds) || len(w.wrote) > 0 || len(r.Warnings) > 0 {
				t.Errorf("told %d answers, wrote %q, warnings %q; expected %d, and nothing", told, w.wrote, r.Warnings, len(c.kinds))
			}
		})
	}
}

// The service serves the champion under a name that the next promotion will
// not move.
func TestVerifyWarnsOfAnotherAlias(t *testing.T) {
	t.Parallel()
	for alias, want := range map[string]string{
		"production": "the service loads @production, not @champion", "@previous": "the service loads @previous, not @champion",
		"Champion": "the service loads @Champion", strings.Repeat("x", 500): strings.Repeat("x", 99) + "…,",
		"champion": "", "@champion": "", "": "",
	} {
		w := newWorld(t)
		r := w.verify(t.Context(), nil, answer{alias: alias, version: "7"})
		expect(t, r, loop.Verified, loop.ExitOK)
		if (len(r.Warnings) == 0) != (want == "") || want != "" && !warned(r, want) {
			t.Errorf("alias %q: warnings %q, expected %q", alias, r.Warnings, want)
		}
	}
}

// The timeout is over when the next question would begin after it.
func TestVerifyTimeout(t *testing.T) {
	t.Parallel()
	for timeout, asked := range map[time.Duration]int{
		0: 1, time.Second: 1, 2 * time.Second: 2, 3 * time.Second: 2, 4 * time.Second: 3, time.Minute: 31, 5 * time.Minute: 151,
	} {
		w := newWorld(t)
		began := w.clock.now
		r := w.verify(t.Context(), func(in *inputs.Inputs) { in.VerifyTimeout = timeout }, stale)
		expect(t, r, loop.Failed, loop.ExitFailed, "still reports churn @champion v6 after "+timeout.String())
		if w.service.asked != asked || w.clock.now.Sub(began) > timeout {
			t.Errorf("%s: asked %d times in %s, expected %d", timeout, w.service.asked, w.clock.now.Sub(began), asked)
		}
		if a := r.Verification.Answers; len(a) != 1 || a[0].Times != asked {
			t.Errorf("%s: answers %+v, expected one, given %d times", timeout, a, asked)
		}
	}
	t.Run("a slow service", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		began := w.clock.now
		w.service = &service{answers: []answer{silent}, before: map[int]func(){}}
		for n := range 6 {
			w.service.before[n+1] = func() { w.clock.now = w.clock.now.Add(10 * time.Second) }
		}
		expect(t, w.verifyAgain(t.Context(), nil), loop.Failed, loop.ExitFailed, "did not tell its version within 1m0s")
		if took := w.clock.now.Sub(began); w.service.asked != 6 || took != 70*time.Second {
			t.Errorf("asked %d times in %s, expected the sixth and last question to begin after a minute", w.service.asked, took)
		}
	})
}

// Unreachable, old, and another model are told apart; each says what to do.
func TestVerifyFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers []answer
		served  string
		texts   []string
	}{
		"unreachable":    {[]answer{silent}, "", []string{"verify: https://churn.example/model-info did not tell its version within 1m0s, expected v7", errService.Error()}},
		"old version":    {[]answer{stale}, "6", []string{"verify: https://churn.example/model-info still reports churn @champion v6 after 1m0s, expected v7\n", "models:/churn@champion"}},
		"another model":  {[]answer{stranger}, "7", []string{"verify: https://churn.example/model-info reports another model: fraud @champion v7, expected churn v7\n", "is verify-url the address"}},
		"died meanwhile": {[]answer{stale, silent}, "6", []string{"did not tell its version"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := w.verify(t.Context(), nil, c.answers...)
			expect(t, r, loop.Failed, loop.ExitFailed, c.texts...)
			w.serving(t, "7/6")
			if len(w.wrote) > 0 || r.Verification.Served != c.served || strings.Contains(r.Err.Error(), "secret") {
				t.Errorf("wrote %q, served %q (%v), expected nothing, %q and no secret", w.wrote, r.Verification.Served, r.Err, c.served)
			}
		})
	}
}

// on-verify-failure: rollback goes through the same plan as mode rollback. It
// is a failure all the same: the promotion did not reach the service.
func TestVerifyRollsBack(t *testing.T) {
	t.Parallel()
	for name, last := range map[string]answer{"old version": stale, "unreachable": silent} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.github(t)
			w.remember(w.promotedBy(time.Hour, time.Time{}))
			w.hub.variable = w.model.Tags[promote.TagState]
			r := w.verify(t.Context(), func(in *inputs.Inputs) {
				rollsBack(in)
				in.DeployWorkflow, in.ReviewIssue = "deploy.yml", true
			}, last)
			expect(t, r, loop.RolledBack, loop.ExitFailed, "verify: ", "expected v7")
			w.rolledBack(t)
			w.journalKept(t, false)
			w.mirrored(t)
			if r.Mode != inputs.ModeVerify || r.Quarantined != "7" || r.Promoted || r.ChampionNow != "6" || w.remembered(t).LastRollback == nil {
				t.Errorf("mode %s, quarantined %q, promoted %t, champion now %q, state %+v", r.Mode, r.Quarantined, r.Promoted, r.ChampionNow, w.remembered(t))
			}
			if !strings.HasPrefix(r.Reason, "verify: https://churn.example/model-info") || strings.Contains(r.Reason, "\n") {
				t.Errorf("reason %q, expected the failure's first line", r.Reason)
			}
			if decision := w.versions["7"].Tags[promote.TagDecision]; !strings.Contains(decision, "churn.example") || strings.Contains(decision, "secret") {
				t.Errorf("the decision on v7 is %s, expected the reason in it, and no secret", decision)
			}
			w.hub.expectAsked(t, startDeploy, readVariable, writeVariable)
			if want := map[string]string{"model": "churn", "version": "6"}; !maps.Equal(w.hub.inputs, want) {
				t.Errorf("deployed %v, expected %v", w.hub.inputs, want)
			}
		})
	}
}

// A rollback needs an answer about this model, a champion that is still the
// one that was asked for, and a run that may write.
func TestVerifyDoesNotRollBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set     func(w *world, in *inputs.Inputs)
		answer  answer
		outcome loop.Outcome
		serving string
		texts   []string
	}{
		"another model": {nil, stranger, loop.Failed, "7/6", []string{"another model", "not rolled back: on-verify-failure: rollback needs an answer about churn"}},
		"no model-info": {nil, answer{err: lost{errors.New("HTTP 404")}}, loop.Failed, "7/6", []string{"did not tell its version", "not rolled back: on-verify-failure: rollback needs an answer about churn"}},
		"dry run":       {func(_ *world, in *inputs.Inputs) { in.DryRun = true }, stale, loop.Failed, "7/6", []string{"still reports", "a dry run does not roll back"}},
		"champion moved": {func(w *world, _ *inputs.Inputs) { w.atRead[2] = func() { w.model.Aliases["champion"] = "9" } }, stale, loop.Failed, "9/6",
			[]string{"aborted: @champion moved v7 → v9 while verifying"}},
		"champion removed": {func(w *world, _ *inputs.Inputs) { w.atRead[2] = func() { delete(w.model.Aliases, "champion") } }, stale, loop.Failed, "/6",
			[]string{"aborted: @champion moved v7 → none while verifying"}},
		"nothing to go back to": {func(w *world, _ *inputs.Inputs) { w.model.Aliases["previous"] = "7" }, stale, loop.Refused, "7/7",
			[]string{"still reports", "rolling back: champion == previous"}},
		"bad target": {func(w *world, _ *inputs.Inputs) { w.versions["6"].Tags[promote.TagQuarantined] = "true" }, stale, loop.Refused, "7/6",
			[]string{"still reports", "rolling back: the target v6 is quarantined"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.github(t)
			w.register("9", "")
			r := w.verify(t.Context(), func(in *inputs.Inputs) {
				stateless(in)
				rollsBack(in)
				in.DeployWorkflow = "deploy.yml"
				if c.set != nil {
					c.set(w, in)
				}
			}, c.answer)
			expect(t, r, c.outcome, loop.ExitFailed, c.texts...)
			w.serving(t, c.serving)
			w.hub.expectAsked(t)
			if len(w.wrote) > 0 || r.Quarantined != "" {
				t.Errorf("wrote %q, quarantined %q, expected nothing", w.wrote, r.Quarantined)
			}
		})
	}
}

// lost is an answer that no deployment mends.
type lost struct{ error }

func (lost) Misdirected() bool { return true }

// What a service calls v7 is version 7.
func TestVerifyCallsItV7(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]loop.Outcome{"v7": loop.Verified, "V7": loop.Verified, "vv7": loop.Failed, "7v": loop.Failed, "version": loop.Failed} {
		w := newWorld(t)
		if r := w.verify(t.Context(), nil, answer{"churn", "champion", said, nil}); r.Outcome != want {
			t.Errorf("%s: %s, expected %s", said, r.Outcome, want)
		}
	}
}

// The service reports the version that was champion, and is not any more.
func TestVerifyTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.atRead[2] = func() { w.model.Aliases["champion"] = "6" }
	r := w.verify(t.Context(), nil, answer{"churn", "champion", "7", nil})
	expect(t, r, loop.Failed, loop.ExitFailed, "aborted: @champion moved v7 → v6 while verifying")
}

// The registry is gone when the service is given up: both are told.
func TestVerifyLosesTheRegistry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.atRead[2] = func() { w.model.Name = "" }
	r := w.verify(t.Context(), rollsBack, stale)
	expect(t, r, loop.Failed, loop.ExitFailed, "still reports churn @champion v6", promote.ErrNotFound.Error())
}

func TestVerifyWithoutChampion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	delete(w.model.Aliases, "champion")
	r := w.verify(t.Context(), rollsBack, stale)
	expect(t, r, loop.Refused, loop.ExitFailed, "churn has no @champion that a service could report")
	if w.service.asked > 0 {
		t.Errorf("the service was asked %d times, expected none", w.service.asked)
	}
}

// A journal is left to the next run that writes, and only a rollback is one.
func TestVerifyUnderAJournal(t *testing.T) {
	t.Parallel()
	for _, age := range []time.Duration{0, time.Hour} {
		w := newWorld(t)
		w.register("8", "")
		w.occupy(promote.Promotion, "7", "8", age)
		r := w.verify(t.Context(), rollsBack, fresh)
		expect(t, r, loop.Verified, loop.ExitOK)
		w.journalKept(t, true)
		if len(w.wrote) > 0 || !warned(r, "an unfinished promotion v7 → v8") || w.told[loop.Waiting] > 0 {
			t.Errorf("wrote %q, warnings %q, waited %d times; expected the journal to be reported alone", w.wrote, r.Warnings, w.told[loop.Waiting])
		}
	}
	t.Run("broken", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.model.Tags[promote.TagJournal] = "garbage"
		r := w.verify(t.Context(), nil, fresh)
		expect(t, r, loop.Verified, loop.ExitOK)
		if !warned(r, "ct.journal") || len(w.wrote) > 0 {
			t.Errorf("warnings %q, wrote %q", r.Warnings, w.wrote)
		}
	})
	t.Run("rolled back", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.register("8", "")
		w.occupy(promote.Promotion, "7", "8", time.Hour)
		r := w.verify(t.Context(), rollsBack, stale)
		expect(t, r, loop.RolledBack, loop.ExitFailed, "still reports")
		w.rolledBack(t)
		w.journalKept(t, false)
	})
}

func TestVerifyIsInterrupted(t *testing.T) {
	t.Parallel()
	t.Run("while asking", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		w.service = &service{answers: []answer{stale}, before: map[int]func(){3: func() { cancel(signal(loop.ExitInterrupted)) }}}
		r := w.verifyAgain(ctx, rollsBack)
		expect(t, r, loop.Failed, loop.ExitInterrupted, "interrupted")
		if a := r.Verification.Answers; len(a) != 1 || a[0].Times != 2 || r.Verification.Served != "6" {
			t.Errorf("answers %+v, served %q, expected the two that were given", a, r.Verification.Served)
		}
		w.serving(t, "7/6")
	})
	t.Run("while waiting", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		w.clock.asleep = func() { cancel(signal(loop.ExitTerminated)) }
		expect(t, w.verify(ctx, rollsBack, stale), loop.Failed, loop.ExitTerminated, context.Canceled.Error())
		if w.service.asked != 1 || len(w.wrote) > 0 {
			t.Errorf("asked %d times, wrote %q, expected it to end at once", w.service.asked, w.wrote)
		}
	})
}

// Neither state nor GitHub stand in a verification's way, nor in that of its
// rollback.
func TestVerifyUnderAnythingUnreadable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare  func(w *world)
		recorded bool
	}{
		"broken variable": {func(w *world) { w.hub.variable = "garbage" }, true},
		"broken tag":      {func(w *world) { w.model.Tags[promote.TagState] = "garbage" }, false},
		"GitHub is down":  {func(w *world) { w.hub.answers[readVariable] = []error{errGitHub} }, true},
		"newer variable": {func(w *world) {
			w.rememberAt(state.State{}, day)
			w.hub.keep(w.promotedBy(2*day, w.clock.now))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.github(t)
			c.prepare(w)
			variable := w.hub.variable
			r := w.verify(t.Context(), rollsBack, stale)
			expect(t, r, loop.RolledBack, loop.ExitFailed, "still reports")
			w.rolledBack(t)
			if !c.recorded {
				return
			}
			s := w.remembered(t)
			if s.LastRollback == nil || s.LastRollback.Decision != r.DecisionID || name == "newer variable" && s.LastPromotion == nil {
				t.Errorf("state %+v, expected the rollback on record", s)
			}
			if name == "broken variable" && w.hub.variable != variable {
				t.Errorf("the variable is %s, expected it to stay %s", w.hub.variable, variable)
			}
		})
	}
}

// The record is nothing to a verification.
func TestVerifyAsksNoVariable(t *testing.T) {
	t.Parallel()
	for _, store := range []inputs.StateStore{inputs.StateAuto, inputs.StateVariable} {
		for _, last := range []answer{fresh, stale} {
			w := newWorld(t)
			w.github(t)
			r := w.verify(t.Context(), func(in *inputs.Inputs) { in.State = store }, last)
			if r.Exit != loop.ExitOK != (last == stale) || len(r.Warnings) > 0 {
				t.Errorf("%s, exit %d (%v), warnings %q", r.Outcome, r.Exit, r.Err, r.Warnings)
			}
			w.hub.expectAsked(t)
		}
	}
}
