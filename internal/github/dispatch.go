package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/google/go-github/v60/github"

	"github.com/org/ct-action/internal/field"
)

// What GitHub takes with an event: a repository_dispatch's payload and a
// workflow_dispatch's inputs.
const (
	maxPayloadKeys = 10
	maxInputs      = 25
)

// Dispatch sends a repository_dispatch event to a repository (owner/name). The
// payload is anything that is a JSON object of at most 10 keys and less than 64
// KB; nil sends none.
func (c *Client) Dispatch(ctx context.Context, repository, eventType string, payload any) error {
	options, err := checked(repository, eventType, payload)
	if err != nil {
		return err
	}
	owner, name, _ := field.SplitRepository(repository)
	q := call{op: sending(repository, eventType), method: http.MethodPost, path: "repos/" + repository + "/dispatches", needs: contents, repository: repository}
	return c.do(ctx, q, func(ctx context.Context) (*github.Response, error) {
		_, resp, err := c.rest.Repositories.Dispatch(ctx, owner, name, options)
		return resp, err
	})
}

// CheckDispatch is the error of an event that Dispatch would not send. It asks
// nobody.
func (c *Client) CheckDispatch(repository, eventType string, payload any) error {
	_, err := checked(repository, eventType, payload)
	return err
}

// checked is an event that GitHub may take.
func checked(repository, eventType string, payload any) (options github.DispatchRequestOptions, err error) {
	options.EventType = eventType
	if _, _, err := split(repository); err != nil {
		return options, err
	}
	if err := checkEventType(eventType); err != nil {
		return options, err
	}
	if payload != nil {
		options.ClientPayload, err = encode(sending(repository, eventType), payload)
	}
	return options, err
}

func sending(repository, eventType string) string {
	return fmt.Sprintf("sending the event %s to %s", quoted(eventType), repository)
}

// encode is the payload as JSON, within GitHub's bounds.
func encode(op string, payload any) (*json.RawMessage, error) {
	text, err := json.Marshal(payload)
	if err != nil {
		return nil, &Error{Op: op, Message: "the payload cannot be written as JSON", cause: err}
	}
	var keys map[string]json.RawMessage
	switch err := json.Unmarshal(text, &keys); {
	case err != nil || keys == nil:
		return nil, &Error{Op: op, Message: "expected a payload that is a JSON object"}
	case len(keys) > maxPayloadKeys:
		return nil, &Error{Op: op, Message: fmt.Sprintf("a payload of %d keys, expected at most %d", len(keys), maxPayloadKeys), Hint: "put the rest below one of them"}
	case len(text) > field.MostPayload:
		return nil, &Error{Op: op, Message: fmt.Sprintf("a payload of %d bytes, expected less than 64 KB", len(text))}
	}
	return (*json.RawMessage)(&text), nil
}

// DispatchWorkflow starts a workflow of the repository, by its file's name, at
// a branch or tag. A workflow that is not there matches state.ErrAbsent.
func (c *Client) DispatchWorkflow(ctx context.Context, workflow, ref string, inputs map[string]string) error {
	for _, err := range []error{c.repository(), checkWorkflow(workflow), checkRef(ref)} {
		if err != nil {
			return err
		}
	}
	q := c.ours(call{op: "starting the workflow " + workflow + " at " + quoted(ref), method: http.MethodPost,
		path: "actions/workflows/" + workflow + "/dispatches", needs: actions, mayLack: true})
	if len(inputs) > maxInputs {
		return &Error{Op: q.op, Message: fmt.Sprintf("%d inputs, expected at most %d", len(inputs), maxInputs)}
	}
	event := github.CreateWorkflowDispatchEventRequest{Ref: ref, Inputs: map[string]any{}}
	for name, value := range inputs {
		event.Inputs[name] = value
	}
	return c.do(ctx, q, func(ctx context.Context) (*github.Response, error) {
		return c.rest.Actions.CreateWorkflowDispatchEventByFileName(ctx, c.owner, c.name, workflow, event)
	})
}
