package promote

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/org/ct-action/internal/state"
)

// MaxJournal is the longest journal in characters: a registered-model tag
// holds 5,000 on every MLflow server, and this leaves room for surprises.
const MaxJournal = 4500

// An Operation is what a journal belongs to. The zero value is none.
type Operation string

const (
	Promotion Operation = "promotion"
	Rollback  Operation = "rollback"
	Rehearsal Operation = "rehearsal" // From → To → From
)

// A Journal is what an operation writes down before its first move, so that
// whoever finds it can finish or undo the rest.
type Journal struct {
	Operation    Operation         `json:"operation"`
	From         string            `json:"from"`               // F: @champion before; empty for a first champion
	To           string            `json:"to"`                 // T: @champion after
	Previous     string            `json:"previous,omitempty"` // P0: @previous before; empty: there was none
	Decision     string            `json:"decision"`           // id of the decision document
	Holder       string            `json:"holder"`             // uuid of the run that wrote it
	Time         time.Time         `json:"time"`               // of the flip, as far as records are concerned; a rehearsal renews it
	ModelCreated int64             `json:"model_created"`      // the model's creation_timestamp, ms
	Holdout      *state.Holdout    `json:"holdout,omitempty"`  // what the state will say about it
	Tags         map[string]string `json:"tags,omitempty"`     // version tags that the operation leaves: on T (promotion) or F (rollback)
	Undoes       *Journal          `json:"undoes,omitempty"`   // of a rollback: the unfinished promotion that it goes back from, whose T is its F
}

// Encode writes the journal; an error means that it would not fit its tag.
func (j Journal) Encode() (string, error) {
	j.Time = j.Time.UTC().Truncate(time.Second)
	text, err := json.Marshal(j)
	if err != nil {
		return "", fmt.Errorf("writing the journal: %w", err)
	}
	if n := len([]rune(string(text))); n > MaxJournal {
		return "", fmt.Errorf("writing the journal: %d characters, expected at most %d", n, MaxJournal)
	}
	return string(text), nil
}

// fitting encodes the journal with as much as fits its tag, because a long record
// must not stop the move. If the run is then killed, the next run cannot add to the
// records what was left out.
func (j Journal) fitting() (string, error) {
	text, err := j.Encode()
	if err == nil {
		return text, nil
	}
	j.Undoes = nil
	if text, err = j.Encode(); err == nil {
		return text, nil
	}
	needed := map[string]string{}
	for _, key := range []string{TagQuarantined, TagPromotedAt} {
		if value, ok := j.Tags[key]; ok && len(value) < 200 { // a longer one is there already, a person's
			needed[key] = value
		}
	}
	j.Tags = needed
	return j.Encode()
}

// ReadJournal returns the model's unfinished operation, nil if there is none:
// no tag, or a blank one, as the end of an operation leaves it.
// A journal of a model that was deleted and made again under the same name is
// not ours and reads as none. What is there and cannot be understood is an
// error: it may be a newer release's, in the middle of a move.
func ReadJournal(m Model) (*Journal, error) {
	text := m.Tags[TagJournal]
	if text == "" {
		return nil, nil
	}
	var j Journal
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return nil, fmt.Errorf("reading tag %s of %s: expected the JSON that this program writes: %w\nlook at the model's aliases; if they are right, set the tag to blank", TagJournal, m.Name, err)
	}
	if j.ModelCreated != m.Created.UnixMilli() {
		return nil, nil
	}
	if !slices.Contains([]Operation{Promotion, Rollback, Rehearsal}, j.Operation) || j.To == "" || j.From == "" && j.Operation == Rehearsal {
		return nil, fmt.Errorf("reading tag %s of %s: operation %q to version %q, expected a promotion, a rollback or a rehearsal to a version\nlook at the model's aliases; if they are right, set the tag to blank", TagJournal, m.Name, j.Operation, j.To)
	}
	return &j, nil
}
