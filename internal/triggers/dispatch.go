package triggers

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// A Dispatch is what is read of a repository_dispatch event, and no more.
type Dispatch struct {
	Action string // the event type that the sender chose
	Drift  []byte // client_payload.drift as JSON for ParseDrift; nil: there is none
}

// ParseDispatch reads the event file of a repository_dispatch.
func ParseDispatch(event []byte) (Dispatch, error) {
	var e struct {
		Action        string                     `json:"action"`
		ClientPayload map[string]json.RawMessage `json:"client_payload"`
	}
	if err := json.Unmarshal(event, &e); err != nil {
		return Dispatch{}, fmt.Errorf("client_payload: expected the JSON event of a repository_dispatch: %w", err)
	}
	d := Dispatch{Action: e.Action}
	if drift, ok := e.ClientPayload["drift"]; ok && !bytes.Equal(drift, []byte("null")) {
		d.Drift = drift
	}
	return d, nil
}

// DispatchExample is the command with which a monitor sends the event.
func DispatchExample(eventType string) string {
	body, _ := json.Marshal(map[string]any{ // strings and numbers always encode
		"event_type":     eventType,
		"client_payload": map[string]any{"drift": map[string]any{"share_drifted_features": 0.42, "drifted": 8, "columns": 19}},
	})
	return `curl -X POST -H "Authorization: Bearer $TOKEN" "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/dispatches" -d '` + string(body) + `'`
}
