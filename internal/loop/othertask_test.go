package loop_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
)

// Labels of a regression and of a multiclass model, and predictions of which
// the challenger's are the better ones.
var (
	prices  = []string{"10.5", "20.25", "30.75", "41", "12", "18.5"}
	classes = []string{"bad", "ok", "good", "bad", "ok", "good"}
	byClass = map[string][]string{
		"label":        classes,
		"champion_bad": {"0.4", "0.3", "0.3", "0.3", "0.5", "0.2"}, "champion_good": {"0.3", "0.3", "0.4", "0.4", "0.2", "0.5"}, "champion_ok": {"0.3", "0.4", "0.3", "0.3", "0.3", "0.3"},
		"challenger_bad": {"0.8", "0.1", "0.1", "0.8", "0.1", "0.1"}, "challenger_good": {"0.1", "0.1", "0.8", "0.1", "0.1", "0.8"}, "challenger_ok": {"0.1", "0.8", "0.1", "0.1", "0.8", "0.1"},
	}
)

// TestStart judges with the very lines that the message tells people to begin
// with.
func TestStart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		columns map[string][]string
		says    string
		grouped bool // not streamed
	}{
		"regression":             {columns: map[string][]string{"label": prices, "champion": {"1", "2", "3", "4", "5", "6"}, "challenger": prices}, says: "a regression model's"},
		"regression, not stream": {columns: map[string][]string{"label": prices, "champion": {"1", "2", "3", "4", "5", "6"}, "challenger": prices, "who": classes}, says: "a regression model's", grouped: true},
		"grades with one score":  {columns: map[string][]string{"label": {"1", "2", "3", "4", "5", "3"}, "champion": {"5", "4", "3", "2", "1", "1"}, "challenger": {"1", "2", "3", "4", "5", "3"}}, says: "a regression model's"},
		"multiclass":             {columns: byClass, says: "a multiclass model's"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.files["p.csv"] = file{columns: test.columns}
			judge := func(file string) *loop.Report {
				args := []string{"judge", "--predictions", "p.csv"}
				if test.grouped {
					args = append(args, "--group-column", "who")
				}
				if file != "" {
					args = append(args, "--config", "ct.yml")
				}
				in, err := inputs.Parse(args, nil, func(string) ([]byte, error) { return []byte(file), nil })
				if err != nil {
					t.Fatalf("%v\n%s", err, file)
				}
				return w.do(t.Context(), inputs.ModeJudge, func(old *inputs.Inputs) { *old = in })
			}
			r := judge("")
			expect(t, r, loop.Failed, loop.ExitFailed, test.says, "gate.checks", `"label"`, ".github/ct.yml")
			_, lines, found := strings.Cut(r.Err.Error(), "\ngate:\n")
			if !found {
				t.Fatal(r.Err)
			}
			expect(t, judge("gate:\n"+lines+"\n"), loop.Passed, loop.ExitOK)
		})
	}
}

// TestStartBeforeTraining says so of a holdout before anything is trained, and
// names its column.
func TestStartBeforeTraining(t *testing.T) {
	t.Parallel()
	for name, labels := range map[string][]string{"regression": prices, "multiclass": classes} {
		for _, mode := range []inputs.Mode{inputs.ModeRun, inputs.ModeGate, inputs.ModeRelease} {
			w := newWorld(t)
			w.files["data/holdout.csv"] = file{digest: digest, columns: map[string][]string{"target": labels}}
			w.register("8", "")
			if mode == inputs.ModeRelease {
				w.versions["8"].Tags["quarantined"] = "true"
			}
			r := w.do(t.Context(), mode, func(in *inputs.Inputs) {
				in.Force, in.TargetColumn = mode == inputs.ModeRun, "target"
				if mode != inputs.ModeRun {
					in.ChallengerVersion = "8"
				}
			})
			expect(t, r, loop.Failed, loop.ExitFailed, "a "+name+" model's", `"target"`, "\ngate:\n  checks:\n")
			if w.trained > 0 || len(w.scored) > 0 || slices.Contains(w.wrote, setState) {
				t.Errorf("%s of a %s: trained %d, scored %v, wrote %v", mode, name, w.trained, w.scored, w.wrote)
			}
		}
	}
}

// TestStartOfAPolicy tells a policy for a binary classifier that it is one.
func TestStartOfAPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.files["p.csv"] = file{columns: map[string][]string{"label": prices, "champion": prices, "challenger": prices}}
	in, err := inputs.Parse([]string{"judge", "--predictions", "p.csv", "--config", "ct.yml"}, nil, func(string) ([]byte, error) {
		return []byte("gate:\n  checks:\n    - {metric: recall, threshold: 0.6}\n"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r := w.do(t.Context(), inputs.ModeJudge, func(old *inputs.Inputs) { *old = in })
	expect(t, r, loop.Failed, loop.ExitFailed, "the checks in ct.yml are for a binary classifier", "metric: rmse")
}
