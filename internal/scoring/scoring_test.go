package scoring_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/dataset"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/scoring"
)

const holdoutFile = "id,churned\na,0\nb,0\nc,1\nd,1\n"

// scorer reads files of a directory of its own: nothing is scored.
func scorer(t *testing.T, files map[string]string, set func(*inputs.Inputs)) *scoring.Scorer {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in, _ := inputs.Parse(nil, nil, os.ReadFile) // every default
	in.Holdout, in.TargetColumn = "holdout.csv", "churned"
	if set != nil {
		set(&in)
	}
	return &scoring.Scorer{In: in, Policy: in.Policy(), Data: dataset.Dir{Root: dir}}
}

// TestCheck: what is wrong with the data that judge is found before a training.
func TestCheck(t *testing.T) {
	t.Parallel()
	predictions := func(in *inputs.Inputs) { in.Predictions = "p.csv" }
	for name, c := range map[string]struct {
		files  map[string]string
		set    func(*inputs.Inputs)
		trains bool
		source string
		want   string // empty: nothing is wrong
		pinned bool   // the error is that of another holdout
	}{
		"holdout":             {files: map[string]string{"holdout.csv": holdoutFile}, trains: true, source: "holdout.csv"},
		"no holdout":          {trains: true, source: "holdout.csv", want: "name the frozen holdout with holdout"},
		"another holdout":     {files: map[string]string{"holdout.csv": holdoutFile}, set: func(in *inputs.Inputs) { in.HoldoutSHA256 = strings.Repeat("a", 64) }, source: "holdout.csv", want: "pin what the file really has", pinned: true},
		"no label":            {files: map[string]string{"holdout.csv": "id,left\na,0\nb,1\n"}, source: "holdout.csv", want: "churned"},
		"no positive class":   {files: map[string]string{"holdout.csv": "churned\nyes\nno\n"}, source: "holdout.csv", want: "labels"},
		"numbers":             {files: map[string]string{"holdout.csv": "churned\n1.5\n2.5\n3.5\n"}, source: "holdout.csv", want: "these are a regression model's"},
		"ids":                 {files: map[string]string{"holdout.csv": holdoutFile}, set: func(in *inputs.Inputs) { in.IDColumn = "id" }, source: "holdout.csv"},
		"ids of another name": {files: map[string]string{"holdout.csv": holdoutFile}, set: func(in *inputs.Inputs) { in.IDColumn = "customer" }, source: "holdout.csv", want: `no column "customer", expected one of id, churned`},
		"predictions":         {files: map[string]string{"p.csv": "label,champion,challenger\n0,0.1,0.2\n1,0.9,0.8\n"}, set: predictions, source: "p.csv"},
		"no predictions":      {set: predictions, source: "p.csv", want: "p.csv"},
		"predictions to come": {set: predictions, trains: true},
		"evidence to come":    {set: func(in *inputs.Inputs) { in.Evidence = "sums.json" }, trains: true},
		"no evidence":         {set: func(in *inputs.Inputs) { in.Evidence = "sums.json" }, source: "sums.json", want: "sums.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := scorer(t, c.files, c.set).Check(c.trains)
			if h.Source != c.source {
				t.Errorf("source %q, expected %q", h.Source, c.source)
			}
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, expected %q", err, c.want)
			}
			if got := errors.As(err, new(scoring.NotPinned)); got != c.pinned {
				t.Errorf("%v is a NotPinned: %t, expected %t", err, got, c.pinned)
			}
			if file := new(scoring.FileError); err == nil && c.source != "" && len(h.SHA256) != 64 || errors.As(err, &file) && file.File != c.source {
				t.Errorf("digest %q, error of file %q", h.SHA256, file.File)
			}
		})
	}
}

// TestPredictionsAreTheirLabels: the digest of ready-made scores is of the labels
// alone, so that new scores of the same rows are the same holdout.
func TestPredictionsAreTheirLabels(t *testing.T) {
	t.Parallel()
	digests := map[string]bool{}
	for _, text := range []string{
		"label,champion,challenger\n0,0.1,0.2\n1,0.9,0.8\n", "label,champion,challenger\n0,0.3,0.3\n1,0.5,0.6\n",
		"label,champion,challenger\n1,0.1,0.2\n0,0.9,0.8\n",
	} {
		h, err := scorer(t, map[string]string{"p.csv": text}, func(in *inputs.Inputs) { in.Predictions = "p.csv" }).Identify()
		if err != nil {
			t.Fatal(err)
		}
		digests[h.SHA256] = true
	}
	if len(digests) != 2 {
		t.Errorf("%d digests of two orders of labels, expected 2", len(digests))
	}
}

// TestShared: a training on the holdout is found by the file, its contents and its
// rows, and what cannot be read is said.
func TestShared(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source  string // of the training's dataset
		ids     string // id-column
		overlap bool
		notices int
		warning bool
	}{
		"the holdout itself":  {source: `{"uri": "holdout.csv"}`, overlap: true},
		"a copy of it":        {source: `{"uri": "file://copy.csv"}`, overlap: true},
		"rows of it":          {source: `{"uri": "some.csv"}`, ids: "id", overlap: true},
		"rows, without ids":   {source: `{"uri": "some.csv"}`},
		"other rows":          {source: `{"uri": "other.csv"}`, ids: "id"},
		"a file without ids":  {source: `{"uri": "bare.csv"}`, ids: "id", notices: 1},
		"a holdout without":   {source: `{"uri": "some.csv"}`, ids: "customer", warning: true},
		"a file that is gone": {source: `{"uri": "gone.csv"}`, ids: "id"},
		"somewhere else":      {source: `{"uri": "s3://bucket/holdout.csv"}`, ids: "id"},
		"no path":             {source: "a table", ids: "id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scorer(t, map[string]string{
				"holdout.csv": holdoutFile, "copy.csv": holdoutFile, "some.csv": "id,churned\nd,1\ne,0\n",
				"other.csv": "id,churned\ne,0\nf,1\n", "bare.csv": "churned\n0\n1\n",
			}, func(in *inputs.Inputs) { in.IDColumn = c.ids })
			h, err := s.Identify()
			if err != nil {
				t.Fatal(err)
			}
			got := s.Shared(h, []promote.Dataset{{Name: "train", Source: c.source, Context: "training"}})
			if (got.Overlap != "") != c.overlap || len(got.Notices) != c.notices || (got.Warning != "") != c.warning {
				t.Errorf("%+v, expected an overlap: %t, notices: %d, a warning: %t", got, c.overlap, c.notices, c.warning)
			}
		})
	}
}

// TestMeasure: predictions are measured alike whether they are streamed or held.
func TestMeasure(t *testing.T) {
	t.Parallel()
	files := map[string]string{"p.csv": "label,champion,challenger,who\n0,0.3,0.1,a\n0,0.6,0.2,b\n1,0.5,0.9,c\n1,0.6,0.8,d\n"}
	var shown []string
	for _, group := range []string{"", "who"} { // with groups they are held
		s := scorer(t, files, func(in *inputs.Inputs) { in.Predictions, in.GroupColumn = "p.csv", group })
		h, err := s.Identify()
		if err != nil {
			t.Fatal(err)
		}
		scored, err := s.Measure(t.Context(), h, scoring.ColumnChampion, scoring.ColumnChallenger)
		if err != nil {
			t.Fatal(err)
		}
		auc := scored.Estimate(gate.Requirement{Metric: gate.CheckAUC}, gate.Segment{})
		shown = append(shown, fmt.Sprint(auc.Champion.Rat(), auc.Challenger.Rat(), auc.Rows, auc.Positives))
	}
	if want := "5/8 1/1 4 2"; shown[0] != want || shown[1] != want {
		t.Errorf("measured %q, expected %q of both", shown, want)
	}
}

// TestProblemsOfAFileStayApart: the summary shows each by itself.
func TestProblemsOfAFileStayApart(t *testing.T) {
	t.Parallel()
	sums := `{"schema": 1, "task": "nothing", "segments": []}`
	_, err := scorer(t, map[string]string{"sums.json": sums}, func(in *inputs.Inputs) { in.Evidence = "sums.json" }).Check(false)
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) != 2 {
		t.Fatalf("%v, expected two problems apart", err)
	}
	for _, one := range joined.Unwrap() {
		if file := new(scoring.FileError); !errors.As(one, &file) || strings.Contains(one.Error(), "\n") {
			t.Errorf("%v, expected one problem of the file", one)
		}
	}
}
