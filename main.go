// Command ct-action closes the continuous-training loop of a model that is
// kept in an MLflow registry: triggers decide whether to retrain, a gate
// decides whether to promote, and a rollback is one command.
//
// It is the entry point of the GitHub Action of the same name, and an ordinary
// command line everywhere else; see the README. Exit statuses: 0 done, 1
// failed or refused, 2 invalid inputs, 3 flagged, 130 and 143 interrupted.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/term"

	"github.com/org/ct-action/internal/actions"
	"github.com/org/ct-action/internal/dataset"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/ledger"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/mlflow"
	"github.com/org/ct-action/internal/service"
	"github.com/org/ct-action/internal/summary"
	"github.com/org/ct-action/internal/train"
)

// version is set by the release build.
var version = "dev"

// The edges fit the loop's ports.
var (
	_ loop.Registry = (*mlflow.Client)(nil)
	_ loop.Data     = dataset.Dir{}
	_ loop.Commands = train.Shell{}
	_ loop.Narrator = (*console)(nil)
	_ loop.Service  = (*service.Client)(nil)
	_ loop.Ledger   = ledger.Files{}

	_ loop.Repository = repository{}
)

func main() {
	ctx, stop := untilSignalled(context.Background())
	status := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run is the program as a function of everything it touches, beside the files
// of the current directory and the network.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	getenv := lookup(environ)
	in, err := parse(args, environ)
	switch {
	case errors.Is(err, inputs.ErrVersion):
		fmt.Fprintln(stdout, "ct-action", version)
		return loop.ExitOK
	case errors.Is(err, inputs.ErrHelp):
		status := help(stdout, stderr, in.Mode, getenv)
		if err != inputs.ErrHelp { // among flags that asked for something else
			fmt.Fprintln(stderr, err)
			return loop.ExitInvalid
		}
		return status
	}
	p := newProgram(in, getenv, stdout, stderr)
	r := &loop.Report{Mode: in.Mode, Model: in.ModelName, Inputs: in, Outcome: loop.Failed, Exit: loop.ExitFailed, Started: time.Now()}
	switch r.Err = p.maskSecrets(); {
	case errors.As(err, new(inputs.Problems)):
		r.Outcome, r.Exit, r.Err = loop.Invalid, loop.ExitInvalid, err
	case err != nil:
		r.Err = err
	case r.Err == nil:
		r = p.carryOut(ctx, environ, r)
	}
	status := p.publish(r)
	if err := giveBack(getenv); err != nil {
		p.runner.Warning(actions.Position{}, err.Error())
	}
	return status
}

// parse is inputs.Parse with a panic as an error.
func parse(args, environ []string) (in inputs.Inputs, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = mistake(cause)
		}
	}()
	return inputs.Parse(args, environ, os.ReadFile)
}

// mistake words a panic.
func mistake(cause any) error {
	return fmt.Errorf("a mistake in this program: %v\nplease report it (https://github.com/org/ct-action/issues) with these lines:\n%s", cause, debug.Stack())
}

// A program is one invocation: where it speaks, and what it was asked.
type program struct {
	in      inputs.Inputs
	getenv  func(string) string
	runner  *actions.Runner
	console *console
	stdout  io.Writer

	registry *mlflow.Client // nil: the mode has none
}

func newProgram(in inputs.Inputs, getenv func(string) string, stdout, stderr io.Writer) *program {
	runner := actions.New(getenv, stdout, stderr)
	say := stdout
	if in.Mode == inputs.ModeTrigger || in.Mode == inputs.ModeJudge { // its stdout is one JSON document
		runner, say = runner.ToStderr(), stderr
	}
	return &program{
		in: in, getenv: getenv, runner: runner, stdout: stdout,
		console: &console{runner: runner, out: say, err: stderr, style: summary.Style{Colour: colour(say, getenv)}},
	}
}

// maskSecrets masks what the environment and the inputs hold, before anything
// is said, all of it even where one is refused.
func (p *program) maskSecrets(more ...string) error {
	var refused []error
	mask := func(name, secret string) error {
		if err := p.runner.Mask(secret); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	for _, s := range []struct{ name, flag, variable string }{
		{"github-token", p.in.GitHubToken.Reveal(), "INPUT_GITHUB-TOKEN"},
		{"verify-token", p.in.VerifyToken.Reveal(), "INPUT_VERIFY-TOKEN"},
		{"MLFLOW_TRACKING_PASSWORD", "", "MLFLOW_TRACKING_PASSWORD"},
		{"MLFLOW_TRACKING_TOKEN", "", "MLFLOW_TRACKING_TOKEN"},
	} {
		err := mask(s.name, p.getenv(s.variable))
		if s.flag != "" && s.flag != p.getenv(s.variable) {
			err = errors.Join(err, mask(s.name, s.flag))
		}
		refused = append(refused, err)
	}
	for _, secret := range more {
		refused = append(refused, mask("a password in a URL or in MLflow's settings", secret))
	}
	return errors.Join(refused...)
}

// carryOut wires the loop and runs it. A panic ends it like any other failure,
// so that outputs and summary are written, and what was done stays reported.
func (p *program) carryOut(ctx context.Context, environ []string, r *loop.Report) (done *loop.Report) {
	l := &loop.Loop{
		In: p.in, Data: dataset.Dir{Stdin: dataset.NewInput(os.Stdin)}, Narrator: p.console,
		Commands: train.Shell{Grace: grace, Out: p.runner.Redacting(p.console.out), Stop: p.runner.StopCommands, Dir: p.in.WorkingDirectory},
		Ledger:   ledger.Files{},
		Now:      time.Now, Sleep: sleep, NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
		Getenv: p.getenv, Environ: withSafeDirectory(inherited(environ, p.in.GitHubToken.Reveal(), p.in.VerifyToken.Reveal())), Actor: actor(p.getenv),
	}
	defer func() {
		if cause := recover(); cause != nil {
			if done = l.Report(); done == nil {
				done = r
			}
			done.Err, done.Exit = mistake(cause), loop.ExitFailed
			if !done.Promoted && done.Outcome != loop.RolledBack {
				done.Outcome = loop.Failed
			}
		}
	}()
	if err := p.connect(l); err != nil {
		r.Err = err
		return r
	}
	return l.Do(ctx)
}

// publish writes what outlives the run, whatever its exit status: the decision
// document, the outputs, the summary.
func (p *program) publish(r *loop.Report) int {
	p.console.finish(r)
	redactReport(r, p.runner.Redact)
	var problems []error
	document, err := summary.Document(r)
	if err == nil {
		text := p.runner.Redact(string(document))
		err = writeResult(summary.DocumentPath(r.Model), text)
		defer p.keepDecision(r, text) // last: no other result waits for it
	}
	problems = append(problems, err)
	problems = append(problems, p.runner.Outputs(summary.Outputs(r)))
	markdown := summary.Markdown(r)
	problems = append(problems, p.runner.Summary(markdown), writeResult(summary.PagePath(r.Model), p.runner.Redact(markdown)))
	problems = append(problems, p.printDocument(r))
	if err := errors.Join(problems...); err != nil {
		p.runner.Error(actions.Position{}, "writing the results: "+err.Error())
		return max(r.Exit, loop.ExitFailed)
	}
	return r.Exit
}

// printDocument is the stdout of the modes whose result a program reads.
func (p *program) printDocument(r *loop.Report) error {
	var document []byte
	var err error
	switch r.Mode {
	case inputs.ModeTrigger:
		document, err = summary.TriggerDocument(r)
	case inputs.ModeJudge:
		document, err = summary.JudgeDocument(r)
	default:
		return nil
	}
	text := strings.TrimSpace(p.runner.Redact(string(document)))
	if err == nil && !json.Valid([]byte(text)) {
		text = `{"error": "a secret is among the document's own words"}`
		err = errors.New("a secret is among the words of the document that this mode prints: choose another secret")
	}
	fmt.Fprintln(p.stdout, text)
	return err
}

// grace is what the user's commands get between SIGTERM and SIGKILL. The runner
// kills a cancelled container 10 seconds after its first signal, and the results
// still have to be written then.
const grace = 5 * time.Second

// writeResult puts a result into the workspace.
func writeResult(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

func help(stdout, stderr io.Writer, mode inputs.Mode, getenv func(string) string) int {
	if err := inputs.Help(stdout, mode, width(stdout, getenv), colour(stdout, getenv)); err != nil {
		fmt.Fprintln(stderr, err)
		return loop.ExitFailed
	}
	return loop.ExitOK
}

// widest is how long a line of help may become, whatever the terminal: longer
// ones are hard to read.
const widest = 100

// width is how many columns the reader has: what COLUMNS says, else the
// terminal, else as many as terminals have.
func width(w io.Writer, getenv func(string) string) int {
	if columns, err := strconv.Atoi(getenv("COLUMNS")); err == nil && columns > 0 {
		return min(columns, widest)
	}
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return min(columns, widest)
		}
	}
	return 80
}

// colour reports whether the writer is a terminal that wants it
// (https://no-color.org).
func colour(w io.Writer, getenv func(string) string) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}
