package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// An Error is how a command ended that did not work. Its text names the input,
// how it ended and after how long, the last lines of its output, and on the
// last line what to do next.
type Error struct {
	Name     string         // of the input: train-command
	ExitCode int            // as the shell reports it; -1 when it did not exit by itself
	Signal   syscall.Signal // that ended the command from outside, or 0
	TimedOut bool           // ended by its timeout or the context's deadline
	Timeout  time.Duration  // that was exceeded; 0 when it was the context's
	Elapsed  time.Duration  // from start to end
	Tail     []string       // its last lines, safe to print
	Detail   string         // what the embedded scorer says is wrong; replaces all other text
	Err      error          // why it did not start, was cancelled or timed out

	output []string // what Tail is the end of
}

// Unwrap returns the reason behind the end, so that errors.Is tells
// context.Canceled and context.DeadlineExceeded.
func (e *Error) Unwrap() error { return e.Err }

// Error is the whole text, of several lines.
func (e *Error) Error() string {
	if e.Detail != "" {
		return e.Detail
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Name, e.ending())
	if len(e.Tail) > 0 {
		b.WriteString("\nthe last lines of its output:")
		for _, line := range e.Tail {
			b.WriteString("\n  | " + line)
		}
	}
	if hint := e.hint(); hint != "" {
		b.WriteString("\n" + hint)
	}
	return b.String()
}

// ending words how the command ended.
func (e *Error) ending() string {
	after := "after " + brief(e.Elapsed)
	switch {
	case e.TimedOut:
		return "timed out " + after + "; it and its child processes were ended"
	case e.Signal != 0:
		return fmt.Sprintf("was ended by %s %s", signalName(e.Signal), after)
	case e.ExitCode > 128 && signalName(syscall.Signal(e.ExitCode-128)) != "":
		return fmt.Sprintf("exited with status %d (128 + %s) %s", e.ExitCode, signalName(syscall.Signal(e.ExitCode-128)), after)
	case e.ExitCode >= 0:
		return fmt.Sprintf("exited with status %d %s", e.ExitCode, after)
	case e.Elapsed == 0:
		return fmt.Sprintf("not started: %v", e.Err)
	case errors.Is(e.Err, context.Canceled):
		return "interrupted " + after + "; it and its child processes were ended"
	}
	return fmt.Sprintf("ended %s: %v", after, e.Err)
}

// hint words what to do next.
func (e *Error) hint() string {
	sig := e.Signal
	if e.ExitCode > 128 {
		sig = syscall.Signal(e.ExitCode - 128)
	}
	switch {
	case e.TimedOut && e.Timeout > 0 && (e.Name == "train-command" || e.Name == "setup-command"):
		return "raise train-timeout (now " + brief(e.Timeout) + "), and the job's timeout-minutes with it, or make the command do less"
	case e.TimedOut:
		return "give it more time, or make the command do less"
	case sig == syscall.SIGKILL:
		return "most often the machine ran out of memory: use a larger runner or less data"
	case e.Name == scorerName && e.ExitCode > 0:
		return "the embedded scorer crashed: try another python, or give a score-command of your own"
	case e.ExitCode == 127:
		return "a program was not found: install it in setup-command, and check PATH and working-directory"
	case e.ExitCode == 126:
		return "a file is there but cannot be run: chmod +x it, or start it through its interpreter (python src/train.py)"
	case e.ExitCode > 0:
		return "its whole output is in the log above; " + e.Name + " runs through bash -euo pipefail, so the first command that fails ends it"
	}
	return ""
}

// notStarted says why a command could not be started, and the remedy where it
// is known.
func notStarted(name string, err error) error {
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist) && !strings.HasPrefix(err.Error(), "working-directory"):
		err = fmt.Errorf("%w\ncommands run through bash: install it, or put it on PATH", err)
	case errors.Is(err, syscall.E2BIG):
		err = fmt.Errorf("%w\nthe command or its environment is too long: put the script into a file and run that", err)
	}
	return &Error{Name: name, ExitCode: -1, Err: err}
}

// brief is a duration to as many digits as a reader wants.
func brief(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
