package summary

import (
	"errors"
	"strings"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
)

// An ending is how a run ended. It is finer than the outcome: a dry run that would
// promote and a run in which no trigger fired are both "skipped". The zero ending
// is a failure.
type ending int

const (
	failed ending = iota
	refused
	invalid
	quiet         // no trigger fired
	cooling       // one fired, and skip-in-cooldown is set
	triggered     // mode trigger
	promoted      //
	flagged       // also in a dry run
	unchosen      // flagged: there are versions, and no champion
	rolledBack    //
	rehearsed     // also the end of an interrupted one
	released      //
	verified      //
	notified      // also in a dry run
	passed        // mode judge
	blocked       // mode judge
	wouldTrain    // dry run
	wouldPromote  // dry run
	wouldRollBack // dry run
	wouldRehearse // dry run
	wouldRelease  // dry run
	wouldJudge    // dry run that hides its verdict
)

func endingOf(r *loop.Report) ending {
	switch {
	case r.Outcome == loop.Skipped:
		return skipped(r)
	case r.Outcome == loop.Flagged && r.Challenger.Version == "":
		return unchosen
	case r.Outcome == loop.Triggered && r.DryRun && r.Mode != inputs.ModeTrigger:
		return wouldTrain
	}
	return map[loop.Outcome]ending{
		loop.Promoted: promoted, loop.Flagged: flagged, loop.RolledBack: rolledBack, loop.Rehearsed: rehearsed, loop.Released: released,
		loop.Triggered: triggered, loop.Verified: verified, loop.Notified: notified, loop.Passed: passed, loop.Blocked: blocked,
		loop.Refused: refused, loop.Invalid: invalid,
	}[r.Outcome]
}

// skipped tells the reports apart in which nothing was done.
func skipped(r *loop.Report) ending {
	switch {
	case r.Notified != "":
		return notified
	case len(r.Planned) > 0:
		return wouldJudge
	case r.WouldPromote:
		return wouldPromote
	case r.DryRun && r.Rehearsal != nil:
		return wouldRehearse
	case r.DryRun && r.Mode == inputs.ModeRollback:
		return wouldRollBack
	case r.DryRun && r.Mode == inputs.ModeRelease:
		return wouldRelease
	case len(r.Triggers.Reasons) > 0:
		return cooling
	}
	return quiet
}

// names are the aliases with an @ before them.
func names(r *loop.Report) promote.Aliases {
	a := r.Names()
	return promote.Aliases{Champion: "@" + a.Champion, Previous: "@" + a.Previous, Challenger: "@" + a.Challenger}
}

// flip is the move of an alias, ok where it moved (or would).
func flip(r *loop.Report, alias string) (f loop.Flip, ok bool) {
	for _, f := range r.Flips {
		if f.Alias == alias {
			return f, true
		}
	}
	return loop.Flip{}, false
}

// byHand reports whether a person promoted, against or without the gate.
func byHand(r *loop.Report) bool { return r.Mode == inputs.ModePromote && !r.Recovered }

// judgedTwo reports whether a challenger was measured.
func judgedTwo(r *loop.Report) bool {
	m := r.Challenger.Metrics
	if r.IsJudge() {
		return r.Gated
	}
	return r.Challenger.Version != "" && (r.Gated || m.AUC.Present() || m.Brier.Present())
}

// failures are the errors of the report, each as its lines: the triggers' own
// where the monitors' files could not be read.
func failures(r *loop.Report) [][]string {
	errs := r.Triggers.Errors
	if len(errs) == 0 {
		errs = Apart(r.Err)
	}
	var all [][]string
	for _, err := range errs {
		if text := strings.TrimSpace(err.Error()); text != "" {
			all = append(all, strings.Split(text, "\n"))
		}
	}
	return all
}

// Apart are the errors that errors.Join has put together: each is news by
// itself, such as a service without the champion and a deployment that was not
// started. An error that wraps several within a sentence is one.
func Apart(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	members := joined.Unwrap()
	if whole := errors.Join(members...); whole == nil || whole.Error() != err.Error() {
		return []error{err}
	}
	var all []error
	for _, member := range members {
		all = append(all, Apart(member)...)
	}
	return all
}
