package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/org/ct-action/internal/github"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/summary"
)

// A repository is the GitHub client. Package summary writes the texts of its review
// issue.
type repository struct {
	*github.Client
	program *program
}

// OpenReview implements loop.Repository.
func (r repository) OpenReview(ctx context.Context, report *loop.Report) (string, error) {
	marker := r.marker(report.Model)
	report = redactor(r.program.runner.Redact).report(report)
	return r.Client.OpenReview(ctx, github.Review{
		Marker: marker,
		Title:  r.program.runner.Redact(summary.ReviewTitle(report)),
		Labels: []string{"ct-review"},
		Body:   r.program.runner.Redact(summary.Review(report, r.program.runURL())),
	})
}

// CloseReview implements loop.Repository.
func (r repository) CloseReview(ctx context.Context, report *loop.Report) (string, error) {
	marker := r.marker(report.Model)
	report = redactor(r.program.runner.Redact).report(report)
	return r.Client.CloseReview(ctx, marker, r.program.runner.Redact(summary.ReviewClosed(report, r.program.runURL())))
}

// unusable stands for a GitHub that cannot be called: it answers every call with the
// reason.
type unusable struct{ err error }

func (u unusable) Variable(context.Context, string) (string, error)          { return "", u.err }
func (u unusable) SetVariable(context.Context, string, string) error         { return u.err }
func (u unusable) OpenReview(context.Context, *loop.Report) (string, error)  { return "", u.err }
func (u unusable) CloseReview(context.Context, *loop.Report) (string, error) { return "", u.err }
func (u unusable) Dispatch(context.Context, string, string, any) error       { return u.err }
func (u unusable) CheckDispatch(string, string, any) error                   { return u.err }
func (u unusable) DispatchWorkflow(_ context.Context, _, _ string, _ map[string]string) error {
	return u.err
}

// marker is the mark in an issue's body by which a later run finds the model's issue
// again. A name that holds a secret is not written there: digits of its SHA-256
// tell it from others that look the same without the secret.
func (r repository) marker(model string) string {
	shown := r.program.runner.Redact(model)
	if shown != model {
		sum := sha256.Sum256([]byte(model))
		shown += "~" + hex.EncodeToString(sum[:4])
	}
	return "model=" + shown
}

// runURL is the address of this workflow run's page; "" outside Actions.
func (p *program) runURL() string {
	server, name, run := p.getenv("GITHUB_SERVER_URL"), p.getenv("GITHUB_REPOSITORY"), p.getenv("GITHUB_RUN_ID")
	if server == "" || name == "" || run == "" {
		return ""
	}
	return fmt.Sprintf("%s/%s/actions/runs/%s", server, name, run)
}
