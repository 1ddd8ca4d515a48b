// Package text makes texts of other people fit to be printed, in a log, an
// error or a table: on one line, short, and without characters that control a
// terminal or hide their neighbours. It is the ground that every other package
// may stand on, and imports nothing but the standard library without I/O.
//
// Lengths are in characters (runes). A text that was cut ends in an ellipsis,
// which counts as one of them.
package text

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Line is s on one line of at most so many characters: white space, and all
// that does not print, becomes one space between words.
func Line(s string, most int) string {
	return Clip(strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool {
		return r == ' ' || !unicode.IsPrint(r)
	}), " "), most)
}

// Visible is s on one line with its spacing kept: line breaks and tabs become
// spaces, and what controls a terminal or the direction of writing, or has no
// width, becomes U+FFFD, so that its presence shows.
func Visible(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf):
			return unicode.ReplacementChar
		}
		return r
	}, s))
}

// Shown is at most so many characters of s with its spacing kept, as Visible has it.
func Shown(s string, most int) string { return Clip(Visible(s), most) }

// Clip keeps at most so many characters of s.
func Clip(s string, most int) string {
	count, keep := 0, 0
	for at := range s {
		if count == most {
			return s[:keep] + "…"
		}
		keep = at
		count++
	}
	return s
}

// Quote is at most so many characters of s as a Go string literal, which has
// no line break.
func Quote(s string, most int) string { return strconv.Quote(Clip(s, most)) }

// Escaped is Quote without the quotation marks, to be part of a longer text.
func Escaped(s string, most int) string {
	quoted := Quote(s, most)
	return quoted[1 : len(quoted)-1]
}

// Once is each of the texts once, in their order; never nil.
func Once(texts []string) []string {
	all := []string{}
	for _, t := range texts {
		if !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return all
}

// Grouped writes 11000 as 11,000.
func Grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Count is "1 row", or "2,000 rows".
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return Grouped(n) + " " + what + "s"
}

// List is "a, b, c", or "a, b, and 7 more" where there are more items than most.
func List(items []string, most int) string {
	if more := len(items) - most; more > 0 {
		return strings.Join(items[:most], ", ") + fmt.Sprintf(", and %d more", more)
	}
	return strings.Join(items, ", ")
}
