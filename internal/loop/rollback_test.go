package loop_test

import (
	"slices"
	"testing"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
)

func (w *world) rollback(t *testing.T) *loop.Report {
	return w.do(t.Context(), inputs.ModeRollback, nil)
}

// rolledBack holds what a rollback leaves, pressed once or finished later.
func (w *world) rolledBack(t *testing.T) {
	t.Helper()
	w.serving(t, "6/6")
	if v := w.versions["7"]; !v.Quarantined() {
		t.Errorf("v7 has tags %v, expected it to be quarantined", v.Tags)
	}
}

func TestRollback(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.rollback(t)
	expect(t, r, loop.RolledBack, loop.ExitOK)
	w.rolledBack(t)
	w.journalKept(t, false)
	if r.Quarantined != "7" || w.remembered(t).LastRollback == nil {
		t.Errorf("quarantined %q, state %+v", r.Quarantined, w.remembered(t))
	}
	expect(t, w.rollback(t), loop.Refused, loop.ExitFailed, "champion == previous; nothing to roll back to. Escalate.")
}

// The emergency exit does not depend on the journal.
func TestRollbackLosesItsJournal(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(w *world){
		"cleared":  func(w *world) { delete(w.model.Tags, promote.TagJournal) },
		"replaced": func(w *world) { w.register("9", ""); w.occupy(promote.Promotion, "7", "9", 0) },
		"garbled":  func(w *world) { w.model.Tags[promote.TagJournal] = "garbage" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.after[setJournal] = func() { lose(w) }
			r := w.rollback(t)
			expect(t, r, loop.RolledBack, loop.ExitOK)
			w.rolledBack(t)
			if len(r.Warnings) == 0 {
				t.Error("no warning, expected one about the journal")
			}
			if name != "garbled" { // which may be cleared, or left to whoever understands it
				w.journalKept(t, name == "replaced")
			}
		})
	}
}

func TestRollbackYieldsToAPerson(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		w := newWorld(t)
		w.register("9", "")
		w.after[setJournal] = func() {
			w.model.Aliases["champion"] = "9"
			if lost {
				delete(w.model.Tags, promote.TagJournal)
			}
		}
		expect(t, w.rollback(t), loop.Failed, loop.ExitFailed, "@champion moved v7 → v9 meanwhile")
		w.serving(t, "9/6")
		w.journalKept(t, false)
	}
}

func TestRollbackWithoutJournalNorTag(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.faults[setJournal] = fault{err: errDown}
	w.faults[quarantine7] = fault{err: errDown}
	r := w.rollback(t)
	expect(t, r, loop.RolledBack, loop.ExitFailed, "set the tag quarantined=true on v7 by hand")
	w.serving(t, "6/6")
	w.journalKept(t, false)
	if r.Quarantined != "" {
		t.Errorf("quarantined %q, expected none: the tag was not set", r.Quarantined)
	}
}

// Once @champion has moved back the rollback stands, and the next run that
// writes quarantines what the registry did not let this one quarantine.
func TestRollbackIsFinishedByTheNextRun(t *testing.T) {
	t.Parallel()
	for _, words := range []string{quarantine7, "setting tag ct.decision of version 7", setState, clearJournal} {
		w := newWorld(t)
		w.faults[words] = fault{err: errDown}
		r := w.rollback(t)
		expect(t, r, loop.RolledBack, loop.ExitFailed, errDown.Error(), "the journal is kept")
		w.journalKept(t, true)
		clear(w.faults)
		again := w.rollback(t)
		expect(t, again, loop.RolledBack, loop.ExitOK)
		w.rolledBack(t)
		w.journalKept(t, false)
		if !again.Recovered || again.Promoted || again.DecisionID != r.DecisionID {
			t.Errorf("%s failed: recovered %t, promoted %t, decision %s, expected %s to be finished", words, again.Recovered, again.Promoted, again.DecisionID, r.DecisionID)
		}
	}
}

func TestRollbackFindsAPromotion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register("8", "")
	w.occupy(promote.Promotion, "7", "8", time.Hour)
	w.model.Aliases["champion"], w.model.Aliases["previous"] = "8", "7"
	r := w.rollback(t)
	expect(t, r, loop.RolledBack, loop.ExitOK)
	w.serving(t, "7/7")
	w.journalKept(t, false)
	if s := w.remembered(t); r.Promoted || r.Recovered || !warned(r, "goes back from it") || s.LastPromotion == nil || s.LastRollback == nil || !w.versions["8"].Quarantined() {
		t.Errorf("promoted %t, recovered %t, warnings %q, state %+v", r.Promoted, r.Recovered, r.Warnings, s)
	}
}

// Whatever another run left behind and cannot be tidied, the emergency exit is
// open.
func TestRollbackWhenTheJournalCannotBeEnded(t *testing.T) {
	t.Parallel()
	for name, champion := range map[string]string{"flipped": "8", "not flipped": "7", "overtaken": "9"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.register("8", "")
			w.register("9", "")
			w.occupy(promote.Promotion, "7", "8", time.Hour)
			w.model.Aliases["champion"] = champion
			w.faults[clearJournal] = fault{err: errDown}
			r := w.rollback(t)
			if r.Outcome != loop.RolledBack || r.Promoted || !w.versions[champion].Quarantined() {
				t.Errorf("%s (%v), promoted %t, tags of v%s %v", r.Outcome, r.Err, r.Promoted, champion, w.versions[champion].Tags)
			}
			w.serving(t, "6/6")
		})
	}
}

func TestRollbackRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  func(w *world, in *inputs.Inputs)
		want string
	}{
		"no previous":     {func(w *world, _ *inputs.Inputs) { delete(w.model.Aliases, "previous") }, "name a version with rollback-to"},
		"no champion":     {func(w *world, _ *inputs.Inputs) { delete(w.model.Aliases, "champion") }, "no @champion to roll back from"},
		"deleted target":  {func(w *world, _ *inputs.Inputs) { delete(w.versions, "6") }, "v6 does not exist"},
		"bad target":      {func(w *world, _ *inputs.Inputs) { w.versions["6"].Tags[promote.TagQuarantined] = "bad" }, "v6 is quarantined"},
		"never champion":  {func(_ *world, in *inputs.Inputs) { in.RollbackTo = "5" }, "needs a reason"},
		"to the champion": {func(_ *world, in *inputs.Inputs) { in.RollbackTo = "7" }, "v7 already is the champion"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.register("4", "")
			w.register("5", "")
			w.versions["4"].Tags[promote.TagPromotedAt] = "2026-01-01T00:00:00Z"
			r := w.do(t.Context(), inputs.ModeRollback, func(in *inputs.Inputs) { c.set(w, in) })
			expect(t, r, loop.Refused, loop.ExitFailed, c.want)
			if len(w.wrote) > 0 || !slices.Equal(r.Targets, []string{"4"}) {
				t.Errorf("wrote %q, targets %q; expected nothing, and v4 as a target", w.wrote, r.Targets)
			}
		})
	}
}

func TestRollbackUnderAnythingUnreadable(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{promote.TagState, promote.TagJournal} {
		w := newWorld(t)
		w.model.Tags[tag] = "garbage"
		r := w.rollback(t)
		expect(t, r, loop.RolledBack, loop.ExitOK)
		w.rolledBack(t)
		if !warned(r, tag) {
			t.Errorf("warnings %q, expected one about %s", r.Warnings, tag)
		}
	}
}

// A rollback that was interrupted and then overtaken by a person still
// quarantines the version that it was to take out of service.
func TestOvertakenRollback(t *testing.T) {
	t.Parallel()
	overtaken := func(t *testing.T) *world {
		w := newWorld(t)
		w.register("9", "")
		w.occupy(promote.Rollback, "9", "6", time.Hour)
		return w
	}
	t.Run("quarantines", func(t *testing.T) {
		t.Parallel()
		w := overtaken(t)
		r := w.gate(t.Context())
		expect(t, r, loop.Promoted, loop.ExitOK)
		if v := w.versions["9"]; !v.Quarantined() || !warned(r, "overtaken by a person") {
			t.Errorf("v9 has tags %v, warnings %q", v.Tags, r.Warnings)
		}
	})
	t.Run("tag fails", func(t *testing.T) {
		t.Parallel()
		w := overtaken(t)
		w.faults["setting tag quarantined of version 9"] = fault{err: errDown}
		r := w.gate(t.Context())
		expect(t, r, loop.Failed, loop.ExitFailed, errDown.Error())
		w.serving(t, "7/6")
		w.journalKept(t, true)
		if r.Quarantined != "" || r.Promoted {
			t.Errorf("quarantined %q, promoted %t, expected neither", r.Quarantined, r.Promoted)
		}
	})
	t.Run("version is gone", func(t *testing.T) {
		t.Parallel()
		w := overtaken(t)
		delete(w.versions, "9")
		r := w.gate(t.Context())
		expect(t, r, loop.Promoted, loop.ExitOK)
		w.serving(t, "8/7")
		w.journalKept(t, false)
		if !warned(r, "v9") {
			t.Errorf("warnings %q, expected one about v9", r.Warnings)
		}
	})
}
