package github_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/github"
	"github.com/org/ct-action/internal/github/githubtest"
	"github.com/org/ct-action/internal/golden"
	"github.com/org/ct-action/internal/state"
)

var tokens = []struct {
	name        string
	kind        githubtest.Kind
	permissions map[string]string
}{
	{"job", githubtest.JobToken, nil},
	{"job-with-permissions", githubtest.JobToken, all.Permissions},
	{"app", githubtest.AppToken, nil},
	{"fine-grained", githubtest.FineGrained, nil},
	{"fine-grained-variables-read", githubtest.FineGrainedReader, nil},
	{"fine-grained-without", githubtest.FineGrainedBare, nil},
	{"outsider", githubtest.Outsider, nil},
	{"classic", githubtest.Classic, nil},
	{"expired", githubtest.Expired, nil},
}

// Each kind of token with each method: what it may, and what its refusal says.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, token := range tokens {
		t.Run(token.name, func(t *testing.T) {
			t.Parallel()
			s := githubtest.Start(t, githubtest.Options{Permissions: token.permissions, Workflows: all.Workflows})
			s.SetVariable("CT_STATE", "{}")
			c := client(t, s, token.kind)
			var text strings.Builder
			say := func(method string, err error) {
				fmt.Fprintf(&text, "## %s: %s\n", method, answer(err))
				if err != nil {
					fmt.Fprintln(&text, strings.ReplaceAll(err.Error(), s.URL(), "https://api.github.com"))
					if strings.Contains(err.Error(), s.Token(token.kind)) {
						t.Errorf("the token in: %v", err)
					}
				}
			}
			_, err := c.Variable(t.Context(), "CT_STATE")
			say("Variable", err)
			_, err = c.Variable(t.Context(), "CT_NONE")
			say("Variable that is not there", err)
			say("SetVariable", c.SetVariable(t.Context(), "CT_STATE", "{}"))
			say("SetVariable that is new", c.SetVariable(t.Context(), "CT_NEW", "{}"))
			say("OpenReview", openReview(t.Context(), c))
			_, err = c.CloseReview(t.Context(), "churn", "promoted v8")
			say("CloseReview", err)
			say("Dispatch", c.Dispatch(t.Context(), "octo/churn", "drift-alert", nil))
			say("Dispatch elsewhere", c.Dispatch(t.Context(), "octo/other", "drift-alert", nil))
			say("DispatchWorkflow", c.DispatchWorkflow(t.Context(), "deploy.yml", "main", nil))
			say("DispatchWorkflow that is not there", c.DispatchWorkflow(t.Context(), "none.yml", "main", nil))
			golden.Compare(t, filepath.Join("testdata", "tokens", token.name+".golden"), text.String())
		})
	}
}

// answer is what the caller of the client can tell apart.
func answer(err error) string {
	switch {
	case err == nil:
		return "done"
	case errors.Is(err, state.ErrAbsent):
		return "absent"
	case errors.Is(err, state.ErrRefused):
		return "refused"
	case errors.Is(err, github.ErrName):
		return "no such name"
	}
	return "failed"
}
