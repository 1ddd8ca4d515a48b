package loop

import (
	"cmp"
	"context"
	"fmt"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/scoring"
)

// judgeFile is mode judge, the gate without a registry: predictions or an engine's
// sums in, a verdict out. There is no version, no quarantine, no holdout on record and
// no cooldown; uses of the holdout are counted where the inputs name a ledger.
func (l *Loop) judgeFile(ctx context.Context) error {
	l.r.Holdout.Source = cmp.Or(l.In.Evidence, l.In.Predictions)
	if l.In.DryRun && l.r.Policy.HoldoutBudget > 0 {
		return l.planFile()
	}
	done := l.timed("scoring")
	measured, err := l.measure(ctx, scoring.ColumnChampion, scoring.ColumnChallenger)
	if err != nil {
		return err
	}
	done()
	if err := l.countUse(); err != nil { // before anything that was measured is shown
		return err
	}
	l.fillMetrics(measured)
	defer l.timed("gate")()
	l.r.Verdict = gate.JudgeAlone(l.r.Policy, gate.Evidence{
		Champion: scoring.ColumnChampion, Challenger: scoring.ColumnChallenger, // the columns that are judged
		Measured: measured,
		Holdout:  gate.Holdout{SHA256: l.r.Holdout.SHA256, Use: l.r.Holdout.Uses},
	})
	l.r.Gated, l.r.Outcome = true, Blocked
	if l.r.Verdict.PassedAlone() {
		l.r.Outcome = Passed
	}
	if l.In.Explain {
		l.r.Explanation = gate.Explain(l.r.Verdict)
	}
	return nil
}

// countUse counts this verdict in the ledger, and says where it is not counted.
func (l *Loop) countUse() error {
	switch {
	case l.In.Ledger == "":
		l.r.notice("nothing is counted: how often this holdout was judged on is not known without a ledger (docs/judge.md#count-the-looks)")
		return nil
	case l.In.DryRun:
		l.r.notice("a dry run is not counted in %s", l.In.Ledger)
		return nil
	}
	if err := l.identifyCounted(); err != nil {
		return err
	}
	var err error
	l.r.Holdout.Uses, err = l.Ledger.Use(l.In.Ledger, l.r.Holdout.SHA256)
	return err
}

// identifyCounted finds the holdout's digest, by which the ledger counts.
func (l *Loop) identifyCounted() error {
	if err := l.judging(l.scorer().Identify()); err != nil {
		return err
	}
	if l.r.Holdout.SHA256 == "" {
		return fmt.Errorf("ledger: %s does not say which holdout it is of: expected its holdout_sha256, by which the ledger counts", l.r.Holdout.Source)
	}
	return nil
}

// planFile ends a dry run under a holdout's budget without a verdict, which would be
// a use of the holdout that is not counted.
func (l *Loop) planFile() error {
	if err := l.identifyCounted(); err != nil {
		return err
	}
	uses, err := l.Ledger.Uses(l.In.Ledger, l.r.Holdout.SHA256)
	if err != nil {
		return err
	}
	l.r.Holdout.Uses = uses + 1
	l.r.Planned = gate.Planned(l.r.Policy, gate.Evidence{Champion: scoring.ColumnChampion, Holdout: gate.Holdout{Use: uses + 1}})
	l.r.Outcome = Skipped
	return nil
}
