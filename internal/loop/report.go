package loop

import (
	"fmt"
	"time"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
	"github.com/org/ct-action/internal/triggers"
)

// An Outcome is how a mode ended. The zero value counts as failed.
type Outcome string

const (
	Skipped    Outcome = "skipped"
	Triggered  Outcome = "triggered"
	Promoted   Outcome = "promoted"
	Flagged    Outcome = "flagged"
	RolledBack Outcome = "rolled-back"
	Rehearsed  Outcome = "rehearsed" // recovered: a rehearsal was interrupted, and @champion is back
	Released   Outcome = "released"
	Verified   Outcome = "verified"
	Notified   Outcome = "notified"
	Passed     Outcome = "passed"  // judge: every check passed
	Blocked    Outcome = "blocked" // judge: one did not
	Failed     Outcome = "failed"  // something outside failed
	Refused    Outcome = "refused" // the request must not be carried out
	Invalid    Outcome = "invalid" // the inputs are
)

// Exit statuses of the program.
const (
	ExitOK      = 0
	ExitFailed  = 1 // failed, refused
	ExitInvalid = 2
	ExitFlagged = 3 // flagged or blocked, unless on-flag: warn

	ExitInterrupted = 130 // SIGINT
	ExitTerminated  = 143 // SIGTERM
)

// A Report is everything that a run found and did. The console text, the job summary,
// the outputs and the decision document are all rendered from it, so that they agree.
// The zero Report promoted nothing.
type Report struct {
	Mode     inputs.Mode
	Model    string
	Aliases  promote.Aliases
	Inputs   inputs.Inputs
	Outcome  Outcome
	Exit     int
	Err      error // why it failed or was refused; nil where it worked or was flagged
	Started  time.Time
	Timings  []Timing
	DryRun   bool
	Warnings []string // a person should look into them
	Notices  []string // only to be known

	Triggers   triggers.Decision
	Decided    bool // the triggers were evaluated
	Retrained  bool // the training command ran and registered Challenger
	Reused     bool // Challenger is what an earlier try of the same attempt registered
	Attempt    string
	RunContext string // JSON for MLFLOW_RUN_CONTEXT

	Champion    Judged // as judged; zero where none was
	Challenger  Judged
	Verdict     gate.Verdict
	Policy      gate.Policy
	Gated       bool         // Verdict was reached
	Planned     []gate.Check // of a dry run that hides its verdict, which a holdout's budget counts: the checks that would be made
	Explanation []string     // of judge, where asked for: what would have to be different, a line each
	Holdout     HoldoutReport
	Cooldown    state.Cooldown

	Flips        []Flip // aliases that moved, or would in a dry run, in order
	Promoted     bool   // @champion was seen on the challenger, or back where it was after a rehearsal, and has to be deployed
	WouldPromote bool
	Recovered    bool
	Recovery     string   // what was found and done about an unfinished journal
	Quarantined  string   // version that this run quarantined
	Released     string   // version whose quarantine this run lifted
	Targets      []string // of a refused rollback: versions that could be rolled back to

	ChampionNow string // version under the alias when the run ended; empty: none, or not read
	PreviousNow string

	Verification Verification // of a rehearsal: its last
	Bake         *Bake        // nil: production was not watched
	Rehearsal    *Rehearsal   // nil: there was none, or it was not begun
	Notified     string       // repository that was told of the drift, or would be in a dry run
	ReviewURL    string       // issue that was opened, updated or closed

	DecisionID string
	Reason     string
	Actor      string
	Requests   []string // of a dry run: the API calls that the plan stands for
}

// Judged is one of the two versions as this run saw it.
type Judged struct {
	Version    string
	RunID      string
	Metrics    Metrics
	VersionURL string
	RunURL     string
}

// Metrics are one version's scores on the holdout.
type Metrics struct {
	AUC   metrics.Value
	Brier metrics.Value // mean squared error of the probability
}

// Subject is the version whose run keeps the decision's document: the one that was
// rolled back from, if only as a rehearsal, else the challenger. It is zero where nothing was decided, and in
// a dry run.
func (r *Report) Subject() Judged {
	switch {
	case r.DryRun:
	case r.Outcome == RolledBack, r.Outcome == Rehearsed:
		if r.Champion.Version == "" && len(r.Flips) > 0 && !r.Promoted { // a recovery judged nothing
			return Judged{Version: r.Flips[0].From}
		}
		return r.Champion
	case r.Outcome == Promoted, r.Outcome == Released,
		r.Outcome == Flagged && r.Challenger.Version != r.Champion.Version:
		return r.Challenger
	}
	return Judged{}
}

// HoldoutReport says which data judged.
type HoldoutReport struct {
	Source    string // path relative to the workspace
	SHA256    string
	Rows      int
	Positives int // -1: not a binary task
	Uses      int // decisions that scored on it, this one included
}

// A Flip is one alias that moved. From is empty where it was not set.
type Flip struct {
	Alias    string
	From, To string
}

// A Timing says how long a stage took.
type Timing struct {
	Stage string // triggers, training, scoring, gate, promotion, verification, bake
	Took  time.Duration
}

func (r *Report) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

func (r *Report) notice(format string, args ...any) {
	r.Notices = append(r.Notices, fmt.Sprintf(format, args...))
}

// timed measures a stage for the report.
func (l *Loop) timed(stage string) (done func()) {
	began := l.Now()
	return func() {
		l.r.Timings = append(l.r.Timings, Timing{Stage: stage, Took: l.Now().Sub(began)})
	}
}

// judged is a version, "" for none, with the addresses of its pages in MLflow.
func (l *Loop) judged(version, runID string) Judged {
	j := Judged{Version: version, RunID: runID}
	if version != "" {
		j.VersionURL = l.Registry.VersionURL(l.In.ModelName, version)
	}
	if version != "" && runID != "" {
		j.RunURL = l.Registry.RunURL(runID)
	}
	return j
}
