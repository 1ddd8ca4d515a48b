package text

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWithoutCommands(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ in, want string }{
		{"", ""},
		{"std::vector and a::b\n", "std::vector and a::b\n"},
		{"::error::x", ": :error::x"},
		{"ok\n \t::error::x\n", "ok\n \t: :error::x\n"},
		{"50%\r::stop-commands::x\r\nend", "50%\r: :stop-commands::x\r\nend"},
		{"\u00a0\u2003\u0085::error::x", "\u00a0\u2003\u0085: :error::x"},
		{"\ufeff::error::x", "\ufeff: :error::x"},
		{"\u00ad::error::x", "\u00ad: :error::x"},
		{"\u2060\u200b::error::x", "\u2060\u200b: :error::x"},
		{"\x00\x1b\x7f::error::x", "\x00\x1b\x7f: :error::x"},
		{"a ##[error]b ##[x]", "a ## [error]b ## [x]"},
		{"###[error]", "### [error]"},
		{"::::", ": :::"},
	} {
		if got := WithoutCommands(test.in); got != test.want {
			t.Errorf("WithoutCommands(%q):\n got %q\nwant %q", test.in, got, test.want)
		}
	}
}

// TestWithoutCommandsHoldsNone looks at the text with the eyes of the runner.
func TestWithoutCommandsHoldsNone(t *testing.T) {
	t.Parallel()
	pieces := rapid.SampledFrom([]string{":", "::", "#", "##[", "[", " ", "\t", "\r", "\n", "\u00a0", "\ufeff", "error", "a"})
	rapid.Check(t, func(t *rapid.T) {
		said := strings.Join(rapid.SliceOf(pieces).Draw(t, "text"), "")
		plain := WithoutCommands(said)
		for line := range strings.FieldsFuncSeq(plain, func(r rune) bool { return r == '\r' || r == '\n' }) {
			if strings.HasPrefix(strings.TrimLeft(line, " \t\u00a0\ufeff"), "::") || strings.Contains(line, "##[") {
				t.Fatalf("command in %q from %q", line, said)
			}
		}
		if again := WithoutCommands(plain); again != plain {
			t.Fatalf("not stable: %q, then %q", plain, again)
		}
	})
}
