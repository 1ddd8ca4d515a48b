package summary

import (
	"fmt"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
)

func rolledBackNews(r *loop.Report) item {
	f, _ := flip(r, r.Aliases.Champion)
	n := item{mark: "↩️", title: "rolled back to " + version(f.To)}
	if r.Recovered {
		n.title += ", finishing an interrupted run"
	}
	lead := moved(r)
	if r.Quarantined != "" {
		lead += fmt.Sprintf(" %s is quarantined: no run will promote it again.", version(r.Quarantined))
	}
	n.lead = []string{strings.TrimSpace(lead), reason(r)}
	if r.Err != nil {
		n.mark, n.title = "⚠️", n.title+rolledBackDespite(r, f)
		if r.Quarantined == "" {
			n.lead = append(n.lead, "**The move itself is done, but "+version(f.From)+" may not be quarantined yet.**")
		}
		n.lead = append(n.lead, errorSections(r)...)
	}
	n.next = []string{unverified(r), playbook(r, f)}
	return n
}

// rolledBackDespite says why a rollback that moved the alias ended in an error.
func rolledBackDespite(r *loop.Report, f loop.Flip) string {
	switch {
	case r.Bake != nil:
		return bakeTitles[r.Bake.Phase]
	case r.Mode == inputs.ModeVerify:
		return ", the service never reported " + version(f.From)
	}
	return laterFailed
}

// playbook is the rollback's five steps: two are done by now.
func playbook(r *loop.Report, f loop.Flip) string {
	bad := "the bad version's run"
	if f.From != "" {
		bad = link(version(f.From)+"'s run", runOf(r, f.From))
	}
	return strings.Join([]string{
		"1. ✅ Detect",
		"2. ✅ Flip",
		"3. " + reload(r, f),
		"4. ⬜ Verify: " + code(command(r, inputs.ModeVerify, "verify-url", serviceURL(r))),
		fmt.Sprintf("5. ⬜ Postmortem: %s against %s; find what the holdout missed, add a metric or a segment for it to the gate, then %s",
			bad, link(version(f.To)+"'s", runOf(r, f.To)), code(command(r, inputs.ModeRelease, "challenger-version", f.From))),
	}, "\n")
}

// reload is the playbook's third step, as far as this run knows of it.
func reload(r *loop.Report, f loop.Flip) string {
	switch {
	case serves(r, f.To):
		return fmt.Sprintf("✅ Reload: the service reports %s already; see that no deployment of %s is still under way", version(f.To), version(f.From))
	case r.Inputs.DeployWorkflow != "":
		return "⬜ Reload: the workflow " + code(r.Inputs.DeployWorkflow) + ", or `POST /reload`"
	}
	return "⬜ Reload: redeploy the service, or `POST /reload`"
}

// runOf is the address of a version's run, if the report knows it.
func runOf(r *loop.Report, number string) string {
	for _, j := range []loop.Judged{r.Champion, r.Challenger} {
		if j.Version == number {
			return j.RunURL
		}
	}
	return ""
}

func releasedNews(r *loop.Report) item {
	v := version(r.Released)
	lead := "**Released by hand, without asking the gate.** "
	if blocked, known := r.Verdict.Blocked(); known && blocked {
		lead = "**Today's gate would not promote it:** " + metricTexts(r) + ". "
	}
	lead += v + " is no longer quarantined, so that the gate decides about it again. No alias moved."
	return item{
		mark: "🔓", title: v + " released", lead: []string{lead, reason(r)},
		next: advice(r, "To see how the gate judges it", inputs.ModeGate, "challenger-version", r.Released, "dry-run", inputs.Bare),
	}
}

// metricTexts are the texts of the metric checks that did not pass.
func metricTexts(r *loop.Report) string {
	failed := slices.DeleteFunc(r.Verdict.Failed(), func(c gate.Check) bool { return c.Metric == "" })
	return strings.Join(plainly(texts(failed)), "; ")
}

func dryNews(r *loop.Report) item {
	n := item{mark: "🔎", title: "dry run, "}
	challenger := version(r.Challenger.Version)
	lead := "**Nothing was written.** "
	switch endingOf(r) {
	case wouldTrain:
		n.title += "it would retrain"
		n.lead = []string{lead + "It would train a challenger because of", fired(r)}
		return n
	case wouldPromote:
		n.title += challenger + " would be promoted"
		if !byHand(r) {
			lead += fmt.Sprintf("%s passes all %d checks. ", challenger, len(deciding(r)))
		}
	case wouldRollBack:
		f, _ := flip(r, r.Aliases.Champion)
		n.title += version(f.From) + " would be rolled back to " + version(f.To)
		lead += fmt.Sprintf("%s would be quarantined. ", version(f.From))
	case wouldRehearse:
		d := rehearsalOf(r)
		n.title += "a rollback to " + version(d.To) + " would be rehearsed"
	case wouldRelease:
		n.title += challenger + " would be released"
		n.lead = []string{lead, reason(r)}
		return n
	}
	n.lead = []string{lead + "It would move " + moved(r), reason(r)}
	return n
}
