package mlflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/org/ct-action/internal/promote"
)

// The shapes of the API. MLflow leaves out what is empty and adds fields from
// version to version; some servers that speak its API write numbers as strings and
// strings as numbers. All of that is tolerated, another shape is not.

// jsonText is a JSON string, also when it came as a number.
type jsonText string

// UnmarshalJSON accepts a string, a number, a boolean or null.
func (t *jsonText) UnmarshalJSON(raw []byte) error {
	switch {
	case bytes.Equal(raw, []byte("null")):
		return nil
	case raw[0] == '"':
		return json.Unmarshal(raw, (*string)(t))
	case raw[0] == '{' || raw[0] == '[':
		return fmt.Errorf("%.20s: expected a string", raw)
	}
	*t = jsonText(raw)
	return nil
}

// millis is a time in epoch milliseconds, a number or a numeric string.
type millis int64

// UnmarshalJSON accepts what jsonText accepts, if it is a whole number.
func (m *millis) UnmarshalJSON(raw []byte) error {
	var t jsonText
	if err := t.UnmarshalJSON(raw); err != nil || t == "" {
		return err
	}
	n, err := strconv.ParseInt(string(t), 10, 64)
	if err != nil {
		return fmt.Errorf("%.40q: expected epoch milliseconds", string(t))
	}
	*m = millis(n)
	return nil
}

// time is zero for a timestamp that was not given.
func (m millis) time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

type pair struct {
	Key   string   `json:"key"`
	Value jsonText `json:"value"`
}

func tagMap(pairs []pair) map[string]string {
	tags := make(map[string]string, len(pairs))
	for _, p := range pairs {
		tags[p.Key] = string(p.Value)
	}
	return tags
}

type wireModel struct {
	Name    string        `json:"name"`
	Created millis        `json:"creation_timestamp"`
	Tags    []pair        `json:"tags"`
	Latest  []wireVersion `json:"latest_versions"`
	Aliases []struct {
		Alias   string   `json:"alias"`
		Version jsonText `json:"version"`
	} `json:"aliases"`
}

func (w wireModel) model() promote.Model {
	m := promote.Model{
		Name:    w.Name,
		Created: w.Created.time(),
		Aliases: make(map[string]string, len(w.Aliases)),
		Tags:    tagMap(w.Tags),
	}
	for _, a := range w.Aliases {
		m.Aliases[a.Alias] = string(a.Version)
	}
	for _, v := range w.Latest {
		m.Latest = append(m.Latest, v.version())
	}
	return m
}

type wireVersion struct {
	Name          string   `json:"name"`
	Version       jsonText `json:"version"`
	Created       millis   `json:"creation_timestamp"`
	RunID         string   `json:"run_id"`
	Source        string   `json:"source"`
	Status        string   `json:"status"`
	StatusMessage string   `json:"status_message"`
	Tags          []pair   `json:"tags"`
}

func (w wireVersion) version() promote.Version {
	return promote.Version{
		Number:        string(w.Version),
		RunID:         w.RunID,
		Source:        w.Source,
		Status:        w.Status,
		StatusMessage: w.StatusMessage,
		Created:       w.Created.time(),
		Tags:          tagMap(w.Tags),
	}
}

// encode is JSON on one line, with <, > and & as they are: the dry run prints
// it for people.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding the request: %w", err)
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}

// quoted is a string of MLflow's filter language, which has no escape: a value
// with both kinds of quotes cannot be written, and ok is false.
func quoted(s string) (q string, ok bool) {
	switch {
	case !strings.Contains(s, "'"):
		return "'" + s + "'", true
	case !strings.Contains(s, `"`):
		return `"` + s + `"`, true
	}
	return "", false
}
