package loop_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
)

// stateless keeps the variable out of tests that are about the rest.
func stateless(in *inputs.Inputs) { in.State = inputs.StateRegistry }

// The deploy workflow is started once for whoever moved @champion, with the
// version that it names now, and for nobody else.
func TestDeploy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode    inputs.Mode
		prepare func(w *world)
		outcome loop.Outcome
		exit    int
		version string // "": none is deployed
	}{
		"run":      {inputs.ModeRun, nil, loop.Promoted, loop.ExitOK, "8"},
		"gate":     {inputs.ModeGate, nil, loop.Promoted, loop.ExitOK, "8"},
		"promote":  {inputs.ModePromote, nil, loop.Promoted, loop.ExitOK, "8"},
		"rollback": {inputs.ModeRollback, nil, loop.RolledBack, loop.ExitOK, "6"},
		"recovered promotion": {inputs.ModeRun, func(w *world) {
			w.register("9", "")
			w.occupy(promote.Promotion, "7", "9", time.Hour)
			w.model.Aliases["champion"], w.model.Aliases["previous"] = "9", "7"
		}, loop.Promoted, loop.ExitOK, "9"},
		"recovered rollback": {inputs.ModeGate, func(w *world) { w.occupy(promote.Rollback, "7", "6", time.Hour) }, loop.RolledBack, loop.ExitOK, "6"},
		"tag fails after the flip": {inputs.ModeGate, func(w *world) { w.faults[setPromotedAt] = fault{err: errDown} },
			loop.Promoted, loop.ExitFailed, "8"},
		"quarantine fails after the flip": {inputs.ModeRollback, func(w *world) { w.faults[quarantine7] = fault{err: errDown} },
			loop.RolledBack, loop.ExitFailed, "6"},
		"flip not known":     {inputs.ModeGate, func(w *world) { w.faults[setChampion] = fault{err: promote.ErrUnknownOutcome} }, loop.Failed, loop.ExitFailed, ""},
		"aborted":            {inputs.ModeGate, func(w *world) { w.faults[setPrevious] = fault{err: errDown} }, loop.Failed, loop.ExitFailed, ""},
		"flagged":            {inputs.ModeGate, func(w *world) { w.worsen() }, loop.Flagged, loop.ExitFlagged, ""},
		"undone promotion":   {inputs.ModeGate, func(w *world) { w.worsen(); w.register("9", ""); w.occupy(promote.Promotion, "7", "9", time.Hour) }, loop.Flagged, loop.ExitFlagged, ""},
		"refused rollback":   {inputs.ModeRollback, func(w *world) { delete(w.model.Aliases, "previous") }, loop.Refused, loop.ExitFailed, ""},
		"released":           {inputs.ModeRelease, func(w *world) { w.versions["8"].Tags[promote.TagQuarantined] = "true" }, loop.Released, loop.ExitOK, ""},
		"triggered":          {inputs.ModeTrigger, nil, loop.Triggered, loop.ExitOK, ""},
		"trigger on journal": {inputs.ModeTrigger, func(w *world) { w.occupy(promote.Rollback, "7", "6", time.Hour) }, loop.Triggered, loop.ExitOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.github(t)
			if c.mode != inputs.ModeRun { // whose training registers it
				w.register("8", "")
			}
			if c.prepare != nil {
				c.prepare(w)
			}
			r := w.do(t.Context(), c.mode, func(in *inputs.Inputs) {
				stateless(in)
				in.DeployWorkflow, in.Force, in.Override, in.Reason = "deploy.yml", true, true, "why"
				if c.mode != inputs.ModeRun {
					in.ChallengerVersion = "8"
				}
			})
			if r.Outcome != c.outcome || r.Exit != c.exit {
				t.Errorf("%s, exit %d (%v), expected %s, exit %d", r.Outcome, r.Exit, r.Err, c.outcome, c.exit)
			}
			if c.version == "" {
				w.hub.expectAsked(t)
				return
			}
			w.hub.expectAsked(t, startDeploy)
			if want := map[string]string{"model": "churn", "version": c.version}; !maps.Equal(w.hub.inputs, want) {
				t.Errorf("deployed %v, expected %v", w.hub.inputs, want)
			}
			if w.model.Aliases["champion"] != c.version || !noticed(r, "deploy-workflow deploy.yml was started for v"+c.version) {
				t.Errorf("notices %q with @champion v%s", r.Notices, w.model.Aliases["champion"])
			}
		})
	}
}

// A deployment that was not started is an error, whose promotion stands.
func TestDeployFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(w *world, t *testing.T)
		why     string
	}{
		"GitHub refuses": {func(w *world, t *testing.T) { w.github(t).answers[startDeploy] = []error{errRefused} }, "403"},
		"no branch":      {func(w *world, t *testing.T) { w.github(t); delete(w.env, "GITHUB_REF_NAME") }, "GITHUB_REF_NAME is not set"},
		"no repository":  {func(*world, *testing.T) {}, "GITHUB_REPOSITORY is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.prepare(w, t)
			deploying := func(in *inputs.Inputs) {
				stateless(in)
				in.DeployWorkflow, in.ChallengerVersion = "deploy.yml", "8"
			}
			w.register("8", "")
			r := w.do(t.Context(), inputs.ModeGate, deploying)
			expect(t, r, loop.Promoted, loop.ExitFailed, "@champion is v8, but deploy-workflow deploy.yml was not started", c.why, "start it by hand with model churn and version 8")
			if !r.Promoted {
				t.Error("promoted is false, expected it to stay true")
			}
			w.serving(t, "8/7")
			w.journalKept(t, false)
			if w.hub != nil && len(w.hub.answers[startDeploy]) == 0 && name == "GitHub refuses" {
				w.hub.answers[startDeploy] = []error{errGitHub}
			}
			r = w.do(t.Context(), inputs.ModeRollback, deploying)
			expect(t, r, loop.RolledBack, loop.ExitFailed, "@champion is v7, but deploy-workflow deploy.yml was not started")
			w.serving(t, "7/7")
		})
	}
}

// Both errors are told where the registry fails after the flip and GitHub too.
func TestDeployFailsOnTop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.github(t).answers[startDeploy] = []error{errGitHub}
	w.faults[setPromotedAt] = fault{err: errDown}
	w.register("8", "")
	r := w.do(t.Context(), inputs.ModeGate, func(in *inputs.Inputs) {
		stateless(in)
		in.DeployWorkflow, in.ChallengerVersion = "deploy.yml", "8"
	})
	expect(t, r, loop.Promoted, loop.ExitFailed, errDown.Error(), "the journal is kept", errGitHub.Error(), "start it by hand")
}

// An interrupted promotion is finished in the registry; its deployment is left
// to a person, who is told so.
func TestInterruptedBeforeTheDeployment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.github(t)
	w.register("8", "")
	ctx, cancel := context.WithCancelCause(t.Context())
	w.before[setPromotedAt] = func() { cancel(signal(loop.ExitTerminated)) }
	r := w.do(ctx, inputs.ModeGate, func(in *inputs.Inputs) {
		stateless(in)
		in.DeployWorkflow, in.ReviewIssue, in.ChallengerVersion = "deploy.yml", true, "8"
	})
	expect(t, r, loop.Promoted, loop.ExitTerminated, "start it by hand with model churn and version 8")
	w.serving(t, "8/7")
	w.journalKept(t, false)
	if !r.Promoted || !warned(r, "closing the review issue") {
		t.Errorf("promoted %t, warnings %q", r.Promoted, r.Warnings)
	}
}

// The review issue is opened on a flag that names a challenger, closed on a
// promotion, and nobody else's business.
func TestReview(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode    inputs.Mode
		prepare func(w *world, in *inputs.Inputs)
		outcome loop.Outcome
		exit    int
		asked   string
	}{
		"run that flags":     {inputs.ModeRun, func(w *world, _ *inputs.Inputs) { w.worsen() }, loop.Flagged, loop.ExitFlagged, openReview},
		"gate that flags":    {inputs.ModeGate, func(w *world, _ *inputs.Inputs) { w.worsen() }, loop.Flagged, loop.ExitFlagged, openReview},
		"on-flag: warn":      {inputs.ModeGate, func(w *world, in *inputs.Inputs) { w.worsen(); in.OnFlag = inputs.OnFlagWarn }, loop.Flagged, loop.ExitOK, openReview},
		"run that promotes":  {inputs.ModeRun, nil, loop.Promoted, loop.ExitOK, closeReview},
		"gate that promotes": {inputs.ModeGate, nil, loop.Promoted, loop.ExitOK, closeReview},
		"promote":            {inputs.ModePromote, func(w *world, _ *inputs.Inputs) { w.worsen() }, loop.Promoted, loop.ExitOK, closeReview},
		"recovered promotion": {inputs.ModeGate, func(w *world, _ *inputs.Inputs) {
			w.register("9", "")
			w.occupy(promote.Promotion, "7", "9", time.Hour)
			w.model.Aliases["champion"], w.model.Aliases["previous"] = "9", "7"
		}, loop.Promoted, loop.ExitOK, closeReview},
		"not finished after the flip": {inputs.ModeGate, func(w *world, _ *inputs.Inputs) { w.faults[setPromotedAt] = fault{err: errDown} }, loop.Promoted, loop.ExitFailed, closeReview},
		"first version not READY": {inputs.ModeGate, func(w *world, _ *inputs.Inputs) {
			clear(w.model.Aliases)
			v := w.versions["8"]
			v.Status = "PENDING_REGISTRATION"
			w.versions["8"] = v
		}, loop.Flagged, loop.ExitFlagged, openReview},

		"not asked for":           {inputs.ModeGate, func(w *world, in *inputs.Inputs) { w.worsen(); in.ReviewIssue = false }, loop.Flagged, loop.ExitFlagged, ""},
		"no challenger":           {inputs.ModeRun, func(w *world, _ *inputs.Inputs) { clear(w.model.Aliases) }, loop.Flagged, loop.ExitFlagged, ""},
		"champion against itself": {inputs.ModeGate, func(_ *world, in *inputs.Inputs) { in.ChallengerVersion = "7" }, loop.Flagged, loop.ExitFlagged, ""},
		"quiet tick":              {inputs.ModeRun, func(_ *world, in *inputs.Inputs) { in.Force = false }, loop.Skipped, loop.ExitOK, ""},
		"aborted":                 {inputs.ModeGate, func(w *world, _ *inputs.Inputs) { w.faults[setPrevious] = fault{err: errDown} }, loop.Failed, loop.ExitFailed, ""},
		"flag not recorded":       {inputs.ModeGate, func(w *world, _ *inputs.Inputs) { w.worsen(); w.faults[setState] = fault{err: errDown} }, loop.Failed, loop.ExitFailed, ""},
		"rollback":                {inputs.ModeRollback, nil, loop.RolledBack, loop.ExitOK, ""},
		"rollback that finds a promotion": {inputs.ModeRollback, func(w *world, _ *inputs.Inputs) {
			w.occupy(promote.Promotion, "7", "8", time.Hour)
			w.model.Aliases["champion"], w.model.Aliases["previous"] = "8", "7"
		}, loop.RolledBack, loop.ExitOK, ""},
		"trigger":  {inputs.ModeTrigger, nil, loop.Triggered, loop.ExitOK, ""},
		"released": {inputs.ModeRelease, func(w *world, _ *inputs.Inputs) { w.versions["8"].Tags[promote.TagQuarantined] = "true" }, loop.Released, loop.ExitOK, ""},
		"dry run":  {inputs.ModeGate, func(w *world, in *inputs.Inputs) { w.worsen(); in.DryRun = true }, loop.Flagged, loop.ExitFlagged, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.github(t)
			if c.mode != inputs.ModeRun { // whose training registers it
				w.register("8", "")
			}
			r := w.do(t.Context(), c.mode, func(in *inputs.Inputs) {
				stateless(in)
				in.ReviewIssue, in.Force, in.Override, in.Reason = true, true, true, "why"
				if c.mode != inputs.ModeRun {
					in.ChallengerVersion = "8"
				}
				if c.prepare != nil {
					c.prepare(w, in)
				}
			})
			if r.Outcome != c.outcome || r.Exit != c.exit {
				t.Errorf("%s, exit %d (%v), expected %s, exit %d", r.Outcome, r.Exit, r.Err, c.outcome, c.exit)
			}
			if c.asked == "" {
				w.hub.expectAsked(t)
				if r.ReviewURL != "" {
					t.Errorf("review %s, expected none", r.ReviewURL)
				}
				return
			}
			w.hub.expectAsked(t, c.asked)
			if r.ReviewURL != reviewURL {
				t.Errorf("review %q, expected %s", r.ReviewURL, reviewURL)
			}
			if seen := w.hub.reviewed; len(seen) != 1 || seen[0].Outcome != c.outcome || seen[0].Exit != c.exit {
				t.Errorf("the issue was written from %+v, expected the report with its outcome", seen)
			}
		})
	}
}

// An issue is a courtesy: without one the decision stands.
func TestReviewFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		words string
		worse bool
		doing string
	}{"opening": {openReview, true, "opening the review issue: 503"}, "closing": {closeReview, false, "closing the review issue: 503"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.github(t).answers[c.words] = []error{errGitHub}
			if c.worse {
				w.worsen()
			}
			w.register("8", "")
			r := w.do(t.Context(), inputs.ModeGate, func(in *inputs.Inputs) {
				stateless(in)
				in.ReviewIssue, in.DeployWorkflow, in.ChallengerVersion = true, "deploy.yml", "8"
			})
			if c.worse {
				expect(t, r, loop.Flagged, loop.ExitFlagged)
				w.hub.expectAsked(t, openReview)
			} else {
				expect(t, r, loop.Promoted, loop.ExitOK)
				w.hub.expectAsked(t, startDeploy, closeReview)
			}
			if !warned(r, c.doing) || r.ReviewURL != "" {
				t.Errorf("warnings %q, review %q, expected a warning and none", r.Warnings, r.ReviewURL)
			}
		})
	}
}

func TestReviewWithoutRepository(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.worsen()
	w.register("8", "")
	r := w.do(t.Context(), inputs.ModeGate, func(in *inputs.Inputs) { in.ReviewIssue, in.ChallengerVersion = true, "8" })
	expect(t, r, loop.Flagged, loop.ExitFlagged)
	if !warned(r, "review-issue: no issue without github-token and GITHUB_REPOSITORY") {
		t.Errorf("warnings %q, expected one about the issue", r.Warnings)
	}
}

// The deployment, the variable and the issue, in this order: of a run that is
// killed in between, the deployment must not be missed.
func TestAfterwardsInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.github(t)
	r := w.do(t.Context(), inputs.ModeRun, func(in *inputs.Inputs) {
		in.Force, in.ReviewIssue, in.DeployWorkflow = true, true, "deploy.yml"
	})
	expect(t, r, loop.Promoted, loop.ExitOK)
	w.hub.expectAsked(t, readVariable, writeVariable, startDeploy, writeVariable, closeReview)
}
