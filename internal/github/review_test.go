package github_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/github"
	"github.com/org/ct-action/internal/github/githubtest"
)

func review(model string) github.Review {
	return github.Review{Marker: model, Title: "Review " + model, Body: "flagged", Labels: []string{"ct-review"}}
}

func TestReviewIsOpenedOnce(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	c := client(t, s, githubtest.JobToken)
	r := review("churn")
	first, err := c.OpenReview(t.Context(), r)
	if err != nil || first != "https://github.com/octo/churn/issues/1" {
		t.Fatalf("%s, %v", first, err)
	}
	r.Title, r.Body, r.Labels = "Review churn\nv9", "flagged again", []string{"other"}
	again, err := c.OpenReview(t.Context(), r)
	if err != nil || again != first {
		t.Fatalf("%s, %v", again, err)
	}
	issue := s.Issues()[0]
	if len(s.Issues()) != 1 || issue.Title != "Review churn v9" || !strings.HasSuffix(issue.Body, "\n\nflagged again") || !slices.Equal(issue.Labels, []string{"ct-review"}) {
		t.Errorf("%+v", s.Issues())
	}
	closed, err := c.CloseReview(t.Context(), "churn", "promoted v9")
	if err != nil || closed != first {
		t.Errorf("%s, %v", closed, err)
	}
	if i := s.Issues()[0]; i.State != "closed" || i.StateReason != "completed" || !slices.Equal(i.Comments, []string{"promoted v9"}) {
		t.Errorf("%+v", i)
	}
	if closed, err := c.CloseReview(t.Context(), "churn", "again"); err != nil || closed != "" {
		t.Errorf("none open: %q, %v", closed, err)
	}
	if second, err := c.OpenReview(t.Context(), r); err != nil || second == first {
		t.Errorf("a closed review was taken up again: %s, %v", second, err)
	}
}

// Neither text of another model's review, nor a pull request, nor a stranger's
// issue is taken for ours, on whichever page ours is.
func TestReviewIsFound(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	c := client(t, s, githubtest.JobToken)
	marker := "<!-- ct-action: churn -->"
	s.AddIssue(githubtest.Issue{Body: marker, PullRequest: true})
	s.AddIssue(githubtest.Issue{Body: marker, Author: "mallory", Association: "NONE"})
	s.AddIssue(githubtest.Issue{Body: marker, Author: "mallory", Association: "CONTRIBUTOR"})
	s.AddIssue(githubtest.Issue{Body: marker, State: "closed"})
	s.AddIssue(githubtest.Issue{Body: "> " + marker})
	hostile := github.Review{Marker: "other -->\n<!-- ct-action: churn -->", Title: "t", Body: marker + "\n--> <!-- ct-action: churn -->"}
	if _, err := c.OpenReview(t.Context(), hostile); err != nil {
		t.Fatal(err)
	}
	if _, err := c.OpenReview(t.Context(), review("churn-eu")); err != nil {
		t.Fatal(err)
	}
	for n := range 250 {
		s.AddIssue(githubtest.Issue{Title: fmt.Sprint(n), PullRequest: n%2 == 0})
	}
	want, err := c.OpenReview(t.Context(), review("churn"))
	if err != nil || want != "https://github.com/octo/churn/issues/258" {
		t.Fatalf("%s, %v", want, err)
	}
	before := len(s.Calls())
	got, err := c.OpenReview(t.Context(), review("churn"))
	if err != nil || got != want {
		t.Errorf("%s, %v; expected %s", got, err, want)
	}
	if n := len(s.Calls()) - before; n != 4 {
		t.Errorf("%d calls, expected 3 pages and an edit: %q", n, s.Calls()[before:])
	}
	if closed, err := c.CloseReview(t.Context(), hostile.Marker, ""); err != nil || closed != "https://github.com/octo/churn/issues/6" {
		t.Errorf("%s, %v", closed, err)
	}
	line, _, _ := strings.Cut(s.Issues()[5].Body, "\n")
	if want := "<!-- ct-action: other%20--%3E%0A%3C%21--%20ct-action:%20churn%20--%3E -->"; line != want {
		t.Errorf("the marker is %s, expected %s", line, want)
	}
	if comments := s.Issues()[5].Comments; len(comments) != 0 {
		t.Errorf("a comment without words: %q", comments)
	}
}

func TestReviewOfAPerson(t *testing.T) {
	t.Parallel()
	for _, association := range []string{"OWNER", "MEMBER", "COLLABORATOR"} {
		s := githubtest.Start(t, all)
		s.AddIssue(githubtest.Issue{Body: "<!-- ct-action: churn -->\r\n\r\nold", Author: "mona", Association: association})
		if got, err := client(t, s, githubtest.JobToken).OpenReview(t.Context(), review("churn")); err != nil || len(s.Issues()) != 1 {
			t.Errorf("%s: %s, %v", association, got, err)
		}
	}
}

// An edit may be repeated.
func TestReviewInAnIncident(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	s.AddIssue(githubtest.Issue{Body: "<!-- ct-action: churn -->"})
	s.Fail("PATCH", "/issues/1", 2, githubtest.Answer{Status: http.StatusBadGateway, Act: true})
	if _, err := client(t, s, githubtest.JobToken).OpenReview(t.Context(), review("churn")); err != nil {
		t.Error(err)
	}
	if n := len(s.Calls()); n != 4 {
		t.Errorf("%d calls, expected a list and three edits: %q", n, s.Calls())
	}
}

// Two runs opened one each: the older is kept up to date, both are closed.
func TestReviewsThatRaced(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	for range 2 {
		s.AddIssue(githubtest.Issue{Body: "<!-- ct-action: churn -->"})
	}
	c := client(t, s, githubtest.JobToken)
	if got, err := c.OpenReview(t.Context(), review("churn")); err != nil || got != "https://github.com/octo/churn/issues/1" {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := c.CloseReview(t.Context(), "churn", "promoted"); err != nil || got != "https://github.com/octo/churn/issues/1" {
		t.Errorf("%s, %v", got, err)
	}
	for _, i := range s.Issues() {
		if i.State != "closed" || len(i.Comments) != 1 {
			t.Errorf("%+v", i)
		}
	}
}

func TestReviewIsCut(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	c := client(t, s, githubtest.JobToken)
	r := github.Review{Marker: "churn", Title: strings.Repeat("é", 300), Body: strings.Repeat("é", 70_000)}
	for range 2 {
		if _, err := c.OpenReview(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if i := s.Issues()[0]; len(s.Issues()) != 1 || len([]rune(i.Title)) != 256 || len([]rune(i.Body)) != 65_536 || !strings.HasSuffix(i.Body, "the run's summary has the rest)") {
		t.Errorf("%d issues, title of %d, body of %d characters", len(s.Issues()), len([]rune(i.Title)), len([]rune(i.Body)))
	}
}

func TestIssuesSwitchedOff(t *testing.T) {
	t.Parallel()
	o := all
	o.IssuesDisabled = true
	_, err := client(t, githubtest.Start(t, o), githubtest.JobToken).OpenReview(t.Context(), review("churn"))
	contains(t, err, "HTTP 410: Issues has been disabled in this repository.", "switch them on under Settings", "review-issue")
	if answer(err) != "failed" {
		t.Errorf("it counts as %s", answer(err))
	}
}

func TestReviewNeedsAMarker(t *testing.T) {
	t.Parallel()
	s := githubtest.Start(t, all)
	c := client(t, s, githubtest.JobToken)
	if _, err := c.OpenReview(t.Context(), github.Review{Title: "t"}); answer(err) != "no such name" {
		t.Error(err)
	}
	if _, err := c.CloseReview(t.Context(), "", "why"); answer(err) != "no such name" {
		t.Error(err)
	}
	calls(t, s)
}

// What may have been carried out is not sent again, and says so.
func TestPostsAreNotRepeated(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]githubtest.Answer{
		"502": {Status: http.StatusBadGateway, Act: true},
		"cut": {Cut: true, Act: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := githubtest.Start(t, all)
			c := client(t, s, githubtest.FineGrained)
			s.Fail("POST", "", -1, lost)
			_, err := c.OpenReview(t.Context(), review("churn"))
			contains(t, err, "it may have been carried out all the same")
			contains(t, c.Dispatch(t.Context(), "octo/churn", "drift-alert", nil), "it may have been carried out all the same")
			contains(t, c.DispatchWorkflow(t.Context(), "deploy.yml", "main", nil), "it may have been carried out all the same")
			_, err = c.CloseReview(t.Context(), "churn", "promoted")
			contains(t, err, "commenting on the review issue #1", "it may have been carried out all the same")
			if i := s.Issues(); len(i) != 1 || len(i[0].Comments) != 1 || len(s.Dispatches()) != 1 || len(s.WorkflowDispatches()) != 1 {
				t.Errorf("sent twice: %q", s.Calls())
			}
		})
	}
}
