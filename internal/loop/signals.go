package loop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/scoring"
	"github.com/org/ct-action/internal/text"
	"github.com/org/ct-action/internal/triggers"
)

// decide evaluates the triggers. Where it does not retrain, the outcome is set.
func (l *Loop) decide(ctx context.Context) (retrain bool, err error) {
	done := l.timed("triggers")
	presence, err := l.presence(ctx)
	if err != nil {
		return false, err
	}
	signals := triggers.Signals{Now: l.Now(), Force: l.In.Force, Champion: presence}
	if !l.In.MaxDriftShare.Off {
		signals.Drift = l.driftSignal()
	}
	if !l.In.AUCFloor.Off {
		signals.Performance = l.performanceSignal(presence.Version)
		if err := l.earlierLooks(&signals); err != nil {
			return false, err
		}
	}
	d := triggers.Decide(l.triggerPolicy(), signals)
	if len(d.Errors) == 0 && d.Record != nil {
		if err = l.recordLook(ctx, d); err != nil {
			d.Retrain, d.Reasons = false, []string{}
		}
	}
	l.r.Triggers, l.r.Decided = d, true
	l.r.Warnings = append(l.r.Warnings, d.Warnings...)
	done()
	l.Narrator.Tell(Decided, l.r)
	switch {
	case err != nil:
		return false, err
	case len(d.Errors) > 0:
		return false, errors.Join(d.Errors...)
	case presence.Presence == triggers.NoChampion:
		return false, l.noChampion(ctx)
	case !d.Retrain:
		l.r.Outcome = Skipped
	}
	return d.Retrain, nil
}

// triggerPolicy is the triggers as the inputs set them.
func (l *Loop) triggerPolicy() triggers.Policy {
	return triggers.Policy{
		MaxAgeDays: l.In.MaxAgeDays.Value, ScheduleOff: l.In.MaxAgeDays.Off,
		MaxDriftShare: l.In.MaxDriftShare.Value, DriftOff: l.In.MaxDriftShare.Off,
		AUCFloor: l.In.AUCFloor.Value, PerformanceOff: l.In.AUCFloor.Off, MinRows: l.In.MinRows,
		PerformanceConfidence: l.In.PerformanceConfidence, AllowBelowChance: l.In.AllowBelowChance,
	}
}

// presence is the champion, or what there is in place of one.
func (l *Loop) presence(ctx context.Context) (triggers.Champion, error) {
	c := triggers.Champion{Presence: triggers.NoModel, Alias: l.r.Aliases.Champion}
	switch {
	case !l.exists:
		return c, nil
	case l.champion != nil:
		l.r.Champion = l.judged(l.champion.Number, l.champion.RunID)
		c.Presence, c.Version, c.Created = triggers.Serving, l.champion.Number, l.champion.Created
		return c, nil
	}
	versions, err := l.readVersions(ctx)
	if err != nil {
		return c, err
	}
	c.Presence = triggers.NoVersion
	if len(versions) > 0 {
		c.Presence = triggers.NoChampion
	}
	return c, nil
}

// noChampion flags a model with versions of which none is the champion: a training
// would not tell which of them is in service.
func (l *Loop) noChampion(ctx context.Context) error {
	check := gate.NoChampion(len(l.versions))
	choose := l.choose(ctx)
	switch only := l.candidate(ctx); {
	case l.known() != "":
		choose += "; " + l.known()
	case len(l.versions) == 1 && only != "":
		choose += " (or let the gate accept the only version: " + l.command(inputs.ModeGate, only) + ")"
	}
	l.r.warn("%s: %s", check.Text, choose)
	l.r.Outcome = Skipped
	if l.In.Mode == inputs.ModeRun {
		l.r.Outcome, l.r.Gated = Flagged, true
		l.r.Verdict = gate.Verdict{Checks: []gate.Check{check}}
	}
	return nil
}

// driftSignal reads the drift from the event's payload, else from the file.
func (l *Loop) driftSignal() triggers.DriftSignal {
	if l.Getenv("GITHUB_EVENT_NAME") == "repository_dispatch" {
		if signal, ok := l.dispatchSignal(l.Getenv("GITHUB_EVENT_PATH")); ok {
			return signal
		}
	}
	s, _ := l.readDriftReport()
	return s
}

// readDriftReport reads the drift monitor's file.
func (l *Loop) readDriftReport() (s triggers.DriftSignal, content []byte) {
	s.Source = l.In.DriftReport
	if !l.fresh(&s.File, "drift-report") {
		return s, nil
	}
	content, err := l.Data.ReadFile(l.In.DriftReport)
	if err == nil {
		s.Drift, err = triggers.ParseDrift(content)
	}
	s.Err = scoring.InFile(l.In.DriftReport, err)
	return s, content
}

// dispatchSignal reads the drift in the client_payload of a repository_dispatch, and
// the model that it is about. There is none where it is about another model.
func (l *Loop) dispatchSignal(path string) (triggers.DriftSignal, bool) {
	s := triggers.DriftSignal{File: triggers.File{Source: "client_payload.drift"}}
	event, err := l.Data.ReadFile(path)
	if err != nil {
		s.Err = fmt.Errorf("reading the event of this repository_dispatch: %w", err)
		return s, true
	}
	dispatch, err := triggers.ParseDispatch(event)
	switch {
	case err != nil:
		s.Err = err
		return s, true
	case dispatch.Model != "" && dispatch.Model != l.In.ModelName:
		l.r.notice("the event is about the drift of the model %s, not of %s: it is ignored, and drift-report is read", text.Quote(dispatch.Model, 60), l.In.ModelName)
		return s, false
	case len(dispatch.Drift) > field.MostPayload:
		s.Err = fmt.Errorf("client_payload.drift: %d bytes, expected at most %d", len(dispatch.Drift), field.MostPayload)
		return s, true
	case dispatch.Drift == nil && dispatch.Action == l.In.EventType:
		l.r.warn("the %s event has no client_payload.drift; the monitor should send it: %s", l.In.EventType, triggers.DispatchExample(l.In.EventType, l.In.ModelName, l.Getenv("GITHUB_API_URL"), l.Getenv("GITHUB_REPOSITORY")))
		return s, false
	case dispatch.Drift == nil:
		return s, false
	}
	if dispatch.Warning != "" {
		l.r.warn("%s", dispatch.Warning)
	}
	s.Drift, err = triggers.ParseDrift(dispatch.Drift)
	if err != nil {
		s.Err = fmt.Errorf("%s: %w", s.Source, err) // not InFile: there is no file
	}
	if err == nil && s.Drift.ReportSHA256 != "" {
		l.r.notice("the drift monitor's report has SHA-256 %s", s.Drift.ReportSHA256)
	}
	return s, true
}

// performanceSignal reads the labelled predictions of the champion.
func (l *Loop) performanceSignal(champion string) triggers.PerformanceSignal {
	s := triggers.PerformanceSignal{File: triggers.File{Source: l.In.LabeledPredictions}}
	if !l.fresh(&s.File, "labeled-predictions") {
		return s
	}
	if !slices.Contains(l.r.Policy.Tasks(), metrics.Binary) {
		s.Rolling.Silent = "an AUC is of two classes, and the policy's checks are not"
		l.r.notice("labeled-predictions: %s is not read: %s", s.Source, s.Rolling.Silent)
		return s
	}
	names := []string{l.In.LabelColumn, l.In.ScoreColumn}
	if l.In.VersionColumn != "" {
		names = append(names, l.In.VersionColumn)
	}
	columns, err := l.Data.Columns(l.In.LabeledPredictions, names...)
	if err == nil {
		columns = append(columns, nil) // the versions, where there is no such column
		s.Rolling, err = triggers.RollingAUC(columns[0], columns[1], columns[2], l.In.ModelName, champion, l.In.PositiveClass)
	}
	s.Err = scoring.InFile(l.In.LabeledPredictions, err)
	return s
}

// fresh reports whether the file is there and not too old, and records in f what is
// wrong with it. It warns of a missing file only where the user named one.
func (l *Loop) fresh(f *triggers.File, input string) bool {
	modified, err := l.Data.Modified(f.Source)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.Missing = true
		if l.In.Given(input) && l.In.Mode != inputs.ModeNotify { // where it is an error
			l.r.warn("%s: there is no file %s: no opinion", input, f.Source)
		}
		return false
	case err != nil:
		f.Err = scoring.InFile(f.Source, err)
		return false
	}
	age := l.Now().Sub(modified)
	if l.In.MaxReportAge <= 0 || age <= l.In.MaxReportAge {
		return true
	}
	f.TooOld = age
	if l.In.Mode != inputs.ModeNotify { // where it is an error
		l.r.warn("%s: %s is %s old (max-report-age %s): no opinion", input, f.Source, triggers.Age(age), triggers.Age(l.In.MaxReportAge))
	}
	return false
}
