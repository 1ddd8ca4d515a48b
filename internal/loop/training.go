package loop

import (
	"context"
	"fmt"
	"strings"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

// prepare checks, before hours of training, what would otherwise fail after them: the
// state, the holdout, the cooldown, and, unless this is a dry run, the right to write.
// Where it is not ready, it has set the outcome.
func (l *Loop) prepare(ctx context.Context) (ready bool, err error) {
	if l.stateErr != nil {
		return false, l.stateErr
	}
	if err := l.judging(l.scorer().Check(l.trains())); err != nil {
		return false, err
	}
	if l.r.Cooldown, err = l.cooldown(ctx); err != nil {
		return false, err
	}
	if l.r.Decided && l.coolingDown() {
		return false, nil
	}
	if err := l.mirror.insist(); err != nil {
		return false, err
	}
	if !l.trains() {
		return true, nil
	}
	if err := l.foretell("whatever is trained now will be flagged"); err != nil {
		return false, err
	}
	if l.In.DryRun {
		return true, nil
	}
	return true, l.proveWriting(ctx)
}

// trains reports whether this run trains the version that it judges.
func (l *Loop) trains() bool { return l.In.Mode == inputs.ModeRun && l.In.ChallengerVersion == "" }

// coolingDown tells of an active cooldown before anything is trained, and reports
// whether the run ends there.
func (l *Loop) coolingDown() (skip bool) {
	if !l.r.Cooldown.Active(l.In.CooldownDays) || l.champion == nil { // a first champion waits for nothing
		return false
	}
	ends := l.r.Cooldown.Ends(l.In.CooldownDays).UTC().Format("2006-01-02 15:04 UTC")
	if l.In.SkipInCooldown {
		l.r.Outcome, l.r.Triggers.Retrain = Skipped, false
		l.r.notice("not training: the cooldown ends %s and skip-in-cooldown is set", ends)
		return true
	}
	l.r.notice("the cooldown ends %s: whatever is trained before will be flagged", ends)
	return false
}

// proveWriting writes the present state again, or a first one, as only a write proves
// the right to write. A model that does not exist yet has no tag to write.
func (l *Loop) proveWriting(ctx context.Context) (err error) {
	text := l.model.Tags[promote.TagState]
	if text == "" {
		if text, err = l.state.Updated(l.Now()).Encode(); err != nil {
			return err
		}
	}
	if l.exists {
		if err := l.apply(ctx, promote.Move{Kind: promote.SetModelTag, Key: promote.TagState, Value: text}); err != nil {
			return fmt.Errorf("proving the right to write before anything is trained: %w", err)
		}
	}
	return l.mirror.prove(ctx, text)
}

// challenger is the version to judge: the named one, one that an earlier try of this
// attempt registered, or the one that the training registers now.
func (l *Loop) challenger(ctx context.Context) (promote.Version, error) {
	if l.In.ChallengerVersion != "" {
		return l.registered(ctx)
	}
	l.r.Attempt = l.attempt()
	l.r.RunContext = l.runContext()
	if l.exists && l.resumable() { // else no earlier try can have registered anything
		versions, err := l.Registry.AttemptVersions(ctx, l.In.ModelName, l.r.Attempt, 0)
		if err != nil {
			return promote.Version{}, err
		}
		if len(versions) > 0 {
			l.r.Reused = true
			return l.only(ctx, versions, 0, training{})
		}
	}
	return l.train(ctx)
}

// registered is the version that the inputs name, by number or by attempt.
func (l *Loop) registered(ctx context.Context) (promote.Version, error) {
	if l.In.ChallengerVersion != "" {
		v, err := l.Registry.Version(ctx, l.In.ModelName, l.In.ChallengerVersion)
		if err != nil {
			return promote.Version{}, fmt.Errorf("challenger-version %s: %w", l.In.ChallengerVersion, err)
		}
		return v, nil
	}
	l.r.Attempt = l.In.Attempt
	versions, err := l.Registry.AttemptVersions(ctx, l.In.ModelName, l.In.Attempt, 0)
	if err != nil {
		return promote.Version{}, err
	}
	return l.only(ctx, versions, 0, training{})
}

// train runs the user's commands and finds what they registered.
func (l *Loop) train(ctx context.Context) (promote.Version, error) {
	defer l.timed("training")()
	l.Narrator.Tell(Training, l.r)
	highest := l.highest()
	if err := l.setup(ctx); err != nil {
		return promote.Version{}, err
	}
	began := l.Now()
	said, err := l.Commands.Hear(ctx, "train-command", l.In.TrainCommand, l.commandEnv(), l.In.TrainTimeout)
	if err != nil {
		return promote.Version{}, err
	}
	versions, err := l.Registry.AttemptVersions(ctx, l.In.ModelName, l.r.Attempt, highest)
	if err != nil {
		return promote.Version{}, fmt.Errorf("finding what train-command registered: %w", err)
	}
	v, err := l.only(ctx, versions, highest, training{began, said})
	if err != nil {
		return v, err
	}
	l.r.Retrained = true
	if err := l.readAgain(ctx); err != nil {
		return v, err
	}
	reasons := text.Clip(strings.Join(l.r.Triggers.Reasons, "; "), 1000)
	return v, l.apply(ctx, promote.Move{Kind: promote.SetVersionTag, Version: v.Number, Key: promote.TagTriggerReasons, Value: reasons})
}

// readAgain reads what happened during a training, which may have taken hours: a
// rollback, a promotion by hand, a newer release's state.
func (l *Loop) readAgain(ctx context.Context) (err error) {
	if err := l.rereadAll(ctx); err != nil {
		return err
	}
	l.champion = nil
	if err := l.openChampion(ctx); err != nil {
		return err
	}
	l.r.Cooldown, err = l.cooldown(ctx)
	return err
}

// only is the one version of the attempt; none and several are errors.
func (l *Loop) only(ctx context.Context, found []promote.Version, above int, t training) (promote.Version, error) {
	switch len(found) {
	case 0:
		return promote.Version{}, l.unregistered(ctx, above, t)
	case 1:
		return found[0], nil
	}
	return promote.Version{}, fmt.Errorf("the runs of attempt %s registered %d versions of %s (%s), expected exactly one\nregister only the model that is to be judged, or judge one by hand: %s",
		l.r.Attempt, len(found), l.In.ModelName, numbers(found), l.command(inputs.ModeGate, found[len(found)-1].Number))
}
