package triggers

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
)

func TestParseDispatch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, event   string
		action, drift string
		err           string
	}{
		{"drift", `{"action":"drift-alert","branch":"main","client_payload":{"drift":{"share_drifted_features":0.42}}}`,
			"drift-alert", `{"share_drifted_features":0.42}`, ""},
		{"no drift", `{"action":"drift-alert","client_payload":{"other":1}}`, "drift-alert", "", ""},
		{"drift is null", `{"action":"drift-alert","client_payload":{"drift": null}}`, "drift-alert", "", ""},
		{"empty payload", `{"action":"drift-alert","client_payload":{}}`, "drift-alert", "", ""},
		{"payload is null", `{"action":"drift-alert","client_payload":null}`, "drift-alert", "", ""},
		{"no payload", `{"action":"deploy"}`, "deploy", "", ""},
		{"nothing", `{}`, "", "", ""},
		{"drift of another kind is for ParseDrift to refuse", `{"action":"a","client_payload":{"drift":"0.42"}}`, "a", `"0.42"`, ""},
		{"drift that is false", `{"action":"a","client_payload":{"drift":false}}`, "a", "false", ""},
		{"upper case is another key", `{"ACTION":"x","action":"a","client_payload":{"DRIFT":{"share_drifted_features":1}},"Client_Payload":{"drift":1}}`, "a", "", ""},
		{"drift elsewhere", `{"action":"a","drift":1,"client_payload":{"a":{"drift":1}}}`, "a", "", ""},
		{"hostile action stays text", `{"action":"x\n::set-output name=promoted::true"}`, "x\n::set-output name=promoted::true", "", ""},
		{"empty file", ``, "", "", "the event of this repository_dispatch: expected a JSON object"},
		{"not JSON", `<html>`, "", "", "the event of this repository_dispatch: expected a JSON object: invalid character '<'"},
		{"null", `null`, "", "", "the event of this repository_dispatch: found null, expected a JSON object"},
		{"a list", `[1]`, "", "", "the event of this repository_dispatch: found a JSON array, expected an object"},
		{"two documents", `{} {}`, "", "", "expected a JSON object"},
		{"action is a number", `{"action":7}`, "", "", "action in the event of this repository_dispatch: expected a string"},
		{"payload is a list", `{"client_payload":[]}`, "", "", "client_payload: found a JSON array, expected an object"},
		{"payload is a text", `{"client_payload":"{}"}`, "", "", "client_payload: found a JSON string, expected an object"},
		{"too deep", `{"client_payload":{"drift":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}}`, "", "", "exceeded max depth"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d, err := ParseDispatch([]byte(test.event))
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) || strings.Contains(err.Error(), "Go ") {
					t.Fatalf("got error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil || d.Action != test.action || string(d.Drift) != test.drift {
				t.Errorf("got %q, %q, %v; want %q, %q", d.Action, d.Drift, err, test.action, test.drift)
			}
			if (d.Drift == nil) != (test.drift == "") {
				t.Errorf("drift is nil: %v", d.Drift == nil)
			}
		})
	}
}

// TestDispatchExample lets a shell read the command: what arrives is an event
// that the parsers accept, whatever the event type.
func TestDispatchExample(t *testing.T) {
	t.Parallel()
	for _, eventType := range []string{"drift-alert", `it's "drifting" $(touch x) \ é`} {
		script := "curl() { for last; do :; done; printf %s \"$last\"; }\n" + DispatchExample(eventType, "it's", "https://api.github.com", "it's/mine")
		body, err := exec.Command("bash", "-euo", "pipefail", "-c", "TOKEN=t GITHUB_API_URL=u GITHUB_REPOSITORY=o/r\n"+script).Output()
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		var sent struct {
			EventType     string          `json:"event_type"`
			ClientPayload json.RawMessage `json:"client_payload"`
		}
		if err := json.Unmarshal(body, &sent); err != nil || sent.EventType != eventType {
			t.Fatalf("%s: %v, event type %q", body, err, sent.EventType)
		}
		event := append(append([]byte(`{"action":"a","client_payload":`), bytes.TrimSpace(sent.ClientPayload)...), '}')
		d, err := ParseDispatch(event)
		if err != nil || d.Model != "it's" || d.Warning != "" {
			t.Fatalf("%+v, %v", d, err)
		}
		if drift, err := ParseDrift(d.Drift); err != nil || drift.Share != 0.42 || len(drift.Warnings) > 0 {
			t.Errorf("%s: %+v, %v", d.Drift, drift, err)
		}
	}
}

// A monitor's reports, as they are and as testing/quick makes them up: the run
// that receives the event reads what the monitor has read.
func TestPayloadComesBack(t *testing.T) {
	t.Parallel()
	reports, err := filepath.Glob("testdata/drift/*/report.json")
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for _, path := range reports {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := ParseDrift(data); err == nil {
			sent++
			comesBack(t, d, digest)
		}
	}
	if sent < 20 {
		t.Errorf("%d of %d reports have a share, expected most of them", sent, len(reports))
	}
	made := func(shares []float64, counts []uint16, withDigest bool) bool {
		var d Drift
		for i, share := range shares {
			s := Share{Value: math.Abs(math.Mod(share, 1))}
			if 2*i+1 < len(counts) {
				s.Drifted, s.Columns = int(counts[2*i]), int(counts[2*i+1])
			}
			d.Shares = append(d.Shares, s)
			d.Share = max(d.Share, s.Value)
		}
		sha256 := ""
		if withDigest {
			sha256 = digest
		}
		return comesBack(t, d, sha256)
	}
	if err := quick.Check(made, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
}

// comesBack holds what arrives of a drift to what was sent.
func comesBack(t *testing.T, sent Drift, sha256 string) bool {
	t.Helper()
	sent.ReportSHA256 = sha256
	event, err := json.Marshal(map[string]any{"action": "drift-alert", "client_payload": NewPayload("churn", sent)})
	if err != nil {
		t.Fatal(err)
	}
	dispatch, err := ParseDispatch(event)
	if err != nil {
		t.Fatalf("%s: %v", event, err)
	}
	got, err := ParseDrift(dispatch.Drift)
	if err != nil {
		t.Fatalf("%s: %v", event, err)
	}
	want := Share{Path: "share_drifted_features", Value: sent.Share}
	for _, s := range sent.Shares {
		if s.Value == sent.Share { // the first of the largest
			want.Drifted, want.Columns, want.Names, want.Of = s.Drifted, s.Columns, s.Names, s.Of
			break
		}
	}
	same := dispatch.Model == "churn" && got.Share == sent.Share && reflect.DeepEqual(got.Shares, []Share{want}) && got.ReportSHA256 == sha256
	if !same {
		t.Errorf("%s: got %+v, want %+v and the digest %q", event, got, want, sha256)
	}
	return same
}

func FuzzParseDispatch(f *testing.F) {
	f.Add([]byte(`{"action":"drift-alert","client_payload":{"drift":{"share_drifted_features":0.42}}}`))
	f.Add([]byte(`{"action":null,"client_payload":null}`))
	f.Add([]byte(`[{}]`))
	f.Fuzz(func(t *testing.T, event []byte) {
		d, err := ParseDispatch(event)
		if err == nil && d.Drift != nil && !json.Valid(d.Drift) {
			t.Errorf("drift %q is no JSON", d.Drift)
		}
	})
}
