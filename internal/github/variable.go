package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v60/github"
)

// maxValue is the longest value of a variable, bytes:
// https://docs.github.com/actions/reference/workflows-and-actions/variables
const maxValue = 48 * 1024

// variable is a call on one variable, or on all where it is created. Each may
// be repeated: a second creation is answered with 409.
func (c *Client) variable(doing, name, method string) call {
	q := call{op: doing + " the repository variable " + name, method: method, path: "actions/variables/" + name, needs: variables, idempotent: true}
	if method == http.MethodPost {
		q.path = "actions/variables"
	}
	return c.ours(q)
}

// checked is the name as GitHub keeps it, where client and name are fit to ask.
func (c *Client) checked(name string) (string, error) {
	if err := c.repository(); err != nil {
		return "", err
	}
	return variableName(name)
}

// Variable is the value of a repository variable, whatever the case of its
// name. The error of one that is not there matches state.ErrAbsent.
func (c *Client) Variable(ctx context.Context, name string) (string, error) {
	name, err := c.checked(name)
	if err != nil {
		return "", err
	}
	q := c.variable("reading", name, http.MethodGet)
	q.mayLack = true
	var found *github.ActionsVariable
	err = c.do(ctx, q, func(ctx context.Context) (resp *github.Response, err error) {
		found, resp, err = c.rest.Actions.GetRepoVariable(ctx, c.owner, c.name, name)
		return resp, err
	})
	switch {
	case err != nil:
		return "", err
	case found == nil || !strings.EqualFold(found.Name, name): // some JSON, and not a variable: no value may be read out of it
		return "", c.foreign(q, http.StatusOK)
	}
	return found.Value, nil
}

// SetVariable changes a repository variable, or creates it. The value is at
// most 48 KB. GitHub has no upsert and no compare-and-set: of two writers the
// later one wins.
func (c *Client) SetVariable(ctx context.Context, name, value string) error {
	name, err := c.checked(name)
	if err != nil {
		return err
	}
	if len(value) > maxValue {
		return &Error{Op: "setting the repository variable " + name, Message: fmt.Sprintf("a value of %d bytes, expected at most %d", len(value), maxValue)}
	}
	variable := &github.ActionsVariable{Name: name, Value: value}
	change := func() error {
		return c.do(ctx, c.variable("setting", name, http.MethodPatch), func(ctx context.Context) (*github.Response, error) {
			return c.rest.Actions.UpdateRepoVariable(ctx, c.owner, c.name, variable)
		})
	}
	err = change()
	if !failed(err, http.StatusNotFound) {
		return err
	}
	err = c.do(ctx, c.variable("creating", name, http.MethodPost), func(ctx context.Context) (*github.Response, error) {
		return c.rest.Actions.CreateRepoVariable(ctx, c.owner, c.name, variable)
	})
	if !failed(err, http.StatusConflict) {
		return err
	}
	return change()
}
