package text

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"":                       "",
		"no such model":          "no such model",
		"a\r\n\tb  c":            "a b c",
		"a\x1b[31mred":           "a [31mred",
		"a\x00b\u202ec\u200bd":   "a b c d",
		"\ue000private\u00a0use": "private use",
		"broken \xff\xfe":        "broken ?",
		"line\u2028two\u2029end": "line two end",
		"12345678901234567890":   "12345678901234567890",
		"ä2345678901234567890x":  "ä234567890123456789…",
	} {
		if got := Line(said, 20); got != want {
			t.Errorf("%q: got %q, want %q", said, got, want)
		}
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"":                     "",
		" a  b ":               "a  b",
		"a\r\n\tb":             "a   b",
		"a\x1b[31mred":         "a\ufffd[31mred",
		"a\x00\u202ec\u200bd":  "a\ufffd\ufffdc\ufffdd",
		"broken \xff":          "broken \ufffd",
		"line\u2028two\u2029.": "line two .",
	} {
		if got := Visible(said); got != want {
			t.Errorf("%q: got %q, want %q", said, got, want)
		}
	}
}

// Whatever is said, it comes out on one line, of the length asked for, and
// without anything hidden.
func TestOneLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		said, most := rapid.String().Draw(t, "said"), rapid.IntRange(1, 30).Draw(t, "most")
		for _, line := range []string{Line(said, most), Clip(Visible(said), most)} {
			if n := utf8.RuneCountInString(line); n > most {
				t.Fatalf("%d characters, at most %d: %q", n, most, line)
			}
			if at := strings.IndexFunc(line, func(r rune) bool { return unicode.IsControl(r) || r != ' ' && unicode.Is(unicode.Cf, r) }); at >= 0 {
				t.Fatalf("hidden at %d: %q", at, line)
			}
		}
		if line := Line(said, most); Line(line, most) != line {
			t.Fatalf("not settled: %q", line)
		}
	})
}

func TestClip(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		s    string
		most int
		want string
	}{{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"äöü", 3, "äöü"}, {"äöüß", 3, "äö…"}, {"ab", 1, "…"}} {
		if got := Clip(tt.s, tt.most); got != tt.want {
			t.Errorf("%d of %q: got %q, want %q", tt.most, tt.s, got, tt.want)
		}
	}
	if got := Quote("a\n\"bcd", 4); got != `"a\n\"…"` {
		t.Errorf("got %s", got)
	}
}

func TestGrouped(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -999: "-999", -1000: "-1,000"} {
		if got := Grouped(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 rows", 1: "1 row", 2000: "2,000 rows"} {
		if got := Count(n, "row"); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		candidates []string
		want       []string
	}{
		{"lable", []string{"score", "label", "cable"}, []string{"cable", "label"}},
		{" Label ", []string{"lab", "label"}, []string{"label", "lab"}},
		{"thresh", []string{"change", "threshold"}, []string{"threshold"}},
		{"acu", []string{"auc", "brier"}, []string{"auc"}},
		{"id", []string{"x1", "ID"}, []string{"ID"}},
		{"sex", []string{"age"}, nil},
		{"x", []string{"y"}, nil},
		{"", []string{"a"}, nil},
		{"churn-classifier", []string{"churn-classifier-2", "churn_classifier", "fraud"}, []string{"churn_classifier", "churn-classifier-2"}},
		{"größe", []string{"grösse", "groesse"}, []string{"grösse"}},
		{strings.Repeat("x", 1000), []string{strings.Repeat("x", 1000)}, nil},
	} {
		if got := Nearest(tt.name, tt.candidates); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q of %q: got %q, want %q", tt.name, tt.candidates, got, tt.want)
		}
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[ab]{0,6}`)
		a, b, c := name.Draw(t, "a"), name.Draw(t, "b"), name.Draw(t, "c")
		ab, longer := distance(a, b), max(len(a), len(b))
		if ab != distance(b, a) || (ab == 0) != (a == b) || ab > longer || ab < longer-min(len(a), len(b)) || ab > distance(a, c)+distance(c, b) {
			t.Fatalf("distance of %q and %q: %d", a, b, ab)
		}
	})
	if got := distance("kitten", "sitting"); got != 3 {
		t.Errorf("kitten, sitting: got %d, want 3", got)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	for want, most := range map[string]int{"a, b, c": 3, "a, and 2 more": 1} {
		if got := List([]string{"a", "b", "c"}, most); got != want {
			t.Errorf("at most %d: %q, want %q", most, got, want)
		}
	}
}

func TestScrubber(t *testing.T) {
	t.Parallel()
	hide := Scrubber([]string{"p@ss", "p@ssword", "abc", "a?>~:/@$bc"}, "Basic dTpw")
	for said, want := range map[string]string{
		"p@ssword p@ss abc": "*** *** abc", "p%40ss cEBzcw==": "*** ***", "Basic dTpw": "Basic ***",
		"cEBzcw, YT8-fjovQCRiYw and YT8+fjovQCRiYw==": "***, *** and ***", // without padding, and of URLs
		"https://u:a%3F%3E~%3A%2F%40$bc@h":            "https://u:***@h",
	} {
		if got := hide(said); got != want {
			t.Errorf("%q became %q, want %q", said, got, want)
		}
	}
}

// Names of another length are not compared, so that a table of many long ones takes
// no time: comparing takes memory, and counting does not.
func TestNearestSkipsOtherLengths(t *testing.T) {
	columns := slices.Repeat([]string{strings.Repeat("x", 300)}, 1000)
	if n := testing.AllocsPerRun(1, func() { Nearest(strings.Repeat("x", 100)+"y", columns) }); n > 100 {
		t.Errorf("%v allocations for %d columns", n, len(columns))
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	if got := Shown("a  b\x1bcdef", 6); got != "a  b\ufffd…" {
		t.Errorf("Shown: %q, expected its spacing, a sign for the escape, and an ellipsis", got)
	}
}
