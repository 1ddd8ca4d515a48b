package loop

import (
	"context"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/scoring"
)

func (l *Loop) scorer() *scoring.Scorer {
	return &scoring.Scorer{
		In: l.In, Policy: l.r.Policy, Data: l.Data, Commands: l.Commands, Setup: l.setup, Env: l.commandEnv,
	}
}

// holdout is the report's holdout, as package scoring takes it.
func (l *Loop) holdout() scoring.Holdout {
	return scoring.Holdout{Source: l.r.Holdout.Source, SHA256: l.r.Holdout.SHA256}
}

// judging puts the holdout into the report, even where opening it failed.
func (l *Loop) judging(h scoring.Holdout, err error) error {
	l.r.Holdout.Source, l.r.Holdout.SHA256 = h.Source, h.SHA256
	return err
}

// score measures both versions on the holdout, for the gate and the report.
func (l *Loop) score(ctx context.Context, challenger string) (gate.Measured, error) {
	defer l.timed("scoring")()
	l.Narrator.Tell(Scoring, l.r)
	if err := l.judging(l.scorer().Open()); err != nil { // opened again: a training may have rewritten it
		return nil, err
	}
	measured, err := l.measure(ctx, l.r.Champion.Version, challenger)
	if err != nil {
		return nil, err
	}
	l.fillMetrics(measured)
	l.Narrator.Tell(Scored, l.r)
	return measured, nil
}

// measure measures both versions, and puts no number into the report.
func (l *Loop) measure(ctx context.Context, champion, challenger string) (gate.Measured, error) {
	scored, err := l.scorer().Measure(ctx, l.holdout(), champion, challenger)
	if scored.Warning != "" {
		l.r.warn("%s", scored.Warning)
	}
	return scored.Measured, err
}

// fillMetrics puts the metrics that every report shows into it, whatever the policy is.
func (l *Loop) fillMetrics(measured gate.Measured) {
	auc := measured.Estimate(gate.Requirement{Metric: gate.CheckAUC}, gate.Segment{})
	brier := measured.Estimate(gate.Requirement{Metric: gate.CheckBrier}, gate.Segment{})
	l.r.Challenger.Metrics = Metrics{AUC: auc.Challenger, Brier: brier.Challenger}
	if l.r.Champion.Version != "" || l.In.Mode == inputs.ModeJudge {
		l.r.Champion.Metrics = Metrics{AUC: auc.Champion, Brier: brier.Champion}
	}
	l.r.Holdout.Rows, l.r.Holdout.Positives = auc.Rows, auc.Positives
}

// overlap compares the datasets that the challenger's run logged with the holdout; ""
// where nothing is known to be shared. A notice says what could not be compared.
func (l *Loop) overlap(ctx context.Context, v promote.Version) string {
	if v.RunID == "" {
		return ""
	}
	datasets, err := l.Registry.Datasets(ctx, v.RunID)
	if err != nil {
		l.r.notice("whether v%s was trained on rows of the holdout is not known: %v", v.Number, err)
		return ""
	}
	shared := l.scorer().Shared(l.holdout(), datasets)
	if shared.Warning != "" {
		l.r.warn("%s", shared.Warning)
	}
	l.r.Notices = append(l.r.Notices, shared.Notices...)
	return shared.Overlap
}

// name puts the versions that are judged into the report.
func (l *Loop) name(v promote.Version) {
	l.r.Champion, l.r.Challenger = Judged{}, l.judged(v.Number, v.RunID)
	if l.champion != nil {
		l.r.Champion = l.judged(l.champion.Number, l.champion.RunID)
	}
}
