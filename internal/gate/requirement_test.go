package gate

import (
	"strings"
	"testing"

	"github.com/org/ct-action/internal/metrics"
)

// TestValidate: each fault names the key that it stands in, and all of them are
// listed at once.
func TestValidate(t *testing.T) {
	t.Parallel()
	half, some := metrics.MustDecimal("0.5"), []Condition{{Threshold, metrics.MustDecimal("0.5")}}
	for name, test := range map[string]struct {
		r    Requirement
		want string // keys, in order
	}{
		"none":                         {Requirement{Name: "auc", Metric: "auc", Conditions: some}, ""},
		"a metric that is none":        {Requirement{Name: "x", Metric: "acu", Conditions: some}, "metric"},
		"a name that is reserved":      {Requirement{Name: "Policy", Metric: "auc", Conditions: some}, "name"},
		"reserved, in another dash":    {Requirement{Name: "first_champion", Metric: "auc", Conditions: some}, "name"},
		"reserved, beside a space":     {Requirement{Name: " sanity", Metric: "auc", Conditions: some}, "name"},
		"reserved, with no width":      {Requirement{Name: "sani\u200bty", Metric: "auc", Conditions: some}, "name"},
		"reserved, in two words":       {Requirement{Name: "first champion", Metric: "auc", Conditions: some}, "name"},
		"reserved, by default":         {Requirement{Metric: "cooldown", File: "f.json", Pointer: "/n", Conditions: some}, "name"},
		"a file's number as auc":       {Requirement{Name: "auc", Metric: "auc", File: "f.json", Pointer: "/n", Conditions: some}, "name"},
		"a file's number as brier":     {Requirement{Metric: "brier", File: "f.json", Pointer: "/n", Conditions: some}, "name"},
		"auc, with no width":           {Requirement{Name: "a\u200buc", Metric: "brier", Conditions: some}, "name"},
		"the other default check":      {Requirement{Name: "auc", Metric: "brier", Conditions: some}, "name"},
		"no condition":                 {Requirement{Name: "x", Metric: "auc"}, "threshold"},
		"a kind that is none":          {Requirement{Name: "x", Metric: "auc", Conditions: []Condition{{"treshold", half}}}, "treshold"},
		"beyond the metric's range":    {Requirement{Name: "x", Metric: "auc", Conditions: []Condition{{Threshold, metrics.MustDecimal("1.5")}}}, "threshold"},
		"any number has no range":      {Requirement{Name: "x", Metric: "rmse", Conditions: []Condition{{Threshold, metrics.MustDecimal("1.5")}}}, ""},
		"a change beyond the range":    {Requirement{Name: "x", Metric: "mcc", Conditions: []Condition{{MaxAbsoluteRegression, metrics.MustDecimal("2.1")}}}, "max-absolute-regression"},
		"a negative change":            {Requirement{Name: "x", Metric: "rmse", Conditions: []Condition{{MinRelativeChange, metrics.MustDecimal("-0.1")}}}, "min-relative-change"},
		"a contradiction":              {Requirement{Name: "x", Metric: "auc", Conditions: []Condition{{MinAbsoluteChange, half}, {MaxAbsoluteRegression, half}}}, "max-absolute-regression"},
		"two units are none":           {Requirement{Name: "x", Metric: "auc", Conditions: []Condition{{MinAbsoluteChange, half}, {MaxRelativeRegression, half}}}, ""},
		"a confidence of one half":     {Requirement{Name: "x", Metric: "auc", Conditions: some, Confidence: half}, "confidence"},
		"a threshold beside a ranking": {Requirement{Name: "x", Metric: "auc", Conditions: some, DecisionThreshold: half}, "decision-threshold"},
		"a decision above one":         {Requirement{Name: "x", Metric: "recall", Conditions: some, DecisionThreshold: metrics.MustDecimal("1.5")}, "decision-threshold"},
		"a decision below zero":        {Requirement{Name: "x", Metric: "recall", Conditions: some, DecisionThreshold: metrics.MustDecimal("-3")}, "decision-threshold"},
		"a decision of zero, no use":   {Requirement{Name: "x", Metric: "auc", Conditions: some, DecisionThreshold: metrics.MustDecimal("0")}, "decision-threshold"},
		"fewer rows than none":         {Requirement{Name: "x", Metric: "auc", Conditions: some, MinRows: -5}, "min-rows"},
		"two thresholds":               {Requirement{Name: "x", Metric: "auc", Conditions: []Condition{{Threshold, half}, {Threshold, half}}}, "threshold"},
		"a pointer into nothing":       {Requirement{Name: "x", Metric: "auc", Conditions: some, Pointer: "/n"}, "pointer"},
		"segments by nothing":          {Requirement{Name: "x", Metric: "auc", Conditions: some, Segments: []SegmentBy{{}}}, "segments"},
		"a number from a file": {Requirement{Name: "x", Metric: "profit", File: "f.json", Pointer: "/n", Conditions: some, Confidence: metrics.MustDecimal("0.9"),
			DecisionThreshold: half, Segments: []SegmentBy{{Columns: []string{"a"}}}}, "confidence decision-threshold segments"},
		"all at once":                    {Requirement{Name: "cooldown", Metric: "acu", Confidence: half}, "metric confidence name threshold"},
		"a mistyped metric's own name":   {Requirement{Name: "AUC", Metric: "AUC", Conditions: some}, "metric"},
		"the name of a metric of a file": {Requirement{Name: "AUC", Metric: "AUC", File: "f.json", Pointer: "/n", Conditions: some}, "name"},
	} {
		var keys []string
		for _, f := range test.r.Validate() {
			keys = append(keys, f.Key)
			if f.Expected == "" || strings.Contains(f.String(), "\n") {
				t.Errorf("%s: %q, expected one line that says what was expected", name, f)
			}
		}
		if got := strings.Join(keys, " "); got != test.want {
			t.Errorf("%s: faults in %q, expected %q", name, got, test.want)
		}
	}
}

// TestOtherNamesOfMetrics: a metric that scikit-learn calls otherwise is told by its
// name here, before any name that only looks like it.
func TestOtherNamesOfMetrics(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"roc_auc": "; here it is called auc (", "neg_brier_score": "; here it is called brier (", "neg_log_loss": "; here it is called log_loss (",
		"AUC": "; the nearest is auc (", "profit": metrics.Names()[len(metrics.Names())-1] + " (",
	} {
		faults := Requirement{Name: "x", Metric: name, Conditions: []Condition{{Threshold, metrics.MustDecimal("0.5")}}}.Validate()
		if len(faults) != 1 || !strings.Contains(faults[0].Expected, want) {
			t.Errorf("%s: %v, expected …%s", name, faults, want)
		}
	}
}
