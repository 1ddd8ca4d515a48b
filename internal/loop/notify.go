package loop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/triggers"
)

// notify is mode notify, which a monitor runs to tell the repository that the data
// have drifted. A missing or old report is an error here, as the monitor should just
// have written it; in mode run it is no opinion.
func (l *Loop) notify(ctx context.Context) error {
	s, content := l.readDriftReport()
	switch {
	case s.Missing:
		return fmt.Errorf("drift-report: there is no file %s\nthe monitor must have written it before this step: its path is relative to the workspace", s.Source)
	case s.TooOld > 0:
		return fmt.Errorf("drift-report: %s is %s old (max-report-age %s)\nthe monitor did not write it anew", s.Source, triggers.Age(s.TooOld), triggers.Age(l.In.MaxReportAge))
	}
	s.Drift.ReportSHA256 = sha256Of(content)
	policy := l.triggerPolicy()
	policy.ScheduleOff, policy.PerformanceOff = true, true
	d := triggers.Decide(policy, triggers.Signals{Now: l.Now(), Champion: triggers.Champion{Presence: triggers.Serving}, Drift: s})
	d.Retrain = false // the receiver decides
	d.Triggers = slices.DeleteFunc(d.Triggers, func(t triggers.Trigger) bool { return t.Name != "drift" })
	l.r.Triggers, l.r.Decided = d, true
	l.r.Warnings = append(l.r.Warnings, d.Warnings...)
	l.Narrator.Tell(Decided, l.r)
	switch {
	case len(d.Errors) > 0:
		return errors.Join(d.Errors...)
	case !d.Fired("drift"):
		l.r.Outcome = Skipped
		return nil
	}
	return l.send(ctx, triggers.NewPayload(l.In.ModelName, s.Drift))
}

// send sends the event.
func (l *Loop) send(ctx context.Context, p triggers.Payload) error {
	repository := cmp.Or(l.In.Repository, l.Getenv("GITHUB_REPOSITORY"))
	if repository == "" {
		return errors.New("repository: none was named, and GITHUB_REPOSITORY is not set\nname the repository to tell: --repository owner/name")
	}
	if err := l.checkEvent(repository, p); err != nil {
		return err
	}
	l.r.Notified = repository
	if l.In.DryRun {
		l.r.Outcome = Skipped
		l.r.Requests = []string{fmt.Sprintf("POST /repos/%s/dispatches %s", repository, encode(map[string]any{"event_type": l.In.EventType, "client_payload": p}))}
		return nil
	}
	if err := l.GitHub.Dispatch(ctx, repository, l.In.EventType, p); err != nil {
		return fmt.Errorf("telling %s of the drift: %w", repository, err)
	}
	l.r.Outcome = Notified
	return nil
}

// checkEvent checks an event before it is sent, in a dry run as well. A dry run needs no
// token, and says that the event does.
func (l *Loop) checkEvent(repository string, p triggers.Payload) error {
	_, _, ok := field.SplitRepository(repository)
	switch {
	case !ok:
		return fmt.Errorf("repository %q: expected owner/name, such as octo/churn", repository)
	case l.GitHub == nil && l.In.DryRun:
		l.r.notice("no github-token was given: the event itself needs one")
		return nil
	case l.GitHub == nil:
		return errors.New("github-token: none was given")
	}
	return l.GitHub.CheckDispatch(repository, l.In.EventType, p)
}
