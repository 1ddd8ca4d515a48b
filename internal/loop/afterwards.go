package loop

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
)

// afterwards tells GitHub what was decided and what the registry already has. Only a
// deployment that could not be started is an error, because people would take the old
// version for the new one.
func (l *Loop) afterwards(ctx context.Context) error {
	if err := l.mirror.insist(); err != nil && l.r.Err == nil {
		l.r.warn("%v", err)
	}
	if l.In.DryRun {
		l.planAfterwards()
		return nil
	}
	err := l.deploy(ctx) // comes first, as the only one of the three that must not be missed
	l.saveMirror(ctx)
	l.review(ctx)
	return err
}

// planAfterwards adds what GitHub would be told to a dry run's plan.
func (l *Loop) planAfterwards() {
	if len(l.r.Requests) == 0 || l.In.Mode == inputs.ModeNotify {
		return
	}
	repository := "/repos/" + l.Getenv("GITHUB_REPOSITORY")
	add := func(format string, args ...any) { l.r.Requests = append(l.r.Requests, fmt.Sprintf(format, args...)) }
	if l.mirror.inUse && strings.Contains(strings.Join(l.r.Requests, "\n"), promote.TagState) {
		add("PATCH %s/actions/variables/%s", repository, l.In.StateVariable)
	}
	if l.In.ReviewIssue && l.GitHub != nil && l.r.Outcome == Flagged {
		add("POST %s/issues", repository)
	}
	if l.In.DeployWorkflow != "" && l.r.Outcome == Skipped && l.In.Mode != inputs.ModeRelease {
		add("POST %s/actions/workflows/%s/dispatches", repository, l.In.DeployWorkflow)
	}
}

// review opens the review issue about a flagged challenger, and closes it once
// a champion was chosen.
func (l *Loop) review(ctx context.Context) {
	challenger := l.r.Challenger.Version
	flagged := l.r.Outcome == Flagged && challenger != "" && challenger != l.r.Champion.Version // else there is nothing to decide
	if !l.In.ReviewIssue || !l.In.Mode.Reads("review-issue") || !flagged && l.r.Outcome != Promoted {
		return
	}
	if l.GitHub == nil {
		l.r.warn("review-issue: no issue without github-token and GITHUB_REPOSITORY")
		return
	}
	tell, doing := l.GitHub.OpenReview, "opening"
	if l.r.Outcome == Promoted {
		tell, doing = l.GitHub.CloseReview, "closing"
	}
	var err error
	if l.r.ReviewURL, err = tell(ctx, l.r); err != nil {
		l.r.warn("%s the review issue: %v", doing, err)
	}
}

// deploy starts the deploy workflow after @champion has moved, by this run or
// by the one that it recovered.
func (l *Loop) deploy(ctx context.Context) error {
	moved := l.r.Promoted && l.r.Rehearsal == nil || l.r.Outcome == RolledBack // a rehearsal deploys by itself
	if l.In.DeployWorkflow == "" || !moved {
		return nil
	}
	version := l.model.Aliases[l.r.Aliases.Champion]
	if err := l.startWorkflow(ctx, version); err != nil {
		return fmt.Errorf("@%s is %s, but deploy-workflow %s was not started: %w\nstart it by hand with model %s and version %s",
			l.r.Aliases.Champion, promote.Label(version), l.In.DeployWorkflow, err, l.In.ModelName, version)
	}
	l.r.notice("deploy-workflow %s was started for %s", l.In.DeployWorkflow, promote.Label(version))
	return nil
}

func (l *Loop) startWorkflow(ctx context.Context, version string) error {
	ref := l.Getenv("GITHUB_REF_NAME")
	switch {
	case l.GitHub == nil:
		return errors.New("GITHUB_REPOSITORY is not set: outside of Actions, set it to owner/name")
	case ref == "":
		return errors.New("GITHUB_REF_NAME is not set: outside of Actions, set it to the branch whose workflow is to run")
	}
	return l.GitHub.DispatchWorkflow(ctx, l.In.DeployWorkflow, ref, map[string]string{"model": l.In.ModelName, "version": version})
}
