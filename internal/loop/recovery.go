package loop

import (
	"context"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
)

// pollEvery is how often a journal that may be alive is looked at again.
const pollEvery = 2 * time.Second

// recover deals with an unfinished journal before anything else is done. done
// means that completing it was this run's result, so that a deploy that waits
// for it is not missed.
func (l *Loop) recover(ctx context.Context) (done bool, err error) {
	j, err := promote.ReadJournal(l.model)
	switch {
	case err != nil && (l.In.Mode == inputs.ModeRollback || !l.writes()):
		l.warn("%v", err)
		return false, nil
	case err != nil || j == nil:
		return false, err
	case !l.writes():
		l.warn("an unfinished %s %s (decision %s, begun %s) is left to the next run that writes",
			j.Operation, promote.Arrow(j.From, j.To), j.Decision, j.Time.Format(time.RFC3339))
		return false, nil
	case l.stateErr != nil && l.In.Mode != inputs.ModeRollback:
		return false, l.stateErr
	}
	what, plan, err := l.awaitJournal(ctx, *j)
	if err != nil {
		return false, err
	}
	return l.resume(ctx, what, plan)
}

// awaitJournal waits while a journal's holder may be alive, and returns what
// to do about it then. A journal that ends meanwhile needs nothing.
func (l *Loop) awaitJournal(ctx context.Context, j promote.Journal) (promote.Recovery, promote.Plan, error) {
	for seen, again := l.Now(), false; ; {
		// The journal's clock may run ahead of ours; our own waiting counts too.
		age := max(l.Now().Sub(j.Time), l.Now().Sub(seen))
		what, plan, text, err := promote.Recover(l.r.Aliases, j, l.model, l.state, age, l.In.LockTimeout)
		if err != nil || (what != promote.Wait && (what != promote.Yield || again)) {
			l.r.Recovery = text
			return what, plan, err
		}
		pause := min(pollEvery, l.In.LockTimeout-age)
		if what == promote.Yield { // on MLflow 2.22 the tags of one answer can be older than its aliases
			again, pause = true, learnEvery
		} else if l.r.Recovery == "" {
			l.r.Recovery = text
			l.Narrator.Tell(Waiting, l.r)
		}
		if err := l.Sleep(ctx, pause); err != nil {
			return promote.NoRecovery, promote.Plan{}, err
		}
		if err := l.reread(ctx); err != nil {
			return promote.NoRecovery, promote.Plan{}, err
		}
		next, err := promote.ReadJournal(l.model)
		if err != nil {
			return promote.NoRecovery, promote.Plan{}, err
		}
		if next == nil {
			l.r.Recovery = ""
			return promote.NoRecovery, promote.Plan{}, nil
		}
		if next.Holder != j.Holder {
			j, seen = *next, l.Now()
		}
	}
}

// resume carries the recovery out.
func (l *Loop) resume(ctx context.Context, what promote.Recovery, plan promote.Plan) (done bool, err error) {
	if what == promote.NoRecovery {
		return false, nil
	}
	if what == promote.Finish {
		l.r.Recovered, l.r.DecisionID = true, plan.Journal.Decision
		if l.model.Aliases[l.r.Aliases.Champion] == plan.Journal.To {
			l.flipped(plan.Journal) // by the run that was interrupted
		}
	}
	plan.Journal.Time = l.Now() // the alias phase of this run begins now; what is recorded was planned with the journal's own time
	if err := l.carryOut(ctx, plan); err != nil {
		return false, err
	}
	if what != promote.Finish {
		l.warn("%s", l.r.Recovery)
		return false, nil
	}
	if asked := l.In.Mode; asked == inputs.ModeRollback && plan.Journal.Operation == promote.Promotion {
		l.warn("nothing was rolled back: first the interrupted promotion had to be finished; run rollback again to undo it")
	} else {
		l.notice("this run finished an interrupted %s and did nothing else", plan.Journal.Operation)
	}
	return true, nil
}

func (l *Loop) link(j *Judged) {
	if j.Version == "" {
		return
	}
	j.VersionURL = l.Registry.VersionURL(l.In.ModelName, j.Version)
	if j.RunID != "" {
		j.RunURL = l.Registry.RunURL(j.RunID)
	}
}
