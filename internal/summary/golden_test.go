package summary

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/document"
	"github.com/org/ct-action/internal/golden"
	"github.com/org/ct-action/internal/loop"
)

// TestGolden renders every report in every form. A mismatch leaves what it got
// beside what it wanted, as NAME.got.
func TestGolden(t *testing.T) { // not in parallel: -update is over before other tests read the files
	cases := reports(t)
	for name, r := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for file, got := range rendered(t, r) {
				golden.Compare(t, filepath.Join("testdata", name, file), got)
			}
		})
	}
	directories, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range directories {
		if cases[d.Name()] == nil && d.Name() != "rapid" { // where rapid keeps what failed
			t.Errorf("testdata/%s belongs to no report", d.Name())
		}
	}
}

// rendered are the files of one report.
func rendered(t *testing.T, r *loop.Report) map[string]string {
	t.Helper()
	var console, outputs strings.Builder
	for _, m := range moments(r) {
		console.WriteString(Console(m, r, Style{}))
		if m == loop.Began {
			console.WriteString(toldAnswers(r))
		}
	}
	for _, o := range Outputs(r) {
		outputs.WriteString(o.Name + "=" + o.Value + "\n")
	}
	decision, err := document.Decision(r)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"console.txt": console.String(), "outputs.txt": outputs.String(),
		"summary.md": Markdown(r), "document.json": string(decision),
	}
	if r.Mode == "trigger" {
		trigger, err := document.Trigger(r)
		if err != nil {
			t.Fatal(err)
		}
		files["trigger.json"] = string(trigger)
	}
	if r.IsJudge() {
		judge, err := document.Judge(r)
		if err != nil {
			t.Fatal(err)
		}
		files["judge.json"] = string(judge)
	}
	return files
}

// moments are those that a loop with this report has been through.
func moments(r *loop.Report) []loop.Moment {
	all := []loop.Moment{loop.Began}
	if r.Decided {
		all = append(all, loop.Decided)
	}
	if r.Challenger.Version != "" && (r.Gated || r.Retrained) {
		all = append(all, loop.Training, loop.Trained, loop.Scoring)
	}
	if r.Gated && r.Challenger.Version != "" {
		all = append(all, loop.Scored)
	}
	return append(all, loop.Ended)
}

// toldAnswers is what the console says while the service is asked: each answer
// as the last of those that came before.
func toldAnswers(r *loop.Report) string {
	var text strings.Builder
	for i := range r.Verification.Answers {
		asked := *r
		asked.Verification.Answers = r.Verification.Answers[:i+1]
		text.WriteString(Console(loop.Answered, &asked, Style{}))
	}
	return text.String()
}
