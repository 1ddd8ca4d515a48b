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

// emergencyMirror is how long a rollback waits for GitHub, after everything else.
const emergencyMirror = 10 * time.Second

// A mirror is the repository variable, a copy of the record that the
// registered model's tag holds.
type mirror struct {
	hub Repository // nil: there is none
	in  *inputs.Inputs
	r   *Report

	inUse   bool         // the variable could be read, and no write was refused
	text    string       // its text as last seen or written; "" where there is none
	record  *state.State // its record
	broken  error        // why its text is not a record
	refused error        // why it cannot be used
	wrote   bool         // this run has written the tag
	began   time.Time    // updated_at of the tag as this run found it
	newer   string       // why the variable counts and has to be written into the tag; "" where it does not
}

// read reads the variable, and reports whether it can be used.
func (m *mirror) read(ctx context.Context) bool {
	if m.hub == nil {
		if m.in.State == inputs.StateVariable {
			m.lose(errors.New("GITHUB_REPOSITORY is not set: outside of Actions, set it to owner/name"))
		}
		return false
	}
	text, err := m.hub.Variable(ctx, m.in.StateVariable)
	switch {
	case errors.Is(err, state.ErrAbsent):
		m.inUse = true
		return true
	case err != nil:
		m.lose(err)
		return false
	}
	m.inUse, m.text = true, text
	s, err := state.Decode(text, m.in.ModelName)
	if err != nil {
		m.broken = fmt.Errorf("variable %s: %w", m.in.StateVariable, err)
		return true
	}
	m.record = &s
	return true
}

// adds says why the variable counts beside the tag or in its place, "" where only the
// tag counts.
func (m *mirror) adds(tag, counts state.State) string {
	variable := m.in.StateVariable
	switch {
	case counts == tag:
		return ""
	case tag.UpdatedAt.Before(m.record.UpdatedAt):
		return fmt.Sprintf("the variable %s (%s) is newer than the registry's record: it counts", variable, moment(m.record.UpdatedAt))
	case counts.LastPromotion == tag.LastPromotion && counts.LastRollback == tag.LastRollback:
		return fmt.Sprintf("the variable %s tells of %d uses of the holdout, more than the registry's record: they count", variable, m.record.Holdout.Uses)
	}
	return fmt.Sprintf("the variable %s tells of a later promotion or rollback (%s) than the registry's record: it counts", variable, moment(m.record.LastMove().At))
}

// lose goes on with the registry alone and says so, unless state is variable: insist
// then makes it an error before anything is trained.
func (m *mirror) lose(err error) {
	m.inUse, m.refused = false, err
	switch {
	case m.in.State == inputs.StateAuto && errors.Is(err, state.ErrRefused):
		m.r.notice("state: the registry's record alone, without the variable %s: %s", m.in.StateVariable, advice(err))
	case m.in.Mode == inputs.ModeRollback:
		m.r.warn("the rollback is done; the variable %s is behind the registry's record until the next run mends it: %s", m.in.StateVariable, err)
	case m.in.State != inputs.StateVariable:
		m.r.warn("state: the registry's record alone, the variable %s cannot be reached: %v", m.in.StateVariable, err)
	}
}

// advice is the hint of an error of GitHub's without its request, and the whole text
// of any other error: what every run repeats should be short.
func advice(err error) string {
	text := err.Error()
	if what, hint, ok := strings.Cut(text, "\nhint: "); ok && strings.Contains(what, ": HTTP 40") {
		return hint
	}
	return text
}

// insist is an error where state: variable asks for a variable that cannot be used.
func (m *mirror) insist() error {
	if m.in.State != inputs.StateVariable || m.refused == nil {
		return nil
	}
	return fmt.Errorf("state: variable: %w", m.refused)
}

// prove writes the record into the variable before anything is trained.
func (m *mirror) prove(ctx context.Context, text string) error {
	if !m.inUse {
		return m.insist()
	}
	if err := m.hub.SetVariable(ctx, m.in.StateVariable, text); err != nil {
		m.lose(err)
		return m.insist()
	}
	m.text = text
	return nil
}

// replaceable reports whether the tag may overwrite the variable: the tag is a record,
// and includes everything in the variable that counts. It does not where the variable
// could not be written into the tag.
func (m *mirror) replaceable(tag string) bool {
	s, err := state.Decode(tag, m.in.ModelName)
	return tag != "" && err == nil && (m.record == nil || state.Counting(s, *m.record) == s)
}

// saveMirror brings the variable up to the registry's record at the end of a run that
// writes, or that has recorded a look. A failure is only a warning, as the record
// counts without the variable, and the next run tries again.
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
	if !l.writes() && !m.wrote || !m.inUse || m.broken != nil || m.newer != "" || !stale || !m.replaceable(text) {
		return
	}
	if err := m.hub.SetVariable(ctx, l.In.StateVariable, text); err != nil {
		l.r.warn("the variable %s is behind the registry's record, which holds the cooldown; the next run mends it: %v", l.In.StateVariable, err)
		return
	}
	m.text = text
}

// mergeMirror reads the variable after a rollback, which did not wait for it. Where
// the variable adds something to the record that the rollback began with, the two are
// merged, and the rollback is added to the result.
func (l *Loop) mergeMirror(ctx context.Context) {
	m := &l.mirror
	if l.In.State == inputs.StateRegistry || !m.read(ctx) {
		return
	}
	if m.broken != nil {
		l.r.warn("the rollback was not recorded in the %v", m.broken)
		return
	}
	before, err := state.Decode(l.model.Tags[promote.TagState], l.In.ModelName)
	if m.record == nil || err != nil || before.LastRollback == nil || before.LastRollback.Decision != l.r.DecisionID {
		return // nothing to add, or the tag could not be written, of which there is a warning
	}
	this := *before.LastRollback
	before.UpdatedAt = m.began
	counts := state.Counting(before, *m.record)
	if counts == before {
		return
	}
	if err := l.writeState(ctx, counts.RolledBack(this).Updated(l.Now())); err != nil {
		m.inUse = false // keeps the variable, the only copy of what it says
		l.r.warn("the variable %s is newer than the registry's record, which could not be overwritten: %v", l.In.StateVariable, err)
	}
}
