package loop_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
)

// judgeOwn judges four rows of these labels by numbers of the user's own, which
// say that they are of these predictions.
func judgeOwn(t *testing.T, labels []string, document string, set func(*inputs.Inputs), requirements ...gate.Requirement) *loop.Report {
	t.Helper()
	w := newWorld(t)
	w.files["p.csv"] = file{digest: digest, columns: map[string][]string{
		"label": labels, "champion": {"0.3", "0.6", "0.5", "0.6"}, "challenger": {"0.1", "0.1", "0.9", "0.9"},
	}}
	for _, role := range []string{"champion", "challenger"} {
		w.files["m-"+role+".json"] = file{text: strings.Replace(document, "{", `{"predictions_sha256": "`+digest+`", `, 1)}
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
		Conditions: []gate.Condition{{Kind: gate.Threshold, Limit: metrics.MustDecimal(threshold)}},
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

// TestOwnNumbersAreTied: a number counts only where its file says that it was
// measured for the version and on the data that are judged.
func TestOwnNumbersAreTied(t *testing.T) {
	t.Parallel()
	const gateMode, judgeMode = inputs.ModeGate, inputs.ModeJudge
	of := func(fields string) string { return `{"n": 1, ` + fields + `}` }
	holdout, predictions := `"holdout_sha256": "`+digest+`"`, `"predictions_sha256": "`+otherDigest+`"`
	for name, c := range map[string]struct {
		mode     inputs.Mode
		file     string // m-{role}.json where empty
		pointer  string // /n where empty
		document string // of the challenger, v8 on a holdout of digest, or p.csv of otherDigest
		given    string // predictions
		want     string // empty: it counts
	}{
		"nothing said":          {mode: gateMode, document: `{"n": 1}`, want: "does not say of which version"},
		"version and holdout":   {mode: gateMode, document: of(`"version": "8", ` + holdout)},
		"version as a number":   {mode: gateMode, document: of(`"version": 8, ` + holdout)},
		"upper case":            {mode: gateMode, document: of(`"version": 8, ` + strings.Replace(holdout, digest, strings.ToUpper(digest), 1))},
		"no holdout":            {mode: gateMode, document: of(`"version": 8`), want: `expected "holdout_sha256": "` + digest},
		"no version":            {mode: gateMode, document: of(holdout), want: "does not say of which version"},
		"another version":       {mode: gateMode, document: of(`"version": 7, ` + holdout), want: "the number is of version 7, and v8 is judged"},
		"another holdout":       {mode: gateMode, document: of(`"version": 8, "holdout_sha256": "` + otherDigest + `"`), want: "measured on other data"},
		"version in the name":   {mode: gateMode, file: "m-{version}.json", document: of(holdout)},
		"a name that lies":      {mode: gateMode, file: "m-{version}.json", document: of(`"version": "7", ` + holdout), want: "the number is of version 7"},
		"a name alone":          {mode: gateMode, file: "m-{version}.json", document: `{"n": 1}`, want: "on which data"},
		"around an object":      {mode: gateMode, pointer: "/a/0/n", document: `{"version": 8, ` + holdout + `, "a": [{"n": 1}]}`},
		"the nearest counts":    {mode: gateMode, pointer: "/a/n", document: `{"version": 8, ` + holdout + `, "a": {"version": 7, "n": 1}}`, want: "the number is of version 7"},
		"a neighbour's":         {mode: gateMode, document: of(`"b": {"version": 8, ` + holdout + `}`), want: "does not say of which version"},
		"null":                  {mode: gateMode, document: of(`"version": null, ` + holdout), want: "does not say of which version"},
		"predictions":           {mode: gateMode, given: "p.csv", document: of(`"version": 8, ` + predictions)},
		"predictions not given": {mode: gateMode, document: of(`"version": 8, ` + predictions), want: `expected "holdout_sha256"`},

		"judge, nothing said":      {mode: judgeMode, given: "p.csv", document: `{"n": 1}`, want: `expected "predictions_sha256": "` + otherDigest},
		"judge, predictions":       {mode: judgeMode, given: "p.csv", document: of(predictions)},
		"judge, other predictions": {mode: judgeMode, given: "p.csv", document: of(strings.Replace(predictions, otherDigest, digest, 1)), want: "measured on other data"},
		"judge, a holdout alone":   {mode: judgeMode, given: "p.csv", document: of(`"version": 8, ` + holdout), want: `expected "predictions_sha256"`},
		"judge, a folder":          {mode: judgeMode, given: "parts", document: of(predictions), want: "nothing can tie the number"},
		"judge, version in a name": {mode: judgeMode, given: "p.csv", file: "m-{version}.json", document: `{"n": 1}`, want: `expected "predictions_sha256"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.register("8", "")
			w.files["p.csv"] = file{digest: otherDigest, columns: map[string][]string{
				"label": {"0", "0", "1", "1"}, "champion": {"0.3", "0.6", "0.5", "0.6"}, "challenger": {"0.1", "0.1", "0.9", "0.9"},
			}}
			w.files["parts"] = file{columns: w.files["p.csv"].columns} // which has no digest
			champion := strings.NewReplacer(`"version": "8"`, `"version": "7"`, `"version": 8`, `"version": 7`).Replace(c.document)
			for _, name := range []string{"champion", "7"} {
				w.files["m-"+name+".json"] = file{text: champion}
			}
			for _, name := range []string{"challenger", "8"} {
				w.files["m-"+name+".json"] = file{text: c.document}
			}
			q := atLeast("one", cmp.Or(c.pointer, "/n"), "1")
			q.File = cmp.Or(c.file, q.File)
			r := w.do(t.Context(), c.mode, func(in *inputs.Inputs) {
				in.ChallengerVersion, in.Requirements, in.Predictions = "8", []gate.Requirement{q}, c.given
			})
			got := r.Verdict.Check("one")
			if counts := got.Status == gate.Passed; counts != (c.want == "") || !strings.Contains(got.Text, c.want) {
				t.Errorf("%s: %s (%v), expected %q", got.Status, got.Text, r.Err, c.want)
			}
			if c.want != "" && got.Status != gate.Absent {
				t.Errorf("%s, expected absent evidence", got.Status)
			}
		})
	}
}
