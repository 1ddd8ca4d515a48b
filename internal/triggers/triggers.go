// Package triggers decides whether to retrain, never whether to deploy.
//
// Decide is a pure function from a Policy and Signals to a Decision. The
// triggers are OR-ed, and every one of them is evaluated and reported each
// time, also those that did not fire:
//
//	schedule     floor(age of the champion in days) ≥ max-age-days
//	drift        share of drifted features > max-drift-share
//	performance  rolling AUC < auc-floor over at least min-rows labelled rows;
//	             with a performance-confidence: evidence of that, over all looks
//	force        a person asked for it
//
// rules.go has the rules of schedule, drift and force, performance.go that of
// performance. Under a performance-confidence, looks.go adds up what each look at
// the champion shows; window.go recognises rows that an earlier look has counted.
//
// A trigger has no opinion where its signal is missing. A signal that is there and
// cannot be read is an error, and a Decision with errors never retrains, not even
// when forced: the monitor must be mended first.
//
// The parsers of the monitors' files are here too: ParseDrift, ParseDispatch
// and RollingAUC. They take bytes or columns, never paths.
package triggers

import (
	"fmt"
	"time"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/sanity"
	"github.com/org/ct-action/internal/state"
)

// A Policy says when each trigger fires.
type Policy struct {
	MaxAgeDays     int             // schedule: fires at this age and above, in days of 24 h
	ScheduleOff    bool            // the first version is trained all the same
	MaxDriftShare  metrics.Decimal // drift: fires strictly above, 0..1
	DriftOff       bool            // its file is not read, and so cannot be an error
	AUCFloor       metrics.Decimal // performance: fires strictly below, 0..1
	MinRows        int             // performance: fewer matured rows are no opinion
	PerformanceOff bool            // as DriftOff

	// PerformanceConfidence, above 0.5 and below 1, keeps the needless trainings that
	// are expected in a year at 1 − PerformanceConfidence or fewer; 0: the AUC itself
	// is compared with the floor.
	PerformanceConfidence metrics.Decimal

	AllowBelowChance bool // performance: also judges by an AUC far below 0.5 (package sanity)
}

// Signals are what the decision rests on, read beforehand.
type Signals struct {
	Now         time.Time
	Force       bool
	Champion    Champion
	Drift       DriftSignal
	Performance PerformanceSignal
}

// A Presence says whether the registry has a champion, and if not, what it has. The
// zero value says nothing, and never retrains.
type Presence int

const (
	Unknown    Presence = iota
	NoModel             // the registered model does not exist yet
	NoVersion           // it exists and has no version
	NoChampion          // it has versions, and no @champion: a person must choose one
	Serving             // @champion points at a version
)

// trainable reports whether a new version would have a place to go.
func (p Presence) trainable() bool { return p == NoModel || p == NoVersion || p == Serving }

// A Champion is what @champion points at.
type Champion struct {
	Presence Presence
	Alias    string // as configured, "champion"
	Version  string
	Created  time.Time // the version's creation_timestamp
	Since    time.Time // when it began to serve; zero: not known
}

// A File is a monitoring file as it was found. The zero value was not read.
type File struct {
	Source  string // path relative to the workspace, or "client_payload.drift"
	Missing bool
	TooOld  time.Duration // its age, if that is more than max-report-age; else 0
	Err     error         // it is there and cannot be read
}

// unreadable reports whether the file gives nothing to judge by.
func (f File) unreadable() bool {
	return f.Source == "" || f.Missing || f.Err != nil || f.TooOld > 0
}

// A DriftSignal is the drift monitor's report.
type DriftSignal struct {
	File
	Drift Drift
}

// checked is the signal with an error where its share cannot be one, whoever
// filled it in.
func (s DriftSignal) checked() DriftSignal {
	if share := s.Drift.Share; !s.unreadable() && !proportion(share) {
		s.Err = fmt.Errorf("%s: share of drifted features %v: expected %s", s.Source, share, aProportion)
	}
	return s
}

// A PerformanceSignal is the champion's record on matured labels.
type PerformanceSignal struct {
	File
	Rolling Rolling
	Record  *state.Performance // what earlier looks found; nil: none, or there is no performance-confidence
}

// contradiction says why the labelled predictions are no evidence although they
// can be read; empty where they are, and where the policy does not ask.
func (s PerformanceSignal) contradiction(p Policy) string {
	if p.AllowBelowChance || s.unreadable() {
		return ""
	}
	return sanity.BelowChance("champion", s.Rolling.AUC, s.Rolling.Positives, s.Rolling.Rows-s.Rolling.Positives, 0)
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

	Look *Look // performance, under a performance-confidence; nil: none
}

// A Decision is the answer. The zero Decision does not retrain.
type Decision struct {
	Retrain  bool      // never with Errors, nor without a champion among versions
	Reasons  []string  // why it retrains, in order: empty, not nil, where it does not
	Triggers []Trigger // every one, in order, fired or not
	Errors   []error   // of the signals that cannot be read
	Warnings []string

	// Record includes the look at the champion's performance that the decision rests
	// on. It must be on record before anybody acts on the decision, else the next look
	// would spend the same part of the year's risk again. nil: nothing new.
	Record *state.Performance
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

// Decide evaluates every trigger. A trigger that fired is not enough to retrain:
// nothing is trained on a broken signal, nor where a person must choose a champion
// first.
func Decide(p Policy, s Signals) Decision {
	if p.DriftOff {
		s.Drift = DriftSignal{}
	}
	if p.PerformanceOff {
		s.Performance = PerformanceSignal{}
	}
	s.Drift = s.Drift.checked()
	overPerformance, doubt, record := performance(p, s)
	d := Decision{
		Reasons:  []string{},
		Triggers: []Trigger{schedule(p, s), drift(p, s), overPerformance, force(s)},
		Record:   record,
	}
	for _, f := range []File{s.Drift.File, s.Performance.File} {
		if f.Err != nil {
			d.Errors = append(d.Errors, f.Err)
		}
	}
	d.warn(s.Drift.File, s.Drift.Drift.Warnings...)
	d.warn(s.Performance.File, s.Performance.Rolling.Warnings...)
	if contradiction := s.Performance.contradiction(p); contradiction != "" {
		doubt = contradiction + "; " + sanity.Remedy
	}
	if doubt != "" {
		d.warn(s.Performance.File, doubt)
	}
	if len(d.Errors) == 0 && s.Champion.Presence.trainable() {
		for _, t := range d.Triggers {
			if t.Status == Fired {
				d.Reasons = append(d.Reasons, t.Text)
			}
		}
	}
	d.Retrain = len(d.Reasons) > 0
	return d
}

// warn adds warnings about a file.
func (d *Decision) warn(f File, texts ...string) {
	for _, text := range texts {
		d.Warnings = append(d.Warnings, f.Source+": "+text)
	}
}
