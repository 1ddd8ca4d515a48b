package summary

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/text"
)

const (
	mostText = 500  // characters of one text
	mostLine = 2000 // characters of one line of a block: a command must stay whole
	mostRows = 50   // rows of one list
)

// everywhere is what is escaped wherever a text stands, each beside what is
// written in its place. Characters of HTML and of tables become character
// references. After rendering, GitHub looks for @mentions, #references and bare
// links, and no escape is left by then: an empty comment breaks them up.
var everywhere = []string{
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "$", "&#36;", "@", "@<!-- -->", "://", ":<!-- -->//",
	"www.", "www<!-- -->.", "WWW.", "WWW<!-- -->.", "Www.", "Www<!-- -->.",
}

// inline escapes for Markdown, whose own characters get a backslash; tagged
// escapes within a tag, where a backslash is a character like any other.
var (
	inline = strings.NewReplacer(append([]string{`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "~", `\~`, "#", `\#<!-- -->`}, everywhere...)...)
	tagged = strings.NewReplacer(append([]string{`\`, "&#92;", "[", "&#91;", "#", "#<!-- -->"}, everywhere...)...)
)

// issueNumber is the other way to refer to issue 1: GH-1.
var issueNumber = regexp.MustCompile(`(?i)(gh)-([0-9])`)

// escaped is a text from outside, cut and escaped.
func escaped(s string, by *strings.Replacer) string {
	return issueNumber.ReplaceAllString(by.Replace(text.Shown(s, mostText)), "$1<!-- -->-$2")
}

// plain is text from outside, for a paragraph, a heading, a list or a cell.
func plain(s string) string {
	s = escaped(s, inline)
	if s == "" {
		return s
	}
	// At the beginning of a line these would begin a list, a heading, a rule.
	if strings.ContainsRune("-+=", rune(s[0])) {
		return `\` + s
	}
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if rest := s[digits:] + " "; digits > 0 && (strings.HasPrefix(rest, ". ") || strings.HasPrefix(rest, ") ")) {
		return s[:digits] + `\` + s[digits:]
	}
	return s
}

// plainly is each of the texts plain.
func plainly(texts []string) []string {
	var all []string
	for _, t := range texts {
		all = append(all, plain(t))
	}
	return all
}

// markup is text from outside within a tag of ours, where nothing but tags and
// references is read.
func markup(s string) string { return escaped(s, tagged) }

// code is text from outside set as code. Backticks serve where the text has
// nothing to escape; otherwise the tag does, because in a table a backslash
// before a bar means one thing to the table and another to the code.
func code(s string) string {
	s = text.Shown(s, mostText)
	if s == "" {
		return ""
	}
	if !strings.ContainsAny(s, "`|\\&<>") {
		return "`" + s + "`"
	}
	return "<code>" + plain(s) + "</code>"
}

// fence is lines from outside as a block of code, as many as a list may have.
// The fence is longer than any run of backticks inside.
func fence(lines ...string) string {
	if len(lines) == 0 {
		return ""
	}
	var kept []string
	mark := "```"
	for _, line := range lines {
		line = strings.TrimRight(text.Clip(cleanBlock(line), mostLine), " ")
		kept = append(kept, line)
		for strings.Contains(line, mark) {
			mark += "`"
		}
	}
	return mark + "\n" + rows(kept, "and %d more") + "\n" + mark
}

// cleanBlock is text.Visible with the indentation kept.
func cleanBlock(line string) string {
	body := strings.TrimLeft(line, " \t")
	indent := strings.ReplaceAll(line[:len(line)-len(body)], "\t", "    ")
	return indent + text.Visible(body)
}

// link is a label, linked where the address is one of the web.
func link(label, address string) string { return cmp.Or(webLink(label, address), label) }

// webLink is a label of ours as a link to an address from outside; empty where the
// address is none of the web.
func webLink(label, address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || len(address) > 2000 {
		return ""
	}
	var b strings.Builder
	for _, c := range []byte(address) {
		switch {
		case c == '&':
			b.WriteString("&amp;")
		case c > ' ' && c < 0x7f && !strings.ContainsRune("\"()<>[]\\^`{|}*_", rune(c)):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return "[" + label + "](" + b.String() + ")"
}

// first keeps so many of the items, and says how many more there are.
func first(items []string, most int, bullet string) []string {
	if len(items) <= most {
		return items
	}
	return append(slices.Clone(items[:most]), fmt.Sprintf("%sand %d more", bullet, len(items)-most))
}
