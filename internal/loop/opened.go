package loop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
)

// opened is what a run knows of the registered model: the latest reading, with
// the run's own moves applied, and the record that counts.
type opened struct {
	model    promote.Model
	exists   bool              // the registered model does
	champion *promote.Version  // what @champion names; nil: nothing, or a version that is gone
	versions []promote.Version // all of them, read only where there is no champion
	state    *state.State      // nil: there is one and it cannot be read
	stateErr error
	skew     time.Duration    // the registry's clock, which is in whole seconds, less ours
	mirror   mirror           // the record's copy in the repository
	undoes   *promote.Journal // the unfinished promotion that a rollback goes back from
	unknown  bool             // an alias may or may not have moved
}

// see takes over a new reading of the model.
func (l *Loop) see(m promote.Model) {
	l.model, l.exists = m, true
	if !m.Date.IsZero() {
		l.skew = m.Date.Sub(l.Now())
	}
	s, err := state.Decode(m.Tags[promote.TagState], l.In.ModelName)
	switch r := l.mirror.record; {
	case err != nil:
		err = fmt.Errorf("tag %s of %s: %w", promote.TagState, l.In.ModelName, err)
	case l.mirror.broken != nil:
		err = l.mirror.broken
	case r != nil:
		s = state.Counting(s, *r)
	}
	if l.state, l.stateErr = &s, err; err != nil {
		l.state = nil
	}
}

// reread reads the model again. What is wrong with its record is no error.
func (l *Loop) reread(ctx context.Context) error {
	m, err := l.Registry.Model(ctx, l.In.ModelName)
	if err == nil {
		l.see(m)
	}
	return err
}

// rereadAll reads the model again, and needs its record.
func (l *Loop) rereadAll(ctx context.Context) error {
	if err := l.reread(ctx); err != nil {
		return err
	}
	return l.stateErr
}

// version is one version as the last reading of the model describes it, else as the
// registry does.
func (l *Loop) version(ctx context.Context, number string) (promote.Version, error) {
	if v, ok := l.model.Known(number); ok {
		return v, nil
	}
	return l.Registry.Version(ctx, l.In.ModelName, number)
}

// readVersions lists every version once; only a model without a champion
// needs it.
func (l *Loop) readVersions(ctx context.Context) (versions []promote.Version, err error) {
	if l.versions == nil {
		if versions, err = l.Registry.Versions(ctx, l.In.ModelName, 0); err != nil {
			return nil, err
		}
		l.versions = append([]promote.Version{}, versions...) // not nil, so that none is remembered too
	}
	return l.versions, nil
}

// cooldown is how long ago the last promotion was, by every record that can be read:
// the state, and the tags of the versions that @champion and @previous name.
func (l *Loop) cooldown(ctx context.Context) (state.Cooldown, error) {
	var records []time.Time
	if l.state != nil && l.state.LastPromotion != nil {
		records = append(records, l.state.LastPromotion.At)
	}
	tagged, err := l.served(ctx)
	if err != nil {
		return state.Cooldown{}, err
	}
	for _, v := range tagged {
		text := v.Tags[promote.TagPromotedAt]
		at, err := time.Parse(time.RFC3339, text)
		switch {
		case err == nil:
			records = append(records, at)
		case text != "":
			l.r.warn("tag %s of v%s is %q, expected an RFC 3339 time: not counted", promote.TagPromotedAt, v.Number, text)
		}
	}
	here := l.Now()
	c := state.Since(records, here, here.Add(l.skew))
	if c.Warning != "" {
		l.r.warn("%s", c.Warning)
	}
	return c, nil
}

// served are the versions that @champion and @previous name, as far as they exist.
func (l *Loop) served(ctx context.Context) (versions []promote.Version, err error) {
	if l.champion != nil {
		versions = append(versions, *l.champion)
	}
	previous := l.model.Aliases[l.r.Aliases.Previous]
	if previous == "" || l.champion != nil && previous == l.champion.Number {
		return versions, nil
	}
	v, err := l.version(ctx, previous)
	switch {
	case err == nil:
		versions = append(versions, v)
	case errors.Is(err, promote.ErrNotFound):
		err = nil
	}
	return versions, err
}

// apply makes one move. Where the answer leaves open whether it was made, apply reads
// until the registry shows it.
func (l *Loop) apply(ctx context.Context, move promote.Move) error {
	err := l.Registry.Apply(ctx, l.In.ModelName, move)
	if errors.Is(err, promote.ErrUnknownOutcome) && l.learn(ctx, move) {
		err = nil
	}
	if err == nil {
		l.model = move.Applied(l.model)
		l.mirror.wrote = l.mirror.wrote || move.Key == promote.TagState
	}
	return err
}

// learn reads until the registry shows the move, or learnFor has passed.
func (l *Loop) learn(ctx context.Context, move promote.Move) bool {
	for began := l.Now(); ; {
		model, err := l.Registry.Model(ctx, l.In.ModelName)
		var v promote.Version
		if err == nil && move.Kind == promote.SetVersionTag {
			v, err = l.Registry.Version(ctx, l.In.ModelName, move.Version)
		}
		if err == nil && move.Seen(model, v) {
			return true
		}
		if l.Now().Sub(began) > learnFor || l.Sleep(ctx, learnEvery) != nil {
			return false
		}
	}
}

// applyAll makes moves that need no journal, as each stands for itself.
func (l *Loop) applyAll(ctx context.Context, moves []promote.Move) error {
	for _, move := range moves {
		if err := l.apply(ctx, move); err != nil {
			return err
		}
	}
	return nil
}

// requests are the API calls of moves, which a dry run prints.
func (l *Loop) requests(moves []promote.Move) []string {
	var requests []string
	for _, move := range moves {
		requests = append(requests, l.Registry.Request(l.In.ModelName, move))
	}
	return requests
}

// quarantine is the text of the version's quarantine, or another where the tag is lost.
func quarantine(v promote.Version) string {
	return cmp.Or(v.Tags[promote.TagQuarantined], "lost, but the record says that it was rolled back")
}

// highest is the number of the newest version in the last reading.
func (l *Loop) highest() int {
	highest := 0
	if l.champion != nil {
		highest = l.champion.Int()
	}
	for _, v := range l.model.Latest {
		highest = max(highest, v.Int())
	}
	return highest
}

// known says what the record tells of earlier champions, "" where it knows none.
func (l *Loop) known() string {
	if l.state == nil || l.state.LastMove() == nil {
		return ""
	}
	last := l.state.LastMove()
	did := "was promoted"
	if l.state.LastRollback != nil && last.Equal(*l.state.LastRollback) {
		did = "was rolled back to"
	}
	return fmt.Sprintf("v%s %s at %s (decision %s), %s", number(last.To), did, moment(last.At), decisionID(last.Decision), l.recordedWhere())
}

// recordedWhere names the place of the record.
func (l *Loop) recordedWhere() string {
	if r := l.mirror.record; r != nil && r.LastMove() != nil && l.state.LastMove() != nil && r.LastMove().Equal(*l.state.LastMove()) {
		return "as the variable " + l.In.StateVariable + " tells"
	}
	return "as the tag " + promote.TagState + " tells"
}

// candidate is promote.Candidate of this model, "" where the versions cannot be
// read.
func (l *Loop) candidate(ctx context.Context) string {
	versions, _ := l.readVersions(ctx)
	return promote.Candidate(versions, l.model.Aliases[l.r.Aliases.Previous], l.state)
}

// choose is the command that makes the candidate the champion.
func (l *Loop) choose(ctx context.Context) string {
	return l.command(inputs.ModePromote, cmp.Or(l.candidate(ctx), "N"))
}

// writeState writes the record into the registered model's tag.
func (l *Loop) writeState(ctx context.Context, s state.State) error {
	move, err := promote.Record(s)
	if err != nil {
		return err
	}
	return l.apply(ctx, move)
}

// writes reports whether this run may change the registry.
func (l *Loop) writes() bool { return !l.In.DryRun && l.wouldWrite() }

// wouldWrite reports whether this run may change the registry if it is not a dry run.
// Mode verify becomes mode rollback before it writes.
func (l *Loop) wouldWrite() bool {
	return l.In.Mode != inputs.ModeTrigger && l.In.Mode != inputs.ModeVerify && l.In.Mode != inputs.ModeNotify
}

// openChampion reads the version under @champion. One that is gone is an
// error, except where a person is about to choose another.
func (l *Loop) openChampion(ctx context.Context) error {
	number := l.model.Aliases[l.r.Aliases.Champion]
	if number == "" || l.In.Emergency() { // a rollback needs only the alias table and its target
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
		l.r.warn("@%s points at v%s, which does not exist (any more)", l.r.Aliases.Champion, number)
		return nil
	}
	return fmt.Errorf("reading @%s of %s: it points at v%s, which does not exist (any more): %w\nchoose another: %s",
		l.r.Aliases.Champion, l.In.ModelName, number, err, l.choose(ctx))
}
