package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/org/ct-action/internal/actions"
	"github.com/org/ct-action/internal/github"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/mlflow"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/service"
	"github.com/org/ct-action/internal/summary"
)

// connect gives the loop the edges that its mode needs.
func (p *program) connect(l *loop.Loop) error {
	p.connectRepository(l)
	return errors.Join(p.connectRegistry(l), p.connectService(l))
}

func (p *program) connectRegistry(l *loop.Loop) error {
	if p.in.Mode == inputs.ModeNotify || p.in.Mode == inputs.ModeJudge {
		return nil
	}
	registry, err := mlflow.New(mlflow.Config{
		TrackingURI: p.in.TrackingURI, RegistryURI: p.in.RegistryURI,
		Getenv: p.getenv, UserAgent: p.userAgent(),
	})
	if err == nil {
		err = p.maskSecrets(registry.Secrets()...)
	}
	l.Registry, p.registry = registry, registry
	return err
}

// keepFor is how long logging a decision's document may take: the decision
// stands already, and the runner kills a cancelled container soon.
const keepFor = 5 * time.Second

// keepDecision logs the decision's document with the run of the version that it
// is about, under a name of its own, so that a later decision about the same
// version leaves it be. The tags hold the decision in brief, and so a failure is
// a warning.
func (p *program) keepDecision(r *loop.Report, document string) {
	subject := r.Subject()
	if p.registry == nil || subject.Version == "" || r.Exit > loop.ExitFlagged {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), keepFor)
	defer cancel()
	name := strings.TrimPrefix(strings.TrimPrefix(promote.ReasonTag(r.DecisionID), promote.TagReason), ".") // a journal may hold any text: only an id names a file
	if name == "" {
		name = "unknown"
	}
	if r.Recovered { // the decision is that of the run that was interrupted, and so is its document
		name += "-recovered"
	}
	if err := p.logDecision(ctx, r.Model, subject, "ct/decisions/"+name+".json", document); err != nil {
		p.runner.Warning(actions.Position{}, p.runner.Redact("the decision stands; its document was not kept with the run of v"+subject.Version+": "+err.Error()))
	}
}

func (p *program) logDecision(ctx context.Context, model string, subject loop.Judged, path, document string) error {
	if subject.RunID == "" { // a run that was recovered has read no more than its journal
		v, err := p.registry.Version(ctx, model, subject.Version)
		if err != nil {
			return err
		}
		subject.RunID = v.RunID
	}
	if subject.RunID == "" {
		return errors.New("it has none")
	}
	return p.registry.LogText(ctx, subject.RunID, path, []byte(document))
}

// connectRepository is for who gave a token and is in a repository. Without
// one of them the loop does without, and says where that matters. A token or
// an address that cannot be right is said by whatever needs GitHub: it must
// not stop a rollback.
func (p *program) connectRepository(l *loop.Loop) {
	name := p.getenv("GITHUB_REPOSITORY")
	if p.in.GitHubToken == "" || name == "" && p.in.Mode != inputs.ModeNotify {
		return
	}
	client, err := github.New(github.Config{
		APIURL: p.getenv("GITHUB_API_URL"), Token: p.in.GitHubToken.Reveal(), Repository: name, UserAgent: p.userAgent(),
	})
	l.GitHub = repository{client, p}
	if err != nil {
		l.GitHub = unusable{err}
	}
}

func (p *program) connectService(l *loop.Loop) error {
	if p.in.Mode != inputs.ModeVerify {
		return nil
	}
	client, err := service.New(service.Config{
		URL: p.in.VerifyURL, Token: p.in.VerifyToken.Reveal(), UserAgent: p.userAgent(), Expected: p.in.ModelName,
		Model: p.in.VerifyModelPointer, Alias: p.in.VerifyAliasPointer, Version: p.in.VerifyVersionPointer,
	})
	if err == nil {
		err = p.maskSecrets(client.Secrets()...)
	}
	l.Service = client
	return err
}

func (p *program) userAgent() string { return "ct-action/" + p.Version }

// A repository is the GitHub client with the review issue in our words.
type repository struct {
	*github.Client
	program *program
}

// OpenReview implements loop.Repository.
func (r repository) OpenReview(ctx context.Context, report *loop.Report) (string, error) {
	report = redactor(r.program.runner.Redact).report(report)
	return r.Client.OpenReview(ctx, github.Review{
		Marker: reviewMarker(report.Model),
		Title:  r.program.runner.Redact(summary.ReviewTitle(report)),
		Labels: []string{"ct-review"},
		Body:   r.program.runner.Redact(summary.Review(report, r.program.runURL())),
	})
}

// CloseReview implements loop.Repository.
func (r repository) CloseReview(ctx context.Context, report *loop.Report) (string, error) {
	report = redactor(r.program.runner.Redact).report(report)
	return r.Client.CloseReview(ctx, reviewMarker(report.Model), r.program.runner.Redact(summary.ReviewClosed(report, r.program.runURL())))
}

// An unusable GitHub answers everything with why it is.
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

// reviewMarker finds a model's issue again.
func reviewMarker(model string) string { return "model=" + model }

// runURL is this workflow run's page, "" outside of Actions.
func (p *program) runURL() string {
	server, name, run := p.getenv("GITHUB_SERVER_URL"), p.getenv("GITHUB_REPOSITORY"), p.getenv("GITHUB_RUN_ID")
	if server == "" || name == "" || run == "" {
		return ""
	}
	return fmt.Sprintf("%s/%s/actions/runs/%s", server, name, run)
}
