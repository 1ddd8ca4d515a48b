package loop

import (
	"context"

	"github.com/org/ct-action/internal/gate"
)

// judgeFile is mode judge, the gate as a plain tool: predictions or an
// engine's evidence in, a verdict out. There is no registry, and so no version,
// no quarantine, no holdout on record and no cooldown.
func (l *Loop) judgeFile(ctx context.Context) error {
	l.r.Holdout.Source = l.In.Predictions
	if l.In.Evidence != "" {
		l.r.Holdout.Source = l.In.Evidence
	}
	done := l.timed("scoring")
	var err error
	if l.measured, err = l.measure(ctx, columnChampion, columnChallenger); err != nil {
		return l.withStart(err)
	}
	done()
	l.fillMetrics()
	defer l.timed("gate")()
	l.r.Verdict = gate.JudgeMetrics(l.r.Policy, gate.Evidence{
		Champion: columnChampion, Challenger: columnChallenger, // the columns that are judged
		Measured:        l.measured,
		ChampionMetrics: l.r.Champion.Metrics, ChallengerMetrics: l.r.Challenger.Metrics,
	})
	l.r.Gated, l.r.Outcome = true, Blocked
	if l.r.Verdict.MetricsPassed() {
		l.r.Outcome = Passed
	}
	if l.In.Explain {
		l.r.Explanation = gate.Explain(l.r.Verdict)
	}
	return nil
}
