package summary

import (
	"fmt"
	"strings"
)

const (
	// mostPage is the most bytes of a page: nobody reads further, and the job's
	// other steps need room too.
	mostPage = 60 << 10
	// mostSection is the most bytes of one list or table on it.
	mostSection = 8 << 10
)

// A page is sections of Markdown, the most important first. Each is complete
// in itself, so that one can be left out without breaking the others.
type page struct {
	text strings.Builder
	left int // sections that did not fit
}

// add appends sections; empty ones are nothing. One that would not fit is
// left out whole.
func (p *page) add(sections ...string) {
	for _, s := range sections {
		switch {
		case s == "":
		case p.text.Len()+len(s)+2 > mostPage:
			p.left++
		default:
			p.text.WriteString(s + "\n\n")
		}
	}
}

// String is the page, with a last line that says what is missing.
func (p *page) String() string {
	if p.left > 0 {
		fmt.Fprintf(&p.text, "Left out for length: %d part(s) of this page. The decision document has everything.\n\n", p.left)
	}
	return strings.TrimRight(p.text.String(), "\n") + "\n"
}

// rows joins lines that are escaped already, as many as a list may have in
// rows and in bytes; more is how a line that counts the others is written.
func rows(lines []string, more string) string { return rowsOf(lines, 0, more) }

// rowsOf is rows, of which left have been left out already.
func rowsOf(lines []string, left int, more string) string {
	var b strings.Builder
	for i, line := range lines {
		if i == mostRows || b.Len()+len(line) > mostSection {
			left += len(lines) - i
			break
		}
		b.WriteString(line + "\n")
	}
	if left > 0 {
		fmt.Fprintf(&b, more+"\n", left)
	}
	return strings.TrimRight(b.String(), "\n")
}

// bullets is a list of texts that are escaped already.
func bullets(texts []string) string {
	var lines []string
	for _, t := range texts {
		lines = append(lines, "- "+t)
	}
	return rows(lines, "- and %d more")
}

// A table is a GitHub table; its cells are escaped already.
type table struct {
	header []string
	align  string // one of l, r, c a column
	lines  []string
	left   int // rows that were not added
}

func (t *table) row(bold bool, cells ...string) {
	if bold && cells[0] != "" {
		cells[0] = "**" + cells[0] + "**"
	}
	t.lines = append(t.lines, bar(cells))
}

func bar(cells []string) string { return "| " + strings.Join(cells, " | ") + " |" }

func rule(marks []string) string { return "|" + strings.Join(marks, "|") + "|" }

// String is the table, nothing if it has no row.
func (t *table) String() string {
	if len(t.lines) == 0 {
		return ""
	}
	marks := map[rune]string{'l': ":--", 'r': "--:", 'c': ":-:"}
	var rules []string
	for _, a := range t.align {
		rules = append(rules, marks[a])
	}
	blanks := strings.Repeat(" |", len(t.header)-1)
	return bar(t.header) + "\n" + rule(rules) + "\n" + rowsOf(t.lines, t.left, "| and %d more |"+blanks)
}

// details folds a section under a title of ours.
func details(title, body string) string {
	if body == "" {
		return ""
	}
	return "<details><summary>" + title + "</summary>\n\n" + body + "\n\n</details>"
}
