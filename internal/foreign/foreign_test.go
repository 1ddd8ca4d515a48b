package foreign

import (
	"os"
	"strings"
	"testing"
)

// TestKind names what real writers wrote (testdata/make.py), as want.txt does by
// hand.
func TestKind(t *testing.T) {
	t.Parallel()
	wanted, err := os.ReadFile("testdata/want.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for line := range strings.Lines(string(wanted)) {
		name, is, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		known[name] = is
	}
	entries, err := os.ReadDir("testdata")
	if err != nil || len(entries) != len(known)+2 {
		t.Fatalf("%d files for %d lines of want.txt, %v", len(entries), len(known), err)
	}
	for name, want := range known {
		head, err := os.ReadFile("testdata/" + strings.TrimSuffix(name, ":"))
		if err != nil {
			t.Fatal(err)
		}
		is, _, _ := strings.Cut(Kind(head), "\n")
		if is != want {
			t.Errorf("%s: %q, want %q", name, is, want)
		}
		notJSON := NotJSON(head)
		if (notJSON == nil) != (want == "" || want == JSON) || notJSON != nil && !strings.Contains(notJSON.Error(), want+", expected JSON") {
			t.Errorf("%s: %v", name, notJSON)
		}
		for n := range head {
			Kind(head[:n]) // however little there is
		}
	}
}

// TestPlain: words that a header may begin with are no magic.
func TestPlain(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"PARENT_ID,label\n1,0\n", "FEA1,FEA2,label\n1,2,0\n", "RDX_score,label\n.1,0\n", "BZhour,label\n1,0\n", "ARROW1,label\n1,0\n", "ORC_id,label\n1,0\n"} {
		if is := Kind([]byte(text)); is != "" {
			t.Errorf("%q: %q, expected what may be a CSV", text, is)
		}
	}
}
