package loop_test

import (
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
		expect(t, w.rollback(t), loop.Failed, loop.ExitFailed, "@champion moved v7 → v9")
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
	expect(t, r, loop.RolledBack, loop.ExitFailed, promote.TagQuarantined, "7")
	w.serving(t, "6/6")
	w.journalKept(t, false)
	if r.Quarantined != "" {
		t.Errorf("quarantined %q, expected none: the tag was not set", r.Quarantined)
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
