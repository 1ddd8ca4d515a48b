// Package state holds the record that the loop keeps from one run of a registered
// model to the next: the last promotion, the last rollback, the holdout and how often
// it has judged, and what the performance trigger has seen.
//
// The record is JSON, versioned, and under 2 KB, so that it fits one tag of a
// registered model on every MLflow server (5,000 characters) and one
// repository variable without pushing others out of a workflow's 256 KB.
//
// Reading is strict: a record of a newer schema, of another model, or one that is
// not JSON is an error, because a loop that guesses its cooldown promotes when it
// should not. Where there is no record, the state is valid and empty.
//
// Counting says what counts of two copies that differ. Since and Cooldown are the
// cooldown's arithmetic.
package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Schema is the version of the record that this program writes. A reader
// refuses a newer one.
const Schema = 1

// MaxBytes bounds the encoded record.
const MaxBytes = 2048

// Errors of a place that keeps a copy of the record match one of these (errors.Is)
// where they mean it.
var (
	ErrAbsent  = errors.New("there is no such record")
	ErrRefused = errors.New("the token may not do that")
)

// A State is the record of one registered model. Times are UTC, to the second.
type State struct {
	Schema        int       `json:"schema"`
	Model         string    `json:"model"`
	UpdatedAt     time.Time `json:"updated_at"`
	LastPromotion *Event    `json:"last_promotion,omitempty"` // starts the cooldown
	LastRollback  *Event    `json:"last_rollback,omitempty"`
	Holdout       *Holdout  `json:"holdout,omitempty"`

	Performance *Performance `json:"performance,omitempty"` // with performance-confidence only
}

// An Event is one move of @champion.
type Event struct {
	At       time.Time `json:"at"` // of the flip, also when a later run completed it
	From     string    `json:"from,omitempty"`
	To       string    `json:"to"`
	Decision string    `json:"decision,omitempty"` // id of the decision document
}

// Equal reports whether two records tell of the same move.
func (e Event) Equal(other Event) bool {
	return e.At.Equal(other.At) && e.From == other.From && e.To == other.To && e.Decision == other.Decision
}

// A Holdout is the data set on record for a model's decisions.
type Holdout struct {
	SHA256 string `json:"sha256"` // of the file; of the label column where scores came ready-made
	Uses   int    `json:"uses"`   // decisions that scored on it
}

// A Performance is what the looks at one champion's labelled predictions have shown
// so far, under performance-confidence; package triggers adds them up. It begins anew
// with another champion or another floor.
type Performance struct {
	Champion  string    `json:"champion"`         // version
	Floor     string    `json:"floor"`            // auc-floor as it was written
	Since     time.Time `json:"since"`            // when the champion began to serve, or its last alarm was answered
	Looks     int       `json:"looks"`            // how many were multiplied in
	Evidence  []float64 `json:"evidence"`         // that the AUC has fallen below the floor, one for each size of a fall
	CountedAt time.Time `json:"counted_at"`       // time of the last look that was multiplied in
	Rows      int       `json:"rows,omitempty"`   // that this look had
	Sketch    []byte    `json:"sketch,omitempty"` // of these rows, to recognise them
	LookedAt  time.Time `json:"looked_at"`        // time of the last look that was tested by itself
	Digest    string    `json:"digest,omitempty"` // of the rows of the last look of all
	Alarm     bool      `json:"alarm,omitempty"`  // the trigger fired, and no challenger has been judged since
}

// Decode reads the record of a model. Empty text is an empty record. Fields that
// this release does not know are ignored, unless the schema is newer.
func Decode(text, model string) (State, error) {
	if text == "" {
		return State{Schema: Schema, Model: model}, nil
	}
	var version struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal([]byte(text), &version); err != nil {
		return State{}, fmt.Errorf("reading the state: expected the JSON that this program writes: %w\nrestore it, or delete the record to start afresh: the cooldown then rests on the versions' own tags, and the holdout is recorded anew", err)
	}
	if version.Schema < 1 || version.Schema > Schema {
		return State{}, fmt.Errorf("reading the state: schema %d, and this release knows up to %d\nupgrade the action on every workflow of this model, or delete the record to start afresh", version.Schema, Schema)
	}
	var s State
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return State{}, fmt.Errorf("reading the state: %w", err)
	}
	if s.Model != model {
		return State{}, fmt.Errorf("reading the state: it is the record of %q, expected %q\nwas the registered model renamed? delete the record to start afresh", s.Model, model)
	}
	return s, nil
}

// Encode writes the record; an error means that it would not fit MaxBytes.
func (s State) Encode() (string, error) {
	s.Schema = Schema
	s.UpdatedAt = s.UpdatedAt.UTC().Truncate(time.Second)
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return "", fmt.Errorf("writing the state: %w", err)
	}
	encoded := bytes.TrimSpace(text.Bytes())
	if len(encoded) > MaxBytes {
		return "", fmt.Errorf("writing the state: %d bytes, expected at most %d", len(encoded), MaxBytes)
	}
	return string(encoded), nil
}

// Updated returns the state as written at a time, or unchanged where it was last
// written later: the clock of this machine may be behind, and a recovery records a
// move of some time ago. A record's time must never go back, because Counting takes
// the later of two copies for the newer one.
func (s State) Updated(at time.Time) State {
	if at.After(s.UpdatedAt) {
		s.UpdatedAt = at
	}
	return s
}

// Promoted returns the state after a move of @champion that starts a cooldown.
func (s State) Promoted(e Event) State {
	s.LastPromotion = s.next(e)
	return s
}

// RolledBack returns the state after a rollback.
func (s State) RolledBack(e Event) State {
	s.LastRollback = s.next(e)
	return s
}

// next is an event that followed all on record, so its time is no earlier, even where
// the clock of the runner is behind another's: else Counting would drop it.
func (s State) next(e Event) *Event {
	e.At = e.At.UTC().Truncate(time.Second)
	if last := s.LastMove(); last != nil && last.At.After(e.At) {
		e.At = last.At
	}
	return &e
}

// LastMove is the later one of the last promotion and the last rollback, and the
// rollback where both are of one second, as it can only have followed; nil where
// there is none.
func (s State) LastMove() *Event {
	if s.LastRollback == nil || s.LastPromotion != nil && s.LastPromotion.At.After(s.LastRollback.At) {
		return s.LastPromotion
	}
	return s.LastRollback
}

// TakenBack is the rollback that took a version out of service, unless a later move
// on record put it back; nil where there is none.
func (s State) TakenBack(version string) *Event {
	if back := s.LastRollback; back != nil && back.From == version && s.LastMove().To != version {
		return back
	}
	return nil
}

// Used returns the state after one more decision scored on the holdout. A
// digest that is not on record starts a count of its own.
func (s State) Used(sha256 string) State {
	uses := 1
	if s.Holdout != nil && s.Holdout.SHA256 == sha256 {
		uses += s.Holdout.Uses
	}
	s.Holdout = &Holdout{SHA256: sha256, Uses: uses}
	return s
}

// Answered returns the state after a challenger was judged, which answers an alarm
// about the champion's performance: the evidence begins anew.
func (s State) Answered(at time.Time) State {
	if s.Performance == nil || !s.Performance.Alarm {
		return s
	}
	p := *s.Performance
	p.Alarm, p.Looks, p.Since = false, 0, at.UTC().Truncate(time.Second)
	p.Evidence = make([]float64, len(p.Evidence))
	s.Performance = &p
	return s
}

// RecordedHoldout is the digest on record, empty if there is none.
func (s State) RecordedHoldout() string {
	if s.Holdout == nil {
		return ""
	}
	return s.Holdout.SHA256
}
