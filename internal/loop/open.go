package loop

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
)

// open reads what every mode needs first: the model with its aliases and tags, and
// the journal of an interrupted run. done means that this run has finished that run's
// work, and does no more.
func (l *Loop) open(ctx context.Context) (done bool, err error) {
	m, err := l.Registry.Model(ctx, l.In.ModelName)
	starts := l.In.Mode == inputs.ModeRun || l.In.Mode == inputs.ModeTrigger
	switch {
	case errors.Is(err, promote.ErrNotFound) && starts: // the first training makes it
		l.state = &state.State{Schema: state.Schema, Model: l.In.ModelName}
		return false, errors.Join(l.openMirror(ctx), l.settle(ctx))
	case errors.Is(err, promote.ErrNotFound):
		return false, l.unknownModel(ctx)
	case err != nil:
		return false, err
	}
	l.see(m)
	if err := l.openMirror(ctx); err != nil {
		return false, err
	}
	if done, err := l.recover(ctx); done || err != nil {
		return done, err
	}
	if err := l.openChampion(ctx); err != nil {
		return false, err
	}
	return false, l.settle(ctx)
}

// settle ends the opening: before anything is trained or judged, nothing about the
// registry may be in doubt.
func (l *Loop) settle(ctx context.Context) error {
	switch l.In.Mode {
	case inputs.ModeRun, inputs.ModeTrigger, inputs.ModeGate:
		if err := l.doubt(ctx); err != nil {
			return err
		}
		if l.champion == nil && !l.In.First && l.known() != "" { // a person must choose first, and so confirm the record
			return nil
		}
	}
	return l.adopt(ctx)
}

// unknownModel says that the model does not exist, and names those that the
// user may have meant.
func (l *Loop) unknownModel(ctx context.Context) error {
	hint := "run the training once, or correct model-name"
	similar, err := l.Registry.SimilarModels(ctx, l.In.ModelName)
	switch {
	case err != nil:
		hint += fmt.Sprintf(" (listing the models: %v)", err)
	case len(similar) > 0:
		hint = "did you mean " + strings.Join(similar, ", ") + "?"
	}
	return fmt.Errorf("registered model %q: %w\n%s", l.In.ModelName, promote.ErrNotFound, hint)
}

// openMirror reads the variable, which may know what a restored or rebuilt registry
// has lost: that counts, and adopt writes it into the tag.
func (l *Loop) openMirror(ctx context.Context) error {
	if l.state != nil {
		l.mirror.began = l.state.UpdatedAt
	}
	switch {
	case l.In.State == inputs.StateRegistry,
		l.In.Mode == inputs.ModeVerify,   // needs no record
		l.In.Mode == inputs.ModeRollback, // does not wait for GitHub
		!l.mirror.read(ctx):
		return nil
	case l.mirror.broken != nil:
		l.state, l.stateErr = nil, l.mirror.broken
		return nil
	}
	if err := l.readTagAgain(ctx); err != nil {
		return err
	}
	r := l.mirror.record
	tag, err := state.Decode(l.model.Tags[promote.TagState], l.In.ModelName)
	if r == nil || l.state == nil || err != nil {
		return nil
	}
	counts := state.Counting(tag, *r)
	l.state, l.mirror.newer = &counts, l.mirror.adds(tag, counts)
	return nil
}

// readTagAgain reads the tag again where the variable differs from it: another run may
// have written both since the tag was read.
func (l *Loop) readTagAgain(ctx context.Context) error {
	if l.mirror.record == nil || !l.exists || l.mirror.text == l.model.Tags[promote.TagState] {
		return nil
	}
	return l.reread(ctx)
}

// adopt writes a variable that counts into the registry's tag, once nothing
// about it is in doubt.
func (l *Loop) adopt(ctx context.Context) error {
	if l.mirror.newer == "" {
		return nil
	}
	newer := l.mirror.newer
	l.mirror.newer = ""
	if !l.writes() || !l.exists {
		l.r.notice("%s", newer)
		return nil
	}
	l.r.notice("%s, and overwrites tag %s", newer, promote.TagState)
	return l.writeState(ctx, *l.state)
}
