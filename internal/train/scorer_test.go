package train

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/pythontest"
)

// A scoringCase is one holdout with model versions of the registry that
// testdata/make_models.py makes, and what the models' own libraries answer.
type scoringCase struct {
	Task, Holdout, Positive string
	URIs                    []string
	Labels                  []string
	Scores                  map[string][]float64 // by column
	Problems                map[string]string    // by version; by "" where the holdout is to blame
}

// TestScorer scores real models of every flavour with a real mlflow.
func TestScorer(t *testing.T) {
	t.Parallel()
	python, dir := pythontest.Interpreter(t), t.TempDir()
	modelEnv := append([]string{
		"HOME=" + dir, "MLFLOW_DISABLE_TELEMETRY=true", "MLFLOW_TRACKING_URI=sqlite:///" + dir + "/registry.db",
	}, env...)
	cmd := exec.Command(python, "testdata/make_models.py", dir)
	cmd.Env = modelEnv
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("making models: %v\n%s", err, out)
	}
	program, err := filepath.Abs("scorer.py")
	if err != nil {
		t.Fatal(err)
	}
	// One process for all, since it takes a while to import mlflow.
	cmd = exec.Command(python, "testdata/score_cases.py", dir, program)
	cmd.Env = modelEnv
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("scoring: %v\n%s", err, out)
	}
	for name, c := range readCases(t, dir) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(dir, name+"-scores.csv")
			said, err := outcomeOf(t, filepath.Join(dir, name+".json"))
			if name == "numbers" || name == "problems" { // these in a process of their own too
				os.Remove(out)
				var con log
				err = Shell{Out: &con, Dir: dir}.Score(t.Context(), python, c.URIs, filepath.Join(dir, c.Holdout), "churned", c.Task, c.Positive, out, modelEnv)
				said = con.String()
			}
			if len(c.Problems) > 0 {
				expectProblems(t, err, c.Problems, out)
				return
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			expectScores(t, c, out)
			if line := regexp.MustCompile("(?m)^scoring " + c.URIs[0] + ` \((sklearn|lightgbm|pyfunc)\) … [0-9]+ rows in `); !line.MatchString(said) {
				t.Errorf("no %q in the log:\n%s", line, said)
			}
		})
	}
}

// outcomeOf is what the scorer said of a case, and its error as Score would have it.
func outcomeOf(t *testing.T, path string) (said string, err error) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Status int
		Said   string
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Status == 0 {
		return got.Said, nil
	}
	return got.Said, explain(&Error{Name: scorerName, ExitCode: got.Status, Tail: strings.Split(strings.TrimSpace(got.Said), "\n")})
}

func readCases(t *testing.T, dir string) map[string]scoringCase {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string]scoringCase
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("no case in cases.json")
	}
	return cases
}

// expectScores holds the written file against the libraries' own answers, to
// the last bit.
func expectScores(t *testing.T, c scoringCase, out string) {
	t.Helper()
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"label"}
	for i, uri := range c.URIs {
		version := uri[strings.LastIndexByte(uri, '/')+1:]
		for _, column := range slices.Sorted(maps.Keys(c.Scores)) {
			if i < len(c.Scores) && (column == version || strings.HasPrefix(column, version+"_")) { // the rest are repeated
				want = append(want, column)
			}
		}
	}
	if got := strings.Join(rows[0], ","); got != strings.Join(want, ",") || len(rows) != len(c.Labels)+1 {
		t.Fatalf("header %s and %d rows, want %s and %d", got, len(rows)-1, strings.Join(want, ","), len(c.Labels))
	}
	for i, row := range rows[1:] {
		if row[0] != c.Labels[i] {
			t.Fatalf("row %d: label %q, want %q", i+1, row[0], c.Labels[i])
		}
		for j, version := range rows[0][1:] {
			got, err := strconv.ParseFloat(row[j+1], 64)
			if want := c.Scores[version][i]; err != nil || got != want {
				t.Fatalf("row %d, version %s: score %s, want %v", i+1, version, row[j+1], want)
			}
		}
	}
}

// expectProblems holds that every version's problem is told at once, each with
// a hint, and that nothing was written.
func expectProblems(t *testing.T, err error, problems map[string]string, out string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.ExitCode != scorerProblem {
		t.Fatalf("got %v, want an error of the scorer", err)
	}
	for version, want := range problems {
		if version != "" {
			version = "models:/churn/" + version
		}
		if !strings.Contains(e.Detail, version) || !strings.Contains(e.Detail, want) {
			t.Errorf("%s: no %q in the error:\n%v", version, want, err)
		}
	}
	if lines := strings.Count(e.Detail, "\n") + 1; lines != 2*len(problems) {
		t.Errorf("%d lines, want a problem and a hint for each of %d:\n%v", lines, len(problems), err)
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("scores were written all the same: %v", err)
	}
}

// fakePython writes a program that stands in for the interpreter.
func fakePython(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(path, []byte("#!/bin/bash\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestScoreErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, script string
		want         []string
	}{
		{"problem", "echo scoring; echo trace >&2; echo 'scorer: no scores' >&2; echo 'do this' >&2; exit 3", []string{"scorer: no scores\ndo this"}},
		{"crash", "echo Traceback; exit 1", []string{"scorer exited with status 1", "  | Traceback", "score-command"}},
		{"status 3 of something else", "exit 3", []string{"scorer exited with status 3"}},
		{"out of memory", "kill -KILL $$", []string{"scorer was ended by SIGKILL", "out of memory"}},
		{"too long", "sleep 60", []string{"scorer timed out", "more time"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			limit := patience
			if tt.name == "too long" {
				limit = 2 * time.Second
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			err := Shell{}.Score(ctx, fakePython(t, tt.script), []string{"models:/m/1"}, "h.csv", "label", "binary", "1", "o.csv", env)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) || (tt.name == "problem" && err.Error() != want) {
					t.Errorf("no %q in the error:\n%v", want, err)
				}
			}
		})
	}
}

// The scorer's program is there while it runs and gone afterwards; what it is
// given on the command line cannot be taken for another option.
func TestScoreArguments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var con log
	python := fakePython(t, `test -s "$2" && echo "$@"`)
	err := Shell{Out: &con, Dir: dir}.Score(t.Context(), python, []string{"models:/m/7", "models:/m/8"}, "/data/h.csv", "--out", "binary", "-1", "/data/o.csv", env)
	if err != nil {
		t.Fatal(err)
	}
	args := strings.Fields(con.String())
	want := "--holdout=/data/h.csv --target=--out --task=binary --positive-class=-1 --out=/data/o.csv --uri=models:/m/7 --uri=models:/m/8"
	if got := strings.Join(args[2:], " "); got != want {
		t.Errorf("arguments %s, want %s", got, want)
	}
	if _, err := os.Stat(filepath.Dir(args[1])); !os.IsNotExist(err) {
		t.Errorf("%s is left behind: %v", args[1], err)
	}
}

func TestScoreNoPython(t *testing.T) {
	t.Parallel()
	err := Shell{}.Score(t.Context(), "no-such-python", nil, "h.csv", "label", "binary", "1", "o.csv", env)
	if err == nil || !strings.Contains(err.Error(), "no-such-python") || !strings.Contains(err.Error(), ".venv/bin/python") {
		t.Errorf("got %v, want the interpreter and a hint", err)
	}
}

// Paths of ours stay ours when the command runs elsewhere.
func TestFromDir(t *testing.T) {
	t.Parallel()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ dir, path, want string }{
		{"", "data/h.csv", "data/h.csv"},
		{"./", "data/h.csv", "data/h.csv"},
		{"ml", "data/h.csv", filepath.Join(wd, "data/h.csv")},
		{"ml", "/data/h.csv", "/data/h.csv"},
	} {
		if got := (Shell{Dir: tt.dir}).fromDir(tt.path); got != tt.want {
			t.Errorf("in %q, %s is %s, want %s", tt.dir, tt.path, got, tt.want)
		}
	}
}
