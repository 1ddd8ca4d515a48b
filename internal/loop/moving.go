package loop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/org/ct-action/internal/promote"
)

const (
	// aliasPhase is how long after the journal's time an alias may still be moved,
	// unless half of lock-timeout is shorter.
	aliasPhase = 60 * time.Second
	// learnFor is how long an unknown outcome is looked for. A write whose
	// sender was cut off has been seen to land 3 seconds later.
	learnFor   = 6 * time.Second
	learnEvery = time.Second
)

// killedAfter is how long the runner lets a cancelled container live after its
// first signal.
const killedAfter = 10 * time.Second

// LastBreath is how long an interrupted run may take for each of: ending the user's
// commands, finishing or undoing a promotion, keeping a decision's document. The other
// half of the time is for writing the results.
const LastBreath = killedAfter / 2

// carryOut takes a plan's steps in order. After an error before the flip, what could be
// undone is undone; after a later one, the journal stays for the next run.
func (l *Loop) carryOut(ctx context.Context, p promote.Plan) error {
	if p.Journal.Operation != promote.Rehearsal { // whose moves are a small part of its time
		defer l.timed("promotion")()
	}
	moves, cancel := l.phase(ctx, p.Journal.Time)
	defer cancel()
	flips := l.flips(p)
	flipped := l.model.Aliases[l.r.Aliases.Champion] == p.Journal.To
	for _, step := range p.Steps {
		if p.Journal.Holder == "" && step.Move.EndsJournal() {
			continue // the journal on record, if any, is another run's
		}
		err := l.take(ctx, moves, p, step, flipped)
		switch {
		case err == nil:
		case step.Optional:
			l.r.warn("going on without a journal: %v", err)
			p.Journal.Holder = ""
			continue
		case (flipped || p.Resumed) && step.Move.Kind == promote.SetVersionTag && errors.Is(err, promote.ErrNotFound):
			l.r.warn("%v: v%s does not exist (any more)", step.Move, step.Move.Version)
			continue
		case p.Journal.Operation == promote.Rehearsal && errors.As(err, new(overtaken)):
			return l.abort(moves, p, err) // what a person or another run did stands
		case flipped || p.Resumed:
			return l.unfinished(p, step, err)
		default:
			return l.abort(moves, p, err)
		}
		if step.Flip {
			flipped = true
			l.flipped(p.Journal, flips)
			l.keepJournal(&p)
		}
	}
	return nil
}

// keepJournal checks whether another run has replaced the journal of a rollback, which
// that does not stop. The rollback then has no journal to clear.
func (l *Loop) keepJournal(p *promote.Plan) {
	if p.Journal.Operation != promote.Rollback || p.Journal.Holder == "" {
		return
	}
	j, err := promote.ReadJournal(l.model)
	if err != nil || j == nil || j.Holder != p.Journal.Holder {
		p.Journal.Holder = ""
		l.r.warn("another run replaced or cleared the journal of this rollback: going on without it")
	}
}

// take takes one step. An interruption stops it before the flip and not after it.
func (l *Loop) take(ctx, moves context.Context, p promote.Plan, step promote.Step, flipped bool) error {
	if ctx.Err() != nil && !flipped {
		return context.Cause(ctx)
	}
	if err := l.confirm(moves, p, step.Confirm); err != nil {
		return err
	}
	if ctx.Err() != nil && !flipped && step.Flip {
		return context.Cause(ctx)
	}
	if err := l.apply(moves, step.Move); err != nil {
		return err
	}
	if m := step.Move; m.Kind == promote.SetVersionTag && m.Key == promote.TagQuarantined {
		l.r.Quarantined = m.Version
	}
	return nil
}

// unfinished is an error after the flip, and says who completes the rest.
func (l *Loop) unfinished(p promote.Plan, step promote.Step, err error) error {
	rest := "the journal is kept: the next run that writes completes the rest"
	if p.Journal.Holder == "" {
		rest = fmt.Sprintf("there is no journal, so no later run completes the rest: set the tag %s=true on v%s by hand", promote.TagQuarantined, p.Journal.From)
	}
	if errors.Is(err, promote.ErrUnknownOutcome) && step.Flip {
		l.unknown = true
	}
	return fmt.Errorf("@%s is %s; %w\n%s", l.r.Aliases.Champion, promote.Label(l.model.Aliases[l.r.Aliases.Champion]), err, rest)
}

// phase is the context of the moves: it outlives an interruption by
// LastBreath, and ends when a later run may take the journal over.
func (l *Loop) phase(ctx context.Context, began time.Time) (context.Context, context.CancelFunc) {
	limit := min(aliasPhase, l.In.LockTimeout/2) - l.Now().Sub(began)
	lasting, end := outlive(ctx, LastBreath)
	moves, cancel := context.WithTimeout(lasting, limit)
	return moves, func() { cancel(); end() }
}

// outlive is a context that goes on for a while after an interruption.
func outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(d, cancel)
	})
	return lasting, func() { stop(); cancel() }
}

// overtaken is the error of a step whose confirmation found that somebody else acted.
type overtaken struct{ error }

// confirm reads again and checks what a step asks for. Where only the journal is
// missing, the reading may be that of a replica behind the others, so confirm waits
// for a few seconds.
func (l *Loop) confirm(ctx context.Context, p promote.Plan, c promote.Confirm) error {
	if c == promote.Nothing {
		return nil
	}
	expected, servable := p.Asks(c)
	expected = cmp.Or(expected, p.Journal.From)
	for began := l.Now(); ; {
		v, err := l.freshly(ctx, servable)
		if err != nil {
			return err
		}
		found, ok := p.Holds(c, l.model, v)
		if ok {
			return nil
		}
		lags := l.model.Tags[promote.TagJournal] == "" && l.model.Aliases[p.Aliases.Champion] == expected
		if !lags || l.Now().Sub(began) > learnFor {
			return overtaken{errors.New(found)}
		}
		if err := l.Sleep(ctx, learnEvery); err != nil {
			return err
		}
	}
}

// freshly reads the model again, and a version where one is named.
func (l *Loop) freshly(ctx context.Context, version string) (v promote.Version, err error) {
	if err := l.reread(ctx); err != nil || version == "" {
		return v, err
	}
	v, err = l.version(ctx, version)
	if errors.Is(err, promote.ErrNotFound) {
		err = overtaken{err}
	}
	return v, err
}

// abort undoes a promotion that may not go on, and says why it may not.
func (l *Loop) abort(ctx context.Context, p promote.Plan, why error) error {
	if errors.Is(why, promote.ErrUnknownOutcome) {
		l.unknown = true
		return fmt.Errorf("%w\nwhether it was carried out cannot be learnt; the journal is kept: the next run that writes finishes or undoes the move", why)
	}
	why = fmt.Errorf("aborted: %w", why)
	if err := l.reread(ctx); err != nil {
		return errors.Join(why, fmt.Errorf("undoing: %w\nif a journal was written it is kept: the next run that writes undoes the move", err))
	}
	for _, move := range p.Abort(l.model) {
		if err := l.apply(ctx, move); err != nil {
			return errors.Join(why, fmt.Errorf("undoing: %w\nthe journal is kept: the next run that writes undoes the move", err))
		}
	}
	return why
}

// flipped records that @champion has moved as the journal says.
func (l *Loop) flipped(j promote.Journal, flips []Flip) {
	if j.Operation == promote.Rehearsal { // is done only when the service has followed
		l.r.Flips = append(l.r.Flips, flips...)
		return
	}
	l.r.Flips = flips
	if j.Operation == promote.Rollback {
		l.r.Outcome = RolledBack
		return
	}
	l.r.Outcome, l.r.Promoted = Promoted, true
	if l.r.Challenger.Version == "" { // a recovery judged nothing
		l.r.Challenger, l.r.Champion = l.judged(j.To, ""), l.judged(j.From, "")
	}
}

// flips are the aliases that a plan moves, @champion first, also those that the
// interrupted run of the journal has moved.
func (l *Loop) flips(p promote.Plan) []Flip {
	a, j := l.r.Aliases, p.Journal
	if j.Operation == promote.Rehearsal {
		return rehearsalFlips(p)
	}
	flips := []Flip{{Alias: a.Champion, From: j.From, To: j.To}}
	previous := p.Resumed && l.model.Aliases[a.Previous] == j.From
	for _, step := range p.Steps {
		previous = previous || (step.Move.Kind == promote.SetAlias && step.Move.Alias == a.Previous)
	}
	if j.Operation == promote.Promotion && previous && j.From != "" && j.From != j.Previous {
		flips = append(flips, Flip{Alias: a.Previous, From: j.Previous, To: j.From})
	}
	return flips
}

// rehearsalFlips are the ways of a rehearsal that a plan makes.
func rehearsalFlips(p promote.Plan) (flips []Flip) {
	for _, step := range p.Steps {
		if from := p.Journal.From; step.Flip {
			if step.Move.Version == from {
				from = p.Journal.To
			}
			flips = append(flips, Flip{Alias: p.Aliases.Champion, From: from, To: step.Move.Version})
		}
	}
	return flips
}
