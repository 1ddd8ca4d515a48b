package loop

import (
	"context"
	"time"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
)

// pollEvery is how often the journal of a run that may be alive is read again.
const pollEvery = 2 * time.Second

// recover deals with an unfinished journal before anything else is done. done means
// that this run's result is the completed operation, so that its deployment is started.
func (l *Loop) recover(ctx context.Context) (done bool, err error) {
	j, err := promote.ReadJournal(l.model)
	switch {
	case err != nil && (l.In.Emergency() || !l.wouldWrite()):
		l.r.warn("%v", err)
		return false, nil
	case err != nil || j == nil:
		return false, err
	case !l.writes():
		l.r.warn("an unfinished %s %s (decision %s, begun %s) is left to the next run that writes",
			j.Operation, promote.Arrow(j.From, j.To), j.Decision, j.Time.Format(time.RFC3339))
		return false, nil
	case l.stateErr != nil && !l.In.Emergency():
		return false, l.stateErr
	}
	found, err := l.awaitJournal(ctx, *j)
	if err != nil {
		return false, err
	}
	return l.resume(ctx, found)
}

// awaitJournal waits while the journal's holder may be alive, and returns what is then
// to be done: nothing, if the journal has ended.
func (l *Loop) awaitJournal(ctx context.Context, j promote.Journal) (promote.Found, error) {
	for seen, again := l.Now(), false; ; {
		// The journal's clock may run ahead of ours; our own waiting counts too.
		age := max(l.Now().Sub(j.Time), l.Now().Sub(seen))
		found, err := promote.Recover(l.r.Aliases, j, l.model, l.state, age, l.In.LockTimeout, l.In.Emergency())
		pause := min(pollEvery, l.In.LockTimeout-age)
		switch {
		case err != nil:
			return promote.Found{}, err
		case found.Recovery == promote.Wait && l.r.Recovery == "":
			l.r.Recovery = found.Text
			l.Narrator.Tell(Waiting, l.r)
		case found.Recovery == promote.Wait:
		case found.Recovery == promote.Yield && !again:
			again, pause = true, learnEvery
		default:
			return found, nil
		}
		next, err := l.journalAfter(ctx, pause)
		if err != nil || next == nil {
			l.r.Recovery = ""
			return promote.Found{}, err
		}
		// The emergency exit does not wait until a rehearsal that renews its journal is over.
		renewed := !next.Time.Equal(j.Time) && !l.In.Emergency()
		if next.Holder != j.Holder || renewed {
			j, seen = *next, l.Now()
		}
	}
}

// journalAfter reads the journal again after a pause; nil: it has ended.
func (l *Loop) journalAfter(ctx context.Context, pause time.Duration) (*promote.Journal, error) {
	if err := l.Sleep(ctx, pause); err != nil {
		return nil, err
	}
	if err := l.reread(ctx); err != nil {
		return nil, err
	}
	return promote.ReadJournal(l.model)
}

// resume carries the recovery out.
func (l *Loop) resume(ctx context.Context, found promote.Found) (done bool, err error) {
	plan := found.Plan
	l.r.Recovery = found.Text
	stands := found.Recovery == promote.Finish || found.Recovery == promote.Return && !l.In.Emergency()
	if stands { // becomes this run's result, whatever it was about to judge
		l.r.Recovered, l.r.DecisionID = true, plan.Journal.Decision
		l.r.Champion, l.r.Challenger, l.r.Verdict, l.r.Gated = Judged{}, Judged{}, gate.Verdict{}, false
	}
	switch found.Recovery {
	case promote.NoRecovery:
		return false, nil
	case promote.TakeBack:
		l.undoes, l.r.Recovery = &plan.Journal, ""
		l.r.warn("%s", found.Text)
		return false, nil
	case promote.Finish:
		if l.model.Aliases[l.r.Aliases.Champion] == plan.Journal.To {
			l.flipped(plan.Journal, l.flips(plan)) // by the run that was interrupted
		}
	case promote.Undo:
		l.r.Recovery += "; judge it again with: " + l.command(inputs.ModeGate, plan.Journal.To)
	}
	plan.Journal.Time = l.Now() // the alias phase begins now; the records were planned with the journal's own time
	err = l.carryOut(ctx, plan)
	switch {
	case err != nil && l.In.Emergency() && !stands:
		l.r.warn("%s: %v; the rollback goes on", l.r.Recovery, err) // whatever another run left behind
		return false, nil
	case err != nil:
		return false, err
	case !stands:
		l.r.warn("%s", l.r.Recovery)
		return false, nil
	}
	if found.Recovery == promote.Return { // the service may have to be told, as after a promotion
		l.r.Outcome, l.r.Promoted = Rehearsed, true
	}
	l.r.notice("this run finished an interrupted %s and did nothing else", plan.Journal.Operation)
	return true, nil
}
