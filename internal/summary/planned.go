package summary

import (
	"fmt"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

// hidden is why a dry run under a budget shows no verdict, and how to see it.
const hidden = "the verdict is hidden, because seeing it would use the holdout, and holdout-budget counts the uses; without --dry-run it is shown and counted"

// plannedLines say what a dry run would have judged, for the console.
func plannedLines(r *loop.Report) []string {
	what := "the challenger"
	if !r.IsJudge() {
		what = promote.Label(r.Challenger.Version)
		if r.Champion.Version != "" {
			what += " against champion " + promote.Label(r.Champion.Version)
		}
	}
	lines := []string{fmt.Sprintf("DRY RUN: would judge %s on %s (sha256 %s), %s. Checks that would be made:",
		what, text.Visible(r.Holdout.Source), text.Visible(gate.Short(r.Holdout.SHA256)), uses(r))}
	lines = append(lines, dashed(first(plannedChecks(r), mostRows, ""))...)
	return append(lines, hidden)
}

// plannedChecks are "auc: needs ≥ +0.005".
func plannedChecks(r *loop.Report) []string {
	var lines []string
	for _, c := range r.Planned {
		line := text.Shown(c.Name, 60) + ": needs " + text.Shown(c.Needed, 60)
		if c.DryRun {
			line += " (reported)"
		}
		lines = append(lines, line)
	}
	return lines
}

// plannedNews is the same for the job summary.
func plannedNews(r *loop.Report) item {
	n := item{mark: "🔎", title: "dry run, " + uses(r) + " of the holdout would be made"}
	what := "The challenger"
	if !r.IsJudge() {
		what = version(r.Challenger.Version)
		if r.Champion.Version != "" {
			what += ", against champion " + version(r.Champion.Version) + ","
		}
	}
	n.lead = []string{
		fmt.Sprintf("**Nothing was written, and nothing was scored.** %s would be judged on %s, SHA-256 %s. Checks that would be made:",
			what, code(r.Holdout.Source), code(gate.Short(r.Holdout.SHA256))),
		bullets(plainly(plannedChecks(r))), sentence("T" + hidden[1:]),
	}
	return n
}
