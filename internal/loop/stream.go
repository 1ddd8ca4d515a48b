package loop

import (
	"fmt"
	"runtime"

	"github.com/org/ct-action/internal/evidence"
	"github.com/org/ct-action/internal/gate"
)

// stream measures a file of predictions without holding its columns, however
// many rows it has.
func (l *Loop) stream() (gate.Measured, error) {
	columns := [3]string{columnLabel, columnChampion, columnChallenger}
	rows, err := l.Data.Pairs(l.In.Predictions, columns, l.In.PositiveClass, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, fmt.Errorf("predictions: %w", named(l.In.Predictions, err))
	}
	return evidence.NewStream(rows), nil
}

// streams reports whether a file of predictions need not be held.
func (l *Loop) streams() bool {
	return l.In.Predictions != "" && l.In.WeightColumn == "" && l.In.GroupColumn == "" && evidence.Streams(l.r.Policy)
}
