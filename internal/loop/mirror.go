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
}

// openMirror reads the variable before the record counts: a newer one, kept
// through a restored or rebuilt registry, overwrites the tag, whole.
func (l *Loop) openMirror(ctx context.Context) error {
	if l.state != nil {
		l.mirror.began = l.state.UpdatedAt
	}
	if l.In.State == inputs.StateRegistry || l.In.Mode == inputs.ModeRollback { // which asks nobody else first
		return nil
	}
	if !l.readMirror(ctx) {
		return nil
	}
	if l.mirror.broken != nil {
		l.state, l.stateErr = nil, l.mirror.broken
		return nil
	}
	r := l.mirror.record
	if r == nil || l.state == nil || !l.state.UpdatedAt.Before(r.UpdatedAt) {
		return nil
	}
	l.state = r
	l.notice("the variable %s is newer (%s) than the registry's record: it counts, and overwrites tag %s",
		l.In.StateVariable, r.UpdatedAt.Format(time.RFC3339), promote.TagState)
	if !l.writes() || !l.exists {
		return nil
	}
	return l.writeState(ctx, *r)
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
	case l.In.State == inputs.StateVariable:
	case errors.Is(err, state.ErrRefused):
		l.notice("state: the registry's record alone, without the variable %s: %s", l.In.StateVariable, advice(err))
	default:
		l.warn("state: the registry's record alone, the variable %s cannot be reached: %v", l.In.StateVariable, err)
	}
}

// advice is what an error says to do about it, and the whole of one that says
// nothing: what every tick repeats should be short.
func advice(err error) string {
	text := err.Error()
	if _, hint, ok := strings.Cut(text, "\nhint: "); ok {
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
	return fmt.Errorf("state: variable, but %s cannot be used: %w", l.In.StateVariable, l.mirror.refused)
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
// run that writes. The record counts by itself, so that a failure is a
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
	if !l.writes() || !m.inUse || m.broken != nil || text == "" || !stale {
		return
	}
	if err := l.GitHub.SetVariable(ctx, l.In.StateVariable, text); err != nil {
		l.warn("the variable %s is behind the registry's record, which holds the cooldown; the next run mends it: %v", l.In.StateVariable, err)
		return
	}
	m.text = text
}

// mergeMirror reads the variable after a rollback, which did not wait for it.
// Where it was newer than what the rollback began with, it is the record, and
// the rollback is added to it.
func (l *Loop) mergeMirror(ctx context.Context) {
	m := &l.mirror
	if l.In.State == inputs.StateRegistry || !l.readMirror(ctx) {
		if err := l.insist(); err != nil {
			l.warn("%v", err)
		}
		return
	}
	switch {
	case m.broken != nil:
		l.warn("%v; the rollback was not recorded there", m.broken)
	case m.record != nil && l.state != nil && l.state.LastRollback != nil && m.record.UpdatedAt.After(m.began):
		merged := m.record.RolledBack(*l.state.LastRollback)
		merged.UpdatedAt = l.Now()
		if err := l.writeState(ctx, merged); err != nil {
			l.warn("the variable %s is newer than the registry's record, which could not be overwritten: %v", l.In.StateVariable, err)
		}
	}
}
