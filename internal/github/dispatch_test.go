package github_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/github/githubtest"
)

func TestDispatch(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	c := client(t, s, githubtest.JobToken)
	payload := map[string]any{"drift": map[string]any{"share_drifted_features": 0.42, "drifted": 8}}
	if err := c.Dispatch(t.Context(), "octo/churn", "drift-alert", payload); err != nil {
		t.Fatal(err)
	}
	if err := c.Dispatch(t.Context(), "octo/churn", "drift:alert/2", nil); err != nil {
		t.Fatal(err)
	}
	got := s.Dispatches()
	if len(got) != 2 || got[0].Repository != "octo/churn" || got[0].EventType != "drift-alert" || got[1].EventType != "drift:alert/2" || got[1].Payload != nil {
		t.Fatalf("%+v", got)
	}
	if text := string(got[0].Payload); text != `{"drift":{"drifted":8,"share_drifted_features":0.42}}` {
		t.Error(text)
	}
}

func TestPayloadBounds(t *testing.T) {
	t.Parallel()
	keys := func(n int) map[string]int {
		m := map[string]int{}
		for i := range n {
			m[fmt.Sprint("k", i)] = i
		}
		return m
	}
	for _, c := range []struct {
		payload any
		want    string // "" is accepted
	}{
		{keys(10), ""},
		{keys(11), "a payload of 11 keys, expected at most 10\nhint: put the rest below one of them"},
		{map[string]string{"a": strings.Repeat("x", 64*1024-len(`{"a":""}`)-1)}, ""},
		{map[string]string{"a": strings.Repeat("x", 64*1024-len(`{"a":""}`))}, "a payload of 65536 bytes, expected less than 64 KB"},
		{[]int{1}, "expected a payload that is a JSON object"},
		{"text", "expected a payload that is a JSON object"},
		{json.RawMessage("null"), "expected a payload that is a JSON object"},
		{make(chan int), "the payload cannot be written as JSON"},
	} {
		s := githubtest.Start(t, all)
		err := client(t, s, githubtest.JobToken).Dispatch(t.Context(), "octo/churn", "drift-alert", c.payload)
		if c.want == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		contains(t, err, `sending the event "drift-alert" to octo/churn: `+c.want)
		calls(t, s)
	}
}

func TestDispatchWorkflow(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	c := client(t, s, githubtest.JobToken)
	inputs := map[string]string{"version": "8", "reason": "promoted\n<b>"}
	if err := c.DispatchWorkflow(t.Context(), "deploy.yml", "release/v1", inputs); err != nil {
		t.Fatal(err)
	}
	got := s.WorkflowDispatches()
	if len(got) != 1 || got[0].Workflow != "deploy.yml" || got[0].Ref != "release/v1" || !maps.Equal(got[0].Inputs, inputs) {
		t.Errorf("%+v", got)
	}
	many := map[string]string{}
	for i := range 26 {
		many[fmt.Sprint(i)] = ""
	}
	contains(t, c.DispatchWorkflow(t.Context(), "deploy.yml", "main", many), "26 inputs, expected at most 25")
	s.Fail("POST", "", 1, githubtest.Answer{Status: 422, Body: `{"message":"Workflow does not have 'workflow_dispatch' trigger"}`})
	contains(t, c.DispatchWorkflow(t.Context(), "deploy.yml", "main", nil), "HTTP 422: Workflow does not have", "`on: workflow_dispatch`")
}
