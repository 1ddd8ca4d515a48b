package summary

import (
	"fmt"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
	"github.com/org/ct-action/internal/triggers"
)

// A Style says how the console text may look.
type Style struct {
	Colour bool // the verdict's word is coloured
}

// Console is the text for a moment of the loop: whole lines, or nothing. It
// holds no control character of the report's texts, so that none of them can
// move the cursor or hide a line.
func Console(m loop.Moment, r *loop.Report, s Style) string {
	var lines []string
	if r.IsJudge() && m != loop.Ended { // the table at the end has all of it
		return ""
	}
	switch m {
	case loop.Decided:
		lines = decided(r)
	case loop.Trained:
		lines = []string{challengerLine(r)}
	case loop.Scored:
		lines = scored(r)
	case loop.Waiting:
		lines = []string{r.Recovery}
	case loop.Turned:
		lines = turned(r)
	case loop.Answered:
		lines = answerLine(r)
	case loop.Measured:
		lines = measuredLine(r)
	case loop.Ended:
		lines = ended(r)
	}
	var text strings.Builder
	for _, line := range lines {
		line = strings.TrimRight(cleanBlock(line), " ")
		if s.Colour && m == loop.Ended {
			line = coloured(line)
		}
		text.WriteString(line + "\n")
	}
	return text.String()
}

// verdicts are the words that a last line begins with, each with its colour:
// green for what was asked for, yellow for what a person should look at, red
// for what went wrong.
var verdicts = map[string]string{
	"PROMOTED": "32", "RELEASED": "32", "VERIFIED": "32", "NOTIFIED": "33", "PASSED": "32",
	"FLAGGED": "33", "BLOCKED": "33", "ROLLED BACK": "33", "REHEARSED": "32", "REHEARSAL ENDED": "33", "RECOVERED": "33", "SKIPPED": "33", "DRY RUN": "33",
	"REFUSED": "31", "INVALID": "31", "FAILED": "31",
}

// coloured is the line with its verdict coloured, if it begins with one.
func coloured(line string) string {
	for word, colour := range verdicts {
		if rest, ok := strings.CutPrefix(line, word); ok {
			return "\x1b[1;" + colour + "m" + word + "\x1b[0m" + rest
		}
	}
	return line
}

// decided are the triggers: the reasons first where it retrains.
func decided(r *loop.Report) []string {
	var lines []string
	fired := r.Triggers.Retrain || endingOf(r) == cooling
	if fired {
		lines = append([]string{because(r)}, dashed(r.Triggers.Reasons)...)
	}
	for _, t := range r.Triggers.Triggers {
		if !fired || t.Status != triggers.Fired {
			lines = append(lines, t.Text)
		}
	}
	return lines
}

func because(r *loop.Report) string {
	switch {
	case r.DryRun:
		return "would retrain because:"
	case r.Mode == inputs.ModeTrigger, r.Inputs.SkipInCooldown: // whether it trains is decided later, or by somebody else
		return "retrain because:"
	}
	return "retraining because:"
}

func challengerLine(r *loop.Report) string {
	what := "challenger"
	switch {
	case r.Reused:
		what = "challenger of an earlier try"
	case r.Retrained:
		what = "trained challenger"
	case r.Mode == inputs.ModeRelease:
		what = "quarantined version"
	}
	return fmt.Sprintf("%s: %s %s", what, r.Model, promote.Label(r.Challenger.Version))
}

// scored are AUC and Brier score of both versions. Of a task that is not binary,
// the checks show the metrics.
func scored(r *loop.Report) []string {
	if r.Holdout.Positives < 0 {
		return nil
	}
	auc, brier := pairs(r)
	var lines []string
	if r.Champion.Version != "" {
		lines = append(lines, fmt.Sprintf("champion %s: AUC %s Brier %s", promote.Label(r.Champion.Version), auc.champion, brier.champion))
	}
	return append(lines, fmt.Sprintf("challenger %s: AUC %s Brier %s", promote.Label(r.Challenger.Version), auc.challenger, brier.challenger))
}

// pairs are both metrics of both versions. Where a policy replaces the two default
// checks, there is no limit that the printed numbers have to keep on its side.
func pairs(r *loop.Report) (auc, brier pair) {
	a, b := r.Champion.Metrics, r.Challenger.Metrics
	growth, increase := marginOf(r.Policy.Epsilon), marginOf(r.Policy.MaxBrierIncrease)
	if r.Policy.Requirements != nil {
		growth, increase = relations{}, relations{}
	}
	return compare(a.AUC, b.AUC, growth), compare(a.Brier, b.Brier, increase)
}

// ended is the verdict, with what follows from it.
func ended(r *loop.Report) []string {
	var lines []string
	if r.Recovered {
		lines = append(lines, "RECOVERED: "+r.Recovery)
	}
	lines = append(lines, verdictLines(r)...)
	if r.Reason != "" && (byHand(r) || r.Mode == inputs.ModeRollback || r.Mode == inputs.ModeRelease) && r.Err == nil {
		lines = append(lines, "reason: "+text.Shown(r.Reason, mostText))
	}
	if r.ReviewURL != "" {
		lines = append(lines, "review issue: "+text.Shown(r.ReviewURL, mostText))
	}
	if len(r.Requests) > 0 {
		lines = append(append(lines, "API requests that it would send:"), dashed(r.Requests)...)
	}
	return lines
}

func verdictLines(r *loop.Report) []string {
	const dry = "DRY RUN: would "
	switch endingOf(r) {
	case quiet:
		return quietLines(r)
	case cooling:
		return []string{fmt.Sprintf("SKIPPED: a trigger fired during the cooldown, which ends %s: last promotion %dd ago (< %dd)",
			day(r.Cooldown.Ends(r.Policy.CooldownDays)), r.Cooldown.Days(), r.Policy.CooldownDays)}
	case triggered:
		return nil // its reasons were printed already
	case promoted:
		return append(passedLines(r), withError(r, "PROMOTED"+promotion(r))...)
	case flagged, unchosen:
		return flaggedLines(r)
	case rolledBack:
		return withError(r, "ROLLED BACK: "+rollback(r)+redeploy(r))
	case rehearsed:
		return rehearsedLines(r)
	case released:
		return []string{fmt.Sprintf("RELEASED %s: no longer quarantined; it can be judged again", promote.Label(r.Released))}
	case verified:
		return verifiedLines(r)
	case notified:
		return notifiedLines(r)
	case passed, blocked:
		return judgedLines(r)
	case wouldTrain:
		return []string{dry + "train a challenger"}
	case wouldPromote:
		return append(passedLines(r), dry+"promote"+promotion(r))
	case wouldJudge:
		return plannedLines(r)
	case wouldRollBack:
		return []string{dry + "roll back " + rollback(r)}
	case wouldRehearse:
		return []string{dry + rehearsalPlan(r)}
	case wouldRelease:
		return []string{dry + "release " + promote.Label(r.Challenger.Version)}
	case refused:
		return append(errorLines(r, "REFUSED"), targets(r)...)
	case invalid:
		return errorLines(r, "INVALID")
	}
	return append(errorLines(r, "FAILED"), unjudged(r)...)
}

func quietLines(r *loop.Report) []string {
	switch {
	case r.Mode == inputs.ModeNotify:
		return []string{"the drift is not above the threshold; nobody was told"}
	case !r.Decided:
		return []string{"nothing to do"}
	}
	return []string{"no trigger fired; nothing to do"}
}

// promotion is what follows PROMOTED: " v8 -> @champion (+0.0159 AUC); …".
func promotion(r *loop.Report) string {
	a := names(r)
	text := fmt.Sprintf(" %s -> %s", promote.Label(r.Challenger.Version), a.Champion)
	if byHand(r) {
		text += " by hand"
	}
	champion, moved := flip(r, r.Aliases.Champion)
	switch auc, _ := pairs(r); {
	case moved && champion.From == "":
		text += " (first champion)"
	case auc.change != "":
		text += " (" + auc.change + " AUC)"
	}
	if previous, ok := flip(r, r.Aliases.Previous); ok {
		text += fmt.Sprintf("; %s = %s", a.Previous, promote.Label(previous.To))
	}
	return text
}

// rollback is what follows ROLLED BACK: "@champion v8 -> v7. v8 tagged …".
func rollback(r *loop.Report) string {
	text := names(r).Champion
	if f, ok := flip(r, r.Aliases.Champion); ok {
		text = fmt.Sprintf("%s %s -> %s.", text, promote.Label(f.From), promote.Label(f.To))
		if r.DryRun {
			text += fmt.Sprintf(" %s would be tagged quarantined.", promote.Label(f.From))
		}
	}
	if r.Quarantined != "" {
		text += fmt.Sprintf(" %s tagged quarantined.", promote.Label(r.Quarantined))
	}
	return text
}

// redeploy is what is left to do after a rollback. A deploy workflow that this
// run started is a notice, one that it could not start an error.
func redeploy(r *loop.Report) string {
	switch f, _ := flip(r, r.Aliases.Champion); {
	case serves(r, f.To):
		return fmt.Sprintf(" The service reports %s.", promote.Label(f.To))
	case r.Inputs.DeployWorkflow != "":
		return ""
	}
	return " Now redeploy the service."
}

func flaggedLines(r *loop.Report) []string {
	word := "FLAGGED"
	if r.DryRun {
		word = "DRY RUN: would flag"
	}
	return append([]string{word + flaggedWho(r) + " Failed checks:"}, dashed(texts(r.Verdict.Failed()))...)
}

// texts are the checks' own lines.
func texts(checks []gate.Check) []string {
	var all []string
	for _, c := range checks {
		all = append(all, c.Text)
	}
	return all
}

// dashed are the items of a list.
func dashed(items []string) []string {
	var lines []string
	for _, item := range items {
		lines = append(lines, " - "+text.Visible(item))
	}
	return lines
}

func flaggedWho(r *loop.Report) string {
	switch challenger := promote.Label(r.Challenger.Version); {
	case r.Challenger.Version == "":
		return fmt.Sprintf(": %s has versions and no %s.", r.Model, names(r).Champion)
	case r.Champion.Version == "":
		return fmt.Sprintf(" %s. There is no champion yet.", challenger)
	default:
		return fmt.Sprintf(" %s. Champion %s stays.", challenger, promote.Label(r.Champion.Version))
	}
}

// passedLines are a policy's own checks that passed. Those of the default policy
// need no line here: their two metrics are told as soon as they are scored.
func passedLines(r *loop.Report) []string {
	if r.Policy.Requirements == nil || !r.Gated {
		return nil
	}
	decided := slices.DeleteFunc(r.Verdict.Metrics(), func(c gate.Check) bool { return c.DryRun })
	return append([]string{"checks that passed:"}, dashed(texts(decided))...)
}

// withError adds what failed after the aliases had moved.
func withError(r *loop.Report, line string) []string {
	if r.Err == nil {
		return []string{line}
	}
	return append([]string{line}, errorLines(r, "FAILED")...)
}

func errorLines(r *loop.Report, word string) []string {
	if r.Err == nil {
		happened, look := unexplained(r)
		return []string{word + ": " + happened, look}
	}
	return strings.Split(word+": "+strings.TrimSpace(r.Err.Error()), "\n")
}

// targets are the versions that a refused rollback could go to.
func targets(r *loop.Report) []string {
	if len(r.Targets) == 0 {
		return nil
	}
	lines := []string{"former champions that could be rolled back to:"}
	for _, v := range first(r.Targets, mostRows, "") {
		lines = append(lines, " - "+promote.Label(text.Visible(v))+": "+command(r, inputs.ModeRollback, "rollback-to", v, "reason", inputs.Why))
	}
	return lines
}

// unjudged says how to go on after a failure that has a trained challenger.
func unjudged(r *loop.Report) []string {
	if !r.Retrained || r.Challenger.Version == "" || r.DryRun {
		return nil
	}
	return []string{fmt.Sprintf("%s is registered; judge it without training again: %s",
		promote.Label(r.Challenger.Version), command(r, inputs.ModeGate, "challenger-version", r.Challenger.Version))}
}
