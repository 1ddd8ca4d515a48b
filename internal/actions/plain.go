package actions

import (
	"strings"
	"unicode"
)

// Plain neutralises what the runner would read as a workflow command, and
// leaves everything else as it is. The runner knows two forms:
//
//	::name key=value::data    where the line begins so, after white space
//	##[name key=value]data    anywhere in the line
//
// They come out as ": :name…" and "## [name…", which a reader still
// understands. A line ends at a line feed or at a carriage return, as it does
// for the runner. Plain works on whole lines: text that continues a line
// already begun must be joined with it first.
func Plain(text string) string {
	if !strings.Contains(text, "::") && !strings.Contains(text, "##[") {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		line := text
		if i := strings.IndexAny(text, "\r\n"); i >= 0 {
			line = text[:i+1]
		}
		text = text[len(line):]
		b.WriteString(plainLine(line))
	}
	return b.String()
}

func plainLine(line string) string {
	rest := strings.TrimLeftFunc(line, invisible)
	if strings.HasPrefix(rest, "::") {
		line = line[:len(line)-len(rest)] + ": " + rest[1:]
	}
	return strings.ReplaceAll(line, "##[", "## [")
}

// invisible reports whether the runner may strip r from the beginning of a
// line: white space, and a byte order mark at the beginning of the stream.
func invisible(r rune) bool {
	return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B'
}
