package triggers

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/org/ct-action/internal/text"
)

// A Dispatch is what is read of a repository_dispatch event, and no more.
type Dispatch struct {
	Action  string // the event type that the sender chose
	Model   string // whose drift it is; "": it does not say
	Drift   []byte // client_payload.drift as JSON for ParseDrift; nil: there is none
	Warning string // the payload's model is not a name; "": it is, or there is none
}

// ParseDispatch reads the event file of a repository_dispatch. A payload that is
// missing or null has no drift; one that is not an object is an error.
func ParseDispatch(event []byte) (Dispatch, error) {
	fields, err := members(event)
	if err != nil {
		return Dispatch{}, fmt.Errorf("the event of this repository_dispatch: %w", err)
	}
	var d Dispatch
	if action, ok := fields["action"]; ok {
		if err := json.Unmarshal(action, &d.Action); err != nil {
			return Dispatch{}, errors.New("action in the event of this repository_dispatch: expected a string")
		}
	}
	if absent(fields["client_payload"]) {
		return d, nil
	}
	payload, err := members(fields["client_payload"])
	if err != nil {
		return Dispatch{}, fmt.Errorf("client_payload: %w", err)
	}
	if !absent(payload["drift"]) {
		d.Drift = payload["drift"]
	}
	if model := payload["model"]; !absent(model) {
		if err := json.Unmarshal(model, &d.Model); err != nil {
			d.Warning = fmt.Sprintf("client_payload.model is %s, expected the name of a registered model: left out", text.Quote(string(model), mostText))
		}
	}
	return d, nil
}

// members reads one JSON object and leaves its values encoded. It is a map because
// the fields of a struct would also match keys of another case, such as "DRIFT".
func members(data []byte) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	err := json.Unmarshal(data, &fields)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return nil, fmt.Errorf("found a JSON %s, expected an object", kind.Value)
	case err != nil:
		return nil, fmt.Errorf("expected a JSON object: %w", err)
	case fields == nil:
		return nil, errors.New("found null, expected a JSON object")
	}
	return fields, nil
}

// absent reports whether a value is missing or null.
func absent(value json.RawMessage) bool {
	return len(value) == 0 || bytes.Equal(value, []byte("null"))
}

// A Payload is the client_payload that a monitor sends. GitHub allows it ten keys
// at its top.
type Payload struct {
	Model string       `json:"model,omitempty"`
	Drift payloadDrift `json:"drift"`
}

type payloadDrift struct {
	Share        float64  `json:"share_drifted_features"`
	Of           string   `json:"of,omitempty"`
	Drifted      int      `json:"drifted,omitempty"`
	Columns      int      `json:"columns,omitempty"`
	Names        []string `json:"names,omitempty"`
	ReportSHA256 string   `json:"report_sha256,omitempty"`
}

// NewPayload is the payload that ParseDispatch and ParseDrift read back as the same
// drift of the model.
func NewPayload(model string, d Drift) Payload {
	s := d.largest()
	return Payload{model, payloadDrift{Share: s.Value, Of: s.Of, Drifted: s.Drifted, Columns: s.Columns, Names: s.Names, ReportSHA256: d.ReportSHA256}}
}

// DispatchExample is the command with which the monitor of a model sends the
// event to a repository (owner/name) through an API (https://api.github.com).
func DispatchExample(eventType, model, api, repository string) string {
	api, repository = cmp.Or(api, "https://api.github.com"), cmp.Or(repository, "OWNER/REPOSITORY")
	body, _ := json.Marshal(map[string]any{ // strings and numbers always encode
		"event_type":     eventType,
		"client_payload": Payload{model, payloadDrift{Share: 0.42, Drifted: 8, Columns: 19}},
	})
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" } // for a shell
	return `curl -X POST -H "Authorization: Bearer $TOKEN" ` + quote(api+"/repos/"+repository+"/dispatches") + " -d " + quote(string(body))
}
