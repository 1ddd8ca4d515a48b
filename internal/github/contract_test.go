package github_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/github"
	"github.com/org/ct-action/internal/github/githubtest"
)

// The operations of GitHub's that the client uses, each by the operationId of
// GitHub's own description, and the methods that use them. The server holds
// every request and answer to that description.
var contract = []struct {
	method string
	before func(*githubtest.Server)
	do     func(context.Context, *github.Client) error
	calls  []string
}{
	{
		method: "Variable",
		before: func(s *githubtest.Server) { s.SetVariable("CT_STATE", "{}") },
		do: func(ctx context.Context, c *github.Client) error {
			_, err := c.Variable(ctx, "ct_state")
			return err
		},
		calls: []string{"GET /repos/octo/churn/actions/variables/CT_STATE 200 actions/get-repo-variable"},
	},
	{
		method: "SetVariable, present",
		before: func(s *githubtest.Server) { s.SetVariable("CT_STATE", "{}") },
		do:     func(ctx context.Context, c *github.Client) error { return c.SetVariable(ctx, "CT_STATE", "{}") },
		calls:  []string{"PATCH /repos/octo/churn/actions/variables/CT_STATE 204 actions/update-repo-variable"},
	},
	{
		method: "SetVariable, absent",
		do:     func(ctx context.Context, c *github.Client) error { return c.SetVariable(ctx, "CT_STATE", "{}") },
		calls: []string{
			"PATCH /repos/octo/churn/actions/variables/CT_STATE 404 actions/update-repo-variable",
			"POST /repos/octo/churn/actions/variables 201 actions/create-repo-variable",
		},
	},
	{
		method: "OpenReview, none open",
		do:     openReview,
		calls: []string{
			"GET /repos/octo/churn/issues 200 issues/list-for-repo",
			"POST /repos/octo/churn/issues 201 issues/create",
		},
	},
	{
		method: "OpenReview, one open",
		before: func(s *githubtest.Server) {
			s.AddIssue(githubtest.Issue{Body: "<!-- ct-action: churn -->", PullRequest: false})
		},
		do: openReview,
		calls: []string{
			"GET /repos/octo/churn/issues 200 issues/list-for-repo",
			"PATCH /repos/octo/churn/issues/1 200 issues/update",
		},
	},
	{
		method: "CloseReview",
		before: func(s *githubtest.Server) { s.AddIssue(githubtest.Issue{Body: "<!-- ct-action: churn -->"}) },
		do: func(ctx context.Context, c *github.Client) error {
			_, err := c.CloseReview(ctx, "churn", "promoted v8")
			return err
		},
		calls: []string{
			"GET /repos/octo/churn/issues 200 issues/list-for-repo",
			"POST /repos/octo/churn/issues/1/comments 201 issues/create-comment",
			"PATCH /repos/octo/churn/issues/1 200 issues/update",
		},
	},
	{
		method: "Dispatch",
		do: func(ctx context.Context, c *github.Client) error {
			return c.Dispatch(ctx, "octo/churn", "drift-alert", map[string]any{"drift": 1})
		},
		calls: []string{"POST /repos/octo/churn/dispatches 204 repos/create-dispatch-event"},
	},
	{
		method: "DispatchWorkflow",
		do: func(ctx context.Context, c *github.Client) error {
			return c.DispatchWorkflow(ctx, "deploy.yml", "main", map[string]string{"version": "8"})
		},
		calls: []string{"POST /repos/octo/churn/actions/workflows/deploy.yml/dispatches 204 actions/create-workflow-dispatch"},
	},
}

func openReview(ctx context.Context, c *github.Client) error {
	_, err := c.OpenReview(ctx, github.Review{Marker: "churn", Title: "Review churn v8", Body: "…", Labels: []string{"ct-review"}})
	return err
}

func TestContract(t *testing.T) {
	t.Parallel()
	for _, c := range contract {
		t.Run(c.method, func(t *testing.T) {
			t.Parallel()
			s := githubtest.Start(t, all)
			if c.before != nil {
				c.before(s)
			}
			if err := c.do(t.Context(), client(t, s, githubtest.FineGrained)); err != nil {
				t.Error(err)
			}
			calls(t, s, c.calls...)
		})
	}
}

// The table names every operation that the description was cut down to, but
// the list of variables, which is there for people who look at the server.
func TestContractIsWhole(t *testing.T) {
	t.Parallel()
	used := map[string]bool{"actions/list-repo-variables": true}
	for _, c := range contract {
		for _, call := range c.calls {
			used[call[strings.LastIndex(call, " ")+1:]] = true
		}
	}
	described, err := githubtest.Operations()
	if err != nil {
		t.Fatal(err)
	}
	for id := range used {
		if !slices.Contains(described, id) {
			t.Errorf("%s is used and not described", id)
		}
	}
	for _, id := range described {
		if !used[id] {
			t.Errorf("%s is described and not used", id)
		}
	}
}
