package evidence

import (
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/paired"
)

// Pairs hold rows of a label and two scores until they are measured: a Stream or
// Millionths.
type Pairs interface {
	// Measure estimates AUC and Brier score. It consumes the rows.
	Measure() AUCAndBrier
}

// AUCAndBrier has the two metrics of the default policy on all rows. It is
// gate.Measured for policies that ask for nothing else, see Suffices.
type AUCAndBrier struct{ AUC, Brier paired.Estimate }

// Suffices reports whether AUC and Brier score on all rows are all that a policy
// asks for.
func Suffices(p gate.Policy) bool {
	for _, q := range p.Requirements {
		if q.Metric != gate.CheckAUC && q.Metric != gate.CheckBrier || q.File != "" || len(q.Segments) > 0 {
			return false
		}
	}
	return true
}

// Estimate implements gate.Measured.
func (e AUCAndBrier) Estimate(q gate.Requirement, at gate.Segment) paired.Estimate {
	switch {
	case len(at.Columns) > 0:
	case q.Metric == gate.CheckAUC:
		return e.AUC
	case q.Metric == gate.CheckBrier:
		return e.Brier
	}
	return paired.Estimate{}
}

// Segments implements gate.Measured: there are none.
func (e AUCAndBrier) Segments([]string) ([]gate.SegmentRows, bool) { return nil, false }

// doubted adds the same doubts to both.
func (e AUCAndBrier) doubted(d paired.Doubts) AUCAndBrier {
	return AUCAndBrier{e.AUC.Doubted(d), e.Brier.Doubted(d)}
}
