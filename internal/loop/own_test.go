package loop_test

import (
	"testing"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
)

// judgeOwn judges four rows of these labels by numbers of the user's own.
func judgeOwn(t *testing.T, labels []string, document string, set func(*inputs.Inputs), requirements ...gate.Requirement) *loop.Report {
	t.Helper()
	w := newWorld(t)
	w.files["p.csv"] = file{columns: map[string][]string{
		"label": labels, "champion": {"0.3", "0.6", "0.5", "0.6"}, "challenger": {"0.1", "0.1", "0.9", "0.9"},
	}}
	for _, role := range []string{"champion", "challenger"} {
		w.files["m-"+role+".json"] = file{text: document}
	}
	return w.do(t.Context(), inputs.ModeJudge, func(in *inputs.Inputs) {
		in.Predictions, in.Requirements = "p.csv", requirements
		if set != nil {
			set(in)
		}
	})
}

// atLeast asks for a number of the user's own.
func atLeast(name, pointer, threshold string) gate.Requirement {
	return gate.Requirement{
		Name: name, Metric: "own", File: "m-{role}.json", Pointer: pointer, GreaterIsBetter: true,
		Conditions: []gate.Condition{{Kind: gate.Threshold, Bound: metrics.MustDecimal(threshold)}},
	}
}

// TestOwnNumbers: each check has the number that its pointer names, as it is
// written.
func TestOwnNumbers(t *testing.T) {
	t.Parallel()
	const document = `{"a/b": 0.3, "list": [1, {"x": 0.7}], "tiny": 1e-300, "text": "0.9", "tenths": 3e-1, "python": 7e-05, "long": 0.3000000000000000000000000000000000000000000}`
	for pointer, c := range map[string]struct {
		threshold string
		want      gate.Status
	}{
		"/a~1b":      {"0.3", gate.Passed}, // the float nearest to 0.3 is less
		"/tenths":    {"0.3", gate.Passed},
		"/python":    {"0.00007", gate.Passed},
		"/long":      {"0.3", gate.Passed},
		"/list/0":    {"1", gate.Passed},
		"/list/1/x":  {"0.7", gate.Passed},
		"/tiny":      {"0.1", gate.Failed},
		"/list/2":    {"0", gate.Absent},
		"/list/-":    {"0", gate.Absent},
		"/list/-1":   {"0", gate.Absent},
		"/list/00":   {"0", gate.Absent},
		"/list/+1/x": {"0", gate.Absent},
		"/list/1/y":  {"0", gate.Absent},
		"/text":      {"0", gate.Absent},
		"/a~1b/0":    {"0", gate.Absent},
	} {
		t.Run(pointer, func(t *testing.T) {
			t.Parallel()
			r := judgeOwn(t, []string{"0", "0", "1", "1"}, document, nil, atLeast("one", pointer, c.threshold))
			if got := r.Verdict.Check("one"); got.Status != c.want || r.Err != nil {
				t.Errorf("%s (%s; %v), expected %s", got.Status, got.Text, r.Err, c.want)
			}
		})
	}
}

// TestOwnNumbersOfOneName: two checks may call two numbers alike.
func TestOwnNumbersOfOneName(t *testing.T) {
	t.Parallel()
	r := judgeOwn(t, []string{"0", "0", "1", "1"}, `{"low": 0.1, "high": 0.9}`, nil, atLeast("first", "/low", "0.5"), atLeast("second", "/high", "0.5"))
	if first, second := r.Verdict.Check("first"), r.Verdict.Check("second"); first.Status != gate.Failed || second.Status != gate.Passed {
		t.Errorf("first %s (%s), second %s (%s): expected each its own number", first.Status, first.Text, second.Status, second.Text)
	}
}

// TestTaskOfOwnNumbers: a policy of nothing but the user's own numbers says
// nothing of the task, so the labels do; AUC and Brier are reported of two
// classes.
func TestTaskOfOwnNumbers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		labels   []string
		positive string
		auc      gate.Status
	}{
		"0 and 1":    {[]string{"0", "0", "1", "1"}, "1", gate.Passed},
		"yes and no": {[]string{"no", "no", "yes", "yes"}, "yes", gate.Passed},
		"numbers":    {[]string{"29.85", "56.95", "42.3", "70.7"}, "1", gate.Absent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := judgeOwn(t, c.labels, `{"n": 1}`, func(in *inputs.Inputs) { in.PositiveClass = c.positive }, atLeast("one", "/n", "1"))
			expect(t, r, loop.Passed, loop.ExitOK)
			if auc := r.Verdict.Check(gate.CheckAUC); auc.Status != c.auc {
				t.Errorf("auc is %s (%s), expected %s", auc.Status, auc.Text, c.auc)
			}
		})
	}
}

// TestOwnNumberStandsAlone: what follows a document is not overlooked.
func TestOwnNumberStandsAlone(t *testing.T) {
	t.Parallel()
	for _, document := range []string{`{"n": 1} {"n": 0}`, `{"n": 1}]`, `{"n": 1} x`, `{"n": 1e999}`, `{"n": NaN}`, ``} {
		r := judgeOwn(t, []string{"0", "0", "1", "1"}, document, nil, atLeast("one", "/n", "0"))
		if got := r.Verdict.Check("one"); got.Status != gate.Absent {
			t.Errorf("%s: %s (%s), expected absent", document, got.Status, got.Text)
		}
	}
}
