package loop_test

import (
	"testing"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
)

// What a gate of v8 does about the journal of a run that is dead, with
// @champion where that run left it.
func TestRecovery(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		operation         promote.Operation
		from, to          string
		champion          string
		outcome           loop.Outcome
		recovered         bool
		serving, previous string // after; before
	}{
		"promotion that flipped":            {promote.Promotion, "7", "9", "9", loop.Promoted, true, "9/7", "7"},
		"promotion that had not":            {promote.Promotion, "7", "9", "7", loop.Promoted, false, "8/7", "7"},
		"promotion overtaken by a person":   {promote.Promotion, "9", "6", "7", loop.Promoted, false, "8/7", "9"},
		"rollback that flipped":             {promote.Rollback, "9", "7", "7", loop.RolledBack, true, "7/7", "7"},
		"rollback that had not":             {promote.Rollback, "7", "6", "7", loop.RolledBack, true, "6/6", "6"},
		"promotion whose version is gone":   {promote.Promotion, "7", "5", "7", loop.Promoted, false, "8/7", "7"},
		"rollback, the bad version deleted": {promote.Rollback, "5", "7", "7", loop.RolledBack, true, "7/6", "6"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.register("9", "")
			w.occupy(c.operation, c.from, c.to, time.Hour)
			w.model.Aliases["champion"], w.model.Aliases["previous"] = c.champion, c.previous
			r := w.gate(t.Context())
			expect(t, r, c.outcome, loop.ExitOK)
			w.serving(t, c.serving)
			w.journalKept(t, false)
			if r.Recovered != c.recovered || r.Promoted != (c.outcome == loop.Promoted) || (r.DecisionID == "another") != c.recovered {
				t.Errorf("recovered %t, promoted %t, decision %s", r.Recovered, r.Promoted, r.DecisionID)
			}
			if c.recovered && len(w.scored) > 0 {
				t.Errorf("scored %v, expected the recovery to be this run's result", w.scored)
			}
		})
	}
}

// A model that was deleted and made again restarts at version 1: a journal of
// the old one says nothing about the new one's versions.
func TestJournalOfAnEarlierModel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.occupy(promote.Rollback, "7", "6", time.Hour)
	w.model.Created = w.model.Created.Add(day)
	r := w.gate(t.Context())
	expect(t, r, loop.Promoted, loop.ExitOK)
	w.serving(t, "8/7")
	if r.Recovered || w.versions["7"].Quarantined() {
		t.Errorf("recovered %t, tags of v7 %v", r.Recovered, w.versions["7"].Tags)
	}
}

func TestUnreadableJournalStopsWriters(t *testing.T) {
	t.Parallel()
	for _, mode := range []inputs.Mode{inputs.ModeRun, inputs.ModeGate, inputs.ModePromote, inputs.ModeRelease} {
		w := newWorld(t)
		w.register("8", "")
		w.model.Tags[promote.TagJournal] = "garbage"
		r := w.do(t.Context(), mode, func(in *inputs.Inputs) { in.ChallengerVersion = "8" })
		expect(t, r, loop.Failed, loop.ExitFailed, "reading tag ct.journal of churn")
		if len(w.wrote) > 0 {
			t.Errorf("%s wrote %q, expected nothing", mode, w.wrote)
		}
	}
}
