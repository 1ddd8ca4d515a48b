package summary

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/org/ct-action/internal/text"
)

const (
	mostText = 500  // characters of one text
	mostLine = 2000 // characters of one line of a block: a command must stay whole
	mostRows = 50   // rows of one list
)

// inline escapes for Markdown. Characters of HTML and of tables turn into
// references, which mean themselves everywhere; those of Markdown get a
// backslash. An empty comment breaks what GitHub looks for after rendering,
// where no escaping is left: @mentions, #references, bare links.
var inline = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "$", "&#36;",
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "~", `\~`,
	"#", `\#<!-- -->`, "@", "@<!-- -->", "://", ":<!-- -->//",
	"www.", "www<!-- -->.", "WWW.", "WWW<!-- -->.", "Www.", "Www<!-- -->.",
)

// reference is GitHub's other way to write #1.
var reference = regexp.MustCompile(`(?i)(gh)-([0-9])`)

// plain is text from outside, for a paragraph, a heading, a list or a cell.
func plain(s string) string {
	s = reference.ReplaceAllString(inline.Replace(text.Clip(text.Visible(s), mostText)), "$1<!-- -->-$2")
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

// markup is text from outside within a tag of ours, where nothing but tags and
// references is read.
func markup(s string) string {
	return reference.ReplaceAllString(tagged.Replace(text.Clip(text.Visible(s), mostText)), "$1<!-- -->-$2")
}

var tagged = strings.NewReplacer(
	"&", "&amp;", `\`, "&#92;", "[", "&#91;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "$", "&#36;",
	"#", "#<!-- -->", "@", "@<!-- -->", "://", ":<!-- -->//",
	"www.", "www<!-- -->.", "WWW.", "WWW<!-- -->.", "Www.", "Www<!-- -->.",
)

// code is text from outside set as code. Backticks serve where the text has
// nothing to escape; otherwise the tag does, because in a table a backslash
// before a bar means one thing to the table and another to the code.
func code(s string) string {
	s = text.Clip(text.Visible(s), mostText)
	if s == "" {
		return ""
	}
	safe := strings.IndexFunc(s, func(r rune) bool {
		return r == '`' || r == '|' || r == '\\' || r == '&' || r == '<' || r == '>'
	}) < 0
	if safe {
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
	longest := 2
	for _, line := range lines {
		line = strings.TrimRight(text.Clip(cleanBlock(line), mostLine), " ")
		kept = append(kept, line)
		longest = max(longest, backticks(line))
	}
	mark := strings.Repeat("`", longest+1)
	return mark + "\n" + rows(kept, "and %d more") + "\n" + mark
}

// cleanBlock is clean, with the indentation kept.
func cleanBlock(line string) string {
	body := strings.TrimLeft(line, " \t")
	indent := strings.ReplaceAll(line[:len(line)-len(body)], "\t", "    ")
	return indent + text.Visible(body)
}

// backticks is the length of the longest run of them.
func backticks(s string) int {
	longest, run := 0, 0
	for _, r := range s {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// link is a label, linked where the address is one of the web. The label is
// ours; the address is the server's or the user's.
func link(label, address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || len(address) > 2000 {
		return label
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
	kept := append([]string{}, items[:most]...)
	return append(kept, fmt.Sprintf("%sand %d more", bullet, len(items)-most))
}
