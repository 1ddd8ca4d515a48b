package cli

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/github"
	"github.com/org/ct-action/internal/github/githubtest"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/summary"
)

// masking is a program that hides these secrets.
func masking(t *testing.T, secrets ...string) *program {
	t.Helper()
	p := newProgram(process(nil, nil, io.Discard, io.Discard))
	p.speakAs(inputs.Inputs{Mode: inputs.ModeRun})
	for _, secret := range secrets {
		if err := p.runner.Mask(secret); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// TestReportIsWhereItIsSaid: the output report names the file that was written, also
// where the model's name holds a secret, and the path does not tell it.
func TestReportIsWhereItIsSaid(t *testing.T) {
	t.Chdir(t.TempDir())
	p := masking(t, "churn-prod")
	r := &loop.Report{Mode: inputs.ModeRun, Model: "churn-prod", Outcome: loop.Failed, Exit: loop.ExitFailed}
	p.publish(r)
	for _, o := range summary.Outputs(redactor(p.runner.Redact).report(r)) {
		if o.Name != "report" {
			continue
		}
		if _, err := os.Stat(o.Value); err != nil || strings.Contains(o.Value, "churn-prod") {
			t.Errorf("report is %q: %v", o.Value, err)
		}
		if page, err := os.ReadFile(strings.TrimSuffix(o.Value, "decision.json") + "summary.md"); err != nil || len(page) == 0 {
			t.Errorf("the summary is not beside it: %v", err)
		}
		return
	}
	t.Error("there is no output report")
}

// TestReviewOfAModelWithASecret: models whose names differ in secrets have an issue
// each, which is found again and does not show them.
func TestReviewOfAModelWithASecret(t *testing.T) {
	t.Parallel()
	server := githubtest.Start(t, githubtest.Options{Permissions: map[string]string{"issues": "write"}})
	client, err := github.New(github.Config{APIURL: server.URL(), Token: server.Token(githubtest.JobToken), Repository: "octo/churn"})
	if err != nil {
		t.Fatal(err)
	}
	r := repository{client, masking(t, "churn-prod", "sales-prod")}
	opened := map[string]string{}
	for _, model := range []string{"churn-prod", "sales-prod", "plain"} {
		report := &loop.Report{Mode: inputs.ModeRun, Model: model}
		first, err := r.OpenReview(t.Context(), report)
		if err != nil || opened[first] != "" {
			t.Fatalf("%s has the issue %s of %q: %v", model, first, opened[first], err)
		}
		opened[first] = model
		if again, err := r.OpenReview(t.Context(), report); err != nil || again != first {
			t.Errorf("%s: %s, then %s: %v", model, first, again, err)
		}
	}
	for _, issue := range server.Issues() {
		if strings.Contains(issue.Title+issue.Body, "-prod") {
			t.Errorf("shows a secret: %s\n%s", issue.Title, issue.Body)
		}
	}
	if last := server.Issues()[2].Body; !strings.HasPrefix(last, "<!-- ct-action: model=plain -->") {
		t.Errorf("a plain name is marked as ever: %s", last)
	}
	report := &loop.Report{Mode: inputs.ModeRun, Model: "sales-prod"}
	if closed, err := r.CloseReview(t.Context(), report); err != nil || opened[closed] != "sales-prod" {
		t.Errorf("closed %s: %v", closed, err)
	}
}
