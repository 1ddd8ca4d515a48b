package github_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/github"
	"github.com/org/ct-action/internal/github/githubtest"
	"github.com/org/ct-action/internal/retry"
	"github.com/org/ct-action/internal/state"
)

// quick waits as little as may be.
var quick = retry.Policy{MinWait: time.Millisecond, MaxWait: 2 * time.Millisecond}

// all is what a job may be given, and everything that its token can be granted.
var all = githubtest.Options{
	Permissions: map[string]string{"issues": "write", "contents": "write", "actions": "write"},
	Workflows:   []string{"deploy.yml"},
}

func client(t *testing.T, s *githubtest.Server, kind githubtest.Kind) *github.Client {
	t.Helper()
	c, err := github.New(github.Config{APIURL: s.URL(), Token: s.Token(kind), Repository: "octo/churn", Policy: quick})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// at is a client of a server that is not a GitHub.
func at(t *testing.T, handler http.HandlerFunc) *github.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c, err := github.New(github.Config{APIURL: server.URL, Token: "ghp_secret", Repository: "octo/churn", Policy: quick})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func contains(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("expected an error with %q, got: %v", word, err)
		}
	}
}

// calls holds the server's calls to the expected ones.
func calls(t *testing.T, s *githubtest.Server, want ...string) {
	t.Helper()
	if got := s.Calls(); !slices.Equal(got, want) {
		t.Errorf("calls:\n%s\nexpected:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cfg  github.Config
		want string
		kind error
	}{
		{github.Config{Repository: "octo/churn"}, "no token", state.ErrRefused},
		{github.Config{Token: "ghs_x\n"}, "a copied line break", state.ErrRefused},
		{github.Config{Token: "ghs_ü"}, "another character that no token has", state.ErrRefused},
		{github.Config{Token: "x", Repository: "churn"}, `repository "churn": expected owner/name`, github.ErrName},
		{github.Config{Token: "x", Repository: "octo/.."}, "expected owner/name", github.ErrName},
		{github.Config{Token: "x", Repository: "octo/churn/issues"}, "expected owner/name", github.ErrName},
		{github.Config{Token: "x", Repository: "octo/churn?a=b"}, "expected owner/name", github.ErrName},
		{github.Config{Token: "x", APIURL: "https://me:hunter2@ghe"}, "GITHUB_API_URL", nil},
		{github.Config{Token: "x", APIURL: "ghe.example.com"}, "GITHUB_API_URL", nil},
		{github.Config{Token: "x", APIURL: "ftp://ghe"}, "GITHUB_API_URL", nil},
		{github.Config{Token: "x", APIURL: "https://ghe/?token=hunter2"}, "GITHUB_API_URL", nil},
	} {
		_, err := github.New(c.cfg)
		contains(t, err, c.want)
		if c.kind != nil && !errors.Is(err, c.kind) {
			t.Errorf("%v: expected %v", err, c.kind)
		}
		if strings.Contains(fmt.Sprint(err), "hunter2") || strings.Contains(fmt.Sprint(err), "ghs_") {
			t.Errorf("a secret in: %v", err)
		}
	}
	_, err := github.New(github.Config{APIURL: "x", Repository: "x"})
	contains(t, err, "no token", "GITHUB_API_URL", "owner/name")
}

// Without a repository only Dispatch is of use.
func TestNoRepository(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	c, err := github.New(github.Config{APIURL: s.URL(), Token: s.Token(githubtest.FineGrained)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Variable(t.Context(), "CT_STATE"); !errors.Is(err, github.ErrName) {
		t.Errorf("Variable: %v", err)
	}
	if _, err := c.OpenReview(t.Context(), github.Review{Marker: "m"}); !errors.Is(err, github.ErrName) {
		t.Errorf("OpenReview: %v", err)
	}
	if err := c.DispatchWorkflow(t.Context(), "deploy.yml", "main", nil); !errors.Is(err, github.ErrName) {
		t.Errorf("DispatchWorkflow: %v", err)
	}
	if err := c.Dispatch(t.Context(), "octo/churn", "drift-alert", nil); err != nil {
		t.Error(err)
	}
	calls(t, s, "POST /repos/octo/churn/dispatches 204 repos/create-dispatch-event")
}

func TestEnterpriseServer(t *testing.T) {
	t.Parallel()
	o := all
	o.BasePath = "/api/v3"
	s := githubtest.Start(t, o)
	c, err := github.New(github.Config{APIURL: s.URL() + "/", Token: s.Token(githubtest.AppToken), Repository: "octo/churn", Policy: quick})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Variable(t.Context(), "CT_STATE"); !errors.Is(err, state.ErrAbsent) {
		t.Error(err)
	} else {
		contains(t, err, "GET "+s.URL()+"/repos/octo/churn/actions/variables/CT_STATE: HTTP 404")
	}
	if err := c.SetVariable(t.Context(), "CT_STATE", "{}"); err != nil {
		t.Error(err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	c := client(t, s, githubtest.FineGrained)
	for _, name := range []string{"", "a/../b", "a b", "1st", "GITHUB_X", "github_x", "a?per_page=1", "a%2Fb", "ß", "ſ", "ct-state", "a\nb", "..", "a#"} {
		if _, err := c.Variable(t.Context(), name); !errors.Is(err, github.ErrName) {
			t.Errorf("Variable(%q): %v", name, err)
		}
		if err := c.SetVariable(t.Context(), name, ""); !errors.Is(err, github.ErrName) {
			t.Errorf("SetVariable(%q): %v", name, err)
		}
	}
	for _, repository := range []string{"", "octo", "octo/", "/churn", "octo/..", "../octo", "octo/churn/x", "octo/ch urn", "-o/x"} {
		if err := c.Dispatch(t.Context(), repository, "drift-alert", nil); !errors.Is(err, github.ErrName) {
			t.Errorf("Dispatch(%q): %v", repository, err)
		}
	}
	for _, event := range []string{"", strings.Repeat("é", 101), "a\nb", "a\x00", "\xff", "drift <alert>"} {
		if err := c.Dispatch(t.Context(), "octo/churn", event, nil); !errors.Is(err, github.ErrName) {
			t.Errorf("Dispatch(event %q): %v", event, err)
		}
	}
	for _, workflow := range []string{"", "deploy", ".github/workflows/deploy.yml", "../deploy.yml", "a b.yml", "deploy.yml?x", "deploy.yml\n"} {
		if err := c.DispatchWorkflow(t.Context(), workflow, "main", nil); !errors.Is(err, github.ErrName) {
			t.Errorf("DispatchWorkflow(%q): %v", workflow, err)
		}
	}
	for _, ref := range []string{"", "a b", "a\nb"} {
		if err := c.DispatchWorkflow(t.Context(), "deploy.yml", ref, nil); !errors.Is(err, github.ErrName) {
			t.Errorf("DispatchWorkflow(ref %q): %v", ref, err)
		}
	}
	calls(t, s)
}

func TestDown(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	c := client(t, s, githubtest.FineGrained)
	s.Down(true)
	_, err := c.Variable(t.Context(), "CT_STATE")
	contains(t, err, "connection refused", "(after 4 attempts)", "https://www.githubstatus.com")
	if errors.Is(err, state.ErrAbsent) || errors.Is(err, state.ErrRefused) {
		t.Errorf("no answer counts as an answer: %v", err)
	}
	err = c.Dispatch(t.Context(), "octo/churn", "drift-alert", nil)
	contains(t, err, "connection refused")
	if strings.Contains(err.Error(), "all the same") {
		t.Errorf("nothing was sent, yet: %v", err)
	}
	s.Down(false)
	if _, err := c.Variable(t.Context(), "CT_STATE"); !errors.Is(err, state.ErrAbsent) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Variable(ctx, "CT_STATE"); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "hint") {
		t.Error(err)
	}
}

// Something between us and GitHub is neither absence nor refusal.
func TestNotGitHub(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		want   string
	}{
		{200, "<html>log in</html>", "expected GitHub's JSON, got something else"},
		{200, "{}", "expected GitHub's JSON, got something else"},
		{200, "[]", "expected GitHub's JSON, got something else"},
		{202, "", "expected GitHub's JSON, got something else"},
		{404, "<html>", "this does not look like GitHub's API"},
		{403, "blocked", "this does not look like GitHub's API"},
		{302, "", "this does not look like GitHub's API"},
	} {
		client := at(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		})
		_, err := client.Variable(t.Context(), "CT_STATE")
		contains(t, err, c.want)
		if errors.Is(err, state.ErrAbsent) || errors.Is(err, state.ErrRefused) {
			t.Errorf("%d %s counts as GitHub's answer: %v", c.status, c.body, err)
		}
	}
}

func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	client := at(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"message": "no\n::error::\u001b[2J %s %s"}`, r.Header.Get("Authorization"), strings.Repeat("x", 1000))
	})
	_, err := client.Variable(t.Context(), "CT_STATE")
	contains(t, err, "no ::error:: [2J Bearer *** xxx", "…")
	if strings.Contains(err.Error(), "ghp_secret") {
		t.Errorf("the token in: %v", err)
	}
}

// 202 reaches us as an error of go-github, and is none.
func TestAccepted(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	s.Fail("POST", "/dispatches", 1, githubtest.Answer{Status: http.StatusAccepted, Body: "{}", Act: true})
	if err := client(t, s, githubtest.JobToken).DispatchWorkflow(t.Context(), "deploy.yml", "main", nil); err != nil {
		t.Error(err)
	}
}
