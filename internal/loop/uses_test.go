package loop_test

import (
	"errors"
	"testing"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/state"
)

// labelsDigest is the SHA-256 of the labels 0, 0, 1, 1, a line each.
const labelsDigest = "6f02d245c770e31891e4ac62fe40b2a90da699333b4db7f1b8fcb31483b10f1b"

// A counted ledger is in memory.
type counted struct {
	uses   map[string]int
	broken error
}

func (c *counted) Uses(_, sha256 string) (int, error) { return c.uses[sha256], c.broken }

func (c *counted) Use(_, sha256 string) (int, error) {
	if c.broken == nil {
		c.uses[sha256]++
	}
	return c.uses[sha256], c.broken
}

// TestDryRunHides: under a budget a dry run scores nothing and shows no verdict,
// but what is known without the holdout's labels: the plan, and that the budget
// is used up or the holdout another. Without a budget it says that the look is
// not counted.
func TestDryRunHides(t *testing.T) {
	t.Parallel()
	const uncounted, flagged = "this look at the holdout is not counted", "whatever is judged now will be flagged"
	for name, c := range map[string]struct {
		budget, used int
		dry          bool
		hidden       bool
		warned       bool
	}{
		"a dry run under a budget":      {budget: 4, used: 3, dry: true, hidden: true},
		"a dry run past the budget":     {budget: 4, used: 4, dry: true, hidden: true, warned: true},
		"a dry run without a budget":    {used: 3, dry: true},
		"a decision under the budget":   {budget: 4, used: 3},
		"a decision without any budget": {used: 3},
	} {
		for _, mode := range []inputs.Mode{inputs.ModeGate, inputs.ModeRun} {
			w := newWorld(t)
			w.register("8", "")
			w.remember(state.State{Holdout: &state.Holdout{SHA256: digest, Uses: c.used}})
			scored := false
			w.scoring = func() { scored = true }
			r := w.do(t.Context(), mode, func(in *inputs.Inputs) {
				in.ChallengerVersion, in.Force, in.DryRun, in.HoldoutBudget = "8", true, c.dry, c.budget
			})
			shown := r.Gated || r.WouldPromote || r.Challenger.Metrics.AUC.Present() || len(r.Requests) > 0 || scored
			if c.hidden == shown || c.hidden != (len(r.Planned) > 0) {
				t.Errorf("%s, mode %s: verdict shown %t, %d checks planned, expected hidden: %t", name, mode, shown, len(r.Planned), c.hidden)
			}
			if c.hidden && (r.Outcome != loop.Skipped || r.Exit != loop.ExitOK || r.Holdout.Uses != c.used+1 || len(w.wrote) > 0) {
				t.Errorf("%s, mode %s: %s, exit %d, use %d, wrote %q", name, mode, r.Outcome, r.Exit, r.Holdout.Uses, w.wrote)
			}
			if warned(r, flagged) != c.warned || noticed(r, uncounted) != (c.dry && !c.hidden) {
				t.Errorf("%s, mode %s: warnings %q, notices %q", name, mode, r.Warnings, r.Notices)
			}
		}
	}
}

// TestJudgeCounts: mode judge counts each verdict in the ledger, none where
// nothing was judged, and passes nothing past the budget.
func TestJudgeCounts(t *testing.T) {
	t.Parallel()
	scores := map[string][]string{"label": {"0", "0", "1", "1"}, "champion": {"0.3", "0.6", "0.5", "0.6"}, "challenger": {"0.1", "0.1", "0.9", "0.9"}}
	broken := errors.New("reading the ledger: it is cut")
	budgeted := func(in *inputs.Inputs) {
		in.HoldoutBudget, in.OnInconclusive, in.Confidence = 2, inputs.InconclusivePromote, metrics.MustDecimal("0.95")
	}
	for name, c := range map[string]struct {
		used    int
		set     func(*inputs.Inputs)
		broken  error
		lacking bool
		outcome loop.Outcome
		counts  bool
		hidden  bool
		notice  string
	}{
		"without a ledger":     {set: func(in *inputs.Inputs) { in.Ledger = "" }, outcome: loop.Passed, notice: "nothing is counted"},
		"the first":            {outcome: loop.Passed, counts: true},
		"the sixth":            {used: 5, outcome: loop.Passed, counts: true},
		"a dry run":            {set: func(in *inputs.Inputs) { in.DryRun = true }, outcome: loop.Passed, notice: "a dry run is not counted"},
		"the budget's last":    {used: 1, set: budgeted, outcome: loop.Passed, counts: true},
		"past the budget":      {used: 2, set: budgeted, outcome: loop.Blocked, counts: true},
		"dry under a budget":   {used: 1, set: func(in *inputs.Inputs) { budgeted(in); in.DryRun = true }, outcome: loop.Skipped, hidden: true},
		"an unreadable one":    {broken: broken, outcome: loop.Failed, hidden: true},
		"unreadable and dry":   {broken: broken, set: func(in *inputs.Inputs) { budgeted(in); in.DryRun = true }, outcome: loop.Failed, hidden: true},
		"nothing to be judged": {lacking: true, outcome: loop.Failed, hidden: true},
	} {
		w := newWorld(t)
		columns := map[string][]string{"label": scores["label"], "champion": scores["champion"]}
		if !c.lacking {
			columns["challenger"] = scores["challenger"]
		}
		w.files["p.csv"] = file{digest: digest, columns: columns}
		before := c.used
		w.ledger = &counted{uses: map[string]int{labelsDigest: c.used}, broken: c.broken}
		r := w.do(t.Context(), inputs.ModeJudge, func(in *inputs.Inputs) {
			in.Predictions, in.Ledger = "p.csv", "uses.json"
			// Four rows are no evidence: whatever is asked for by luck alone.
			in.Requirements = []gate.Requirement{{Name: "accuracy", Metric: "accuracy", DecisionThreshold: metrics.MustDecimal("0.5"),
				Conditions: []gate.Condition{{Kind: gate.MaxAbsoluteRegression, Limit: metrics.MustDecimal("0.1")}}}}
			if c.set != nil {
				c.set(in)
			}
		})
		want := before
		if c.counts {
			want++
		}
		if got := w.ledger.uses[labelsDigest]; r.Outcome != c.outcome || got != want {
			t.Errorf("%s: %s (%v), %d counted after %d, expected %s and %d", name, r.Outcome, r.Err, got, before, c.outcome, want)
		}
		if shown := r.Gated || r.Challenger.Metrics.AUC.Present(); shown == c.hidden {
			t.Errorf("%s: something was shown: %t, expected %t", name, shown, !c.hidden)
		}
		if c.counts && r.Holdout.Uses != want || c.notice != "" && !noticed(r, c.notice) {
			t.Errorf("%s: use %d, notices %q", name, r.Holdout.Uses, r.Notices)
		}
	}
}
