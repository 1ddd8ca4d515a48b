package evidence

import (
	"strings"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

// A memory keeps estimates, because some are needed more than once: an AUC by its
// check, by package sanity and for the report.
type memory map[string]paired.Estimate

// once calls work for an estimate that is not kept yet.
func (m memory) once(q gate.Requirement, s gate.Segment, work func() paired.Estimate) paired.Estimate {
	key := memoryKey(q, s)
	if e, kept := m[key]; kept {
		return e
	}
	e := work()
	m[key] = e
	return e
}

// memoryKey has all that an estimate depends on.
func memoryKey(q gate.Requirement, s gate.Segment) string {
	threshold := ""
	if m, _ := metrics.Lookup(q.Metric); m.Decision {
		threshold = q.DecisionThreshold.String()
	}
	return strings.Join([]string{q.Metric, q.File, threshold, segmentKey(s.Columns), segmentKey(s.Values)}, "\x00")
}
