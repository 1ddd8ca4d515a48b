package jsonpointer_test

import (
	"encoding/json"
	"testing"

	"github.com/org/ct-action/internal/jsonpointer"
)

// document has the members of the example in section 5 of RFC 6901, and a list
// in a list.
const document = `{
	"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8,
	"~1": 9, "null": null, "deep": [[10, {"0": 11}]]
}`

func TestGet(t *testing.T) {
	t.Parallel()
	var value any
	if err := json.Unmarshal([]byte(document), &value); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"/foo": `["bar","baz"]`, "/foo/0": `"bar"`, "/foo/1": `"baz"`, "/": "0", "/a~1b": "1", "/c%d": "2", "/e^f": "3",
		"/g|h": "4", `/i\j`: "5", `/k"l`: "6", "/ ": "7", "/m~0n": "8", "/~01": "9", "/null": "null",
		"/deep/0/0": "10", "/deep/0/1/0": "11",
		"/foo/2": "", "/foo/-": "", "/foo/-1": "", "/foo/-0": "", "/foo/+1": "", "/foo/01": "", "/foo/00": "", "/foo/1e0": "", "/foo/ 1": "",
		"/foo/": "", "/foo/18446744073709551617": "", "/fo": "", "//": "", "/foo/0/0": "", "/null/x": "", "/deep/0/1/00": "",
	} {
		p, ok := jsonpointer.Parse(text)
		if !ok || p.String() != text {
			t.Errorf("%q: read as %q, %t", text, p, ok)
		}
		found, ok := p.Get(value)
		got, err := json.Marshal(found)
		if err != nil {
			t.Fatal(err)
		}
		if ok != (want != "") || ok && string(got) != want {
			t.Errorf("%q: %s, %t, expected %q", text, got, ok, want)
		}
	}
	if whole, ok := (jsonpointer.Pointer{}).Get(value); !ok || whole == nil {
		t.Errorf("the empty pointer finds %v, %t, expected the document", whole, ok)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"version", "a/b", "#/a", " /a", "~", "/~", "/a~", "/~2", "/~/a", "/~~0", "/~01~"} {
		if p, ok := jsonpointer.Parse(text); ok {
			t.Errorf("%q is read as %q, expected to be none", text, p)
		}
	}
	if p, ok := jsonpointer.Parse(""); !ok || len(p) != 0 {
		t.Errorf("the empty text is read as %q, %t, expected the whole document", p, ok)
	}
}
