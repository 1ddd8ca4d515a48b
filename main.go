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
	"os"
	"time"

	"github.com/org/ct-action/internal/cli"
)

// version is set by the release build.
var version = "dev"

func main() {
	ctx, stop := cli.UntilSignalled(context.Background())
	status := cli.Run(ctx, cli.Process{
		Version: version, Args: os.Args[1:], Environ: os.Environ(), UID: os.Geteuid(),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Terminal: cli.Terminal,
		Now: time.Now, Sleep: cli.Sleep,
	})
	stop()
	os.Exit(status)
}
