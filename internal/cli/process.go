package cli

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/org/ct-action/internal/loop"
)

// lookup reads an environment as os.Getenv does.
func lookup(environ []string) func(string) string {
	table := make(map[string]string, len(environ))
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			table[name] = value
		}
	}
	return func(name string) string { return table[name] }
}

// withheld are the variables through which a user's command could speak for
// us (the runner's files) or as us (the job's tokens).
var withheld = []string{
	"GITHUB_TOKEN", "GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY",
	"ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
}

// inherited is what the user's commands get of our environment: not our
// inputs, not the withheld variables, and nothing that holds one of our tokens.
func (p *program) inherited() []string {
	return inherited(p.Environ, p.in.GitHubToken.Reveal(), p.in.VerifyToken.Reveal())
}

func inherited(environ []string, tokens ...string) []string {
	var kept []string
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		ours := strings.HasPrefix(name, "INPUT_")
		for _, token := range tokens {
			ours = ours || token != "" && strings.Contains(value, token)
		}
		for _, w := range withheld {
			ours = ours || name == w
		}
		if !ours {
			kept = append(kept, entry)
		}
	}
	return kept
}

// actor is who asked for this, for the record.
func actor(getenv func(string) string) string {
	for _, name := range []string{"GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER"} {
		if who := getenv(name); who != "" {
			return who
		}
	}
	return ""
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

// UntilSignalled cancels the context at the first SIGINT or SIGTERM; the second
// one kills.
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
