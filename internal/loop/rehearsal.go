package loop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

const (
	// measureEvery is how often the service is asked in a rehearsal, and so how exact
	// its times are.
	measureEvery = 500 * time.Millisecond
	// mostReloads is how often a reload is asked for that may only have come too early.
	mostReloads = 3
)

// A Rehearsal is a rollback that was practised. The zero value has moved nothing.
type Rehearsal struct {
	From, To    string // the champion, and the version that a rollback goes back to
	There, Back Leg
}

// A Leg is one way of a rehearsal: @champion moves to a version, the service reloads and
// serves it. The zero value has not begun.
type Leg struct {
	Version     string        // that the service is to serve
	Moved       bool          // @champion was moved to it
	Served      bool          // the service reported it
	AfterFlip   time.Duration // from the flip until it was first seen served
	AfterReload time.Duration // from the reload, or from the start of deploy-workflow, until then
	Answers     []Answer
}

// Seconds is how long after the flip the version was first seen served, to the
// millisecond; nil where it was not.
func (l Leg) Seconds() *float64 {
	if !l.Served {
		return nil
	}
	seconds := l.AfterFlip.Round(time.Millisecond).Seconds()
	return &seconds
}

// rehearse is mode rollback with rehearse: @champion goes back to @previous, the service
// reloads and is asked, and all of it once more forward.
func (l *Loop) rehearse(ctx context.Context) error {
	if done, err := l.open(ctx); done || err != nil {
		return err
	}
	target, err := l.rehearsalTarget(ctx)
	if err != nil {
		return l.withTargets(ctx, err)
	}
	l.judgedByPerson(target)
	if l.In.DryRun {
		return l.planRehearsal(target)
	}
	if done, err := l.readyToRehearse(ctx, target); done || err != nil {
		return err
	}
	plan, err := promote.Rehearse(l.r.Aliases, l.journal(target.Number))
	if err != nil {
		return err
	}
	return l.thereAndBack(ctx, plan)
}

// rehearsalTarget is the version to go back to, as a rollback would choose it. There is
// no way back to a champion that may not serve.
func (l *Loop) rehearsalTarget(ctx context.Context) (promote.Version, error) {
	target, err := l.rollbackTarget(ctx)
	if err != nil && !errors.As(err, new(refusal)) {
		return target, err
	}
	if l.champion != nil && promote.Barred(*l.champion, l.state) {
		err = errors.Join(err, refuse("the champion v%s is quarantined (tag %s=%q): a rehearsal could not come back to it\nroll back in earnest",
			l.champion.Number, promote.TagQuarantined, text.Clip(quarantine(*l.champion), 100)))
	}
	return target, err
}

// planRehearsal is the dry run.
func (l *Loop) planRehearsal(target promote.Version) error {
	plan, err := promote.Rehearse(l.r.Aliases, l.journal(target.Number))
	if err != nil {
		return err
	}
	l.r.Rehearsal = l.newRehearsal(target)
	plan.Steps = append(append(plan.Steps, plan.Return().Steps...), plan.Conclude(l.rehearsed(Rehearsed)).Steps...)
	l.dryRun(plan)
	return nil
}

func (l *Loop) newRehearsal(target promote.Version) *Rehearsal {
	from := l.model.Aliases[l.r.Aliases.Champion]
	return &Rehearsal{From: from, To: target.Number, There: Leg{Version: target.Number}, Back: Leg{Version: from}}
}

// readyToRehearse waits until the service serves the champion, without which neither way
// would show anything. That can take minutes, so the registry is looked at again; done
// means that this run has finished another run's work meanwhile.
func (l *Loop) readyToRehearse(ctx context.Context, target promote.Version) (done bool, err error) {
	l.r.Verification.Address = cmp.Or(text.Address(l.In.VerifyURL), "the service")
	last, err := l.poll(ctx, askEvery, nil)
	if err == nil && last.Kind != NewVersion {
		err = l.unverifiedText(last)
	}
	if err == nil {
		err = l.reread(ctx)
	}
	if err == nil {
		if done, err = l.recover(ctx); done {
			return true, err
		}
	}
	if err == nil {
		err = l.stillChampion(ctx)
	}
	if err != nil {
		return false, fmt.Errorf("rehearsal not begun, nothing was moved: %w", err)
	}
	l.r.Rehearsal = l.newRehearsal(target)
	return false, nil
}

// thereAndBack carries the rehearsal out. Once @champion has moved, it moves forward
// again whatever happens on the way, an interruption included.
func (l *Loop) thereAndBack(ctx context.Context, plan promote.Plan) error {
	defer l.timed("rehearsal")()
	d := l.r.Rehearsal
	if err := l.carryOut(ctx, plan); err != nil {
		return err
	}
	there := l.leg(ctx, &plan, &d.There)
	lasting, end := outlive(ctx, LastBreath/2)
	defer end()
	err := l.carryOut(lasting, l.now(plan.Return()))
	switch {
	case errors.As(err, new(overtaken)):
		return fmt.Errorf("rehearsal: %w\nno alias is touched any more: have the service serve what @%s names now", err, l.r.Aliases.Champion)
	case err != nil:
		return errors.Join(l.unreached(ctx, there), err)
	}
	back := l.leg(lasting, &plan, &d.Back)
	return l.endRehearsal(ctx, lasting, plan, there, back)
}

// endRehearsal says how the two ways went, and ends the journal. It stays where the run
// was interrupted before the service was seen to serve the champion again.
func (l *Loop) endRehearsal(ctx, lasting context.Context, plan promote.Plan, there, back error) error {
	failed := l.unreached(ctx, there)
	switch {
	case errors.As(back, new(overtaken)):
		return fmt.Errorf("rehearsal: aborted: %w", back)
	case back != nil:
		l.r.Promoted = true // so that a deploy job has the champion served again
		if ctx.Err() != nil {
			back = context.Cause(ctx)
		}
		failed = errors.Join(failed, fmt.Errorf("rehearsal: @%s is %s again, but the service was not seen to serve it: %w\nredeploy the service now",
			l.r.Aliases.Champion, promote.Label(plan.Journal.From), back))
		if ctx.Err() != nil { // whoever stopped the run may not read its outputs
			return failed
		}
	}
	outcome := Failed
	if failed == nil {
		outcome, l.r.Outcome = Rehearsed, Rehearsed
	}
	return errors.Join(failed, l.carryOut(lasting, l.now(plan.Conclude(l.rehearsed(outcome)))))
}

// now is a plan whose alias phase begins now, whenever the journal was written.
func (l *Loop) now(p promote.Plan) promote.Plan {
	p.Journal.Time = l.Now()
	return p
}

// unreached is the error of a way back that failed: what it means for a rollback.
func (l *Loop) unreached(ctx context.Context, why error) error {
	switch {
	case why == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("rehearsal: %w, before the service served %s", context.Cause(ctx), promote.Label(l.r.Rehearsal.To))
	}
	return fmt.Errorf("rehearsal: a rollback to %s would not have reached the service: %w", promote.Label(l.r.Rehearsal.To), why)
}

// leg makes the service load the version that @champion has just moved to, and waits
// until it serves it.
func (l *Loop) leg(ctx context.Context, plan *promote.Plan, leg *Leg) error {
	flipped := l.Now()
	leg.Moved = true
	l.Narrator.Tell(Turned, l.r)
	l.champion = &promote.Version{Number: leg.Version}
	l.r.Verification.Answers, l.r.Verification.Served = nil, ""
	reloaded, reloading := l.reload(ctx, plan, leg.Version)
	if reloading != nil && leg == &l.r.Rehearsal.There {
		return reloading
	}
	last, err := l.poll(ctx, measureEvery, func(ctx context.Context) error { return l.renew(ctx, plan) })
	leg.Answers = l.r.Verification.Answers
	switch {
	case err != nil:
		return errors.Join(reloading, err)
	case last.Kind != NewVersion:
		return errors.Join(reloading, l.unverifiedText(last))
	case reloading != nil:
		l.r.warn("the service serves %s although reloading ended in an error: %v", promote.Label(leg.Version), reloading)
	}
	leg.Served, leg.AfterFlip, leg.AfterReload = true, l.Now().Sub(flipped), l.Now().Sub(reloaded)
	return nil
}

// reload starts deploy-workflow, or asks reload-url, and says when. An answer that does
// not come in time is no error: the service is asked what it serves anyway.
func (l *Loop) reload(ctx context.Context, plan *promote.Plan, version string) (began time.Time, err error) {
	if l.In.DeployWorkflow != "" {
		if err := l.startWorkflow(ctx, version); err != nil {
			return began, fmt.Errorf("deploy-workflow %s was not started: %w", l.In.DeployWorkflow, err)
		}
		return l.Now(), nil
	}
	limit := min(l.In.LockTimeout/2, l.In.VerifyTimeout) // another run would take an older journal over
	for try := 1; ; try++ {
		if err := l.renew(ctx, plan); err != nil {
			return began, err
		}
		began = l.Now()
		once, cancel := context.WithTimeout(ctx, limit)
		err = l.Reloader.Reload(once)
		cancel()
		switch {
		case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
			l.r.warn("no answer to the reload within %s: %v", limit, err)
			return began, nil
		case err == nil, misdirected(err), try == mostReloads, l.Sleep(ctx, askEvery) != nil:
			return began, err
		}
	}
}

// renew writes the journal anew where it gets old, so that no other run takes it for
// abandoned. It is an error if one already has.
func (l *Loop) renew(ctx context.Context, plan *promote.Plan) error {
	if l.Now().Sub(plan.Journal.Time) < l.In.LockTimeout/4 {
		return nil
	}
	renewed, step, err := plan.Renew(l.Now())
	if err != nil {
		return err
	}
	if err := l.confirm(ctx, renewed, step.Confirm); err != nil {
		return err
	}
	*plan = renewed
	return l.apply(ctx, step.Move)
}

// rehearsed is the rehearsal in brief, for the model's tag and people who look at the
// model in the MLflow UI.
func (l *Loop) rehearsed(outcome Outcome) string {
	d := l.r.Rehearsal
	return encode(struct {
		ID      string    `json:"id"`
		Outcome Outcome   `json:"outcome"`
		At      time.Time `json:"at"`
		From    string    `json:"from"`
		To      string    `json:"to"`
		There   *float64  `json:"rollback_seconds,omitempty"`
		Back    *float64  `json:"return_seconds,omitempty"`
		Reason  string    `json:"reason,omitempty"`
		Actor   string    `json:"actor,omitempty"`
	}{
		ID: l.r.DecisionID, Outcome: outcome, At: l.Now().UTC().Truncate(time.Second), From: d.From, To: d.To,
		There: d.There.Seconds(), Back: d.Back.Seconds(),
		Reason: text.Clip(l.In.Reason, 700), Actor: text.Clip(l.Actor, 100),
	})
}
