package summary

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/org/ct-action/internal/loop"
)

// JudgeSchema is the version of the document that mode judge prints, by the
// rules of Schema.
const JudgeSchema = 1

// The document of mode judge. Every key is always there; docs/judge.md explains
// each. Its checks are those of the decision document.
type judgeDocument struct {
	Schema      int         `json:"schema"`
	Passed      bool        `json:"passed"`
	Outcome     string      `json:"outcome"`
	Rows        int         `json:"rows"`
	Positives   *int        `json:"positives"`
	Uses        *int        `json:"uses"`
	Checks      []check     `json:"checks"`
	NotJudged   []notJudged `json:"segments_not_judged"`
	Warnings    []string    `json:"warnings"`
	Explanation []string    `json:"explain"`
	Error       *string     `json:"error"`
}

// JudgeDocument is what mode judge prints on stdout: one JSON document with the
// verdict first. Where the mode failed, passed is false and error says why.
func JudgeDocument(r *loop.Report) ([]byte, error) {
	d := judgeDocument{
		Schema: JudgeSchema, Passed: judgedPassed(r), Outcome: string(outcome(r)), Rows: r.Holdout.Rows, Positives: positivesOf(r), Uses: positive(r.Holdout.Uses),
		Checks: checksOf(r), NotJudged: notJudgedOf(r), Warnings: warnings(r), Explanation: listed(r.Explanation),
	}
	if r.Err != nil {
		text := r.Err.Error()
		d.Error = &text
	}
	return encode(d, "  ")
}

// judgedPassed reports whether a predictions file passed: there was a verdict,
// it was that, and nothing failed.
func judgedPassed(r *loop.Report) bool {
	return r.Gated && r.Err == nil && r.Outcome == loop.Passed && len(failedChecks(r)) == 0 && len(deciding(r)) > 0
}

// judgedNews is about a predictions file.
func judgedNews(r *loop.Report) item {
	missed, all := failedChecks(r), deciding(r)
	n := item{mark: "✅", title: "passed"}
	verdict := fmt.Sprintf("**The challenger passes %s.**", allChecks(len(all)))
	if !judgedPassed(r) {
		n.mark, n.title = "🟡", "blocked"
		verdict = fmt.Sprintf("**%d of %s did not pass.**", len(missed), counted(len(all), "check"))
	}
	n.lead = []string{strings.TrimSpace(verdict + " " + judgedOn(r)), blockers(r, missed)}
	if len(r.Explanation) > 0 {
		var lines []string
		for _, text := range r.Explanation {
			lines = append(lines, plain(text))
		}
		n.next = []string{"What would have to be different:\n\n" + bullets(lines)}
	}
	return n
}

func allChecks(n int) string {
	if n == 1 {
		return "its one check"
	}
	return fmt.Sprintf("all %d checks", n)
}

// judgedOn says which rows judged: "2,000 rows, 531 positive, of `p.parquet`."
func judgedOn(r *loop.Report) string {
	text := counted(r.Holdout.Rows, "row")
	if r.Holdout.Positives >= 0 {
		text += ", " + thousands(r.Holdout.Positives) + " positive"
	}
	if source := code(r.Holdout.Source); source != "" {
		text += ", of " + source
	}
	return text + useOf(r) + "."
}

// useOf is "; use 4 of this holdout", where a ledger counts.
func useOf(r *loop.Report) string {
	if r.Holdout.Uses == 0 {
		return ""
	}
	return fmt.Sprintf("; use %s of this holdout", thousands(r.Holdout.Uses))
}

// judgedLines are the table of what was measured with what is to be said
// against it, the verdict and, where asked for, what would have to be different.
func judgedLines(r *loop.Report) []string {
	lines := append(judgedTable(r), judgedDoubts(r)...)
	missed, all := failedChecks(r), deciding(r)
	if judgedPassed(r) {
		lines = append(lines, fmt.Sprintf("PASSED: %d of %s%s", len(all), counted(len(all), "check"), useOf(r)))
	} else {
		lines = append(lines, fmt.Sprintf("BLOCKED: %d of %s did not pass%s. Failed checks:", len(missed), counted(len(all), "check"), useOf(r)))
	}
	for _, c := range missed {
		lines = append(lines, " - "+clean(c.Text))
	}
	if len(r.Explanation) == 0 {
		return lines
	}
	lines = append(lines, "what would have to be different:")
	for _, text := range first(r.Explanation, mostRows, "") {
		lines = append(lines, " - "+clean(text))
	}
	return lines
}

// judgedDoubts are the segments that are not judged, and the warnings.
func judgedDoubts(r *loop.Report) []string {
	var lines []string
	for _, c := range metricChecks(r) {
		if text := unjudgedSegments(r, c, clean); text != "" {
			lines = append(lines, text)
		}
	}
	for _, n := range footnotesOf(r, metricChecks(r)) {
		lines = append(lines, "warning: "+clean(n.places+": "+n.warning))
	}
	return first(lines, mostRows, "")
}

// judgedTable is one row a finding, in columns for a terminal.
func judgedTable(r *loop.Report) []string {
	t := [][]string{{"check", "segment", "rows", "champion", "challenger", "change", "interval", "needed", "status"}}
	for _, c := range metricChecks(r) {
		for _, m := range measurementsOf(r, c) {
			t = append(t, judgedRow(m))
		}
	}
	if len(t) == 1 {
		return nil
	}
	return columns(t, "llrrrrlll")
}

func judgedRow(m measurement) []string {
	row := []string{clip(clean(m.check.Name), 60), clip(segmentText(m.finding.Segment), 60), "", "absent", "absent", m.change, "", clip(clean(m.needed()), 60), m.status.String()}
	if m.found {
		row[2] = thousands(m.finding.Rows)
	}
	for i, number := range []string{m.champion, m.challenger} {
		if number != "" && !strings.HasPrefix(number, "absent") {
			row[3+i] = number
		}
	}
	if m.hasInterval() {
		low, high := m.ends()
		row[6] = fmt.Sprintf("[%s, %s] %s", low, high, level(m.finding.IntervalLevel))
	}
	if m.check.DryRun {
		row[8] += " (reported)"
	}
	return row
}

// columns pads the cells of every column to the same width; align is one of l
// and r a column. A column without any text is left out.
func columns(rows [][]string, align string) []string {
	widths := make([]int, len(align))
	used := make([]bool, len(align))
	for i, row := range rows {
		for j, text := range row {
			widths[j] = max(widths[j], utf8.RuneCountInString(text))
			used[j] = used[j] || i > 0 && text != ""
		}
	}
	var lines []string
	for _, row := range rows {
		var cells []string
		for j, text := range row {
			if !used[j] {
				continue
			}
			space := strings.Repeat(" ", widths[j]-utf8.RuneCountInString(text))
			if align[j] == 'r' {
				text, space = space, text
			}
			cells = append(cells, text+space)
		}
		lines = append(lines, strings.TrimRight(strings.Join(cells, "  "), " "))
	}
	return lines
}
