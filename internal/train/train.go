// Package train runs what the user brings: the setup, training and scoring
// commands, and the Python scorer that comes embedded with this program.
//
// A command runs as `bash -euo pipefail -c SCRIPT`, with exactly the
// environment that it is given and nothing on its standard input. Its standard
// output and standard error are one stream, copied as it comes:
//
//   - GitHub's runner obeys `::commands::` that anything prints, so Shell.Stop
//     brackets the stream; what this package says in between begins with an
//     ellipsis and so can never be a command.
//   - When a command has printed nothing for a minute, a heartbeat line tells
//     those who watch a long training that it still runs.
//   - Only the last lines of it are kept, for the error text.
//
// The command leads a process group of its own. A deadline or a cancelled
// context ends that whole group: SIGTERM, then SIGKILL after Shell.Grace, also
// for children that ignore SIGTERM and grandchildren that outlive their
// parents. A command that worked may leave processes behind (a database that
// setup-command started); they are neither waited for nor ended.
//
// The embedded scorer (scorer.py) runs in one of two ways:
//
//   - in the interpreter that the input `python` names, where that has mlflow:
//     one process for all versions. setup-command is where a user makes such an
//     interpreter.
//   - else through uv, where that is on PATH: uv makes an environment from the
//     requirements.txt that MLflow logged beside each model, on the Python that
//     it was logged with, so that an old champion is loaded with the
//     scikit-learn that it was made with. Versions that were logged with the
//     same requirements share a process, and the columns are put together at the
//     end. What scoring needs beside the requirements is added (pandas; mlflow
//     where a model does not ask for it; the client library of the artifact
//     store; see environment). requirements.py reads the requirements, in an
//     environment of its own. The checkout's uv.toml, pyproject.toml,
//     .python-version and .venv are ignored, because they belong to today's
//     model. UV_ variables and the user's own uv.toml (an index, a cache, a
//     proxy) are heeded.
//
// How a command ended is an *Error, which tells a status, a signal, a deadline
// and a cancellation apart and says what to do next.
package train

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// A Shell runs commands of the user. The zero Shell discards their output; Out
// alone makes a useful one.
type Shell struct {
	Out io.Writer // receives the output as it comes; nil discards it

	// Stop makes the runner deaf to workflow commands and returns what undoes
	// it. Nil where no runner listens.
	Stop func(io.Writer) (resume func())

	Heartbeat time.Duration // silence before a sign of life; 0 is one minute
	Grace     time.Duration // between SIGTERM and SIGKILL; 0 is ten seconds
	Dir       string        // working directory; "" is this process's own

	bash string // tests replace it; "" is bash
}

// Run runs a script through bash and returns when it has ended. The name is
// the input that holds it (train-command): error texts and heartbeats use it.
// The environment is env and nothing else. A timeout of 0 is none.
//
// Errors are of type *Error, except for one that says the log could not be
// written.
func (s Shell) Run(ctx context.Context, name, script string, env []string, timeout time.Duration) error {
	_, err := s.Hear(ctx, name, script, env, timeout)
	return err
}

// Hear is Run, and also returns the last lines that the script printed, made safe
// to print.
func (s Shell) Hear(ctx context.Context, name, script string, env []string, timeout time.Duration) (said []string, err error) {
	argv := []string{either(s.bash, "bash"), "-euo", "pipefail", "-c", script}
	con := newConsole(s.Out)
	err = s.runOn(ctx, con, name, argv, env, timeout)
	return con.tail.all(), err
}

// Scratch makes a private directory for what commands hand back, and returns
// what removes it again.
func (s Shell) Scratch() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "ct-action-")
	if err != nil {
		return "", nil, fmt.Errorf("making a directory for the scores: %w", err)
	}
	return dir, func() { os.RemoveAll(dir) }, nil
}

func (s Shell) run(ctx context.Context, name string, argv, env []string, timeout time.Duration) error {
	return s.runOn(ctx, newConsole(s.Out), name, argv, env, timeout)
}

// runOn starts argv, sees it through to its end, and words how it ended.
func (s Shell) runOn(ctx context.Context, con *console, name string, argv, env []string, timeout time.Duration) error {
	if err := ctx.Err(); err != nil {
		return &Error{Name: name, ExitCode: -1, Err: context.Cause(ctx)}
	}
	if err := checkDir(s.Dir); err != nil {
		return notStarted(name, err)
	}
	p, err := start(con, s.Dir, argv, env)
	if err != nil {
		return notStarted(name, err)
	}
	if s.Stop != nil {
		resume := s.Stop(con.out)
		defer resume()
	}
	go p.copyTo(con) // only now: nothing may be printed before the bracket opens

	why := s.watch(ctx, p, con, name, timeout)
	elapsed := time.Since(p.began)
	if why != ended || p.failed() {
		p.terminate(either(s.Grace, 10*time.Second))
	}
	if left := p.drain(con); left && why == ended {
		con.say("… %s has ended and left processes in the background; what they print is no longer shown", name)
	}
	con.close()
	return outcome(ctx, p, con, name, why, elapsed, timeout)
}

// A reason is why watching a command came to an end.
type reason int

const (
	ended     reason = iota // of its own accord
	timedOut                // the timeout or the context's deadline passed
	cancelled               // the context was cancelled
)

// watch returns when the command has ended or has to be ended. While the command is
// silent, it prints heartbeat lines.
func (s Shell) watch(ctx context.Context, p *process, con *console, name string, timeout time.Duration) reason {
	var deadline <-chan time.Time
	if timeout > 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		deadline = t.C
	}
	every := either(s.Heartbeat, time.Minute)
	beat := time.NewTimer(every)
	defer beat.Stop()
	for {
		select {
		case <-p.exited:
			return ended
		case <-deadline:
			return timedOut
		case <-ctx.Done():
			if ctx.Err() == context.DeadlineExceeded {
				return timedOut
			}
			return cancelled
		case <-beat.C:
			silent := con.silent()
			if silent < every {
				beat.Reset(every - silent)
				continue
			}
			con.say("… %s still running after %s (silent for %s)", name, brief(time.Since(p.began)), brief(silent))
			beat.Reset(every)
		}
	}
}

// outcome turns the end of a command into nil or an error.
func outcome(ctx context.Context, p *process, con *console, name string, why reason, elapsed, timeout time.Duration) error {
	if why == ended && !p.failed() {
		if err := con.failure(); err != nil {
			return fmt.Errorf("writing the output of %s: %w", name, err)
		}
		return nil
	}
	e := &Error{Name: name, ExitCode: -1, Elapsed: elapsed, Tail: con.tail.lines(), output: con.tail.all()}
	switch why {
	case timedOut:
		e.TimedOut, e.Timeout, e.Err = true, timeout, context.DeadlineExceeded
	case cancelled:
		e.Err = context.Cause(ctx)
	default:
		e.ExitCode, e.Signal, e.Err = p.status()
	}
	return e
}

// checkDir tells a missing working directory apart from a missing program,
// which the operating system reports in the same words.
func checkDir(dir string) error {
	if dir == "" {
		return nil
	}
	const hint = "\nworking-directory is a directory of the checkout, relative to the workspace: is actions/checkout there, and is the spelling right?"
	switch info, err := os.Stat(dir); {
	case err != nil:
		return fmt.Errorf("working-directory: %w%s", err, hint)
	case !info.IsDir():
		return fmt.Errorf("working-directory: %s is a file, expected a directory%s", dir, hint)
	}
	return nil
}

// start starts argv as the leader of a new process group, its output going
// into one pipe that nobody reads yet.
func start(con *console, dir string, argv, env []string) (*process, error) {
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	defer w.Close() // the command holds its own copy
	cmd := exec.Command(path, argv[1:]...)
	cmd.Args[0] = argv[0] // what bash calls itself in its messages
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = env, dir, w, w
	if env == nil {
		cmd.Env = []string{} // to os/exec, nil means our own environment
	}
	leadGroup(cmd)
	if err := cmd.Start(); err != nil {
		r.Close()
		return nil, err
	}
	p := &process{cmd: cmd, out: r, began: time.Now(), exited: make(chan struct{}), eof: make(chan struct{})}
	go p.wait()
	return p, nil
}

// either is v, or the default where v is the zero value.
func either[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
