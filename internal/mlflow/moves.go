package mlflow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

// What every MLflow server takes, in characters. Some take more, but a longer
// value is refused by PostgreSQL.
const (
	maxValue = 5000
	maxKey   = 250
)

// A write is the one API call that a move stands for, always a POST: proxies
// before MLflow are known to refuse every other method that writes. Its body's
// fields stand in the order in which the dry run prints them.
type write struct {
	path string
	body writeBody
}

type writeBody struct {
	Name    string  `json:"name,omitempty"`
	Alias   string  `json:"alias,omitempty"`
	Version string  `json:"version,omitempty"`
	Key     string  `json:"key,omitempty"`
	Value   *string `json:"value,omitempty"` // may be empty, and is then sent
}

// writeOf is the table from moves to calls, for Apply and Request alike.
func writeOf(model string, m promote.Move) (write, bool) {
	switch m.Kind {
	case promote.SetAlias:
		return write{"registered-models/alias",
			writeBody{Name: model, Alias: m.Alias, Version: m.Version}}, true
	case promote.SetVersionTag:
		return write{"model-versions/set-tag",
			writeBody{Name: model, Version: m.Version, Key: m.Key, Value: storable(m.Value)}}, true
	case promote.SetModelTag:
		return write{"registered-models/set-tag",
			writeBody{Name: model, Key: m.Key, Value: storable(m.Value)}}, true
	}
	return write{}, false
}

// Request is the API call that Apply makes for the move, on one line:
//
//	POST /api/2.0/mlflow/registered-models/alias {"name":"churn","alias":"champion","version":"8"}
func (c *Client) Request(model string, m promote.Move) string {
	w, ok := writeOf(model, m)
	if !ok {
		return "no call"
	}
	body, err := encode(w.body)
	if err != nil {
		return err.Error() // strings always encode
	}
	return http.MethodPost + " " + api + w.path + " " + string(body)
}

// Apply carries the move out. It may be called again with the same move at any
// time. The error matches promote.ErrUnknownOutcome when the write may have
// been carried out all the same, and promote.ErrNotFound when the model or the
// version does not exist.
func (c *Client) Apply(ctx context.Context, model string, m promote.Move) error {
	w, ok := writeOf(model, m)
	if !ok {
		return fmt.Errorf("move of unknown kind %d: expected one that writes", m.Kind)
	}
	q := call{op: text.Line(moveWords(model, m), 300), at: c.registry, method: http.MethodPost, path: api + w.path, body: w.body, write: true, needs: "EDIT"}
	if err := checkMove(m); err != nil {
		return c.unsent(q, err)
	}
	err := c.write(ctx, q)
	if lostRace(err) {
		err = c.write(ctx, q)
	}
	return err
}

func (c *Client) write(ctx context.Context, q call) error {
	var answer struct {
		Code jsonText `json:"error_code"`
	}
	resp, err := c.do(ctx, q, &answer)
	if err == nil && answer.Code != "" { // an error, whatever the status says
		return c.foreign(q, resp, nil)
	}
	return err
}

// lostRace reports whether another writer made the same first row a moment
// earlier, which MLflow answers with 400. The row is there now, so the same
// write goes through.
func lostRace(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusBadRequest || e.Code != "BAD_REQUEST" {
		return false
	}
	message := strings.ToLower(e.Message)
	signs := []string{"unique constraint", "integrityerror", "duplicate", "been rolled back"}
	return slices.ContainsFunc(signs, func(sign string) bool { return strings.Contains(message, sign) })
}

func moveWords(model string, m promote.Move) string {
	of := " of "
	if m.Kind == promote.SetModelTag {
		of = " " // "… of the registered model churn"
	}
	return m.String() + of + text.Line(model, 100)
}

// checkMove refuses what a server would refuse, or would cut without saying so.
func checkMove(m promote.Move) error {
	var errs []error
	if m.Kind == promote.SetAlias && m.Alias == "" {
		errs = append(errs, errors.New("empty alias: expected a name"))
	}
	if (m.Kind == promote.SetAlias || m.Kind == promote.SetVersionTag) && promote.VersionInt(m.Version) == 0 {
		errs = append(errs, fmt.Errorf("version %q: expected a whole number above 0", m.Version))
	}
	if m.Kind != promote.SetAlias {
		if n := utf8.RuneCountInString(m.Key); n == 0 || n > maxKey {
			errs = append(errs, fmt.Errorf("tag key of %d characters: expected 1 to %d", n, maxKey))
		}
		if n := utf8.RuneCountInString(m.Value); n > maxValue {
			errs = append(errs, fmt.Errorf("tag %s: %d characters: expected at most %d", m.Key, n, maxValue))
		}
	}
	return errors.Join(errs...)
}

// storable drops NUL, which SQLite keeps and PostgreSQL answers with a 500.
func storable(value string) *string {
	value = strings.ReplaceAll(value, "\x00", "")
	return &value
}
