package train

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/org/ct-action/internal/text"
)

// How much of a command's output its error text repeats.
const (
	tailBytes = 8 << 10
	tailLines = 10
	tailWidth = 300 // characters of a line
)

// A tail keeps the last tailBytes of what is added to it.
type tail struct {
	buf []byte
	cut bool // something before buf was dropped
}

func (t *tail) add(b []byte) {
	if len(b) > tailBytes {
		b, t.cut, t.buf = b[len(b)-tailBytes:], true, t.buf[:0]
	}
	t.buf = append(t.buf, b...)
	if over := len(t.buf) - tailBytes; over > 0 {
		t.buf, t.cut = append(t.buf[:0], t.buf[over:]...), true
	}
}

// lines is the last tailLines of all.
func (t *tail) lines() []string {
	lines := t.all()
	return lines[max(0, len(lines)-tailLines):]
}

// all is the lines that are not blank, made safe to print; see clean.
func (t *tail) all() []string {
	all := strings.Split(string(t.buf), "\n")
	if t.cut {
		all = all[1:] // most likely half a line
	}
	var lines []string
	for _, line := range all {
		if line = clean(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

var escapes = regexp.MustCompile(`\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.)`)

// clean makes a line of someone else's output fit to be repeated: without
// terminal escapes, control characters, passwords in URLs and workflow
// commands, and of a progress bar that redraws itself the last state.
func clean(line string) string {
	line = strings.TrimRight(line, "\r")
	line = line[strings.LastIndexByte(line, '\r')+1:]
	line = escapes.ReplaceAllString(line, "")
	line = strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(line, "?"))
	line = text.WithoutCommands(text.WithoutCredentials(strings.TrimRight(line, " ")))
	return text.Clip(line, tailWidth)
}
