package evidence

import (
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/paired"
)

// A Stream is gate.Measured by rows that are gone: what was measured of them,
// by metric. It knows all rows only.
type Stream map[string]paired.Estimate

// Streams reports whether a Stream can tell everything that a policy asks: AUC
// and Brier score on all rows, and nothing else.
func Streams(p gate.Policy) bool {
	for _, q := range p.Requirements {
		if q.Metric != gate.CheckAUC && q.Metric != gate.CheckBrier || q.File != "" || len(q.Segments) > 0 {
			return false
		}
	}
	return true
}

// NewStream takes what is known of rows, which are gone after it.
func NewStream(rows paired.Rows) Stream {
	auc, brier := rows.Estimates()
	return Stream{gate.CheckAUC: auc, gate.CheckBrier: brier}
}

// Estimate implements gate.Measured.
func (s Stream) Estimate(q gate.Requirement, at gate.Segment) paired.Estimate {
	if len(at.Columns) > 0 {
		return paired.Estimate{}
	}
	return s[q.Metric]
}

// Segments implements gate.Measured: a stream has none.
func (s Stream) Segments([]string) ([]gate.SegmentRows, bool) { return nil, false }
