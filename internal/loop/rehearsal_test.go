package loop_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
)

const (
	flipThere = "setting alias champion to version 6"
	flipBack  = "setting alias champion to version 7"
	setRecord = "setting tag ct.rehearsal of the registered model"
)

// A reloader is a service that loads @champion when it is told to, and not before.
type reloader struct {
	w      *world
	serves string
	times  int
	at     map[int]func() error // in place of the nth reload, from 1
}

func (s *reloader) Reload(ctx context.Context) error {
	s.times++
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if instead, ok := s.at[s.times]; ok {
		return instead()
	}
	s.serves = s.w.model.Aliases["champion"]
	s.w.clock.now = s.w.clock.now.Add(700 * time.Millisecond)
	return nil
}

func (s *reloader) ModelInfo(ctx context.Context) (model, alias, version string, err error) {
	return "churn", "champion", s.serves, ctx.Err()
}

// rehearse rehearses the rollback 7 → 6 with a service that reloads.
func (w *world) rehearse(ctx context.Context, set func(*inputs.Inputs)) *loop.Report {
	if w.reloads == nil {
		w.reloads = &reloader{w: w, serves: "7", at: map[int]func() error{}}
	}
	return w.do(ctx, inputs.ModeRollback, func(in *inputs.Inputs) {
		in.Rehearse, in.ReloadURL, in.VerifyURL, in.VerifyTimeout = true, "https://churn.example/reload", "https://churn.example/model-info", time.Minute
		if set != nil {
			set(in)
		}
	})
}

func TestRehearsal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.remember(w.promotedBy(time.Hour, time.Time{}))
	before := w.model.Tags[promote.TagState]
	r := w.rehearse(t.Context(), func(in *inputs.Inputs) { in.Reason = "the first Monday" })
	expect(t, r, loop.Rehearsed, loop.ExitOK)
	w.serving(t, "7/6")
	w.journalKept(t, false)
	if want := []string{setJournal, flipThere, flipBack, setRecord, clearJournal}; !slices.Equal(w.wrote, want) {
		t.Errorf("wrote %q, expected %q", w.wrote, want)
	}
	if len(w.versions["6"].Tags)+len(w.versions["7"].Tags) > 0 || w.model.Tags[promote.TagState] != before {
		t.Errorf("tags %v and %v, state %s; expected a rehearsal to leave them", w.versions["6"].Tags, w.versions["7"].Tags, w.model.Tags[promote.TagState])
	}
	for _, leg := range []loop.Leg{r.Rehearsal.There, r.Rehearsal.Back} {
		if !leg.Moved || !leg.Served || leg.AfterFlip != 700*time.Millisecond || leg.AfterReload != leg.AfterFlip || len(leg.Answers) != 1 {
			t.Errorf("leg %+v", leg)
		}
	}
	if w.reloads.serves != "7" || r.Promoted || r.Quarantined != "" || r.Subject().Version != "7" {
		t.Errorf("v%s is served, promoted %t, quarantined %q, subject %q", w.reloads.serves, r.Promoted, r.Quarantined, r.Subject().Version)
	}
	var record map[string]any
	if err := json.Unmarshal([]byte(w.model.Tags[promote.TagRehearsal]), &record); err != nil || record["outcome"] != "rehearsed" ||
		record["rollback_seconds"] != 0.7 || record["from"] != "7" || record["to"] != "6" || record["reason"] != "the first Monday" {
		t.Errorf("record %v, %v", record, err)
	}
	if w.told[loop.Turned] != 2 {
		t.Errorf("told of %d moves, expected 2", w.told[loop.Turned])
	}
}

// permanent is what a service answers to a wrong token.
type permanent struct{ error }

func (permanent) Misdirected() bool { return true }

// Whatever goes wrong on the way back, the way forward is gone and the service asked.
func TestRehearsalThatShowsARollbackWouldFail(t *testing.T) {
	t.Parallel()
	nothing := func() error { return nil }
	refused := func() error { return permanent{errors.New("POST https://churn.example/reload: HTTP 401 Unauthorized")} }
	busy := func() error { return errors.New("POST https://churn.example/reload: HTTP 503 Service Unavailable") }
	for name, c := range map[string]struct {
		at      map[int]func() error
		reloads int
		texts   []string
	}{
		"reload does nothing":       {map[int]func() error{1: nothing}, 2, []string{"a rollback to v6 would not have reached the service: verify: https://churn.example/model-info still reports churn @champion v7 after 1m0s, expected v6"}},
		"reload refuses the token":  {map[int]func() error{1: refused}, 2, []string{"a rollback to v6 would not have reached the service: POST https://churn.example/reload: HTTP 401"}},
		"reload answers 5xx thrice": {map[int]func() error{1: busy, 2: busy, 3: busy}, 4, []string{"would not have reached the service", "HTTP 503"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.reloads = &reloader{w: w, serves: "7", at: c.at}
			r := w.rehearse(t.Context(), nil)
			expect(t, r, loop.Failed, loop.ExitFailed, c.texts...)
			w.serving(t, "7/6")
			w.journalKept(t, false)
			if d := r.Rehearsal; d.There.Served || !d.Back.Served || r.Promoted || w.reloads.times != c.reloads || w.reloads.serves != "7" {
				t.Errorf("legs %+v, promoted %t, %d reloads, v%s is served", d, r.Promoted, w.reloads.times, w.reloads.serves)
			}
			if !strings.Contains(w.model.Tags[promote.TagRehearsal], `"outcome":"failed"`) {
				t.Errorf("record %s", w.model.Tags[promote.TagRehearsal])
			}
		})
	}
	t.Run("busy once", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.reloads = &reloader{w: w, serves: "7", at: map[int]func() error{1: busy, 3: busy}}
		expect(t, w.rehearse(t.Context(), nil), loop.Rehearsed, loop.ExitOK)
	})
	t.Run("no answer in time", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.reloads = &reloader{w: w, serves: "7"}
		w.reloads.at = map[int]func() error{1: func() error { w.reloads.serves = "6"; return fmt.Errorf("no answer: %w", context.DeadlineExceeded) }}
		r := w.rehearse(t.Context(), nil)
		expect(t, r, loop.Rehearsed, loop.ExitOK)
		if !warned(r, "no answer to the reload within 1m0s") {
			t.Errorf("warnings %q", r.Warnings)
		}
	})
}

// A champion that does not come back is loud, and a deploy job acts on it.
func TestRehearsalWhoseChampionDoesNotComeBack(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]func() error{
		"reload does nothing": func() error { return nil },
		"reload is refused":   func() error { return permanent{errors.New("HTTP 409 Conflict: v7 does not load")} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.reloads = &reloader{w: w, serves: "7", at: map[int]func() error{2: second}}
			r := w.rehearse(t.Context(), nil)
			expect(t, r, loop.Failed, loop.ExitFailed, "@champion is v7 again, but the service was not seen to serve it", "redeploy the service now")
			w.serving(t, "7/6")
			w.journalKept(t, false)
			if !r.Promoted || r.Rehearsal.Back.Served || w.reloads.serves != "6" {
				t.Errorf("promoted %t, legs %+v, v%s is served", r.Promoted, r.Rehearsal, w.reloads.serves)
			}
		})
	}
}

// Nothing is moved before the service serves the champion.
func TestRehearsalNotBegun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set     func(*world)
		in      func(*inputs.Inputs)
		outcome loop.Outcome
		texts   []string
	}{
		"the service serves another": {func(w *world) { w.reloads.serves = "5" }, nil, loop.Failed, []string{"rehearsal not begun, nothing was moved: verify: ", "expected v7"}},
		"no @previous":               {func(w *world) { delete(w.model.Aliases, "previous") }, nil, loop.Refused, []string{"churn has no @previous"}},
		"no @champion":               {func(w *world) { delete(w.model.Aliases, "champion") }, nil, loop.Refused, []string{"churn has no @champion"}},
		"champion == previous":       {func(w *world) { w.model.Aliases["previous"] = "7" }, nil, loop.Refused, []string{"champion == previous"}},
		"both are quarantined": {func(w *world) {
			w.versions["6"].Tags["quarantined"], w.versions["7"].Tags["quarantined"] = "true", "bad accuracy"
		}, nil, loop.Refused, []string{"the target v6 is quarantined", `the champion v7 is quarantined (tag quarantined="bad accuracy")`}},
		"dry run": {func(*world) {}, func(in *inputs.Inputs) { in.DryRun = true }, loop.Skipped, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.reloads = &reloader{w: w, serves: "7"}
			c.set(w)
			r := w.rehearse(t.Context(), c.in)
			exit := loop.ExitFailed
			if c.texts == nil {
				exit = loop.ExitOK
			}
			expect(t, r, c.outcome, exit, c.texts...)
			if len(w.wrote) > 0 || w.reloads.times > 0 {
				t.Errorf("wrote %q, %d reloads; expected nothing", w.wrote, w.reloads.times)
			}
			if c.outcome == loop.Skipped && (len(r.Requests) != 5 || len(r.Flips) != 2 || r.Flips[1] != (loop.Flip{Alias: "champion", From: "6", To: "7"})) {
				t.Errorf("plan %q, flips %v", r.Requests, r.Flips)
			}
		})
	}
}

// What a person or another run does meanwhile stands, and the journal is not left behind.
func TestRehearsalOvertaken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		during  func(w *world)
		serving string
		kept    bool // another run's journal
		text    string
	}{
		"a person moves @champion":         {func(w *world) { w.register("9", ""); w.model.Aliases["champion"] = "9" }, "9/6", false, "@champion moved v6 → v9 meanwhile"},
		"a person quarantines v7":          {func(w *world) { w.versions["7"].Tags["quarantined"] = "true" }, "6/6", false, "v7 was quarantined meanwhile"},
		"v7 is deleted":                    {func(w *world) { delete(w.versions, "7") }, "6/6", false, "not found"},
		"another run takes the journal":    {func(w *world) { w.occupy(promote.Rollback, "7", "6", 0) }, "6/6", true, "another run (decision another) has begun a rollback v7 → v6"},
		"another run has ended everything": {func(w *world) { w.model.Tags[promote.TagJournal] = ""; w.model.Aliases["champion"] = "7" }, "7/6", false, "@champion moved v6 → v7 meanwhile"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.reloads = &reloader{w: w, serves: "7"}
			w.reloads.at = map[int]func() error{1: func() error { w.reloads.serves = "6"; c.during(w); return nil }}
			r := w.rehearse(t.Context(), nil)
			expect(t, r, loop.Failed, loop.ExitFailed, "aborted: ", c.text)
			w.serving(t, c.serving)
			w.journalKept(t, c.kept)
			if r.Promoted || w.reloads.times != 1 {
				t.Errorf("promoted %t, %d reloads", r.Promoted, w.reloads.times)
			}
		})
	}
}

// The journal is renewed while a slow service is waited for: another run that looks at
// any moment finds it younger than lock-timeout.
func TestRehearsalRenewsItsJournal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.reloads = &reloader{w: w, serves: "7", at: map[int]func() error{1: func() error { return nil }}}
	oldest, renewed := time.Duration(0), map[string]bool{}
	w.clock.asleep = func() {
		j, err := promote.ReadJournal(w.model)
		if err != nil || j == nil {
			return
		}
		renewed[j.Time.String()] = true
		oldest = max(oldest, w.clock.now.Sub(j.Time))
	}
	r := w.rehearse(t.Context(), func(in *inputs.Inputs) { in.VerifyTimeout = 5 * time.Minute })
	expect(t, r, loop.Failed, loop.ExitFailed, "after 5m0s")
	if oldest > lockTimeout/3 || len(renewed) < 9 {
		t.Errorf("the journal was %s old and renewed %d times, expected at most %s", oldest, len(renewed), lockTimeout/3)
	}
	w.serving(t, "7/6")
}

// Interrupted at any moment, the run moves forward and asks for one reload before it
// ends. Where it then has seen the champion served, nothing is left to the next run.
func TestRehearsalInterrupted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at       func(w *world, cancel func())
		kept     bool
		promoted bool
	}{
		"before the flip":     {func(w *world, cancel func()) { w.before[setJournal] = cancel }, false, false},
		"at the flip":         {func(w *world, cancel func()) { w.after[flipThere] = cancel }, false, false},
		"at the first reload": {func(w *world, cancel func()) { w.reloads.at[1] = func() error { cancel(); return context.Canceled } }, false, false},
		"at the flip forward": {func(w *world, cancel func()) { w.before[flipBack] = cancel }, false, false},
		"at the second reload": {func(w *world, cancel func()) {
			w.reloads.at[2] = func() error { cancel(); return permanent{context.Canceled} }
		}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.reloads = &reloader{w: w, serves: "7", at: map[int]func() error{}}
			ctx, cancel := context.WithCancelCause(t.Context())
			c.at(w, func() { cancel(signal(loop.ExitTerminated)) })
			r := w.rehearse(ctx, func(in *inputs.Inputs) { in.VerifyTimeout = 10 * time.Second })
			if r.Outcome != loop.Rehearsed { // all was done by then
				expect(t, r, loop.Failed, loop.ExitTerminated, "interrupted")
			}
			w.serving(t, "7/6")
			w.journalKept(t, c.kept)
			if r.Promoted != c.promoted || !c.kept && w.reloads.serves != "7" {
				t.Errorf("promoted %t, v%s is served (%v)", r.Promoted, w.reloads.serves, r.Err)
			}
		})
	}
}

// Killed at any write or reload, the model is servable, and any run that writes ends the
// rehearsal and says that the champion has to be deployed.
func TestRehearsalKilled(t *testing.T) {
	t.Parallel()
	type killed struct{}
	for _, at := range []string{setJournal, flipThere, "reload 1", flipBack, "reload 2", setRecord} {
		for name, again := range map[string]func(t *testing.T, w *world) *loop.Report{
			"by a quiet tick": func(t *testing.T, w *world) *loop.Report { return w.do(t.Context(), inputs.ModeRun, nil) },
			"by a rehearsal":  func(t *testing.T, w *world) *loop.Report { return w.rehearse(t.Context(), nil) },
			"by a rollback":   func(t *testing.T, w *world) *loop.Report { return w.rollback(t) },
		} {
			t.Run(at+" "+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				kill := func() { panic(killed{}) }
				w.reloads = &reloader{w: w, serves: "7", at: map[int]func() error{}}
				if n, ok := strings.CutPrefix(at, "reload "); ok {
					w.reloads.at[int(n[0]-'0')] = func() error { kill(); return nil }
				} else {
					w.after[at] = kill
				}
				func() {
					defer func() { _ = recover() }()
					w.rehearse(t.Context(), nil)
				}()
				w.journalKept(t, true)
				w.reloads.at = nil
				w.clock.now = w.clock.now.Add(time.Hour)
				r := again(t, w)
				w.journalKept(t, false)
				if name == "by a rollback" {
					expect(t, r, loop.RolledBack, loop.ExitOK)
					w.serving(t, "6/6")
					if !w.versions["7"].Quarantined() || r.Recovered {
						t.Errorf("v7 has tags %v, recovered %t", w.versions["7"].Tags, r.Recovered)
					}
					return
				}
				expect(t, r, loop.Rehearsed, loop.ExitOK)
				w.serving(t, "7/6")
				if !r.Promoted || !r.Recovered || r.Rehearsal != nil || w.versions["7"].Quarantined() {
					t.Errorf("promoted %t, recovered %t, rehearsal %v, tags %v", r.Promoted, r.Recovered, r.Rehearsal, w.versions["7"].Tags)
				}
			})
		}
	}
}

// A tick waits for a rehearsal that renews its journal as long as that takes. A rollback
// does not: it is the emergency exit.
func TestLiveRehearsalIsWaitedFor(t *testing.T) {
	t.Parallel()
	live := func(w *world, ends time.Duration) {
		began := w.clock.now
		w.occupy(promote.Rehearsal, "7", "6", 0)
		w.model.Aliases["champion"] = "6"
		w.clock.asleep = func() {
			switch after := w.clock.now.Sub(began); {
			case w.model.Tags[promote.TagJournal] == "": // a rollback has taken it over
			case after > ends:
				w.model.Tags[promote.TagJournal], w.model.Aliases["champion"] = "", "7"
			default:
				w.occupy(promote.Rehearsal, "7", "6", 0)
			}
		}
	}
	w := newWorld(t)
	live(w, 20*time.Minute)
	began := w.clock.now
	r := w.gate(t.Context())
	expect(t, r, loop.Promoted, loop.ExitOK)
	w.serving(t, "8/7")
	if waited := w.clock.now.Sub(began); waited < 20*time.Minute || r.Recovered {
		t.Errorf("waited %s, recovered %t", waited, r.Recovered)
	}

	w = newWorld(t)
	live(w, time.Hour)
	began = w.clock.now
	expect(t, w.rollback(t), loop.RolledBack, loop.ExitOK)
	w.serving(t, "6/6")
	if waited := w.clock.now.Sub(began); waited > lockTimeout+10*time.Second || !w.versions["7"].Quarantined() {
		t.Errorf("waited %s, v7 has tags %v", waited, w.versions["7"].Tags)
	}
}

// The deploy workflow that a rehearsal starts verifies by itself: it neither waits for the
// rehearsal nor rolls back for real when the version is not served.
func TestVerifyDuringARehearsal(t *testing.T) {
	t.Parallel()
	for name, age := range map[string]time.Duration{"live": 0, "abandoned": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.occupy(promote.Rehearsal, "7", "6", age)
			w.model.Aliases["champion"] = "6"
			began := w.clock.now
			expect(t, w.verify(t.Context(), rollsBack, answer{version: "6"}), loop.Verified, loop.ExitOK)
			if w.clock.now != began {
				t.Errorf("waited %s", w.clock.now.Sub(began))
			}
			r := w.verify(t.Context(), rollsBack, answer{version: "7"})
			expect(t, r, loop.Failed, loop.ExitFailed, "not rolled back: a rehearsal of a rollback v7 → v6 has moved @champion")
			w.serving(t, "6/6")
			if len(w.wrote) > 0 {
				t.Errorf("wrote %q", w.wrote)
			}
		})
	}
}

// deploy-workflow in place of reload-url: started once each way, with the version.
func TestRehearsalByWorkflow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.github(t)
	w.reloads = &reloader{w: w, serves: "7"}
	w.hub.started = func() { w.reloads.serves = w.model.Aliases["champion"] }
	r := w.rehearse(t.Context(), func(in *inputs.Inputs) { in.ReloadURL, in.DeployWorkflow = "", "deploy.yml" })
	expect(t, r, loop.Rehearsed, loop.ExitOK)
	w.hub.expectAsked(t, startDeploy, startDeploy)
	if w.reloads.times > 0 || w.hub.inputs["version"] != "7" || w.hub.inputs["model"] != "churn" {
		t.Errorf("%d reloads, inputs %v", w.reloads.times, w.hub.inputs)
	}
}

// Where the champion is not back, the workflow was started for it once already: who acts
// on promoted starts it again.
func TestRehearsalByWorkflowWhoseChampionDoesNotComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.github(t)
	w.reloads = &reloader{w: w, serves: "7"}
	w.hub.started = func() { w.reloads.serves = "6" }
	r := w.rehearse(t.Context(), func(in *inputs.Inputs) { in.ReloadURL, in.DeployWorkflow = "", "deploy.yml" })
	expect(t, r, loop.Failed, loop.ExitFailed, "was not seen to serve it")
	w.hub.expectAsked(t, startDeploy, startDeploy)
	if !r.Promoted {
		t.Error("not promoted")
	}
}

// A recovery starts the deploy workflow for the champion, and decides nothing that would
// close a review.
func TestRecoveredRehearsalIsDeployed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.github(t)
	w.occupy(promote.Rehearsal, "7", "6", time.Hour)
	w.model.Aliases["champion"] = "6"
	w.register("8", "")
	r := w.do(t.Context(), inputs.ModeGate, func(in *inputs.Inputs) {
		in.ChallengerVersion, in.DeployWorkflow, in.ReviewIssue, in.State = "8", "deploy.yml", true, inputs.StateRegistry
	})
	expect(t, r, loop.Rehearsed, loop.ExitOK)
	w.serving(t, "7/6")
	w.hub.expectAsked(t, startDeploy)
	if w.hub.inputs["version"] != "7" || len(w.scored) > 0 {
		t.Errorf("deployed %v, scored %v", w.hub.inputs, w.scored)
	}
}

// A record that cannot be read does not stand in the way: a rehearsal leaves it alone.
func TestRehearsalNeedsNoRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.model.Tags[promote.TagState] = "garbage"
	expect(t, w.rehearse(t.Context(), nil), loop.Rehearsed, loop.ExitOK)
	if w.model.Tags[promote.TagState] != "garbage" {
		t.Error("the record was written")
	}
}
