// Package scoring scores two versions of a model on one holdout.
//
//	holdout.go   which data judge, and whether they are the pinned ones
//	scoring.go   both versions' predictions on them, and what is measured
//	rows.go      columns of files → rows with truth and predictions
//	own.go       the user's own metrics, out of JSON files
//	overlap.go   which rows of the holdout the challenger was trained on
//	starting.go  how a configuration file begins for another task
//	file.go      an error about one of the user's files
//
// There are five ways to measure: an engine's file of sums, a file of predictions,
// streamed where the policy needs only AUC and Brier and held in memory otherwise,
// the user's score-command, and the embedded scorer. The result is evidence for
// package gate.
package scoring

import (
	"context"
	"time"

	"github.com/org/ct-action/internal/evidence"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/metrics"
)

// A Scorer scores versions. Commands, Setup and Env are not needed where predictions
// or an engine's sums are given.
type Scorer struct {
	In       inputs.Inputs
	Policy   gate.Policy
	Data     Data
	Commands Commands

	Setup func(context.Context) error    // prepares what the scoring commands need
	Env   func(extra ...string) []string // environment of the scoring commands
}

// Data reads the user's files. Paths are relative to the workspace.
type Data interface {
	// ReadFile reads a small file whole.
	ReadFile(path string) ([]byte, error)
	// Table reads columns of texts and of numbers out of a CSV or Parquet file,
	// a folder or glob of part files, or standard input ("-"). In a column of
	// numbers, a cell that is blank or not a number is an error that names file,
	// row, column and value; NaN and infinities are numbers.
	Table(path string, categories, numbers []string) (metrics.Table, error)
	// Pairs streams three columns of such a file, the label and the champion's and
	// challenger's scores, on as many threads as workers says.
	Pairs(path string, columns [3]string, positiveClass string, workers int) (evidence.Pairs, error)
	// Header is the names of the file's columns.
	Header(path string) ([]string, error)
	// Absolute is the path for a command that may run in another directory.
	Absolute(path string) string
	// Digest is the file's SHA-256 in lower-case hex.
	Digest(path string) (string, error)
}

// Commands runs the scoring commands.
type Commands interface {
	// Run runs a bash script; name is the input that holds it.
	Run(ctx context.Context, name, script string, env []string, timeout time.Duration) error
	// Score scores model versions with the embedded scorer into a CSV file with a
	// column "label" and a column for each URI, named by its version; for a
	// multiclass task a column for each URI and class, VERSION_CLASS.
	Score(ctx context.Context, python string, uris []string, holdout, target, task, positiveClass, out string, env []string) error
	// Scratch makes a private directory for score files.
	Scratch() (dir string, remove func(), err error)
}
