package loop

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
)

// open reads what every mode needs first: the model with its aliases and tags,
// and what an interrupted run left behind. done means that finishing that was
// this run's work.
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

// settle ends the opening: where something will be trained or judged, nothing
// about the registry may be in doubt.
func (l *Loop) settle(ctx context.Context) error {
	switch l.In.Mode {
	case inputs.ModeRun, inputs.ModeTrigger, inputs.ModeGate:
		if err := l.doubt(ctx); err != nil {
			return err
		}
		if l.champion == nil && !l.In.First && l.known() != "" { // a person chooses, and by that says whose record it is
			return nil
		}
	}
	return l.adopt(ctx)
}

// see takes in a fresh reading of the model.
func (l *Loop) see(m promote.Model) {
	l.model, l.exists = m, true
	if !m.Date.IsZero() {
		l.skew = m.Date.Sub(l.Now())
	}
	s, err := state.Decode(m.Tags[promote.TagState], l.In.ModelName)
	l.state, l.stateErr = &s, nil
	if err != nil {
		l.state, l.stateErr = nil, fmt.Errorf("tag %s of %s: %w", promote.TagState, l.In.ModelName, err)
		return
	}
	if l.mirror.broken != nil {
		l.state, l.stateErr = nil, l.mirror.broken
		return
	}
	if r := l.mirror.record; r != nil {
		s = state.Counting(s, *r)
	}
}

// reread takes a fresh reading.
func (l *Loop) reread(ctx context.Context) error {
	m, err := l.Registry.Model(ctx, l.In.ModelName)
	if err != nil {
		return err
	}
	l.see(m)
	return nil
}

// openChampion reads the version under @champion. One that is gone is an
// error, except where a person is about to choose another.
func (l *Loop) openChampion(ctx context.Context) error {
	number := l.model.Aliases[l.r.Aliases.Champion]
	if number == "" || l.In.Mode == inputs.ModeRollback { // which needs the alias table and its target, nothing else
		return nil
	}
	v, err := l.version(ctx, number)
	switch {
	case err == nil:
		l.champion = &v
		return nil
	case !errors.Is(err, promote.ErrNotFound):
		return err
	case l.In.Mode == inputs.ModePromote:
		l.warn("@%s points at v%s, which does not exist (any more)", l.r.Aliases.Champion, number)
		return nil
	}
	return fmt.Errorf("reading @%s of %s: it points at v%s, which does not exist (any more): %w\nchoose another: %s",
		l.r.Aliases.Champion, l.In.ModelName, number, err, l.choose(ctx))
}

// version is a fresh-enough reading of one version: the model's own answer
// where that described it, else a call.
func (l *Loop) version(ctx context.Context, number string) (promote.Version, error) {
	if v, ok := l.model.Known(number); ok {
		return v, nil
	}
	return l.Registry.Version(ctx, l.In.ModelName, number)
}

// readVersions lists every version once; only a model without a champion
// needs it.
func (l *Loop) readVersions(ctx context.Context) ([]promote.Version, error) {
	if l.versions == nil {
		versions, err := l.Registry.Versions(ctx, l.In.ModelName, 0)
		if err != nil {
			return nil, err
		}
		l.versions = append([]promote.Version{}, versions...) // none is known as well
	}
	return l.versions, nil
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

// cooldown works out how long ago the last promotion was, from every record
// that can be read: the state, and the tags of the versions that @champion and
// @previous name.
func (l *Loop) cooldown(ctx context.Context) (state.Cooldown, error) {
	var records []time.Time
	if l.state != nil && l.state.LastPromotion != nil {
		records = append(records, l.state.LastPromotion.At)
	}
	tagged := []promote.Version{}
	if l.champion != nil {
		tagged = append(tagged, *l.champion)
	}
	if previous := l.model.Aliases[l.r.Aliases.Previous]; previous != "" && (l.champion == nil || previous != l.champion.Number) {
		v, err := l.version(ctx, previous)
		if err != nil && !errors.Is(err, promote.ErrNotFound) {
			return state.Cooldown{}, err
		}
		if err == nil {
			tagged = append(tagged, v)
		}
	}
	for _, v := range tagged {
		text := v.Tags[promote.TagPromotedAt]
		if text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			l.warn("tag %s of v%s is %q, expected an RFC 3339 time: not counted", promote.TagPromotedAt, v.Number, text)
			continue
		}
		records = append(records, at)
	}
	here := l.Now()
	c := state.Since(records, here, here.Add(l.skew))
	if c.Warning != "" {
		l.warn("%s", c.Warning)
	}
	return c, nil
}

// command is one of our own commands, for a person to copy.
func (l *Loop) command(mode inputs.Mode, version string) string {
	flags := []string{"challenger-version", version}
	if mode == inputs.ModePromote {
		flags = append(flags, "reason", inputs.Why)
	}
	return l.In.Command(mode, flags...)
}
