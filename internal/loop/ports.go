package loop

import (
	"context"
	"time"

	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/scoring"
)

// A Registry is the model registry. Errors match promote.ErrNotFound where the
// thing asked for does not exist, and promote.ErrUnknownOutcome where a write
// may or may not have been carried out.
type Registry interface {
	Model(ctx context.Context, name string) (promote.Model, error)
	Version(ctx context.Context, name, version string) (promote.Version, error)
	// Versions lists those above a version number, ascending.
	Versions(ctx context.Context, name string, above int) ([]promote.Version, error)
	// AttemptVersions lists those above a version number that one attempt's
	// runs registered, ascending.
	AttemptVersions(ctx context.Context, name, attempt string, above int) ([]promote.Version, error)
	// Registered are the runs of an attempt, by id, and the versions of any model
	// that come from them, such as "churn v3".
	Registered(ctx context.Context, attempt string) (runs, versions []string, err error)
	// Datasets are what a run logged with mlflow.log_input.
	Datasets(ctx context.Context, runID string) ([]promote.Dataset, error)
	Apply(ctx context.Context, model string, move promote.Move) error
	// Request is the API call that a move stands for, on one line.
	Request(model string, move promote.Move) string
	// SimilarModels names registered models that the name may have meant.
	SimilarModels(ctx context.Context, name string) ([]string, error)
	VersionURL(name, version string) string
	RunURL(runID string) string
}

// Data reads the user's files. Paths are relative to the workspace.
type Data interface {
	scoring.Data
	// Modified is when the file was last written; fs.ErrNotExist where there
	// is none.
	Modified(path string) (time.Time, error)
	// Columns are the named columns of a CSV or Parquet file as text, one
	// slice a name; "" is a missing value.
	Columns(path string, names ...string) ([][]string, error)
}

// Commands runs what the user brought: setup, training, scoring.
type Commands interface {
	scoring.Commands
	// Hear is Run, and returns the last lines that the script printed.
	Hear(ctx context.Context, name, script string, env []string, timeout time.Duration) (said []string, err error)
}

// A Repository is the workflow's own repository on GitHub. Errors match
// state.ErrAbsent where a variable does not exist, and state.ErrRefused where
// the token may not.
type Repository interface {
	Variable(ctx context.Context, name string) (string, error)
	// SetVariable creates the variable where there is none.
	SetVariable(ctx context.Context, name, value string) error
	// OpenReview opens the one issue about the report's model, or updates it;
	// CloseReview closes it where it is open. Both return its address.
	OpenReview(ctx context.Context, r *Report) (url string, err error)
	CloseReview(ctx context.Context, r *Report) (url string, err error)
	// DispatchWorkflow starts a workflow file as it stands on a branch.
	DispatchWorkflow(ctx context.Context, workflow, ref string, inputs map[string]string) error
	// Dispatch sends a repository_dispatch, to any repository.
	Dispatch(ctx context.Context, repository, eventType string, payload any) error
	// CheckDispatch is the error of an event that Dispatch would not send; it
	// asks nobody.
	CheckDispatch(repository, eventType string, payload any) error
}

// A Ledger counts in a file how often each holdout was judged on, where no
// registry does.
type Ledger interface {
	// Uses is how often a holdout was counted, Use counts one more and returns
	// its number. Two processes that count at once get two numbers.
	Uses(path, sha256 string) (int, error)
	Use(path, sha256 string) (int, error)
}

// A Service serves the champion.
type Service interface {
	// ModelInfo asks once. What the service does not tell is empty, but for
	// the version: without one the answer is an error. An error that a later
	// deployment cannot mend, because the address or a pointer is wrong, has a
	// method Misdirected() bool that returns true.
	ModelInfo(ctx context.Context) (model, alias, version string, err error)
}

// A Gauge measures production.
type Gauge interface {
	// Measure asks once. What it says where there is no data, or more than one number,
	// is an error; one that asking again does not mend has the method Misdirected.
	Measure(ctx context.Context) (float64, error)
}

// A Reloader makes the service load what @champion names.
type Reloader interface {
	// Reload asks once. An error that no other try mends has the method Misdirected.
	Reload(ctx context.Context) error
}

// A Narrator tells people how far it has come. It reads the report as it is
// at that moment, and keeps nothing of it.
type Narrator interface {
	Tell(m Moment, r *Report)
}

// A Moment is a point of the loop at which there is something to tell.
type Moment int

const (
	Began    Moment = iota // the mode begins
	Decided                // Report.Triggers is complete
	Training               // the training command starts
	Trained                // Report.Challenger is known
	Scoring                // scoring starts
	Scored                 // both versions' metrics are known
	Waiting                // an unfinished journal may still be alive
	Turned                 // a rehearsal has moved @champion
	Answered               // the service said something new
	Measured               // production was measured once more
	Ended                  // the report is complete
)
