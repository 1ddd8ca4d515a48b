package retry

import "testing"

func TestForeign(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"":                             "",
		" two\r\n\tlines ":             "two lines",
		"\x1b[2Jgone\x00":              "[2Jgone",
		"user\u202etxt.exe\u200b":      "user txt.exe",
		"bad \xff byte":                "bad ? byte",
		"größer als erlaubt, und mehr": "größer als erlaubt, …",
	} {
		if got := Foreign(said, 20); got != want {
			t.Errorf("%q came out as %q, expected %q", said, got, want)
		}
	}
}
