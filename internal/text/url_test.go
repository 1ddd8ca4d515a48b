package text

import "testing"

func TestURLs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ s, inText, asURL, address string }{
		{"https://h/p", "https://h/p", "https://h/p", "https://h/p"},
		{"https://u:p@h/p?token=t", "https://***@h/p?token=t", "https://***@h/p?***", "https://h/p"},
		{"https://h/p?", "https://h/p?", "https://h/p?***", "https://h/p"},
		{"https://h/p#id%2Ft", "https://h/p#id%2Ft", "https://h/p#id%2Ft", "https://h/p"},
		{"ftp://u:p/s@w?rd@h/x", "ftp://***@h/x", "ftp://***@h/x", ""},
		{"https://h/models/m@champion", "https://***@champion", "https://***@champion", "https://h/models/m@champion"},
		{"u:p@h", "u:p@h", "***@h", ""},
		{"get a://u:p@h and b://u@k, then tell x@y", "get a://***@h and b://***@k, then tell x@y", "get a://***@y", ""},
		{"http://h\x01", "http://h\x01", "http://h\x01", ""},
	} {
		if got := WithoutCredentials(tt.s); got != tt.inText {
			t.Errorf("in a text, %q is %q, want %q", tt.s, got, tt.inText)
		}
		if got := HiddenURL(tt.s); got != tt.asURL {
			t.Errorf("as a URL, %q is %q, want %q", tt.s, got, tt.asURL)
		}
		if got := Address(tt.s); got != tt.address {
			t.Errorf("the address of %q is %q, want %q", tt.s, got, tt.address)
		}
	}
}
