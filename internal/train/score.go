package train

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// scorer is the Python program that scores model versions. Its head says which
// column of which model's answer becomes the score.
//
//go:embed scorer.py
var scorer []byte

const (
	scorerName    = "scorer"   // in place of an input's name
	scorerProblem = 3          // exit status: a model or the data cannot be scored
	scorerMark    = "scorer: " // begins the lines that say why
)

// Score scores the holdout with the registered model versions at uris
// (models:/NAME/VERSION) in one Python process, and writes out as CSV: a column
// `label`, the target's text as it stands in the holdout (of Parquet: decimal
// numbers, true and false, blank for null), and one column per version, named
// by it, of scores between which float64 loses nothing. A version given twice
// has one column. Not a byte of out is written unless every version was scored.
//
// python is a name to look up in PATH or a path; it, holdout and out are
// relative to this process's working directory, not to Dir, which is where
// modules are found that models logged from a checkout need. Only env reaches
// the scorer: MLflow's variables have to be in it. The time limit is ctx's.
//
// Errors are of type *Error; its Detail is set where the models or the data
// are to blame.
func (s Shell) Score(ctx context.Context, python string, uris []string, holdout, target, positiveClass, out string, env []string) error {
	python, err := interpreter(python)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "scorer-")
	if err != nil {
		return fmt.Errorf("making a directory for the embedded scorer: %w", err)
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "scorer.py")
	if err := os.WriteFile(program, scorer, 0o600); err != nil {
		return fmt.Errorf("writing the embedded scorer: %w", err)
	}
	argv := []string{python, "-u", program,
		"--holdout=" + s.fromDir(holdout), "--target=" + target, "--positive-class=" + positiveClass, "--out=" + s.fromDir(out)}
	for _, uri := range uris {
		argv = append(argv, "--uri="+uri)
	}
	return explain(s.run(ctx, scorerName, argv, env, 0))
}

// fromDir is a path of ours as a command sees it that runs in Dir. It stays as
// it is where it can, because the scorer's messages repeat it.
func (s Shell) fromDir(path string) string {
	if s.Dir == "" || filepath.Clean(s.Dir) == "." {
		return path
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return path // no working directory: nothing is going to open
	}
	return abs
}

// interpreter finds python, and makes a path absolute, which os/exec would
// otherwise take as relative to the command's working directory.
func interpreter(python string) (string, error) {
	path, err := exec.LookPath(python)
	if errors.Is(err, exec.ErrDot) {
		err = nil // a bare name in a PATH with "." in it: the user's own choice
	}
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", &Error{Name: scorerName, ExitCode: -1, Err: fmt.Errorf(
			"%w\npython is the interpreter that has mlflow and the model's packages: a name on PATH or a path relative to the workspace, such as .venv/bin/python", err)}
	}
	return path, nil
}

// explain puts what the scorer has to say in place of a bare exit status.
func explain(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.ExitCode < 1 {
		return err
	}
	if e.ExitCode == scorerProblem {
		for i, line := range e.Tail {
			if strings.HasPrefix(line, scorerMark) {
				e.Detail = strings.Join(e.Tail[i:], "\n")
				return e
			}
		}
	}
	return e
}
