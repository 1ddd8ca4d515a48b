package loop

import (
	"context"
	"fmt"
	"time"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/scoring"
	"github.com/org/ct-action/internal/state"
	"github.com/org/ct-action/internal/text"
)

// judge scores both versions, asks the gate, and promotes or flags.
func (l *Loop) judge(ctx context.Context, v promote.Version) error {
	l.name(v)
	l.Narrator.Tell(Trained, l.r)
	others, err := l.otherVersions(ctx, v)
	if err != nil {
		return err
	}
	switch {
	case v.Ready():
	case l.champion == nil:
		l.r.Gated, l.r.Verdict = true, gate.Verdict{Checks: []gate.Check{gate.NotReady(v.Number, v.Status)}}
		return l.flag(ctx, v)
	default:
		return notReady(v)
	}
	if l.In.DryRun && l.r.Policy.HoldoutBudget > 0 {
		return l.plan(v, others)
	}
	measured, err := l.score(ctx, v.Number)
	if err != nil {
		return err
	}
	l.ask(v, gate.Evidence{Measured: measured, Holdout: gate.Holdout{Overlap: l.overlap(ctx, v)}, OtherVersions: others})
	if l.In.DryRun {
		l.r.notice("a dry run shows the verdict, and this look at the holdout is not counted: whoever chooses among challengers by it uses the holdout all the same (docs/gate.md#a-look-is-a-use)")
	}
	if l.r.Verdict.Passed() {
		return l.promoteJudged(ctx, v)
	}
	if l.champion == nil {
		l.r.warn("v%s is not the first champion; a person can choose it with: %s", v.Number, l.command(inputs.ModePromote, v.Number))
		if best := l.candidate(ctx); best != "" && best != v.Number && l.known() != "" {
			l.r.warn("%s; to choose v%s: %s", l.known(), best, l.command(inputs.ModePromote, best))
		}
	}
	return l.flag(ctx, v)
}

func notReady(v promote.Version) error {
	status := v.Status
	if v.StatusMessage != "" {
		status += ": " + v.StatusMessage
	}
	return refuse("v%s is not READY (%s)\nwait until the registry has it, or register it again", v.Number, status)
}

// otherVersions counts the versions beside a first champion, one of which may be in
// service; 0 where there is a champion.
func (l *Loop) otherVersions(ctx context.Context, v promote.Version) (int, error) {
	if l.champion != nil {
		return 0, nil
	}
	l.versions = nil // a training may have added to them
	versions, err := l.readVersions(ctx)
	if err != nil {
		return 0, err
	}
	others := 0
	for _, other := range versions {
		if other.Number != v.Number {
			others++
		}
	}
	return others, nil
}

// ask completes the evidence about the challenger, and puts the gate's verdict into
// the report.
func (l *Loop) ask(v promote.Version, e gate.Evidence) {
	here := l.Now()
	if last := l.r.Cooldown.Last; !last.IsZero() { // a training may have taken hours
		l.r.Cooldown = state.Since([]time.Time{last}, here, here.Add(l.skew))
	}
	e.Champion, e.Challenger, e.Cooldown = l.r.Champion.Version, v.Number, l.r.Cooldown
	e.Quarantine, e.Quarantined = quarantine(v), promote.Barred(v, l.state)
	e.Holdout = l.judgedOn(e.Holdout.Overlap)
	if !l.In.First {
		e.Recorded = l.known()
	}
	l.r.Verdict = gate.Judge(l.r.Policy, e)
	l.r.Gated = true
	if h := l.state.Holdout; h != nil && h.SHA256 == l.r.Holdout.SHA256 {
		l.r.Holdout.Uses = h.Uses
	}
	if l.counts() {
		l.r.Holdout.Uses = l.used().Holdout.Uses
	}
}

// plan ends a dry run under a holdout's budget with what would be judged, and by
// which checks. Nothing is scored, as a verdict would be a use of the holdout that
// is not counted.
func (l *Loop) plan(v promote.Version, others int) error {
	if err := l.foretell("whatever is judged now will be flagged"); err != nil {
		return err
	}
	l.r.Holdout.Uses = l.used().Holdout.Uses
	l.r.Planned = gate.Planned(l.r.Policy, gate.Evidence{
		Champion: l.r.Champion.Version, Challenger: v.Number, Cooldown: l.r.Cooldown, Holdout: l.judgedOn(""), OtherVersions: others,
	})
	l.r.Outcome = Skipped
	return nil
}

// judgedOn is what the gate needs to know of the holdout, once it is open.
func (l *Loop) judgedOn(overlap string) gate.Holdout {
	return gate.Holdout{
		SHA256: l.r.Holdout.SHA256, Recorded: l.state.RecordedHoldout(), Accepted: l.In.HoldoutSHA256,
		Use: l.used().Holdout.Uses, Overlap: overlap,
	}
}

// used is the state with this decision's use of the holdout counted.
func (l *Loop) used() state.State { return l.state.Used(l.r.Holdout.SHA256) }

// counts reports whether this decision goes on the holdout's record. A release and a
// champion that is judged against itself decide nothing, and a holdout that the gate
// refused does not replace the recorded one.
func (l *Loop) counts() bool {
	return l.In.Mode != inputs.ModeRelease && l.r.Challenger.Version != l.r.Champion.Version &&
		l.r.Verdict.Check(gate.CheckHoldout).Status == gate.Passed
}

// promoteJudged promotes a version that passed, after reading the registry again.
func (l *Loop) promoteJudged(ctx context.Context, v promote.Version) error {
	judged := l.r.Champion.Version
	if err := l.reread(ctx); err != nil {
		return err
	}
	if done, err := l.recover(ctx); done || err != nil { // another run may have begun something meanwhile
		return err
	}
	if l.stateErr != nil {
		return l.stateErr
	}
	if now := l.model.Aliases[l.r.Aliases.Champion]; now != judged {
		return fmt.Errorf("aborted: @%s moved %s while judging", l.r.Aliases.Champion, promote.Arrow(judged, now))
	}
	fresh, err := l.version(ctx, v.Number)
	switch {
	case err != nil:
		return err
	case !fresh.Ready():
		return notReady(fresh)
	case promote.Barred(fresh, l.state):
		return fmt.Errorf("aborted: v%s was quarantined while judging", v.Number)
	}
	return l.promoteTo(ctx, fresh, l.used().Holdout, false)
}

// promoteTo plans and carries out a promotion of a version.
func (l *Loop) promoteTo(ctx context.Context, v promote.Version, holdout *state.Holdout, keepPrevious bool) error {
	j := l.journal(v.Number)
	j.Holdout = holdout
	j.Tags = promote.Kept(v)
	j.Tags[promote.TagPromotedAt] = j.Time.Format(time.RFC3339)
	j.Tags[promote.TagDecision] = l.decision(Promoted, j.Time, "")
	plan, err := promote.Promote(l.r.Aliases, j, l.state, keepPrevious)
	if err != nil {
		return err
	}
	if l.In.DryRun {
		l.r.WouldPromote = true
		l.dryRun(plan)
		return nil
	}
	return l.carryOut(ctx, plan)
}

// journal begins the journal of a move to a version.
func (l *Loop) journal(to string) promote.Journal {
	return promote.Journal{
		From: l.model.Aliases[l.r.Aliases.Champion], To: to, Previous: l.model.Aliases[l.r.Aliases.Previous],
		Decision: l.r.DecisionID, Holder: l.holder, Time: l.Now().UTC().Truncate(time.Second),
		ModelCreated: l.model.Created.UnixMilli(),
	}
}

// dryRun puts a plan into the report in place of carrying it out.
func (l *Loop) dryRun(plan promote.Plan) {
	l.r.Outcome = Skipped
	l.r.Flips = l.flips(plan)
	l.r.Requests = l.requests(plan.Moves())
}

// flag records a challenger that did not pass. One that is the champion already is
// only reported.
func (l *Loop) flag(ctx context.Context, v promote.Version) error {
	if v.Number == l.r.Champion.Version {
		l.r.Outcome = Flagged
		return nil
	}
	if err := l.rereadAll(ctx); err != nil { // another run may have changed the state, which is written whole
		return err
	}
	var after *state.State
	answered := l.state.Answered(l.Now())
	if l.counts() {
		answered = answered.Used(l.r.Holdout.SHA256)
	}
	if answered != *l.state { // a judged challenger answers the performance trigger's alarm
		answered = answered.Updated(l.Now())
		after = &answered
	}
	moves, err := promote.Flag(l.r.Aliases, v.Number, l.decision(Flagged, l.Now(), ""), promote.Kept(v), after)
	if err != nil {
		return err
	}
	flips := []Flip{{Alias: l.r.Aliases.Challenger, From: l.model.Aliases[l.r.Aliases.Challenger], To: v.Number}}
	if l.In.DryRun {
		l.r.Requests = l.requests(moves)
	} else if err := l.applyAll(ctx, moves); err != nil {
		return fmt.Errorf("flagging v%s: %w", v.Number, err)
	}
	l.r.Outcome, l.r.Flips = Flagged, flips
	return nil
}

// decision is the decision in brief, for a version's tag and people who look at the
// version in the MLflow UI. lifted is the text of a person's quarantine that the
// decision lifts. promote.Kept saves what a person wrote before the next decision
// overwrites the tag.
func (l *Loop) decision(outcome Outcome, at time.Time, lifted string) string {
	type pair struct {
		Champion   string `json:"champion,omitempty"`
		Challenger string `json:"challenger,omitempty"`
	}
	brief := struct {
		ID      string    `json:"id"`
		Outcome Outcome   `json:"outcome"`
		At      time.Time `json:"at"`
		Against string    `json:"champion,omitempty"`
		AUC     *pair     `json:"auc,omitempty"`
		Brier   *pair     `json:"brier,omitempty"`
		Failed  []string  `json:"failed,omitempty"`
		Reason  string    `json:"reason,omitempty"`
		Lifted  string    `json:"lifted,omitempty"`
		Actor   string    `json:"actor,omitempty"`
	}{
		ID: l.r.DecisionID, Outcome: outcome, At: at.UTC().Truncate(time.Second), Against: l.r.Champion.Version,
		Reason: text.Clip(l.In.Reason, 700), Lifted: text.Clip(lifted, 300), Actor: text.Clip(l.Actor, 100),
	}
	if l.r.Gated {
		brief.AUC = &pair{decimal(l.r.Champion.Metrics.AUC), decimal(l.r.Challenger.Metrics.AUC)}
		brief.Brier = &pair{decimal(l.r.Champion.Metrics.Brier), decimal(l.r.Challenger.Metrics.Brier)}
		for _, check := range l.r.Verdict.Failed() {
			brief.Failed = append(brief.Failed, check.Name)
		}
	}
	return encode(brief)
}

// decimal is a metric with six decimals, empty where it is absent.
func decimal(v metrics.Value) string {
	if !v.Present() {
		return ""
	}
	return metrics.Fixed(v.Rat(), 6)
}

// foretell warns of the checks that any challenger will fail, before a training and
// before a verdict that a dry run hides. what is what will follow from them.
func (l *Loop) foretell(what string) error {
	var columns []string
	if len(l.r.Policy.Columns()) > 0 && l.r.Holdout.SHA256 != "" {
		var err error
		if columns, err = l.Data.Header(l.r.Holdout.Source); err != nil {
			return fmt.Errorf("holdout: %w", scoring.InFile(l.r.Holdout.Source, err))
		}
	}
	for _, check := range gate.Foreseen(l.r.Policy, l.judgedOn(""), columns) {
		l.r.warn("%s: %s", check.Text, what)
	}
	return nil
}
