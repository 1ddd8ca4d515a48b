package train

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/mlflowtest"
	"github.com/org/ct-action/internal/pythontest"
)

// A registry is a real MLflow server with versions that were logged under
// different releases of scikit-learn, and what scores them without mlflow.
type registry struct {
	dir    string // of the holdout and of what the models answered when they were logged
	python string // has no mlflow
	uv     string
	env    []string
}

// Both have wheels for Python 3.10 to 3.13.
const oldSklearn, newSklearn = "1.5.2", "1.7.2"

// TestScoreThroughUV scores versions of two releases of scikit-learn with an
// interpreter that has no mlflow. Versions 1 and 2 are of the old one, 5 of the
// new one, with constraints and a wheel beside the model; 1 and 5 refuse to
// answer under another release. The requirements of version 4 cannot be had,
// version 6 has none.
func TestScoreThroughUV(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	t.Run("each with its own release", func(t *testing.T) {
		t.Parallel()
		c := r.call(t, "holdout.parquet", "1", "5", "2", "1")
		c.expect(t)
		c.expectLog(t,
			"… "+r.python+" has no mlflow: reading the requirements of v1 and v5 and v2 through uv\n",
			"scoring v1 and v2 with their own requirements (scikit-learn "+oldSklearn+", mlflow ",
			"scoring v5 with its own requirements (scikit-learn "+newSklearn+", mlflow ",
			"scoring models:/churn/1 (pyfunc) … 60 rows in ",
		)
		c.expectProcesses(t, 2)
	})
	t.Run("equal requirements share one process", func(t *testing.T) {
		t.Parallel()
		c := r.call(t, "holdout.csv", "2", "1")
		c.expect(t)
		c.expectProcesses(t, 1)
	})
	t.Run("an interpreter whose packages load none of them", func(t *testing.T) {
		t.Parallel()
		with := *r
		with.python = pythontest.Interpreter(t)
		c := with.call(t, "holdout.csv", "1", "5")
		c.expect(t)
		c.expectLog(t, "AttributeError", "… "+with.python+" does not load them all: reading the requirements of v1 and v5 through uv\n")
		c.expectProcesses(t, 2)
	})
	t.Run("requirements that cannot be had", func(t *testing.T) {
		t.Parallel()
		c := r.call(t, "holdout.csv", "1", "4")
		c.expectError(t, "scorer: installing the requirements of v4 through uv: ", "scikit-learn==99.9", "unsatisfiable", "\npackages of a private index")
		c.expectProcesses(t, 0)
	})
	t.Run("no requirements", func(t *testing.T) {
		t.Parallel()
		c := r.call(t, "holdout.csv", "1", "6")
		c.expectError(t, "scorer: models:/churn/6 was logged without a requirements.txt; beside the model there is MLmodel, constraints.txt", "\nlet python name an interpreter")
		c.expectProcesses(t, 0)
	})
	t.Run("no such version", func(t *testing.T) {
		t.Parallel()
		c := r.call(t, "holdout.csv", "98", "99")
		c.expectError(t, "scorer: reading the requirements of models:/churn/98: ", "of models:/churn/99: ", "MLFLOW_TRACKING_URI")
	})
}

// A call is one scoring that came to its end.
type call struct {
	*registry
	versions []string
	out, uv  string // the scores, and the commands that uv was given, a line each
	log      string
	err      error
}

func (r *registry) call(t *testing.T, holdout string, versions ...string) call {
	t.Helper()
	dir := t.TempDir()
	c := call{registry: r, versions: versions, out: filepath.Join(dir, "scores.csv"), uv: filepath.Join(dir, "calls")}
	// uv by way of a script that takes notes, in a checkout that would spoil
	// every environment which heeds it.
	write(t, filepath.Join(dir, "bin", "uv"), "#!/bin/sh\necho \"$@\" >>'"+c.uv+"'\nexec '"+r.uv+"' \"$@\"\n")
	write(t, filepath.Join(dir, "uv.toml"), "required-version = \">=99\"\n")
	write(t, filepath.Join(dir, ".python-version"), "3.4\n")
	write(t, filepath.Join(dir, "mlflow", "__init__.py"), "raise ImportError('not this one')\n")
	env := append(slices.Clone(r.env), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	var con log
	c.err = Shell{Out: &con, Dir: dir}.Score(t.Context(), r.python, uris(versions...), filepath.Join(r.dir, holdout), "churned", "binary", "1", c.out, env)
	c.log = con.String()
	return c
}

func uris(versions ...string) (uris []string) {
	for _, v := range versions {
		uris = append(uris, "models:/churn/"+v)
	}
	return uris
}

// expect holds the file against what the models answered when they were logged.
func (c call) expect(t *testing.T) {
	t.Helper()
	if c.err != nil {
		t.Fatalf("%v\n%s", c.err, c.log)
	}
	want := scoringCase{URIs: uris(c.versions...), Scores: map[string][]float64{}}
	readJSON(t, filepath.Join(c.dir, "labels.json"), &want.Labels)
	for _, v := range c.versions {
		var answer []float64
		readJSON(t, filepath.Join(c.dir, v+".json"), &answer)
		want.Scores[v] = answer
	}
	expectScores(t, want, c.out)
}

func (c call) expectLog(t *testing.T, lines ...string) {
	t.Helper()
	for _, want := range lines {
		if !strings.Contains(c.log, want) {
			t.Errorf("no %q in the log:\n%s", want, c.log)
		}
	}
}

// expectError holds what is said, and that nothing was written.
func (c call) expectError(t *testing.T, texts ...string) {
	t.Helper()
	var e *Error
	if !errors.As(c.err, &e) {
		t.Fatalf("got %v, want an *Error; the log:\n%s", c.err, c.log)
	}
	for _, want := range texts {
		if !strings.Contains(e.Detail, want) {
			t.Errorf("no %q in the error:\n%v", want, c.err)
		}
	}
	if _, err := os.Stat(c.out); !os.IsNotExist(err) {
		t.Errorf("scores were written all the same: %v", err)
	}
}

// expectProcesses holds how often the scorer ran.
func (c call) expectProcesses(t *testing.T, want int) {
	t.Helper()
	b, err := os.ReadFile(c.uv)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(b), "/scorer.py "); got != want {
		t.Errorf("the scorer ran in %d processes, want %d; uv was called with\n%s", got, want, b)
	}
}

// newRegistry starts the server and logs the versions. What is beside
// scikit-learn is of the releases that the development environment has.
func newRegistry(t *testing.T) *registry {
	t.Helper()
	dir, python := t.TempDir(), pythontest.Interpreter(t)
	r := &registry{dir: dir, uv: filepath.Join(filepath.Dir(python), "uv"), python: filepath.Join(dir, "bare", "bin", "python")}
	r.env = slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "MLFLOW_") || strings.HasPrefix(entry, "PYTHON")
	})
	r.env = append(r.env, "MLFLOW_DISABLE_TELEMETRY=true", "MLFLOW_TRACKING_URI="+mlflowtest.Start(t).URI)
	r.command(t, r.uv, "venv", "--quiet", "--python="+python, filepath.Join(dir, "bare"))
	same := r.command(t, python, "-c", "from importlib.metadata import version\n"+
		"for p in ('mlflow', 'numpy', 'pandas', 'scipy'): print(f'--with={p}=={version(p)}')")
	environment := append([]string{"run", "--no-project", "--isolated", "--python=" + python}, strings.Fields(same)...)
	for _, logged := range [][]string{{oldSklearn}, {newSklearn, "scikit-learn==99.9"}} {
		program := append(slices.Clone(environment), "--with=scikit-learn=="+logged[0], "python", "testdata/log_release.py", dir, "churn")
		r.command(t, r.uv, append(program, logged[1:]...)...)
	}
	return r
}

func (r *registry) command(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = r.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return string(out)
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// write writes a file that can be run, and the directories above it.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}
