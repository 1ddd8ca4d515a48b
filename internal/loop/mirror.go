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

// emergencyMirror is how long a rollback waits for GitHub, once everything
// else is done.
const emergencyMirror = 10 * time.Second

// A mirror is the repository variable, a copy of the record that the
// registered model's tag holds. The zero mirror is not used.
type mirror struct {
	inUse   bool         // it could be read, and no write was refused
	text    string       // as last seen or written; "" where there is none
	record  *state.State // what it says
	broken  error        // it is there and cannot be understood
	refused error        // why it cannot be used
	wrote   bool         // this run has written the tag
	began   time.Time    // updated_at of the tag as this run found it
	newer   string       // why the variable counts and has to be written into the tag; "" where it does not
}

// openMirror reads the variable before the record counts: what it alone knows,
// kept through a restored or rebuilt registry, is written into the tag.
func (l *Loop) openMirror(ctx context.Context) error {
	if l.state != nil {
		l.mirror.began = l.state.UpdatedAt
	}
	switch {
	case l.In.State == inputs.StateRegistry, l.In.Mode == inputs.ModeVerify: // which needs no record
		return nil
	case l.In.Mode == inputs.ModeRollback: // which asks nobody else first
		return nil
	}
	if !l.readMirror(ctx) {
		return nil
	}
	if l.mirror.broken != nil {
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
	l.state = &counts
	switch {
	case counts == tag:
	case tag.UpdatedAt.Before(r.UpdatedAt):
		l.mirror.newer = fmt.Sprintf("the variable %s (%s) is newer than the registry's record: it counts", l.In.StateVariable, r.UpdatedAt.Format(time.RFC3339))
	case counts.LastPromotion == tag.LastPromotion && counts.LastRollback == tag.LastRollback:
		l.mirror.newer = fmt.Sprintf("the variable %s tells of %d uses of the holdout, more than the registry's record: they count", l.In.StateVariable, r.Holdout.Uses)
	default:
		l.mirror.newer = fmt.Sprintf("the variable %s tells of a later promotion or rollback (%s) than the registry's record: it counts", l.In.StateVariable, r.LastMove().At.Format(time.RFC3339))
	}
	return nil
}

// readTagAgain reads the tag after a variable that says something else: another
// run may have written both since the tag was read.
func (l *Loop) readTagAgain(ctx context.Context) error {
	if l.mirror.record == nil || !l.exists || l.mirror.text == l.model.Tags[promote.TagState] {
		return nil
	}
	return l.reread(ctx)
}

// writeState writes the record into the registered model's tag.
func (l *Loop) writeState(ctx context.Context, s state.State) error {
	text, err := s.Encode()
	if err != nil {
		return err
	}
	return l.apply(ctx, promote.Move{Kind: promote.SetModelTag, Key: promote.TagState, Value: text})
}

// readMirror fills the mirror in, and reports whether it can be used.
func (l *Loop) readMirror(ctx context.Context) bool {
	m := &l.mirror
	if l.GitHub == nil {
		if l.In.State == inputs.StateVariable {
			l.loseMirror(errors.New("GITHUB_REPOSITORY is not set: outside of Actions, set it to owner/name"))
		}
		return false
	}
	text, err := l.GitHub.Variable(ctx, l.In.StateVariable)
	switch {
	case errors.Is(err, state.ErrAbsent):
		m.inUse = true
		return true
	case err != nil:
		l.loseMirror(err)
		return false
	}
	m.inUse, m.text = true, text
	s, err := state.Decode(text, l.In.ModelName)
	if err != nil {
		m.broken = fmt.Errorf("variable %s: %w", l.In.StateVariable, err)
		return true
	}
	m.record = &s
	return true
}

// loseMirror goes on with the registry alone where state is auto, and says so;
// where it is variable, insist makes it an error before anything is trained.
func (l *Loop) loseMirror(err error) {
	l.mirror.inUse, l.mirror.refused = false, err
	switch {
	case l.In.State == inputs.StateAuto && errors.Is(err, state.ErrRefused):
		l.notice("state: the registry's record alone, without the variable %s: %s", l.In.StateVariable, advice(err))
	case l.In.Mode == inputs.ModeRollback:
		l.warn("the rollback is done; the variable %s is behind the registry's record until the next run mends it: %s", l.In.StateVariable, err)
	case l.In.State == inputs.StateVariable:
	default:
		l.warn("state: the registry's record alone, the variable %s cannot be reached: %v", l.In.StateVariable, err)
	}
}

// advice is what an answer of GitHub's says to do about it, without the
// request, and the whole of any other error: what every tick repeats should be
// short.
func advice(err error) string {
	text := err.Error()
	if what, hint, ok := strings.Cut(text, "\nhint: "); ok && strings.Contains(what, ": HTTP 40") {
		return hint
	}
	return text
}

// insist stops what would write while the variable that state: variable asks
// for cannot be used.
func (l *Loop) insist() error {
	if l.In.State != inputs.StateVariable || l.mirror.refused == nil {
		return nil
	}
	return fmt.Errorf("state: variable: %w", l.mirror.refused)
}

// proveMirror writes the record into the variable before anything is trained.
func (l *Loop) proveMirror(ctx context.Context, text string) error {
	if !l.mirror.inUse {
		return l.insist()
	}
	if err := l.GitHub.SetVariable(ctx, l.In.StateVariable, text); err != nil {
		l.loseMirror(err)
		return l.insist()
	}
	l.mirror.text = text
	return nil
}

// saveMirror brings the variable up to the registry's record at the end of a
// run that writes, or that has recorded a look. The record counts by itself, so that a failure is a
// warning, and the next run mends it.
func (l *Loop) saveMirror(ctx context.Context) {
	m := &l.mirror
	if l.In.Mode == inputs.ModeRollback && l.r.Outcome == RolledBack {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, emergencyMirror)
		defer cancel()
		l.mergeMirror(ctx)
	}
	text := l.model.Tags[promote.TagState]
	stale := text != m.text && (m.text != "" || m.wrote)
	if !l.writes() && !m.wrote || !m.inUse || m.broken != nil || m.newer != "" || !stale || !l.copies() {
		return
	}
	if err := l.GitHub.SetVariable(ctx, l.In.StateVariable, text); err != nil {
		l.warn("the variable %s is behind the registry's record, which holds the cooldown; the next run mends it: %v", l.In.StateVariable, err)
		return
	}
	m.text = text
}

// copies reports whether the tag may take the variable's place: it can be
// understood, and the variable knows nothing that counts and the tag does not,
// as it does where it could not be written into the tag.
func (l *Loop) copies() bool {
	text := l.model.Tags[promote.TagState]
	s, err := state.Decode(text, l.In.ModelName)
	return text != "" && err == nil && (l.mirror.record == nil || state.Counting(s, *l.mirror.record) == s)
}

// mergeMirror reads the variable after a rollback, which did not wait for it.
// Where it adds something to the record that the rollback began with, the
// rollback is added to both.
func (l *Loop) mergeMirror(ctx context.Context) {
	m := &l.mirror
	if l.In.State == inputs.StateRegistry || !l.readMirror(ctx) {
		return
	}
	if m.broken != nil {
		l.warn("the rollback was not recorded in the %v", m.broken)
		return
	}
	before, err := state.Decode(l.model.Tags[promote.TagState], l.In.ModelName)
	if m.record == nil || err != nil || before.LastRollback == nil || before.LastRollback.Decision != l.r.DecisionID {
		return // nothing to add, or the tag could not be written, which was said
	}
	this := *before.LastRollback
	before.UpdatedAt = m.began
	counts := state.Counting(before, *m.record)
	if counts == before {
		return
	}
	if err := l.writeState(ctx, counts.RolledBack(this).Updated(l.Now())); err != nil {
		m.inUse = false // the only copy of what it says
		l.warn("the variable %s is newer than the registry's record, which could not be overwritten: %v", l.In.StateVariable, err)
	}
}
