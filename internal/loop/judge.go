package loop

import (
	"context"
	"fmt"
	"runtime"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/paired"
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
	if l.measured, err = l.measureFile(ctx); err != nil {
		return err
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

// measureFile streams a file whose two scores are all that the policy asks
// for, however many rows it has, and reads any other into columns.
func (l *Loop) measureFile(ctx context.Context) (gate.Measured, error) {
	if !l.streams() {
		return l.measure(ctx, columnChampion, columnChallenger)
	}
	columns := [3]string{columnLabel, columnChampion, columnChallenger}
	rows, err := l.Data.Pairs(l.In.Predictions, columns, l.In.PositiveClass, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, fmt.Errorf("predictions: %w", named(l.In.Predictions, err))
	}
	auc, brier := rows.Estimates()
	return streamed{gate.CheckAUC: auc, gate.CheckBrier: brier}, nil
}

// streams reports whether nothing is asked for but AUC and Brier on all rows.
func (l *Loop) streams() bool {
	for _, q := range l.r.Policy.Requirements {
		if q.Metric != gate.CheckAUC && q.Metric != gate.CheckBrier || q.File != "" || len(q.Segments) > 0 {
			return false
		}
	}
	return l.In.Evidence == "" && l.In.WeightColumn == "" && l.In.GroupColumn == ""
}

// streamed is what was measured of a stream of rows, by metric.
type streamed map[string]paired.Estimate

// Estimate implements gate.Measured.
func (s streamed) Estimate(q gate.Requirement, at gate.Segment) paired.Estimate {
	if len(at.Columns) > 0 {
		return paired.Estimate{}
	}
	return s[q.Metric]
}

// Segments implements gate.Measured: a stream has none.
func (s streamed) Segments([]string) ([]gate.SegmentRows, bool) { return nil, false }
