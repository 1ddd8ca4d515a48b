package summary

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
	"github.com/org/ct-action/internal/triggers"
)

// Markdown is the job summary: GitHub Markdown, at most 60 KB whatever the
// report holds.
func Markdown(r *loop.Report) string {
	var p page
	n := news(r)
	p.add("## " + n.mark + " " + heading(r) + ": " + n.title)
	if r.Recovered {
		p.add("**Finished what an interrupted run had begun:** " + sentence(r.Recovery))
	}
	p.add(n.lead...)
	if !r.Recovered {
		p.add(metricSections(r)...)
		p.add(fixedChecksTable(r))
	}
	p.add(n.next...)
	p.add(triggerSection(r), requests(r), remarks(r), footer(r))
	return p.String()
}

// heading is the model's name, short enough for a heading.
func heading(r *loop.Report) string {
	if s := endingOf(r); s == passed || s == blocked || s == wouldJudge && r.IsJudge() {
		return "judge"
	}
	if r.Model == "" {
		return "ct-action"
	}
	return plain(text.Shown(r.Model, 120))
}

// sentence is a text from outside that ends as sentences do.
func sentence(s string) string {
	s = strings.TrimRight(text.Visible(s), ".")
	if s == "" {
		return ""
	}
	return plain(s + ".")
}

// version is "v8" from outside.
func version(number string) string { return plain(promote.Label(number)) }

// alias is "@champion" as code.
func alias(name string) string { return code(name) }

// statusMark is how a check went, as a sign and in words. Without a verdict
// there is nothing to mark.
func statusMark(gated bool, s gate.Status) string {
	if !gated {
		return ""
	}
	return statusMarks[s]
}

var statusMarks = map[gate.Status]string{
	gate.NotMade: "not made", gate.Passed: "✅ passed", gate.Failed: "❌ failed", gate.Absent: "❌ no evidence", gate.Inconclusive: "❔ inconclusive",
}

// fixedChecksTable lists the checks that are about no metric. A release asks the
// metrics alone.
func fixedChecksTable(r *loop.Report) string {
	if r.Mode == inputs.ModeRelease {
		return ""
	}
	t := table{header: []string{"Check", "Found", "Needed", ""}, align: "lllc"}
	for _, c := range r.Verdict.Checks {
		if c.Metric != "" {
			continue
		}
		found := plain(c.Found)
		if c.Name == gate.CheckHoldout {
			found = holdoutCell(r, c)
		}
		t.row(c.Status != gate.Passed, plain(title(strings.ReplaceAll(text.Visible(c.Name), "-", " "))), found, plain(c.Needed), statusMark(true, c.Status))
	}
	return t.String()
}

// holdoutCell says which data judged.
func holdoutCell(r *loop.Report, c gate.Check) string {
	h := r.Holdout
	if h.SHA256 == "" {
		return plain(c.Found)
	}
	cell := code(gate.Short(h.SHA256))
	if h.Rows > 0 {
		cell += ", " + holdoutRows(h)
	}
	if h.Uses > 0 {
		cell += ", " + uses(r)
	}
	if c.Found != c.Needed {
		cell += ": " + plain(c.Found)
	}
	return cell
}

// holdoutRows is "2,000 rows, 531 positive".
func holdoutRows(h loop.HoldoutReport) string {
	rows := text.Count(h.Rows, "row")
	if h.Positives >= 0 {
		rows += ", " + text.Grouped(h.Positives) + " positive"
	}
	return rows
}

// uses is the ledger's line: how many decisions the holdout has made, and may.
func uses(r *loop.Report) string {
	line := "use " + text.Grouped(r.Holdout.Uses)
	if budget := r.Policy.HoldoutBudget; budget > 0 {
		line += " of " + text.Grouped(budget)
	}
	return line
}

// triggerSection is open while the triggers are the news.
func triggerSection(r *loop.Report) string {
	if !r.Decided {
		return ""
	}
	t := table{header: []string{"Trigger", "Measured", "Fires when", ""}, align: "lllc"}
	for _, one := range r.Triggers.Triggers {
		if one.Name == "force" && one.Status == triggers.Quiet {
			continue // nobody asked
		}
		if one.Status == triggers.Off {
			one.Measured, one.Fires = "", "" // its thresholds mean nothing
		}
		t.row(one.Status == triggers.Broken, plain(title(one.Name)), plain(one.Measured), plain(one.Fires), triggerMarks[one.Status])
	}
	switch s := endingOf(r); {
	case len(r.Triggers.Errors) > 0, s == quiet, s == cooling, s == triggered, s == wouldTrain, s == unchosen:
		return t.String()
	case r.Mode == inputs.ModeNotify:
		return details("What was measured", t.String())
	case r.Triggers.Retrain:
		return details("Why it retrained", t.String())
	}
	return details("Triggers", t.String())
}

func title(name string) string {
	_, size := utf8.DecodeRuneInString(name)
	return strings.ToUpper(name[:size]) + name[size:]
}

var triggerMarks = map[triggers.Status]string{
	triggers.Broken: "❌ error", triggers.Fired: "🔔 fired", triggers.Quiet: "quiet", triggers.NoOpinion: "no opinion", triggers.Off: "off",
}

// requests are the API calls that a dry run stands for.
func requests(r *loop.Report) string {
	if len(r.Requests) == 0 {
		return ""
	}
	return "The API requests that it would send:\n\n" + fence(r.Requests...)
}

// remarks are the warnings, then the notices.
func remarks(r *loop.Report) string {
	var lines []string
	for _, w := range r.AllWarnings() {
		lines = append(lines, "⚠️ "+paragraph(w))
	}
	for _, n := range r.Notices {
		lines = append(lines, "ℹ️ "+paragraph(n))
	}
	return bullets(lines)
}

// paragraph is a text from outside that keeps its first lines apart: what
// happened, and what to do.
func paragraph(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = plain(line); line != "" && len(lines) <= mostHints {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "<br>")
}

// footer links to what the MLflow UI knows, and says how long it took.
func footer(r *loop.Report) string {
	var parts []string
	if r.Mode != inputs.ModeRollback && r.Outcome != loop.RolledBack { // there the playbook links both runs
		parts = append(parts, webLink("Training run", r.Challenger.RunURL))
	}
	if r.Challenger.Version != "" {
		parts = append(parts, webLink("Version "+plain(r.Challenger.Version), r.Challenger.VersionURL))
	}
	if r.Champion.Version != "" && r.Champion.Version != r.Challenger.Version {
		parts = append(parts, webLink("Version "+plain(r.Champion.Version), r.Champion.VersionURL))
	}
	if r.DecisionID != "" {
		parts = append(parts, "Decision "+code(r.DecisionID)+" in "+code(DocumentPath(r.Model)))
	}
	parts = append(parts, timings(r))
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), " · ")
}

// timings is "48 s: triggers 0.1 s, training 41 s".
func timings(r *loop.Report) string {
	var total time.Duration
	var stages []string
	for _, t := range r.Timings {
		total += t.Took
		stages = append(stages, plain(t.Stage)+" "+took(t.Took))
	}
	if len(stages) == 0 {
		return ""
	}
	return took(total) + ": " + strings.Join(first(stages, 10, ""), ", ")
}
