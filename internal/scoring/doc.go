// Package scoring scores two versions of a model on one holdout.
//
//	holdout.go   which data judge, and that they are the frozen ones
//	scoring.go   both versions' predictions on them, and what is measured of those
//	rows.go      columns of files → rows with truth and predictions
//	own.go       numbers of the user's own, out of JSON files
//	overlap.go   what the challenger was trained on, held against the holdout
//	starting.go  how a configuration file begins for another task
//	file.go      an error about a file of the user's
//
// The predictions come from one of five places: a file that has them (streamed
// where nothing but AUC and Brier is asked of it), an engine's file of sums, the
// user's score-command, or the embedded scorer. What is measured of them goes to
// package gate; what happens by the verdict is not this package's matter.
package scoring

import (
	"context"
	"time"

	"github.com/org/ct-action/internal/evidence"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/metrics"
)

// A Scorer scores versions. All fields are required but Commands, Setup and Env
// where predictions or an engine's sums are given.
type Scorer struct {
	In       inputs.Inputs
	Policy   gate.Policy
	Data     Data
	Commands Commands

	Setup func(context.Context) error    // makes ready what the scoring commands need
	Env   func(extra ...string) []string // environment of the scoring commands
}

// Data reads the user's files. Paths are relative to the workspace.
type Data interface {
	// ReadFile reads a small file whole.
	ReadFile(path string) ([]byte, error)
	// Table reads columns of texts and of numbers out of a CSV or Parquet file,
	// a folder or glob of part files, or standard input ("-"). A cell that is
	// blank or no number where one is asked for is an error that names file,
	// row, column and value; NaN and infinities are numbers.
	Table(path string, categories, numbers []string) (metrics.Table, error)
	// Pairs streams three columns of such a file, label, champion's and
	// challenger's score, however many rows it has, on so many threads.
	Pairs(path string, columns [3]string, positiveClass string, workers int) (evidence.Pairs, error)
	// Header names the columns that are there.
	Header(path string) ([]string, error)
	// Absolute is the path as a command started elsewhere needs it.
	Absolute(path string) string
	// Digest is the file's SHA-256 in lower-case hex.
	Digest(path string) (string, error)
}

// Commands runs what scores.
type Commands interface {
	// Run runs a bash script; name is the input that it came from.
	Run(ctx context.Context, name, script string, env []string, timeout time.Duration) error
	// Score scores model versions with the embedded scorer into a CSV file
	// with a column "label" and one column a URI, named by its version; for a
	// multiclass task one a URI and class, VERSION_CLASS.
	Score(ctx context.Context, python string, uris []string, holdout, target, task, positiveClass, out string, env []string) error
	// Scratch makes a private directory for score files.
	Scratch() (dir string, remove func(), err error)
}
