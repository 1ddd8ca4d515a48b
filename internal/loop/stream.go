package loop

import (
	"fmt"
	"runtime"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/paired"
)

// stream measures a file of predictions without holding its columns, however
// many rows it has.
func (l *Loop) stream() (gate.Measured, error) {
	columns := [3]string{columnLabel, columnChampion, columnChallenger}
	rows, err := l.Data.Pairs(l.In.Predictions, columns, l.In.PositiveClass, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, fmt.Errorf("predictions: %w", named(l.In.Predictions, err))
	}
	auc, brier := rows.Estimates()
	return streamed{gate.CheckAUC: auc, gate.CheckBrier: brier}, nil
}

// streams reports whether nothing is asked of a file of predictions but AUC and
// Brier on all rows.
func (l *Loop) streams() bool {
	for _, q := range l.r.Policy.Requirements {
		if q.Metric != gate.CheckAUC && q.Metric != gate.CheckBrier || q.File != "" || len(q.Segments) > 0 {
			return false
		}
	}
	return l.In.Predictions != "" && l.In.WeightColumn == "" && l.In.GroupColumn == ""
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
