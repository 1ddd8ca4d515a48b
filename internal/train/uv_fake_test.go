package train

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fakeUV stands in for uv: it notes its arguments in the file calls, answers
// the fetcher with answer.json, and lets the scripts `install` and `score` do
// the rest; score has the versions in $@ and the file to write in $out.
const fakeUV = `#!/bin/bash
cd "$(dirname "$0")"; echo "$@" >>calls; what=./install; versions=()
for a; do case $a in
	--out=*) export out=${a#--out=} ;;
	--uri=*) versions+=("${a##*/}") ;;
	*/requirements.py) what='cp answer.json "$out"' ;;
	*/scorer.py) what='./score "${versions[@]}"' ;;
esac; done
eval "$what"
`

// scoreWell writes one row of scores.
const scoreWell = `(IFS=,; echo "label,$*"; echo "Yes,${*/#/0.}") >"$out"`

// A fake is a directory with a fake uv, and an interpreter without mlflow.
type fake struct {
	dir, python, out string
	env              []string
}

func newFake(t *testing.T, install, score string, answer ...requirer) fake {
	t.Helper()
	dir := t.TempDir()
	f := fake{dir: dir, python: fakePython(t, `exit "$3"`), out: filepath.Join(dir, "out.csv")}
	if answer == nil {
		answer = []requirer{{URI: "models:/m/7", Requirements: "r7.txt", Text: "scikit-learn==1.5.2\n", Python: "3.11.7"}, {URI: "models:/m/8", Requirements: "r8.txt", Text: "scikit-learn==1.7.2\n"}}
	}
	b, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "uv"), fakeUV)
	write(t, filepath.Join(dir, "install"), "#!/bin/bash\n"+install)
	write(t, filepath.Join(dir, "score"), "#!/bin/bash\n"+score)
	write(t, filepath.Join(dir, "answer.json"), string(b))
	f.env = []string{"PATH=/nowhere", "PATH=relative:" + dir + ":" + os.Getenv("PATH")}
	return f
}

// score scores versions 7 and 8.
func (f fake) score(ctx context.Context, con *log) error {
	return Shell{Out: con}.Score(ctx, f.python, []string{"models:/m/7", "models:/m/8"}, filepath.Join(f.dir, "h.csv"), "label", "binary", "1", f.out, f.env)
}

func (f fake) calls(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(f.dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

func TestScoreThroughUVErrors(t *testing.T) {
	t.Parallel()
	// What fails for version 7 alone, whose environment has Python 3.11.
	for7 := func(script string) string {
		return `tail -n1 calls | grep -qe --python=3.11 || exit 0; { ` + script + `; } >&2`
	}
	tests := []struct {
		name, install, score string
		want                 []string
	}{
		{"no network for the fetcher", "echo 'error: Request failed after 3 retries in 5.6s\n  cause: Failed to fetch: http://me:pw@127.0.0.1:9/simple/pandas/\n  cause: Connection refused (os error 111)'; exit 2", "",
			[]string{"scorer: installing mlflow-skinny==", " through uv: Request failed after 3 retries in 5.6s: Failed to fetch: http://***@127.0.0.1:9/simple/pandas/: Connection refused (os error 111)\n", "UV_DEFAULT_INDEX", "HTTPS_PROXY"}},
		{"no such package", for7("echo 'Resolving'; echo 'error: No solution found when resolving `--with` dependencies\n  cause: Because scikit-learn==9.9 was not found, …'; exit 1"), "",
			[]string{"scorer: installing the requirements of v7 through uv: No solution found when resolving `--with` dependencies: Because scikit-learn==9.9 was not found", "\npackages of a private index need UV_INDEX"}},
		{"the same of an older uv", for7("echo '  × No solution found when resolving `--with` dependencies:\n  ╰─▶ Because there is no version of\n      scikit-learn==9.9, we can conclude'; exit 1"), "",
			[]string{"of v7 through uv: No solution found when resolving `--with` dependencies: Because there is no version of scikit-learn==9.9, we can"}},
		{"a build that says much", for7("echo 'error: Failed to build `scikit-learn==0.22`'; for i in {1..40}; do echo \"  trace $i\"; done; exit 1"), "",
			[]string{"of v7 through uv: Failed to build `scikit-learn==0.22` trace 1 trace 2"}},
		{"no such Python", for7("echo 'error: No interpreter found for Python 3.11 in managed installations or search path'; exit 2"), "",
			[]string{"\nPython 3.11 is not on this machine and uv cannot download it"}},
		{"an end without words", for7("exit 2"), "",
			[]string{"of v7 through uv: uv exited with status 2 after "}},
		{"out of memory", for7("kill -KILL $$"), "",
			[]string{"installing the requirements of v7 through uv exited with status 137 (128 + SIGKILL)", "out of memory"}},
		{"too long", "sleep 60", "",
			[]string{"installing mlflow-skinny==", " through uv timed out after "}},
		{"models are to blame, all of them", "", `echo "scorer: v$1 is no model" >&2; echo 'do this' >&2; exit 3`,
			[]string{"scorer: v7 is no model\ndo this\nscorer: v8 is no model\ndo this"}},
		{"crash", "", "echo Traceback; exit 1",
			[]string{"scorer exited with status 1", "  | Traceback", "score-command"}},
		{"other labels", "", `printf "label,$1\nof $1,0.5\n" >"$out"`,
			[]string{"different labels in row 1 of the same holdout: \"of 7\" and \"of 8\"", "score-command"}},
		{"fewer rows", "", `printf "label,$1\n" >"$out"; for ((i = 7; i <= $1; i++)); do echo Yes,0.5; done >>"$out"`,
			[]string{"read 1 and 2 rows of the same holdout"}},
		{"no scores", "", `printf "label\nYes\n" >"$out"`,
			[]string{"no scores of models:/m/7"}},
		{"not a table", "", `echo 'no "table' >"$out"`,
			[]string{"what the embedded scorer wrote: "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			limit := patience
			if tt.name == "too long" {
				limit = 5 * time.Second
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			f := newFake(t, tt.install, either(tt.score, scoreWell))
			var con log
			err := f.score(ctx, &con)
			if err == nil {
				t.Fatalf("no error; the log:\n%s", &con)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in the error:\n%v\nthe log:\n%s", want, err, &con)
				}
			}
			if len(err.Error()) > 1200 || strings.Contains(err.Error(), "me:pw") {
				t.Errorf("not an error text to show:\n%v", err)
			}
			if _, err := os.Stat(f.out); !os.IsNotExist(err) {
				t.Errorf("scores were written all the same: %v", err)
			}
		})
	}
}

func TestScoreWithoutUV(t *testing.T) {
	t.Parallel()
	f := newFake(t, "", scoreWell)
	f.env = []string{"PATH=" + f.dir, "PATH=" + t.TempDir()}
	var con log
	err := f.score(t.Context(), &con)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"scorer: " + f.python + " (", ") has no mlflow, and there is no uv on PATH", "\nin setup-command install mlflow", "pip install uv", "score-command"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in the error:\n%v", want, err)
		}
	}
}

// The library of a store is in both environments as soon as the store is known.
func TestScoreOutOfStores(t *testing.T) {
	t.Parallel()
	f := newFake(t, "", scoreWell,
		requirer{URI: "models:/m/7", Store: "s3", Text: "mlflow==3.1.0\n"}, requirer{URI: "models:/m/8", Store: "mlflow-artifacts", Text: "mlflow==3.1.0\n"})
	var con log
	if err := f.score(t.Context(), &con); err != nil {
		t.Fatalf("%v\n%s", err, &con)
	}
	var fetched, scored []string
	for _, call := range f.calls(t) {
		switch {
		case strings.Contains(call, "requirements.py"):
			fetched = append(fetched, call)
		case strings.Contains(call, "scorer.py"):
			scored = append(scored, call)
		}
	}
	if len(fetched) != 2 || strings.Contains(fetched[0], "boto3") || !strings.Contains(fetched[0], "--without=s3") ||
		!strings.Contains(fetched[1], " --with=boto3 ") || strings.Contains(fetched[1], "--without=s3") || !strings.Contains(fetched[1], "--without=gs") {
		t.Errorf("the fetcher ran as\n%s\nwant once without boto3, and once with it", strings.Join(fetched, "\n"))
	}
	if len(scored) != 2 || !strings.Contains(scored[0], " --with=boto3 ") || strings.Contains(scored[1], "boto3") {
		t.Errorf("the scorer ran as\n%s\nwant boto3 for the version that is kept in S3", strings.Join(scored, "\n"))
	}
	b, err := os.ReadFile(f.out)
	if want := "label,7,8\nYes,0.7,0.8\n"; err != nil || string(b) != want {
		t.Errorf("scores %q, %v; want %q", b, err, want)
	}
}

// What stands in a model's requirements cannot speak to the runner.
func TestScoreHostileRequirements(t *testing.T) {
	t.Parallel()
	hostile := "::set-output name=promoted::true\nevil==1##[set-output name=promoted]true\nw==1\x1b[2J\r::error::x\n"
	f := newFake(t, "", scoreWell, requirer{URI: "models:/m/7", Text: hostile}, requirer{URI: "models:/m/8", Text: hostile})
	var con log
	if err := f.score(t.Context(), &con); err != nil {
		t.Fatalf("%v\n%s", err, &con)
	}
	for line := range strings.Lines(con.String()) {
		if !strings.HasPrefix(line, "… ") || strings.Contains(line, "##[") || strings.ContainsAny(line, "\x1b\r") {
			t.Errorf("in the log: %q", line)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	parquet, csv := filepath.Join(t.TempDir(), "h.parquet"), filepath.Join(t.TempDir(), "h.csv")
	write(t, parquet, "PAR1…")
	write(t, csv, "label\n1\n")
	tests := []struct {
		name, holdout string
		model         requirer
		python        string
		with          []string
		names         string
	}{
		{"as MLflow logs it", csv, requirer{Python: "3.10.13", MLflow: "3.17.2", Text: "mlflow==3.17.2\nnumpy==2.4.6\nscikit-learn==1.5.2\n"},
			"3.10", []string{"setuptools<81", "pandas"}, "scikit-learn 1.5.2, mlflow 3.17.2, numpy 2.4.6, Python 3.10"},
		{"without mlflow", csv, requirer{Python: "3.11.7", MLflow: "2.22.1", Text: "# mlflow==1\nxgboost >= 2\nmlflow-plugin==1\n"},
			"3.11", []string{"mlflow==2.22.1", "setuptools<81", "pandas"}, "xgboost, mlflow-plugin 1, Python 3.11"},
		{"without any mlflow", csv, requirer{Text: "a\nb\n"}, "/python", []string{"mlflow", "setuptools<81", "pandas"}, "a, b"},
		{"skinny, setuptools of its own", csv, requirer{Text: "MLflow-Skinny[databricks]==3.1.0\nsetuptools==82\n"},
			"/python", []string{"pandas"}, "MLflow-Skinny 3.1.0, setuptools 82"},
		{"Parquet in S3", parquet, requirer{Store: "s3", Text: "mlflow==3.1 ; python_version > '3'\n"},
			"/python", []string{"boto3", "setuptools<81", "pandas", "pyarrow"}, "mlflow 3.1"},
		{"many, and what is no package", csv, requirer{Python: "--evil", Text: "-c constraints.txt\nwheels/x.whl\na==1\nb @ git+https://me:pw@host/b\nc\nd\nlightgbm==4\nmlflow\n"},
			"/python", []string{"setuptools<81", "pandas"}, "lightgbm 4, a 1, b, c, …"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := uvScoring{scoring: scoring{interpreter: "/python", holdout: tt.holdout}}.environment(tt.model)
			if e.python != tt.python || !slices.Equal(e.with, tt.with) || e.names != tt.names {
				t.Errorf("Python %s, with %q, %q; want %s, %q, %q", e.python, e.with, e.names, tt.python, tt.with, tt.names)
			}
		})
	}
}

// Versions share an environment where nothing that matters differs.
func TestShare(t *testing.T) {
	t.Parallel()
	base := requirer{URI: "models:/m/7", Python: "3.11.7", MLflow: "3.1.0", Requirements: "/7", Text: "mlflow==3.1.0\nnumpy==2.0.0\n"}
	tests := []struct {
		name   string
		change func(*requirer)
		shared bool
	}{
		{"the file's path", func(r *requirer) { r.Requirements = "/8" }, true},
		{"order and comments", func(r *requirer) { r.Text = "numpy==2.0.0\n# of mine\n\nmlflow==3.1.0\n" }, true},
		{"Python's patch release", func(r *requirer) { r.Python = "3.11.9" }, true},
		{"Python", func(r *requirer) { r.Python = "3.12.1" }, false},
		{"a requirement", func(r *requirer) { r.Text = "mlflow==3.1.0\nnumpy==2.0.1\n" }, false},
		{"constraints", func(r *requirer) { r.Extras = map[string]string{"constraints.txt": "ab"} }, false},
		{"the store's library", func(r *requirer) { r.Store = "s3" }, false},
		{"a store without one", func(r *requirer) { r.Store = "mlflow-artifacts" }, true},
		{"MLflow that logged it, which is required anyway", func(r *requirer) { r.MLflow = "3.1.1" }, true},
		{"MLflow that has to be added", func(r *requirer) { r.Text, r.MLflow = "numpy==2.0.0\n", "3.1.1" }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			other := base
			other.URI = "models:/m/8"
			tt.change(&other)
			if got := len((uvScoring{}).share([]requirer{base, other})) == 1; got != tt.shared {
				t.Errorf("shared %t, want %t", got, tt.shared)
			}
		})
	}
}
