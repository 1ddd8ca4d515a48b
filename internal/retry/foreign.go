package retry

import (
	"strings"
	"unicode"
)

// Foreign is what a server said, fit for a log: on one line, without characters
// that control a terminal or the direction of writing, and not longer than most
// characters (an ellipsis follows where it was).
func Foreign(s string, most int) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}), " ")
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
