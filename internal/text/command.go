package text

import (
	"strings"
	"unicode"
)

// WithoutCommands neutralises what GitHub's runner would read as a workflow
// command, and leaves everything else as it is. The runner knows two forms:
//
//	::name key=value::data    where the line begins so, after white space
//	##[name key=value]data    anywhere in the line
//
// They come out as ": :name…" and "## [name…", which a reader still
// understands. A line ends at a line feed or at a carriage return, as it does
// for the runner. It works on whole lines: text that continues a line already
// begun must be joined with it first.
func WithoutCommands(s string) string {
	if !strings.Contains(s, "::") && !strings.Contains(s, "##[") {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		line := s
		if i := strings.IndexAny(s, "\r\n"); i >= 0 {
			line = s[:i+1]
		}
		s = s[len(line):]
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

// invisible reports whether the runner may strip or pass over r at the beginning of
// a line: white space, control characters, and what only formats, such as a byte
// order mark or a soft hyphen.
func invisible(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf)
}
