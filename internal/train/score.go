package train

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// scorer is the Python program that scores model versions. The text at its head says
// which column of a model's answer becomes the score.
//
//go:embed scorer.py
var scorer []byte

const (
	scorerName    = "scorer"   // in place of an input's name
	scorerProblem = 3          // exit status: a model or the data cannot be scored
	scorerMark    = "scorer: " // begins the lines that say why

	// scorerUnloadable is the exit status where nothing is wrong but that the
	// interpreter's packages do not load a version, such as an old champion after
	// packages were upgraded for the challenger.
	scorerUnloadable = 4
)

// Score scores the holdout with the registered model versions at uris
// (models:/NAME/VERSION), and writes out as CSV: a column `label`, the target's
// text as it stands in the holdout (of Parquet: decimal numbers, true and
// false, blank for null), and one column per version, named by it, of scores
// between which float64 loses nothing; of a multiclass task one column per
// version and class, VERSION_CLASS. A version given twice is scored once.
// Not a byte of out is written unless every version was scored.
//
// python is a name to look up in PATH or a path; it, holdout and out are
// relative to this process's working directory, not to Dir, which is where
// modules are found that models logged from a checkout need. Only env reaches
// the scorer: MLflow's variables have to be in it. The time limit is ctx's.
//
// Where python has mlflow, one process of it scores all versions. Where it has
// none, uv does it, found in env's PATH, with what each version was logged
// with; see the package comment.
//
// Errors are of type *Error; its Detail is set where the models, their
// requirements or the data are to blame. Others say what could not be written.
func (s Shell) Score(ctx context.Context, python string, uris []string, holdout, target, task, positiveClass, out string, env []string) error {
	path, err := interpreter(python)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "scorer-")
	if err != nil {
		return fmt.Errorf("making a directory for the embedded scorer: %w", err)
	}
	defer os.RemoveAll(dir)
	for name, program := range map[string][]byte{"scorer.py": scorer, "requirements.py": fetcher} {
		if err := os.WriteFile(filepath.Join(dir, name), program, 0o600); err != nil {
			return fmt.Errorf("writing the embedded scorer: %w", err)
		}
	}
	job := scoring{shell: s, python: python, interpreter: path, dir: dir, holdout: holdout, target: target, task: task, positiveClass: positiveClass, env: env}
	switch lacks, err := job.lacksMLflow(ctx); {
	case err != nil:
		return err
	case lacks:
		return job.throughUV(ctx, uris, out)
	}
	err = s.run(ctx, scorerName, append([]string{path}, job.arguments(uris, out)...), env, 0)
	var e *Error
	if uv := lookPath("uv", env); uv != "" && errors.As(err, &e) && e.ExitCode == scorerUnloadable {
		return uvScoring{job, uv, "does not load them all"}.score(ctx, uris, out)
	}
	return explain(err)
}

// A scoring is what Score was asked for.
type scoring struct {
	shell                          Shell
	python, interpreter            string // as the user named it, and its path
	dir                            string // of the embedded programs; absolute
	holdout, target, positiveClass string
	task                           string // binary, continuous or multiclass
	env                            []string
}

// arguments are those of the interpreter that runs the embedded scorer.
func (s scoring) arguments(uris []string, out string) []string {
	argv := []string{"-u", filepath.Join(s.dir, "scorer.py"),
		"--holdout=" + s.shell.fromDir(s.holdout), "--target=" + s.target, "--task=" + s.task, "--positive-class=" + s.positiveClass, "--out=" + s.shell.fromDir(out)}
	for _, uri := range uris {
		argv = append(argv, "--uri="+uri)
	}
	return argv
}

// noMLflow is the exit status that says that an interpreter has no mlflow. Python
// itself never exits with it.
const noMLflow = 44

// findMLflow is the program that looks for mlflow. A module of that name in the
// working directory does not count, nor does a folder without code.
const findMLflow = `import importlib.util, sys
sys.path = [p for p in sys.path if p]
found = importlib.util.find_spec("mlflow")
sys.exit(0 if found and found.origin else int(sys.argv[1]))`

// lacksMLflow asks the interpreter whether it lacks mlflow. One that cannot answer is
// taken to have it: the scorer will then say what is wrong with the interpreter.
func (s scoring) lacksMLflow(ctx context.Context) (bool, error) {
	quiet := Shell{Heartbeat: s.shell.Heartbeat, Grace: s.shell.Grace, Dir: s.shell.Dir}
	err := quiet.run(ctx, scorerName, []string{s.interpreter, "-c", findMLflow, strconv.Itoa(noMLflow)}, s.env, 0)
	var e *Error
	if errors.As(err, &e) && (e.TimedOut || ctx.Err() != nil) {
		return false, err
	}
	return errors.As(err, &e) && e.ExitCode == noMLflow, nil
}

// throughUV scores in environments that uv makes, if there is uv.
func (s scoring) throughUV(ctx context.Context, uris []string, out string) error {
	uv := lookPath("uv", s.env)
	if uv == "" {
		return &Error{Name: scorerName, ExitCode: -1, Detail: fmt.Sprintf(
			"%s: %s (%s) has no mlflow, and there is no uv on PATH to make an environment from what the models were logged with\n"+
				"in setup-command install mlflow and the model's packages and let python name the interpreter that has them (.venv/bin/python), "+
				"or install uv (pip install uv); or give a score-command", scorerName, s.python, s.interpreter)}
	}
	return uvScoring{s, uv, "has no mlflow"}.score(ctx, uris, out)
}

// lookPath finds a program where a command with this environment would, or is
// "". Relative directories in PATH do not count.
func lookPath(name string, env []string) string {
	for _, entry := range slices.Backward(env) { // of two, the last one holds
		path, ok := strings.CutPrefix(entry, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(path) {
			file := filepath.Join(dir, name)
			if _, err := exec.LookPath(file); err == nil && filepath.IsAbs(file) {
				return file
			}
		}
		return ""
	}
	return ""
}

// fromDir is a path of ours as a command in Dir has to write it. It stays as it is
// where possible, because the scorer's messages repeat it.
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

// explain adds the scorer's own explanation to an exit status of its.
func explain(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.ExitCode != scorerProblem && e.ExitCode != scorerUnloadable {
		return err
	}
	isMarked := func(line string) bool { return strings.HasPrefix(line, scorerMark) }
	if i := slices.IndexFunc(e.Tail, isMarked); i >= 0 {
		e.Detail = strings.Join(e.Tail[i:], "\n")
	}
	return err
}
