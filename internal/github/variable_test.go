package github_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/github/githubtest"
	"github.com/org/ct-action/internal/state"
)

const (
	getCTState    = "GET /repos/octo/churn/actions/variables/CT_STATE"
	changeCTState = "PATCH /repos/octo/churn/actions/variables/CT_STATE"
	createCTState = "POST /repos/octo/churn/actions/variables"
)

func TestVariable(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	c := client(t, s, githubtest.AppToken)
	if _, err := c.Variable(t.Context(), "ct_state"); !errors.Is(err, state.ErrAbsent) || errors.Is(err, state.ErrRefused) {
		t.Errorf("before there was one: %v", err)
	}
	for _, value := range []string{`{"a":"<b>&\u0000"}`, "", strings.Repeat("é", 24*1024)} {
		if err := c.SetVariable(t.Context(), "ct_state", value); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Variable(t.Context(), "Ct_State"); err != nil || got != value || s.Variables()["CT_STATE"] != value {
			t.Errorf("read back as %.40q (%v), expected %.40q", got, err, value)
		}
	}
}

func TestVariableTooLong(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	err := client(t, s, githubtest.AppToken).SetVariable(t.Context(), "CT_STATE", strings.Repeat("x", 48*1024+1))
	contains(t, err, "setting the repository variable CT_STATE: a value of 49153 bytes, expected at most 49152")
	calls(t, s)
}

// Somebody creates the variable between our two requests.
func TestVariableRaced(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	s.SetVariable("CT_STATE", "theirs")
	s.Fail("PATCH", "/CT_STATE", 1, githubtest.Answer{Status: http.StatusNotFound, Body: `{"message":"Not Found"}`})
	if err := client(t, s, githubtest.AppToken).SetVariable(t.Context(), "CT_STATE", "ours"); err != nil {
		t.Error(err)
	}
	calls(t, s,
		changeCTState+" 404 actions/update-repo-variable",
		createCTState+" 409 actions/create-repo-variable",
		changeCTState+" 204 actions/update-repo-variable",
	)
	if got := s.Variables()["CT_STATE"]; got != "ours" {
		t.Errorf("the value is %q", got)
	}
}

// A creation that was carried out and answered with 502 ends as one variable.
func TestVariableCreatedUnseen(t *testing.T) {
	t.Parallel()
	for _, lost := range []githubtest.Answer{{Status: http.StatusBadGateway, Act: true}, {Cut: true, Act: true}} {
		s := githubtest.Start(t, all)
		s.Fail("POST", "/variables", 1, lost)
		if err := client(t, s, githubtest.AppToken).SetVariable(t.Context(), "CT_STATE", "ours"); err != nil {
			t.Error(err)
		}
		if got := s.Variables()["CT_STATE"]; got != "ours" || len(s.Calls()) != 4 {
			t.Errorf("the value is %q after %q", got, s.Calls())
		}
	}
}

// Two 404s are no variable and no right to make one.
func TestVariableHidden(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	err := client(t, s, githubtest.Outsider).SetVariable(t.Context(), "CT_STATE", "{}")
	if !errors.Is(err, state.ErrRefused) || errors.Is(err, state.ErrAbsent) {
		t.Error(err)
	}
	contains(t, err, "creating the repository variable CT_STATE: POST", "so GitHub hides what a token may not see")
}

func TestIncidents(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	s.SetVariable("CT_STATE", "old")
	c := client(t, s, githubtest.AppToken)
	s.Fail("PATCH", "", 2, githubtest.Answer{Status: http.StatusBadGateway})
	if err := c.SetVariable(t.Context(), "CT_STATE", "new"); err != nil {
		t.Error(err)
	}
	s.Fail("", "", -1, githubtest.Answer{Status: http.StatusInternalServerError, Body: `{"message":"Server Error"}`})
	_, err := c.Variable(t.Context(), "CT_STATE")
	contains(t, err, "HTTP 500: Server Error (after 4 attempts)", "https://www.githubstatus.com")
	if answer(err) != "failed" {
		t.Errorf("an incident counts as %s", answer(err))
	}
	if n := len(s.Calls()); n != 7 {
		t.Errorf("%d calls, expected 7: %q", n, s.Calls())
	}
}
