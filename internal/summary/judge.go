package summary

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/text"
)

// judgedNews is about a predictions file.
func judgedNews(r *loop.Report) item {
	missed, all := r.Verdict.Failed(), deciding(r)
	n := item{mark: "✅", title: "passed"}
	verdict := fmt.Sprintf("**The challenger passes %s.**", allChecks(len(all)))
	if !r.GatePassed() {
		n.mark, n.title = "🟡", "blocked"
		verdict = fmt.Sprintf("**%d of %s did not pass.**", len(missed), text.Count(len(all), "check"))
	}
	n.lead = []string{strings.TrimSpace(verdict + " " + judgedOn(r)), blockers(r, missed)}
	if len(r.Explanation) > 0 {
		n.next = []string{"What would have to be different:\n\n" + bullets(plainly(r.Explanation))}
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
	line := holdoutRows(r.Holdout)
	if source := code(r.Holdout.Source); source != "" {
		line += ", of " + source
	}
	return line + useOf(r) + "."
}

// useOf is "; use 4 of this holdout", where a ledger counts.
func useOf(r *loop.Report) string {
	if r.Holdout.Uses == 0 {
		return ""
	}
	return fmt.Sprintf("; use %s of this holdout", text.Grouped(r.Holdout.Uses))
}

// judgedLines are the table of what was measured, the doubts about it, the verdict
// and, where asked for, what would have to be different.
func judgedLines(r *loop.Report) []string {
	lines := append(judgedTable(r), judgedDoubts(r)...)
	missed, all := r.Verdict.Failed(), deciding(r)
	if r.GatePassed() {
		lines = append(lines, fmt.Sprintf("PASSED: %d of %s%s", len(all), text.Count(len(all), "check"), useOf(r)))
	} else {
		lines = append(lines, fmt.Sprintf("BLOCKED: %d of %s did not pass%s. Failed checks:", len(missed), text.Count(len(all), "check"), useOf(r)))
	}
	lines = append(lines, dashed(texts(missed))...)
	if len(r.Explanation) > 0 {
		lines = append(lines, "what would have to be different:")
	}
	return append(lines, dashed(first(r.Explanation, mostRows, ""))...)
}

// judgedDoubts are the segments that are not judged, and the warnings.
func judgedDoubts(r *loop.Report) []string {
	var lines []string
	for _, c := range metricChecks(r) {
		if line := unjudgedSegments(r, c, text.Visible); line != "" {
			lines = append(lines, line)
		}
	}
	for _, n := range footnotesOf(r, metricChecks(r)) {
		lines = append(lines, "warning: "+text.Visible(n.places+": "+n.warning))
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
	row := []string{text.Shown(m.check.Name, 60), text.Clip(segmentText(m.finding.Segment), 60), "", "absent", "absent", m.change, "", text.Shown(m.needed(), 60), m.status.String()}
	if m.found {
		row[2] = text.Grouped(m.finding.Rows)
	}
	for i, number := range []string{m.champion, m.challenger} {
		if number != "" && !strings.HasPrefix(number, "absent") {
			row[3+i] = number
		}
	}
	if m.finding.HasInterval() {
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
