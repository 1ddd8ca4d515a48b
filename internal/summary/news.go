package summary

import (
	"fmt"
	"strings"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/text"
)

// An item of news is what the first screen of a page says: the verdict, what
// moved or what blocked, and what to do next.
type item struct {
	mark, title string
	lead, next  []string // sections, escaped already
}

func news(r *loop.Report) item {
	return map[ending]func(*loop.Report) item{
		failed: failedNews, refused: refusedNews, invalid: invalidNews,
		quiet: skippedNews, cooling: skippedNews, triggered: triggeredNews,
		promoted: promotedNews, flagged: flaggedNews, unchosen: unchosenNews,
		rolledBack: rolledBackNews, rehearsed: rehearsedNews, released: releasedNews, verified: verifiedNews, notified: notifiedNews,
		passed: judgedNews, blocked: judgedNews, wouldJudge: plannedNews,
		wouldTrain: dryNews, wouldPromote: dryNews, wouldRollBack: dryNews, wouldRehearse: dryNews, wouldRelease: dryNews,
	}[endingOf(r)](r)
}

// command is one of our own commands on this report's model.
func command(r *loop.Report, mode inputs.Mode, flags ...string) string {
	in := r.Inputs
	in.ModelName = text.Visible(r.Model)
	return in.Command(mode, flags...)
}

// advice is what to do next, and the command that does it.
func advice(r *loop.Report, what string, mode inputs.Mode, flags ...string) []string {
	return []string{what, fence(command(r, mode, flags...))}
}

func promotedNews(r *loop.Report) item {
	challenger := version(r.Challenger.Version)
	n := item{mark: "✅", title: challenger + " promoted"}
	verdict := fmt.Sprintf("**%s passes all %d checks.** ", challenger, len(deciding(r)))
	champion, _ := flip(r, r.Aliases.Champion)
	switch {
	case byHand(r):
		n.title += " by hand"
		verdict = "**Promoted without the gate.** "
	case r.Recovered:
		verdict = ""
		n.title += ", finishing an interrupted run"
	case champion.From == "":
		n.title = challenger + " is the first champion"
	}
	n.lead = append(n.lead, verdict+moved(r)+retrained(r), reason(r))
	if r.Err != nil {
		n.mark, n.title = "⚠️", n.title+laterFailed
		n.lead = append(n.lead, "The move itself is done. What failed after it:")
		n.lead = append(n.lead, errorSections(r)...)
	}
	if champion.From != "" {
		n.next = append(n.next, details("How to undo it", undo(r)))
	}
	n.next = append(n.next, reviewIssue(r, "was closed."))
	return n
}

// laterFailed ends the title of a move that was made, whatever came after it:
// the records, the quarantine, the deployment. The error says which.
const laterFailed = ", but a later step failed"

// reviewIssue says what became of the issue.
func reviewIssue(r *loop.Report, what string) string {
	if r.ReviewURL == "" {
		return ""
	}
	return "The " + link("review issue", r.ReviewURL) + " " + what
}

func undo(r *loop.Report) string {
	return "Run the **rollback** workflow, or\n\n" + fence(command(r, inputs.ModeRollback, "reason", "what production says"))
}

// moved says which aliases moved: "`@champion` v7 → **v8**, …".
func moved(r *loop.Report) string {
	var parts []string
	for _, f := range r.Flips {
		to := version(f.To)
		if f.Alias == r.Aliases.Champion {
			to = "**" + to + "**"
		}
		from := version(f.From) + " → "
		if f.From == "" {
			from = "→ "
		}
		if f.From == f.To {
			from = "stays "
		}
		parts = append(parts, alias("@"+f.Alias)+" "+from+to)
	}
	if len(parts) == 0 {
		return "Nothing moved."
	}
	return strings.Join(parts, ", ") + "."
}

// champNow says what serves.
func champNow(r *loop.Report) string {
	if r.ChampionNow == "" {
		return ""
	}
	return alias(names(r).Champion) + " is " + version(r.ChampionNow) + "."
}

// retrained says why there is a challenger.
func retrained(r *loop.Report) string {
	if !r.Retrained && !r.Reused {
		return ""
	}
	reasons := plainly(r.Triggers.Reasons)
	if len(reasons) == 0 {
		return ""
	}
	text := " Retrained because of " + strings.Join(first(reasons, 5, ""), "; ") + "."
	if r.Reused {
		text += " It was registered by an earlier try of this attempt."
	}
	return text
}

// reason is a person's, and who it was.
func reason(r *loop.Report) string {
	said := text.Visible(r.Reason)
	switch {
	case said == "", r.Recovered, r.Mode == inputs.ModeRun, r.Mode == inputs.ModeGate:
		return ""
	case r.Mode == inputs.ModeVerify: // its reason is the error, which the page shows anyway
		return ""
	}
	line := "Reason: *" + plain(said) + "*"
	if r.Actor != "" {
		line += " (" + plain(text.Shown(r.Actor, 100)) + ")"
	}
	return line
}

func flaggedNews(r *loop.Report) item {
	challenger, missed := version(r.Challenger.Version), r.Verdict.Failed()
	n := item{mark: "🟡", title: challenger + " flagged"}
	if r.DryRun {
		n.mark, n.title = "🔎", "dry run, "+challenger+" would be flagged"
	}
	switch {
	case r.Champion.Version == "":
		n.title += ", no champion yet"
	case r.Champion.Version == r.Challenger.Version:
		n.title += ", it already is the champion"
	default:
		n.title += ", " + version(r.Champion.Version) + " stays"
	}
	n.lead = []string{
		fmt.Sprintf("**%d of %d checks did not pass.** %s%s", len(missed), len(deciding(r)), unmoved(r), retrained(r)),
		blockers(r, missed),
	}
	n.next = append(flaggedNext(r), reviewIssue(r, "asks a person to decide; a promotion closes it."))
	return n
}

// unmoved says that the same version serves as before.
func unmoved(r *loop.Report) string {
	text := "Nothing moved"
	switch {
	case r.DryRun:
		text = "Nothing was written"
	case len(r.Flips) > 0:
		text += " but " + alias(names(r).Challenger)
	}
	switch {
	case r.Champion.Version == "":
		return text + ". A person should look at " + version(r.Challenger.Version) + "."
	case r.Champion.Version == r.Challenger.Version:
		return text + "; " + version(r.Champion.Version) + " keeps serving."
	}
	return fmt.Sprintf("%s; %s keeps serving. A person should look at %s.", text, version(r.Champion.Version), version(r.Challenger.Version))
}

// blockers lists the checks that did not pass, each with what is known beyond
// its own text.
func blockers(r *loop.Report, failed []gate.Check) string {
	var lines []string
	for _, c := range failed {
		line := "**" + plain(c.Text) + "**"
		if settled := settlements(r, c); settled != "" {
			line = "**" + plain(c.Text+".") + "** " + settled
		}
		if c.Name == gate.CheckCooldown && c.Status == gate.Failed {
			line += " Over on " + day(r.Cooldown.Ends(r.Policy.CooldownDays)) + "."
		}
		lines = append(lines, line)
	}
	return bullets(lines)
}

func flaggedNext(r *loop.Report) []string {
	v := r.Challenger.Version
	if v == r.Champion.Version {
		return nil
	}
	if r.Verdict.Check(gate.CheckQuarantine).Status == gate.Failed {
		return advice(r, "A quarantined version cannot be promoted, not by hand either. Once the gate checks for what went wrong in production, lift the quarantine",
			inputs.ModeRelease, "challenger-version", v)
	}
	var next []string
	if r.Verdict.Check(gate.CheckHoldout).Status == gate.Failed {
		next = advice(r, "If the holdout was refreshed on purpose, accept it", inputs.ModeGate, "challenger-version", v, "holdout-sha256", r.Holdout.SHA256)
	}
	next = append(next, advice(r, "To promote it all the same, run the **review** workflow with version "+plain(v)+" and a reason, or",
		inputs.ModePromote, "challenger-version", v, "reason", inputs.Why)...)
	if r.Policy.HoldoutBudget > 0 { // a dry run would hide the verdict, and a real one would use the holdout again
		return next
	}
	return append(next, advice(r, "To judge it again without writing anything", inputs.ModeGate, "challenger-version", v, "dry-run", inputs.Bare)...)
}

func unchosenNews(r *loop.Report) item {
	a := names(r)
	return item{
		mark: "🟡", title: "no champion chosen",
		lead: []string{
			fmt.Sprintf("**The model has versions, but no %s.** Nothing was trained and nothing moved, because no training could tell which of them is being served.", alias(a.Champion)),
			blockers(r, r.Verdict.Failed()),
		},
		next: advice(r, "Choose the version that serves", inputs.ModePromote, "challenger-version", "N", "reason", inputs.Why),
	}
}

func skippedNews(r *loop.Report) item {
	serving := ""
	if r.ChampionNow != "" {
		serving = " " + version(r.ChampionNow) + " keeps serving."
	}
	if endingOf(r) == cooling {
		return item{
			mark: "⚪", title: "not retrained in the cooldown",
			lead: []string{fmt.Sprintf("**A trigger fired, and %s is set.** The last promotion was %d d ago, and the cooldown of %d d is over on %s; a challenger trained before then would be flagged.%s",
				code("skip-in-cooldown"), r.Cooldown.Days(), r.Policy.CooldownDays, day(r.Cooldown.Ends(r.Policy.CooldownDays)), serving)},
		}
	}
	n := item{mark: "⚪", title: "nothing to do"}
	switch {
	case r.Mode == inputs.ModeNotify:
		n.title, n.lead = "no drift to report", []string{"The drift is not above the threshold, so nobody was told."}
	case r.Decided:
		n.lead = []string{"No trigger fired." + serving}
	default:
		n.lead = []string{"Nothing had to be done." + serving}
	}
	return n
}

func triggeredNews(r *loop.Report) item {
	n := item{mark: "🔔", title: "retraining is due", lead: []string{"**Retrain because of**", fired(r)}}
	if r.RunContext != "" {
		n.next = append(n.next, "Train with this in its environment, so that the new version can be found",
			fence("MLFLOW_RUN_CONTEXT="+inputs.Quote(r.RunContext)))
	}
	if r.Attempt != "" {
		n.next = append(n.next, advice(r, "Then judge what it registered", inputs.ModeGate, "attempt", r.Attempt)...)
	}
	return n
}

// fired lists the triggers that fired.
func fired(r *loop.Report) string { return bullets(plainly(r.Triggers.Reasons)) }
