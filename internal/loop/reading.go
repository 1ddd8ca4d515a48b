package loop

import (
	"cmp"
	"errors"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
)

// What every page and document reads out of a report in the same way.

// Result is the outcome; a report without one has failed.
func (r *Report) Result() Outcome { return cmp.Or(r.Outcome, Failed) }

// IsJudge reports whether this is the gate as a plain tool, without a registry.
func (r *Report) IsJudge() bool { return r.Mode == inputs.ModeJudge }

// GatePassed reports whether the gate let the challenger through. Of mode
// judge, which makes the metric checks alone, that is no verdict that could
// promote.
func (r *Report) GatePassed() bool {
	if r.IsJudge() {
		return r.Gated && r.Err == nil && r.Outcome == Passed && r.Verdict.PassedAlone()
	}
	return r.Gated && r.Verdict.Passed()
}

// Names are the aliases as they are configured. A report of invalid inputs may
// have none; they are then called as they are by default.
func (r *Report) Names() promote.Aliases {
	return promote.Aliases{
		Champion:   cmp.Or(r.Aliases.Champion, "champion"),
		Previous:   cmp.Or(r.Aliases.Previous, "previous"),
		Challenger: cmp.Or(r.Aliases.Challenger, "challenger"),
	}
}

// Problems are those of the inputs; nil where the error is of another kind.
func (r *Report) Problems() inputs.Problems {
	var all inputs.Problems
	if errors.As(r.Err, &all) {
		return all
	}
	var one inputs.Problem
	if errors.As(r.Err, &one) {
		return inputs.Problems{one}
	}
	return nil
}

// AllWarnings are those of the inputs, then the report's own; never nil.
func (r *Report) AllWarnings() []string {
	texts := []string{}
	for _, w := range r.Inputs.Warnings {
		texts = append(texts, w.String())
	}
	return append(texts, r.Warnings...)
}
