package loop

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

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

// holdout is what the report says of the data that judge.
func (l *Loop) holdout() scoring.Holdout {
	return scoring.Holdout{Source: l.r.Holdout.Source, SHA256: l.r.Holdout.SHA256}
}

// judging puts the holdout into the report, also where it turned out to be none.
func (l *Loop) judging(h scoring.Holdout, err error) error {
	l.r.Holdout.Source, l.r.Holdout.SHA256 = h.Source, h.SHA256
	return err
}

// score measures both versions on the holdout: the evidence of the gate, and
// the report's metrics.
func (l *Loop) score(ctx context.Context, challenger string) error {
	defer l.timed("scoring")()
	l.Narrator.Tell(Scoring, l.r)
	if err := l.judging(l.scorer().Open()); err != nil { // again: a training may have rewritten it
		return err
	}
	if err := l.measure(ctx, l.r.Champion.Version, challenger); err != nil {
		return err
	}
	l.fillMetrics()
	l.Narrator.Tell(Scored, l.r)
	return nil
}

// measure scores both versions; nothing of it is in the report yet.
func (l *Loop) measure(ctx context.Context, champion, challenger string) error {
	scored, err := l.scorer().Measure(ctx, l.holdout(), champion, challenger)
	if err != nil {
		return err
	}
	if scored.Warning != "" {
		l.warn("%s", scored.Warning)
	}
	l.measured = scored.Measured
	return nil
}

// fillMetrics puts what every report shows into it, whatever the policy asks.
func (l *Loop) fillMetrics() {
	auc := l.measured.Estimate(gate.Requirement{Metric: gate.CheckAUC}, gate.Segment{})
	brier := l.measured.Estimate(gate.Requirement{Metric: gate.CheckBrier}, gate.Segment{})
	l.r.Challenger.Metrics = gate.Metrics{AUC: auc.Challenger, Brier: brier.Challenger}
	if l.r.Champion.Version != "" || l.In.Mode == inputs.ModeJudge {
		l.r.Champion.Metrics = gate.Metrics{AUC: auc.Champion, Brier: brier.Champion}
	}
	l.r.Holdout.Rows, l.r.Holdout.Positives = auc.Rows, auc.Positives
}

// findOverlap asks the challenger's run which datasets it trained on, and
// compares them with the holdout. What cannot be asked is not known to overlap,
// and said.
func (l *Loop) findOverlap(ctx context.Context, v promote.Version) {
	l.overlap = ""
	if v.RunID == "" {
		return
	}
	datasets, err := l.Registry.Datasets(ctx, v.RunID)
	if err != nil {
		l.notice("whether v%s was trained on rows of the holdout is not known: %v", v.Number, err)
		return
	}
	shared := l.scorer().Shared(l.holdout(), datasets)
	if shared.Warning != "" {
		l.warn("%s", shared.Warning)
	}
	l.r.Notices = append(l.r.Notices, shared.Notices...)
	l.overlap = shared.Overlap
}

// name fills in which versions are judged.
func (l *Loop) name(v promote.Version) {
	l.r.Champion, l.r.Challenger = Judged{}, Judged{Version: v.Number, RunID: v.RunID}
	l.link(&l.r.Challenger)
	if l.champion != nil {
		l.r.Champion.Version, l.r.Champion.RunID = l.champion.Number, l.champion.RunID
		l.link(&l.r.Champion)
	}
}

func sha256Of(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
