package loop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

// rollback is mode rollback, the emergency exit: @champion ← @previous (or
// rollback-to), then the bad version is quarantined. It needs the alias table and the
// target; whatever else cannot be read is a warning.
func (l *Loop) rollback(ctx context.Context) error {
	if done, err := l.open(ctx); done || err != nil {
		return err
	}
	if l.stateErr != nil {
		l.r.warn("%v; the rollback goes on without recording itself there", l.stateErr)
	}
	target, err := l.rollbackTarget(ctx)
	if err != nil {
		return l.withTargets(ctx, err)
	}
	l.judgedByPerson(target)
	j := l.journal(target.Number)
	j.Undoes = l.undoes
	j.Tags = promote.Kept(l.leaving(ctx, j.From))
	j.Tags[promote.TagQuarantined] = cmp.Or(j.Tags[promote.TagQuarantined], "true") // a person's text stays
	j.Tags[promote.TagDecision] = l.decision(RolledBack, j.Time, "")
	plan, err := promote.RollBack(l.r.Aliases, j, l.state)
	if err != nil {
		return err
	}
	if l.In.DryRun {
		l.dryRun(plan)
		return nil
	}
	return l.carryOut(ctx, plan)
}

// leaving is the version that is rolled back from, with its run and with what a person
// wrote about it. A rollback needs neither, and waits for them only two seconds.
func (l *Loop) leaving(ctx context.Context, number string) promote.Version {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	v, err := l.version(ctx, number)
	if err == nil {
		l.r.Champion = l.judged(number, v.RunID)
	}
	return v
}

// rollbackTarget is the version to go back to; an error says why there is none.
func (l *Loop) rollbackTarget(ctx context.Context) (promote.Version, error) {
	number, err := promote.RollbackTarget(l.r.Aliases, l.model, l.In.RollbackTo)
	switch {
	case err != nil && l.model.Aliases[l.r.Aliases.Champion] == "":
		return promote.Version{}, refuse("%w\nchoose one: %s", err, l.choose(ctx))
	case err != nil:
		return promote.Version{}, refusal{err}
	}
	target, err := l.version(ctx, number)
	switch {
	case errors.Is(err, promote.ErrNotFound):
		err = refuse("the target v%s does not exist (any more): %w", number, err)
	case err == nil:
		if why := promote.CheckTarget(l.r.Aliases, l.model, target, l.In.Reason); why != nil {
			err = refusal{why}
		}
	}
	return target, err
}

// withTargets adds to a refused rollback the former champions that could be
// rolled back to.
func (l *Loop) withTargets(ctx context.Context, why error) error {
	if !errors.As(why, new(refusal)) {
		return why
	}
	versions, err := l.readVersions(ctx)
	if err != nil {
		l.r.warn("listing the versions that could be rolled back to: %v", err)
		return why
	}
	l.r.Targets = promote.FormerChampions(versions, l.model.Aliases[l.r.Aliases.Champion], l.state)
	return why
}

// judgedByPerson puts the two versions of a person's decision into the report.
func (l *Loop) judgedByPerson(to promote.Version) {
	champion := l.model.Aliases[l.r.Aliases.Champion]
	known, _ := l.model.Known(champion)
	l.r.Challenger, l.r.Champion = l.judged(to.Number, to.RunID), l.judged(champion, known.RunID)
}

// openVersion opens the registry and reads the version that a person named.
func (l *Loop) openVersion(ctx context.Context) (v promote.Version, done bool, err error) {
	if done, err := l.open(ctx); done || err != nil {
		return v, done, err
	}
	if l.stateErr != nil {
		return v, false, l.stateErr
	}
	if err := l.mirror.insist(); err != nil {
		return v, false, err
	}
	v, err = l.registered(ctx)
	if errors.Is(err, promote.ErrNotFound) {
		err = refusal{err}
	}
	return v, false, err
}

// promote is mode promote, a person's override of the gate: nothing is scored, and no
// check is made but that the version is READY and not quarantined.
func (l *Loop) promote(ctx context.Context) error {
	v, done, err := l.openVersion(ctx)
	switch {
	case done || err != nil:
		return err
	case v.Number == l.model.Aliases[l.r.Aliases.Champion]:
		return refuse("v%s already is the champion", v.Number)
	case promote.Barred(v, l.state):
		return refuse("v%s is quarantined (tag %s=%q)\nlift it first: %s", v.Number, promote.TagQuarantined, text.Clip(quarantine(v), 100), l.command(inputs.ModeRelease, v.Number))
	case !v.Ready():
		return notReady(v)
	}
	l.judgedByPerson(v)
	return l.promoteTo(ctx, v, nil, l.champion == nil)
}

// release is mode release: it lifts a quarantine once the metric checks of today's gate
// would reject the version by themselves. Until then only the quarantine stops it.
func (l *Loop) release(ctx context.Context) error {
	v, done, err := l.openVersion(ctx)
	switch {
	case done || err != nil:
		return err
	case !promote.Barred(v, l.state): // a tag that a restored registry has lost is lifted too
		return refuse("v%s is not quarantined: nothing to release", v.Number)
	}
	l.name(v)
	if !l.In.Override {
		if err := l.earned(ctx, v); err != nil {
			return err
		}
	}
	tags := promote.Kept(v)
	tags[promote.TagDecision] = l.decision(Released, l.Now(), tags[promote.TagQuarantined])
	moves := promote.Release(v.Number, tags)
	if l.In.DryRun {
		l.r.Outcome, l.r.Requests = Skipped, l.requests(moves)
		return nil
	}
	if err := l.applyAll(ctx, moves); err != nil {
		return fmt.Errorf("releasing v%s: %w", v.Number, err)
	}
	l.r.Outcome, l.r.Released = Released, v.Number
	return nil
}

// earned refuses the release unless the metric checks alone reject the version.
func (l *Loop) earned(ctx context.Context, v promote.Version) error {
	const override = "\nadd the metric or segment that would have caught it, or release it all the same with --override --reason"
	if l.champion == nil {
		return refuse("%s has no @%s to judge v%s against%s", l.In.ModelName, l.r.Aliases.Champion, v.Number, override)
	}
	if v.Number == l.champion.Number {
		return refuse("v%s is the champion itself: judged against itself it would never pass\nroll back first, or release it with --override --reason", v.Number)
	}
	if err := l.judging(l.scorer().Open()); err != nil {
		return err
	}
	cooldown, err := l.cooldown(ctx)
	if err != nil {
		return err
	}
	l.r.Cooldown = cooldown
	measured, err := l.score(ctx, v.Number)
	if err != nil {
		return err
	}
	l.ask(v, gate.Evidence{Measured: measured})
	blocked, known := l.r.Verdict.Blocked()
	switch {
	case !known:
		var found []string
		for _, check := range l.r.Verdict.Metrics() {
			if !check.DryRun {
				found = append(found, check.Text)
			}
		}
		return refuse("there is no evidence that today's gate would reject v%s: %s%s", v.Number, strings.Join(found, "; "), override)
	case !blocked:
		return refuse("today's gate would promote v%s again: its metric checks pass, only the quarantine stops it%s", v.Number, override)
	}
	return nil
}
