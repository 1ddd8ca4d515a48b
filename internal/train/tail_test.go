package train

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	t.Parallel()
	tests := []struct{ line, want string }{
		{"ValueError: boom", "ValueError: boom"},
		{"  File \"train.py\", line 3  ", "  File \"train.py\", line 3"},
		{"windows\r", "windows"},
		{" 10%|#   \r 90%|### ", " 90%|###"},
		{"\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link", "red link"},
		{"a\tb\x00\x07c\u202ed", "a bcd"},
		{"::set-output name=promoted::true", ": :set-output name=promoted::true"},
		{" \x1b[0m ::error::x", "  : :error::x"},
		{"x ##[add-mask]e", "x ## [add-mask]e"},
		{"GET https://user:secret@host/api", "GET https://***@host/api"},
		{"postgres://u:pa/ss@w@db/x, a mail to me@home", "postgres://***@db/x, a mail to me@home"},
		{"\xff", "?"},
		{"   ", ""},
		{strings.Repeat("é", 400), strings.Repeat("é", 299) + "…"},
	}
	for _, tt := range tests {
		if got := clean(tt.line); got != tt.want {
			t.Errorf("clean(%q) = %q, want %q", tt.line, got, tt.want)
		}
	}
}

func TestTailLines(t *testing.T) {
	t.Parallel()
	var long tail
	long.add([]byte("::first\n" + strings.Repeat("x", tailBytes-10) + "\nlast one\n\n"))
	if got := long.lines(); !slices.Equal(got, []string{"last one"}) {
		t.Errorf("lines = %.60q, want only the one that is whole", got)
	}
	var many tail
	many.add([]byte("1\n2\n3\n\n4\n5\n6\n7\n8\n9\n10\n11\n12"))
	if got := strings.Join(many.lines(), " "); got != "3 4 5 6 7 8 9 10 11 12" {
		t.Errorf("lines = %s, want the last ten", got)
	}
}

// However the output is cut into pieces, the tail is the end of it, and not
// larger than it may be.
func TestTailPieces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var (
			got   tail
			whole []byte
		)
		for range rapid.IntRange(0, 8).Draw(t, "pieces") {
			n := rapid.IntRange(0, 2*tailBytes).Draw(t, "size")
			piece := slices.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, n)
			got.add(piece)
			whole = append(whole, piece...)
		}
		want := whole[max(0, len(whole)-tailBytes):]
		if !slices.Equal(got.buf, want) || got.cut != (len(whole) > tailBytes) {
			t.Fatalf("tail of %d bytes has %d, cut %t", len(whole), len(got.buf), got.cut)
		}
	})
}

// Nothing that a command prints comes back as a workflow command or a control
// character.
func TestCleanIsSafe(t *testing.T) {
	t.Parallel()
	parts := rapid.SampledFrom([]string{"::", "##[", "##", "[", "\x1b", "\x1b[", "m", " ", "\t", "\r", "\n", "\x00", "//u:p@", "error", "#"})
	rapid.Check(t, func(t *rapid.T) {
		got := clean(strings.Join(rapid.SliceOf(parts).Draw(t, "line"), ""))
		if strings.HasPrefix(strings.TrimSpace(got), "::") || strings.Contains(got, "##[") || strings.ContainsAny(got, "\n\r\x1b\x00\t") {
			t.Fatalf("not safe: %q", got)
		}
	})
}
