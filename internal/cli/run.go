// Package cli is the program as a function of everything that it touches: Run takes
// a Process and returns an exit status.
//
// It parses the inputs, masks the secrets, gives the loop the edges that the mode
// needs, reports what happens while the loop runs, and writes the results, however
// the run ends: after a panic, too, there are a summary and outputs. It decides
// nothing itself.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/org/ct-action/internal/actions"
	"github.com/org/ct-action/internal/dataset"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/ledger"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/mlflow"
	"github.com/org/ct-action/internal/service"
	"github.com/org/ct-action/internal/summary"
	"github.com/org/ct-action/internal/train"
	"github.com/org/ct-action/internal/workspace"
)

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

// A Process is what the operating system gives to one run of the program,
// beside the files of the current directory and the network.
type Process struct {
	Version string   // of the program, as it was released
	Args    []string // without the program's name
	Environ []string // "NAME=value"
	UID     int      // the effective user; -1 where users have no numbers
	Stdin   *os.File

	Stdout, Stderr io.Writer

	// Terminal is how many columns a stream's reader sees, 0 if that is not
	// known; ok is false for a stream that no terminal shows.
	Terminal func(io.Writer) (columns int, ok bool)

	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error // ends early, with the cause, when the context does
}

// Run carries out one command and returns its exit status.
func Run(ctx context.Context, process Process) int {
	p := newProgram(process)
	in, err := parse(p.Args, p.Environ)
	switch {
	case errors.Is(err, inputs.ErrVersion):
		fmt.Fprintln(p.Stdout, "ct-action", p.Version)
		return loop.ExitOK
	case errors.Is(err, inputs.ErrHelp):
		status := p.help(in.Mode)
		if err != inputs.ErrHelp { // among flags that asked for something else
			fmt.Fprintln(p.Stderr, err)
			return loop.ExitInvalid
		}
		return status
	}
	p.speakAs(in)
	r := &loop.Report{Mode: in.Mode, Model: in.ModelName, Inputs: in, Outcome: loop.Failed, Exit: loop.ExitFailed, Started: p.Now()}
	switch r.Err = p.maskSecrets(); {
	case errors.As(err, new(inputs.Problems)):
		r.Outcome, r.Exit, r.Err = loop.Invalid, loop.ExitInvalid, err
	case err != nil:
		r.Err = err
	case r.Err == nil:
		r = p.carryOut(ctx, r)
	}
	status := p.publish(r)
	if err := p.workspace.GiveBack(); err != nil {
		p.runner.Warning(actions.Position{}, err.Error())
	}
	return status
}

// parse is inputs.Parse, with a panic turned into an error.
func parse(args, environ []string) (in inputs.Inputs, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = mistake(cause)
		}
	}()
	return inputs.Parse(args, environ, os.ReadFile)
}

// mistake is a panic as an error, which asks the user to report it.
func mistake(cause any) error {
	return fmt.Errorf("a mistake in this program: %v\nplease report it (https://github.com/org/ct-action/issues) with these lines:\n%s", cause, debug.Stack())
}

// A program carries out one command: it holds what was asked, and where to report.
type program struct {
	Process
	getenv    func(string) string
	workspace workspace.Workspace

	in      inputs.Inputs
	runner  *actions.Runner
	console *console

	registry *mlflow.Client // nil: the mode has none
}

func newProgram(process Process) *program {
	getenv := lookup(process.Environ)
	return &program{Process: process, getenv: getenv, workspace: workspace.Of(process.UID, getenv)}
}

// speakAs takes over the inputs. Their mode decides on which stream the run is
// reported.
func (p *program) speakAs(in inputs.Inputs) {
	p.in, p.runner = in, actions.New(p.getenv, p.Stdout, p.Stderr)
	say := p.Stdout
	if in.Mode == inputs.ModeTrigger || in.Mode == inputs.ModeJudge { // its stdout is one JSON document
		p.runner, say = p.runner.ToStderr(), p.Stderr
	}
	p.console = &console{runner: p.runner, out: say, err: p.Stderr, style: summary.Style{Colour: p.colour(say)}}
}

// maskSecrets masks the secrets of the environment and of the inputs, before
// anything is printed. One that is refused does not keep the others from being
// masked.
func (p *program) maskSecrets(more ...string) error {
	var refused []error
	mask := func(name, secret string) {
		if err := p.runner.Mask(secret); err != nil {
			refused = append(refused, fmt.Errorf("%s: %w", name, err))
		}
	}
	for _, s := range []struct{ name, flag, variable string }{
		{"github-token", p.in.GitHubToken.Reveal(), "INPUT_GITHUB-TOKEN"},
		{"bake-token", p.in.BakeToken.Reveal(), "INPUT_BAKE-TOKEN"},
		{"reload-token", p.in.ReloadToken.Reveal(), "INPUT_RELOAD-TOKEN"},
		{"verify-token", p.in.VerifyToken.Reveal(), "INPUT_VERIFY-TOKEN"},
		{"MLFLOW_TRACKING_PASSWORD", "", "MLFLOW_TRACKING_PASSWORD"},
		{"MLFLOW_TRACKING_TOKEN", "", "MLFLOW_TRACKING_TOKEN"},
	} {
		mask(s.name, p.getenv(s.variable))
		if s.flag != "" && s.flag != p.getenv(s.variable) {
			mask(s.name, s.flag)
		}
	}
	for _, secret := range more {
		mask("a password in a URL or in MLflow's settings", secret)
	}
	return errors.Join(refused...)
}

// carryOut wires the loop and runs it. A panic ends it like any other failure,
// so that outputs and summary are written, and what was done stays reported.
func (p *program) carryOut(ctx context.Context, r *loop.Report) (done *loop.Report) {
	l := &loop.Loop{
		In: p.in, Data: dataset.Dir{Stdin: dataset.NewInput(p.Stdin)}, Narrator: p.console,
		Commands: train.Shell{Grace: loop.LastBreath, Out: p.runner.Redacting(p.console.out), Stop: p.runner.StopCommands, Dir: p.in.WorkingDirectory},
		Ledger:   ledger.Files{},
		Now:      p.Now, Sleep: p.Sleep, NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
		Getenv: p.getenv, Actor: actor(p.getenv),
		Environ: p.workspace.TrustedByGit(inherited(p.Environ, p.in.GitHubToken.Reveal(), p.in.BakeToken.Reveal(), p.in.ReloadToken.Reveal(), p.in.VerifyToken.Reveal())),
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
