package summary

import (
	"fmt"
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
	if s := tell(r); s == passed || s == blocked || s == wouldJudge && r.IsJudge() {
		return "judge"
	}
	if r.Model == "" {
		return "ct-action"
	}
	return plain(text.Clip(text.Visible(r.Model), 120))
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
	switch {
	case !gated:
		return ""
	case s == gate.Passed:
		return "✅ passed"
	case s == gate.Failed:
		return "❌ failed"
	case s == gate.Absent:
		return "❌ no evidence"
	case s == gate.Inconclusive:
		return "❔ inconclusive"
	}
	return "not made"
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
		cell += ", " + text.Count(h.Rows, "row")
	}
	if h.Rows > 0 && h.Positives >= 0 {
		cell += fmt.Sprintf(", %s positive", text.Grouped(h.Positives))
	}
	if h.Uses > 0 {
		cell += ", " + uses(r)
	}
	if c.Found != c.Needed {
		cell += ": " + plain(c.Found)
	}
	return cell
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
		t.row(one.Status == triggers.Broken, plain(title(one.Name)), plain(one.Measured), plain(one.Fires), triggerMark(one.Status))
	}
	switch s := tell(r); {
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

func triggerMark(s triggers.Status) string {
	switch s {
	case triggers.Fired:
		return "🔔 fired"
	case triggers.Quiet:
		return "quiet"
	case triggers.NoOpinion:
		return "no opinion"
	case triggers.Off:
		return "off"
	}
	return "❌ error"
}

// requests are the API calls that a dry run stands for.
func requests(r *loop.Report) string {
	if len(r.Requests) == 0 {
		return ""
	}
	return "The requests that it stands for:\n\n" + fence(r.Requests...)
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
	add := func(label, address string) {
		if linked := link(label, address); linked != label {
			parts = append(parts, linked)
		}
	}
	if r.Mode != inputs.ModeRollback && r.Outcome != loop.RolledBack { // there the playbook links both runs
		add("Training run", r.Challenger.RunURL)
	}
	if r.Challenger.Version != "" {
		add("Version "+plain(r.Challenger.Version), r.Challenger.VersionURL)
	}
	if r.Champion.Version != "" && r.Champion.Version != r.Challenger.Version {
		add("Version "+plain(r.Champion.Version), r.Champion.VersionURL)
	}
	if r.DecisionID != "" {
		parts = append(parts, "Decision "+code(r.DecisionID)+" in "+code(DocumentPath(r.Model)))
	}
	if text := timings(r); text != "" {
		parts = append(parts, text)
	}
	return strings.Join(parts, " · ")
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
