package cli

import (
	"cmp"
	"context"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/org/ct-action/internal/loop"
)

// lookup is os.Getenv for the given environment.
func lookup(environ []string) func(string) string {
	table := make(map[string]string, len(environ))
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			table[name] = value
		}
	}
	return func(name string) string { return table[name] }
}

// withheld are the variables with which a user's command could act as this program:
// the runner's files, and the job's tokens.
var withheld = []string{
	"GITHUB_TOKEN", "GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY",
	"ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
}

// inherited is the environment of the user's commands: the program's own without
// its inputs, without the withheld variables, and without what holds one of the
// tokens.
func inherited(environ []string, tokens ...string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(entry string) bool {
		name, value, _ := strings.Cut(entry, "=")
		return strings.HasPrefix(name, "INPUT_") || slices.Contains(withheld, name) ||
			slices.ContainsFunc(tokens, func(token string) bool { return token != "" && strings.Contains(value, token) })
	})
}

// actor is the person or the account that the record names for this run.
func actor(getenv func(string) string) string {
	return cmp.Or(getenv("GITHUB_TRIGGERING_ACTOR"), getenv("GITHUB_ACTOR"), getenv("GITLAB_USER_LOGIN"), getenv("USER"))
}

// Sleep implements Process.Sleep.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// An interruption is a signal as the cause of a cancelled context.
type interruption struct{ signal os.Signal }

func (i interruption) Error() string {
	if i.signal == syscall.SIGTERM {
		return "interrupted by SIGTERM"
	}
	return "interrupted by SIGINT"
}

func (i interruption) ExitStatus() int {
	if i.signal == syscall.SIGTERM {
		return loop.ExitTerminated
	}
	return loop.ExitInterrupted
}

// UntilSignalled is a context that the first SIGINT or SIGTERM cancels, with the
// signal's exit status in its cause; a second signal ends the process at once. The
// returned function stops listening.
func UntilSignalled(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals) // a second one ends the process at once
			cancel(interruption{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}
