// Package triggers decides whether to retrain, never whether to deploy.
//
// Decide is a pure function from a Policy and Signals to a Decision. The
// triggers are OR-ed, and every one of them is evaluated and reported each
// time, also those that did not fire:
//
//	schedule     floor(age of the champion in days) ≥ max-age-days
//	drift        share of drifted features > max-drift-share
//	performance  rolling AUC < auc-floor over at least min-rows labelled rows
//	force        a person asked for it
//
// A signal that is missing is no opinion. A signal that is there and cannot be
// read is an error, and a Decision with errors never retrains, not even when
// forced: a broken monitor is something to mend, not to train on.
//
// The parsers of the monitors' files are here too: ParseDrift, ParseDispatch
// and RollingAUC. They take bytes or columns, never paths.
package triggers

import (
	"time"

	"github.com/org/ct-action/internal/metrics"
)

// A Policy says when each trigger fires.
type Policy struct {
	MaxAgeDays     int             // schedule: fires at this age and above
	ScheduleOff    bool            //
	MaxDriftShare  metrics.Decimal // drift: fires strictly above, 0..1
	DriftOff       bool            //
	AUCFloor       metrics.Decimal // performance: fires strictly below, 0..1
	MinRows        int             // performance: fewer matured rows are no opinion
	PerformanceOff bool
}

// Signals are what the world said, read before the decision.
type Signals struct {
	Now         time.Time
	Force       bool
	Champion    Champion
	Drift       DriftSignal
	Performance PerformanceSignal
}

// A Presence says which of the champion's situations the registry shows. The
// zero value is none of them, and nothing can be decided from it.
type Presence int

const (
	Unknown    Presence = iota
	NoModel             // the registered model does not exist yet
	NoVersion           // it exists and has no version
	NoChampion          // it has versions, and no @champion: a person must choose one
	Serving             // @champion points at a version
)

// A Champion is what @champion points at.
type Champion struct {
	Presence Presence
	Alias    string // as configured, "champion"
	Version  string
	Created  time.Time // the version's creation_timestamp
}

// A File is a monitoring file as it was found.
type File struct {
	Source  string // path relative to the workspace, or "repository_dispatch"
	Missing bool
	TooOld  time.Duration // its age, if that is more than max-report-age; else 0
	Err     error         // it is there and cannot be read
}

// A DriftSignal is the drift monitor's report.
type DriftSignal struct {
	File
	Drift Drift
}

// A PerformanceSignal is the champion's record on matured labels.
type PerformanceSignal struct {
	File
	Rolling Rolling
}

// A Status is how one trigger ended. The zero value fired nothing.
type Status int

const (
	Quiet     Status = iota // evaluated, did not fire
	Fired                   //
	NoOpinion               // nothing to evaluate
	Off                     // switched off
	Broken                  // there was something, and it cannot be read
)

// String is the status as the decision document spells it.
func (s Status) String() string {
	return [...]string{"quiet", "fired", "no_opinion", "off", "error"}[s]
}

// A Trigger is one trigger's report.
type Trigger struct {
	Name     string // schedule, drift, performance, force
	Status   Status
	Text     string // one line, with how it ended: "drift: 12% … (threshold 30%): did not fire"
	Measured string // for a table: "12% of features"
	Fires    string // for a table: "> 30%"
}

// A Decision is the answer. The zero Decision does not retrain.
type Decision struct {
	Retrain  bool
	Reasons  []string  // of the triggers that fired, in order; never nil after Decide
	Triggers []Trigger // every one, in order
	Errors   []error   // of the signals that cannot be read; if any, Retrain is false
	Warnings []string
}

// Fired reports whether the trigger of that name fired.
func (d Decision) Fired(name string) bool {
	for _, t := range d.Triggers {
		if t.Name == name {
			return t.Status == Fired
		}
	}
	return false
}

// Decide evaluates every trigger.
func Decide(p Policy, s Signals) Decision {
	d := Decision{Reasons: []string{}}
	d.add(schedule(p, s))
	d.add(drift(p, s))
	d.add(performance(p, s))
	d.add(force(s))
	for _, signal := range []File{s.Drift.File, s.Performance.File} {
		if signal.Err != nil {
			d.Errors = append(d.Errors, signal.Err)
		}
	}
	for _, share := range s.Drift.Drift.Warnings {
		d.Warnings = append(d.Warnings, s.Drift.Source+": "+share)
	}
	d.Retrain = len(d.Reasons) > 0 && len(d.Errors) == 0 && s.Champion.Presence != NoChampion && s.Champion.Presence != Unknown
	if len(d.Errors) > 0 {
		d.Reasons = []string{}
	}
	return d
}

func (d *Decision) add(t Trigger, reason string) {
	if t.Status == Fired {
		d.Reasons = append(d.Reasons, reason)
	}
	d.Triggers = append(d.Triggers, t)
}
