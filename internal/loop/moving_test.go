package loop_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
)

var errDown = errors.New("503 from the registry")

func TestPromotionBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	expect(t, w.gate(t.Context()), loop.Promoted, loop.ExitOK)
	want := []string{
		setJournal, setPrevious, setChampion, setPromotedAt,
		"setting tag ct.decision of version 8", setState, clearJournal,
	}
	if !slices.Equal(w.wrote, want) {
		t.Errorf("wrote\n%s\nexpected\n%s", strings.Join(w.wrote, "\n"), strings.Join(want, "\n"))
	}
}

// readings is how often an undisturbed promotion reads the model.
func readings(t *testing.T) int {
	w := newWorld(t)
	w.gate(t.Context())
	if w.reads < 4 {
		t.Fatalf("%d readings of the model, expected one to begin, one once judged, and one before each alias", w.reads)
	}
	return w.reads
}

// The journal of another run that may be alive is never written over, nor
// cleared, nor is @champion moved under it: the registry of these tests fails
// the test where that happens. It appears here before each reading in turn.
func TestYoungJournalIsRespected(t *testing.T) {
	t.Parallel()
	for n := range readings(t) {
		w := newWorld(t)
		w.register("9", "")
		w.atRead[n+1] = func() { w.occupy(promote.Promotion, "7", "9", 0) }
		r := w.gate(t.Context())
		champion := w.model.Aliases["champion"]
		if (champion == "8") != r.Promoted || (champion != "8" && champion != "7") {
			t.Errorf("another's journal before reading %d: %s (%v) with @champion v%s", n+1, r.Outcome, r.Err, champion)
		}
		if r.Promoted && w.clock.now.Sub(r.Started) < lockTimeout {
			t.Errorf("another's journal before reading %d: promoted %s later, expected it to be waited for or respected", n+1, w.clock.now.Sub(r.Started))
		}
	}
}

func TestYoungJournalThatEndsIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.occupy(promote.Rollback, "9", "7", 30*time.Second)
	w.clock.asleep = func() { delete(w.model.Tags, promote.TagJournal) }
	r := w.gate(t.Context())
	expect(t, r, loop.Promoted, loop.ExitOK)
	if r.Recovered || r.Recovery != "" {
		t.Errorf("recovered %t, %q; expected nothing to recover from a run that ended by itself", r.Recovered, r.Recovery)
	}
}

func TestJournalWrittenOverOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register("9", "")
	w.after[setJournal] = func() { w.occupy(promote.Promotion, "7", "9", 0) }
	r := w.gate(t.Context())
	expect(t, r, loop.Failed, loop.ExitFailed, "aborted", "another run (decision another) has begun a promotion v7 → v9")
	w.serving(t, "7/6")
	w.journalKept(t, true)
}

// A person's move of @champion stands, before whichever reading it is made.
func TestPersonMovesChampion(t *testing.T) {
	t.Parallel()
	for n := range readings(t) {
		w := newWorld(t)
		w.register("9", "")
		flipped := false
		w.atRead[n+1] = func() {
			flipped = w.model.Aliases["champion"] == "8"
			w.model.Aliases["champion"] = "9"
		}
		r := w.gate(t.Context())
		if n == 0 { // judged against it, and promoted or flagged on its merits
			continue
		}
		if champion := w.model.Aliases["champion"]; champion != "9" {
			t.Errorf("moved before reading %d: @champion is v%s, expected v9", n+1, champion)
		}
		if !flipped {
			expect(t, r, loop.Failed, loop.ExitFailed, "aborted: @champion moved v7 → v9 while judging")
			w.serving(t, "9/6")
			w.journalKept(t, false)
		}
	}
}

func TestQuarantineWhileJudging(t *testing.T) {
	t.Parallel()
	for n := 1; n < readings(t); n++ {
		w := newWorld(t)
		w.atRead[n+1] = func() { w.versions["8"].Tags[promote.TagQuarantined] = "True" }
		expect(t, w.gate(t.Context()), loop.Failed, loop.ExitFailed, "v8 was quarantined while judging")
		w.serving(t, "7/6")
		w.journalKept(t, false)
	}
}

// Whichever write the registry dies at, the model stays servable, and the next
// run finishes or undoes what was begun.
func TestEachWriteFails(t *testing.T) {
	t.Parallel()
	for _, words := range []string{setJournal, setPrevious, setChampion, setPromotedAt, "setting tag ct.decision of version 8", setState, clearJournal} {
		w := newWorld(t)
		w.faults[words] = fault{err: errDown}
		r := w.gate(t.Context())
		flipped := w.model.Aliases["champion"] == "8"
		if r.Promoted != flipped || r.Exit != loop.ExitFailed || !errors.Is(r.Err, errDown) {
			t.Errorf("%s failed: promoted %t, exit %d (%v), with @champion v%s", words, r.Promoted, r.Exit, r.Err, w.model.Aliases["champion"])
		}
		w.journalKept(t, flipped)
		if !flipped {
			expect(t, r, loop.Failed, loop.ExitFailed, "aborted")
			w.serving(t, "7/6")
			continue
		}
		expect(t, r, loop.Promoted, loop.ExitFailed)
		clear(w.faults)
		again := w.gate(t.Context())
		expect(t, again, loop.Promoted, loop.ExitOK)
		w.serving(t, "8/7")
		w.journalKept(t, false)
		if !again.Recovered || w.versions["8"].Tags[promote.TagPromotedAt] == "" || w.remembered(t).LastPromotion == nil {
			t.Errorf("%s failed: recovered %t, tags %v, state %+v", words, again.Recovered, w.versions["8"].Tags, w.remembered(t))
		}
	}
}

func TestUnknownOutcomeOfTheFlip(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lands   int
		outcome loop.Outcome
		exit    int
		texts   []string
		now     string
		kept    bool
	}{
		"it is there at once": {1, loop.Promoted, loop.ExitOK, nil, "8", false},
		"it lands later":      {4, loop.Promoted, loop.ExitOK, nil, "8", false},
		"it never lands":      {0, loop.Failed, loop.ExitFailed, []string{"whether it was carried out cannot be learnt", "the journal is kept"}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.faults[setChampion] = fault{err: promote.ErrUnknownOutcome, lands: c.lands}
			r := w.gate(t.Context())
			expect(t, r, c.outcome, c.exit, c.texts...)
			w.journalKept(t, c.kept)
			if r.Promoted != (c.outcome == loop.Promoted) || r.ChampionNow != c.now {
				t.Errorf("promoted %t, champion now %q, expected %q", r.Promoted, r.ChampionNow, c.now)
			}
		})
	}
}

// A signal is what main cancels a context with.
type signal int

func (s signal) Error() string   { return "interrupted" }
func (s signal) ExitStatus() int { return int(s) }

func TestInterrupted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at      string // the write before which the signal comes
		flipped bool
	}{
		{setJournal, false}, {setPrevious, false}, {setChampion, true},
		{setPromotedAt, true}, {setState, true}, {clearJournal, true},
	} {
		t.Run(c.at, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			w.before[c.at] = func() { cancel(signal(loop.ExitTerminated)) }
			r := w.gate(ctx)
			w.journalKept(t, false)
			if c.flipped {
				w.serving(t, "8/7")
				if r.Outcome != loop.Promoted || !r.Promoted {
					t.Errorf("%s, promoted %t (%v), expected what was begun to be finished", r.Outcome, r.Promoted, r.Err)
				}
				return
			}
			expect(t, r, loop.Failed, loop.ExitTerminated, "aborted")
			w.serving(t, "7/6")
		})
	}
}

// No further step is begun once the signal is there.
func TestInterruptedBetweenWrites(t *testing.T) {
	t.Parallel()
	begun := newWorld(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	begun.after[setJournal] = func() { cancel(signal(loop.ExitTerminated)) }
	expect(t, begun.gate(ctx), loop.Failed, loop.ExitTerminated, "aborted")
	if want := []string{setJournal, clearJournal}; !slices.Equal(begun.wrote, want) {
		t.Errorf("wrote %q, expected %q", begun.wrote, want)
	}

	confirming := newWorld(t)
	ctx, cancel = context.WithCancelCause(t.Context())
	confirming.after[setPrevious] = func() {
		confirming.atRead[confirming.reads+1] = func() { cancel(signal(loop.ExitTerminated)) }
	}
	expect(t, confirming.gate(ctx), loop.Failed, loop.ExitTerminated, "aborted")
	confirming.serving(t, "7/6")
	confirming.journalKept(t, false)
}

func TestInterruptedWhileScoring(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	w.scoring = func() { cancel(signal(loop.ExitInterrupted)) }
	expect(t, w.gate(ctx), loop.Failed, loop.ExitInterrupted, context.Canceled.Error())
	if len(w.wrote) > 0 {
		t.Errorf("wrote %q, expected nothing", w.wrote)
	}
}
