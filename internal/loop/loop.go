// Package loop carries out the steps of continuous training in their order:
//
//	trigger ──▶ train ──▶ score ──▶ gate ──▶ promote (or flag)
//
// A Loop carries out one mode once: Do returns a Report, from which everything
// that people and machines read is rendered. The pure packages (triggers, gate,
// promote, state) decide what may happen; all that does happen goes through the
// interfaces of ports.go, which the edges implement and package cli wires.
//
// The modes stand first in this list of files, and what all of them use stands last:
// no file calls one above it, which a test checks.
//
//	loop.go         the modes run, trigger and gate; how a mode ends
//	notify.go       mode notify, for the monitor: tells the repository of the drift
//	judge.go        mode judge: the gate without a registry
//	rehearsal.go    mode rollback, rehearsed: there and back again, and how long the service took
//	bake.go         mode verify, and what production shows after it
//	verify.go       mode verify: does the service report the champion?
//	person.go       modes rollback, promote and release: a person's decisions
//	open.go         what a mode reads first: model, record, journal, champion
//	signals.go      the monitors' files → triggers.Signals → retrain or not
//	record.go       is the registry the one that the record knows?
//	looks.go        earlier looks at the champion's performance, and this one, on record
//	training.go     the training command, and finding what it registered
//	unregistered.go why no version of the training was found
//	judging.go      evidence → verdict → promotion or flag
//	scoring.go      both versions on one holdout (package scoring) → evidence
//	recovery.go     an unfinished journal
//	moving.go       carries a promote.Plan out, or undoes it
//	afterwards.go   what GitHub is told: variable, review issue, deployment
//	mirror.go       the repository variable, a copy of the registry's record
//	commands.go     what the user's commands find in their environment
//	opened.go       what is known of the registered model, and how it is changed
//	words.go        refusals, and how versions, times and ids are written
//	report.go       everything that a run found and did
//	reading.go      what every page and document reads out of a report
//	ports.go        the interfaces through which it reaches the outside
//
// A mode that was refused or failed returns an error. Skipped, flagged, promoted and
// rolled back are outcomes and not errors.
package loop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/scoring"
)

// A Loop is one run of one mode, and is used once. Modes notify and judge need no
// Registry, and only mode verify and a rehearsal need a Service. GitHub is nil where there is no
// token or no repository. Environ and Actor may be empty; the rest is required.
type Loop struct {
	In       inputs.Inputs
	Registry Registry
	Data     Data
	Commands Commands
	Narrator Narrator
	GitHub   Repository
	Service  Service
	Gauge    Gauge    // required in mode verify with bake-for
	Reloader Reloader // required in a rehearsal without deploy-workflow
	Ledger   Ledger   // required in mode judge, where the inputs name one

	Now     func() time.Time
	Sleep   func(context.Context, time.Duration) error // returns early with the context's error
	NewID   func() string                              // a fresh uuid
	Getenv  func(string) string                        // GITHUB_*, MLFLOW_RUN_CONTEXT
	Environ []string                                   // what the user's commands inherit; has none of the action's tokens
	Actor   string                                     // who asked, for the record

	r *Report
	opened
	holder  string // of the journals that this run writes
	isSetUp bool   // setup-command has run
}

// Do carries the mode out. The report is complete whatever happened.
func (l *Loop) Do(ctx context.Context) *Report {
	l.r = l.newReport()
	l.holder = l.NewID()
	l.opened = opened{mirror: mirror{hub: l.GitHub, in: &l.In, r: l.r}}
	l.Narrator.Tell(Began, l.r)
	l.conclude(ctx, l.mode(ctx))
	if err := l.afterwards(ctx); err != nil {
		l.conclude(ctx, errors.Join(l.r.Err, err))
	}
	l.Narrator.Tell(Ended, l.r)
	return l.r
}

// Report is the report so far, for a caller that recovers from a panic of Do; nil
// before Do.
func (l *Loop) Report() *Report { return l.r }

func (l *Loop) newReport() *Report {
	return &Report{
		Mode: l.In.Mode, Model: l.In.ModelName, Inputs: l.In, Started: l.Now(), DryRun: l.In.DryRun,
		Aliases:    promote.Aliases{Champion: l.In.ChampionAlias, Previous: l.In.PreviousAlias, Challenger: l.In.ChallengerAlias},
		Policy:     l.In.Policy(),
		DecisionID: l.NewID(), Reason: l.In.Reason, Actor: l.Actor,
	}
}

// mode carries out the mode of the inputs.
func (l *Loop) mode(ctx context.Context) error {
	modes := map[inputs.Mode]func(context.Context) error{
		inputs.ModeRun: l.run, inputs.ModeTrigger: l.trigger, inputs.ModeGate: l.gate,
		inputs.ModeRollback: l.rollback, inputs.ModePromote: l.promote, inputs.ModeRelease: l.release,
		inputs.ModeVerify: l.verifyAndBake, inputs.ModeJudge: l.judgeFile, inputs.ModeNotify: l.notify,
	}
	carryOut, known := modes[l.In.Mode]
	if l.In.Mode == inputs.ModeRollback && l.In.Rehearse {
		carryOut = l.rehearse
	}
	if !known {
		return fmt.Errorf("mode %q: expected one that this release carries out", l.In.Mode)
	}
	return carryOut(ctx)
}

// run is mode run, all of the steps.
func (l *Loop) run(ctx context.Context) error {
	if done, err := l.open(ctx); done || err != nil {
		return err
	}
	if retrain, err := l.decide(ctx); !retrain || err != nil {
		return err
	}
	return l.prepareAndJudge(ctx, l.challenger)
}

// gate is mode gate, for a version that is registered already.
func (l *Loop) gate(ctx context.Context) error {
	if done, err := l.open(ctx); done || err != nil {
		return err
	}
	return l.prepareAndJudge(ctx, l.registered)
}

// prepareAndJudge judges the version that find returns. A dry run does not train.
func (l *Loop) prepareAndJudge(ctx context.Context, find func(context.Context) (promote.Version, error)) error {
	if ready, err := l.prepare(ctx); !ready || err != nil {
		return err
	}
	if l.In.DryRun && l.trains() {
		l.r.Outcome = Triggered
		return nil
	}
	challenger, err := find(ctx)
	if err != nil {
		return err
	}
	return l.judge(ctx, challenger)
}

// trigger is mode trigger, for a workflow that trains elsewhere.
func (l *Loop) trigger(ctx context.Context) error {
	if done, err := l.open(ctx); done || err != nil {
		return err
	}
	retrain, err := l.decide(ctx)
	if !retrain || err != nil {
		return err
	}
	if l.r.Cooldown, err = l.cooldown(ctx); err != nil {
		return err
	}
	if l.coolingDown() {
		return nil
	}
	if err := l.mirror.insist(); err != nil {
		return err
	}
	l.r.Outcome = Triggered
	l.r.Attempt = l.attempt()
	l.r.RunContext = l.runContext()
	return nil
}

// conclude turns the mode's error into outcome and exit status. A promotion or a
// rollback whose last steps failed keeps its outcome, as @champion has moved.
func (l *Loop) conclude(ctx context.Context, err error) {
	r := l.r
	r.Err = err
	if !l.unknown {
		r.ChampionNow, r.PreviousNow = l.model.Aliases[r.Aliases.Champion], l.model.Aliases[r.Aliases.Previous]
	}
	switch {
	case err == nil && (r.Outcome == Flagged || r.Outcome == Blocked) && l.In.OnFlag != inputs.OnFlagWarn:
		r.Exit = ExitFlagged
	case err == nil && r.Outcome != "":
		r.Exit = ExitOK
	case errors.As(err, new(refusal)):
		r.Outcome, r.Exit = Refused, ExitFailed
	case errors.As(err, new(scoring.NotPinned)):
		r.Outcome, r.Exit = Invalid, ExitInvalid
	default:
		if r.Outcome != Promoted && r.Outcome != RolledBack {
			r.Outcome = Failed
		}
		r.Exit = ExitFailed
		var interrupted interface{ ExitStatus() int }
		if ctx.Err() != nil && errors.As(context.Cause(ctx), &interrupted) {
			r.Exit = interrupted.ExitStatus()
		}
	}
}
