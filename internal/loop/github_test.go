package loop_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
)

// What a loop asks of GitHub, as the fake below notes it.
const (
	readVariable  = "read CT_STATE_CHURN"
	writeVariable = "write CT_STATE_CHURN"
	openReview    = "open review"
	closeReview   = "close review"
	startDeploy   = "start deploy.yml at main"
	alertChurn    = "send drift-alert to octo/churn"

	reviewURL = "https://github.example/octo/churn/issues/1"
)

var (
	errGitHub  = errors.New("503 from GitHub")
	errRefused = fmt.Errorf("403: %w", state.ErrRefused)
)

// A github is the workflow's repository, with one variable. It panics on what
// a loop has no business to ask: a write in a dry run, another variable than
// the model's, one with state: registry. It fails the test where a rollback
// waits for it, and where an answer was prepared that nobody asked for.
type github struct {
	t  *testing.T
	w  *world
	in inputs.Inputs // of the run that asks

	variable string // its value; "": there is none
	answers  map[string][]error
	before   map[string]func()

	champion string   // @champion when the run began
	wrote    int      // writes to the registry by then
	trained  int      // trainings by then
	asked    []string // in order
	inputs   map[string]string
	payload  string
	refuses  error // an event, before it is sent
	reviewed []loop.Report
	started  func() // after the deploy workflow was started; may be nil
}

// github gives the world a repository whose token may do everything.
func (w *world) github(t *testing.T) *github {
	w.hub = &github{t: t, w: w, answers: map[string][]error{}, before: map[string]func(){}}
	w.env["GITHUB_REPOSITORY"], w.env["GITHUB_REF_NAME"] = "octo/churn", "main"
	t.Cleanup(w.hub.verify)
	return w.hub
}

func (g *github) verify() {
	for words, left := range g.answers {
		if len(left) > 0 {
			g.t.Errorf("%s: %d more answers were prepared than asked for (asked: %q)", words, len(left), g.asked)
		}
	}
	for words := range g.before {
		g.t.Errorf("%s: prepared for and never asked", words)
	}
}

// begin starts another run.
func (g *github) begin(in inputs.Inputs) {
	g.in, g.asked, g.inputs, g.payload, g.reviewed = in, nil, nil, "", nil
	g.champion, g.wrote, g.trained = g.w.model.Aliases["champion"], len(g.w.wrote), g.w.trained
}

// ask notes a question and returns its prepared answer, nil where there is none.
func (g *github) ask(ctx context.Context, words string, writes bool) error {
	if writes && g.in.DryRun {
		panic("a dry run asked GitHub to " + words)
	}
	done := g.w.model.Aliases["champion"] != g.champion || slices.Contains(g.w.wrote[g.wrote:], clearJournal)
	if (g.in.Emergency() || g.in.Mode == inputs.ModeVerify) && !done {
		g.t.Errorf("a rollback asked GitHub to %s before @champion had moved", words)
	}
	g.asked = append(g.asked, words)
	once(g.before, words)
	if ctx.Err() != nil {
		return fmt.Errorf("asking GitHub to %s: %w", words, ctx.Err())
	}
	left := g.answers[words]
	if len(left) == 0 {
		return nil
	}
	g.answers[words] = left[1:]
	return left[0]
}

func (g *github) own(name string) {
	if name != "CT_STATE_CHURN" || g.in.State == inputs.StateRegistry {
		panic(fmt.Sprintf("variable %s was asked for with state: %s", name, g.in.State))
	}
}

func (g *github) Variable(ctx context.Context, name string) (string, error) {
	g.own(name)
	if err := g.ask(ctx, readVariable, false); err != nil {
		return "", err
	}
	if g.variable == "" {
		return "", fmt.Errorf("404: %w", state.ErrAbsent)
	}
	return g.variable, nil
}

func (g *github) SetVariable(ctx context.Context, name, value string) error {
	g.own(name)
	proves := g.in.Mode == inputs.ModeRun && g.w.trained == g.trained
	if value == "" || value == g.variable && !proves {
		g.t.Errorf("the variable was set to %q, which says nothing new", value)
	}
	if err := g.ask(ctx, writeVariable, true); err != nil {
		return err
	}
	g.variable = value
	return nil
}

func (g *github) OpenReview(ctx context.Context, r *loop.Report) (string, error) {
	return g.review(ctx, openReview, r)
}

func (g *github) CloseReview(ctx context.Context, r *loop.Report) (string, error) {
	return g.review(ctx, closeReview, r)
}

func (g *github) review(ctx context.Context, words string, r *loop.Report) (string, error) {
	if err := g.ask(ctx, words, true); err != nil {
		return "", err
	}
	g.reviewed = append(g.reviewed, *r)
	return reviewURL, nil
}

func (g *github) DispatchWorkflow(ctx context.Context, workflow, ref string, with map[string]string) error {
	if err := g.ask(ctx, "start "+workflow+" at "+ref, true); err != nil {
		return err
	}
	g.inputs = with
	if g.started != nil {
		g.started()
	}
	return nil
}

func (g *github) CheckDispatch(string, string, any) error { return g.refuses }

func (g *github) Dispatch(ctx context.Context, repository, eventType string, payload any) error {
	text, err := json.Marshal(payload)
	if err != nil {
		panic(err)
	}
	g.payload = string(text)
	return g.ask(ctx, "send "+eventType+" to "+repository, true)
}

// keep puts a record into the variable.
func (g *github) keep(s state.State) {
	s.Model = "churn"
	text, err := s.Encode()
	if err != nil {
		panic(err)
	}
	g.variable = text
}

// expectAsked holds what GitHub was asked, in order.
func (g *github) expectAsked(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(g.asked, want) {
		t.Errorf("GitHub was asked to %q, expected %q", g.asked, want)
	}
}

// mirrored holds that the variable is a copy of the registry's record.
func (w *world) mirrored(t *testing.T) {
	t.Helper()
	if tag := w.model.Tags[promote.TagState]; tag == "" || tag != w.hub.variable {
		t.Errorf("the variable is\n%s\nexpected the registry's record\n%s", w.hub.variable, tag)
	}
}

// A service answers what a test has prepared, one answer a question; the last
// one stays.
type service struct {
	answers []answer
	asked   int
	before  map[int]func() // before the nth question, from 1
}

type answer struct {
	model, alias, version string
	err                   error
}

func (s *service) ModelInfo(ctx context.Context) (model, alias, version string, err error) {
	s.asked++
	once(s.before, s.asked)
	if ctx.Err() != nil {
		return "", "", "", ctx.Err()
	}
	a := s.answers[min(s.asked, len(s.answers))-1]
	if (a.version == "") != (a.err != nil) {
		panic("a service tells its version, or it is an error")
	}
	return a.model, a.alias, a.version, a.err
}
