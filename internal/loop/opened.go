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
	registry  Registry
	modelName string
	now       func() time.Time
	sleep     func(context.Context, time.Duration) error

	model    promote.Model
	exists   bool              // the registered model does
	champion *promote.Version  // what @champion names; nil: nothing, or a version that is gone
	versions []promote.Version // all of them, read only where there is no champion
	state    *state.State      // nil: there is one and it cannot be read
	stateErr error
	skew     time.Duration    // the registry's clock less ours
	mirror   mirror           // the record's copy in the repository
	undoes   *promote.Journal // the unfinished promotion that a rollback goes back from
	unknown  bool             // an alias may or may not have moved
}

// see takes in a fresh reading of the model.
func (o *opened) see(m promote.Model) {
	o.model, o.exists = m, true
	if !m.Date.IsZero() {
		o.skew = m.Date.Sub(o.now())
	}
	s, err := state.Decode(m.Tags[promote.TagState], o.modelName)
	o.state, o.stateErr = &s, nil
	if err != nil {
		o.state, o.stateErr = nil, fmt.Errorf("tag %s of %s: %w", promote.TagState, o.modelName, err)
		return
	}
	if o.mirror.broken != nil {
		o.state, o.stateErr = nil, o.mirror.broken
		return
	}
	if r := o.mirror.record; r != nil {
		s = state.Counting(s, *r)
	}
}

// reread takes a fresh reading.
func (o *opened) reread(ctx context.Context) error {
	m, err := o.registry.Model(ctx, o.modelName)
	if err != nil {
		return err
	}
	o.see(m)
	return nil
}

// version is a fresh-enough reading of one version: the model's own answer
// where that described it, else a call.
func (o *opened) version(ctx context.Context, number string) (promote.Version, error) {
	if v, ok := o.model.Known(number); ok {
		return v, nil
	}
	return o.registry.Version(ctx, o.modelName, number)
}

// readVersions lists every version once; only a model without a champion
// needs it.
func (o *opened) readVersions(ctx context.Context) ([]promote.Version, error) {
	if o.versions == nil {
		versions, err := o.registry.Versions(ctx, o.modelName, 0)
		if err != nil {
			return nil, err
		}
		o.versions = append([]promote.Version{}, versions...) // none is known as well
	}
	return o.versions, nil
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
			l.r.warn("tag %s of v%s is %q, expected an RFC 3339 time: not counted", promote.TagPromotedAt, v.Number, text)
			continue
		}
		records = append(records, at)
	}
	here := l.Now()
	c := state.Since(records, here, here.Add(l.skew))
	if c.Warning != "" {
		l.r.warn("%s", c.Warning)
	}
	return c, nil
}

// apply makes one move. Where the answer leaves open whether it was made, it
// reads until it sees it.
func (o *opened) apply(ctx context.Context, move promote.Move) error {
	err := o.registry.Apply(ctx, o.modelName, move)
	if errors.Is(err, promote.ErrUnknownOutcome) && o.learn(ctx, move) {
		err = nil
	}
	if err == nil {
		o.model = move.Applied(o.model)
		o.mirror.wrote = o.mirror.wrote || move.Key == promote.TagState
	}
	return err
}

// learn polls until the registry shows the move, or learnFor has passed.
func (o *opened) learn(ctx context.Context, move promote.Move) bool {
	for began := o.now(); ; {
		model, err := o.registry.Model(ctx, o.modelName)
		var v promote.Version
		if err == nil && move.Kind == promote.SetVersionTag {
			v, err = o.registry.Version(ctx, o.modelName, move.Version)
		}
		if err == nil && move.Seen(model, v) {
			return true
		}
		if o.now().Sub(began) > learnFor || o.sleep(ctx, learnEvery) != nil {
			return false
		}
	}
}

// applyAll makes moves that need no journal: each stands for itself.
func (o *opened) applyAll(ctx context.Context, moves []promote.Move) error {
	for _, move := range moves {
		if err := o.apply(ctx, move); err != nil {
			return err
		}
	}
	return nil
}

// requests are the API calls that moves stand for: what a dry run prints.
func (o *opened) requests(moves []promote.Move) []string {
	var requests []string
	for _, move := range moves {
		requests = append(requests, o.registry.Request(o.modelName, move))
	}
	return requests
}

// quarantine is the tag's text, or what stands for it where barred finds none.
func quarantine(v promote.Version) string {
	return cmp.Or(v.Tags[promote.TagQuarantined], "lost, but the record says that it was rolled back")
}

// highest is the number of the newest version that the latest reading told of.
func (o *opened) highest() int {
	highest := 0
	if o.champion != nil {
		highest = o.champion.Int()
	}
	for _, v := range o.model.Latest {
		highest = max(highest, v.Int())
	}
	return highest
}

// known is what the record tells of earlier champions, "" where it knows none.
func (o *opened) known() string {
	if o.state == nil {
		return ""
	}
	last := o.state.LastMove()
	if last == nil {
		return ""
	}
	did := "was promoted"
	if o.state.LastRollback != nil && last.Equal(*o.state.LastRollback) {
		did = "was rolled back to"
	}
	return fmt.Sprintf("v%s %s at %s (decision %s), %s", number(last.To), did, moment(last.At), decisionID(last.Decision), o.recordedWhere())
}

// recordedWhere names the place of the record.
func (o *opened) recordedWhere() string {
	if r := o.mirror.record; r != nil && r.LastMove() != nil && o.state.LastMove() != nil && r.LastMove().Equal(*o.state.LastMove()) {
		return "as the variable " + o.mirror.in.StateVariable + " tells"
	}
	return "as the tag " + promote.TagState + " tells"
}

// candidate is promote.Candidate of this model, "" where the versions cannot be
// read.
func (l *Loop) candidate(ctx context.Context) string {
	versions, err := l.readVersions(ctx)
	if err != nil {
		return ""
	}
	return promote.Candidate(versions, l.model.Aliases[l.r.Aliases.Previous], l.state)
}

// choose is the command that makes the candidate the champion.
func (l *Loop) choose(ctx context.Context) string {
	version := l.candidate(ctx)
	if version == "" {
		version = "N"
	}
	return l.command(inputs.ModePromote, version)
}

// writeState writes the record into the registered model's tag.
func (o *opened) writeState(ctx context.Context, s state.State) error {
	move, err := promote.Record(s)
	if err != nil {
		return err
	}
	return o.apply(ctx, move)
}

// writes reports whether this run may change the registry.
func (l *Loop) writes() bool { return !l.In.DryRun && l.wouldWrite() }

// wouldWrite reports whether the mode does, but for a dry run, which refuses
// what the mode refuses. Mode verify becomes mode rollback before it writes.
func (l *Loop) wouldWrite() bool {
	return l.In.Mode != inputs.ModeTrigger && l.In.Mode != inputs.ModeVerify && l.In.Mode != inputs.ModeNotify
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
		l.r.warn("@%s points at v%s, which does not exist (any more)", l.r.Aliases.Champion, number)
		return nil
	}
	return fmt.Errorf("reading @%s of %s: it points at v%s, which does not exist (any more): %w\nchoose another: %s",
		l.r.Aliases.Champion, l.In.ModelName, number, err, l.choose(ctx))
}
