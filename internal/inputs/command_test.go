package inputs

import (
	"io/fs"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCommand(t *testing.T) {
	t.Parallel()
	in, err := Parse([]string{"gate", "--model-name", "it's a $(model)", "--challenger-version", "8", "--champion-alias", "prod", "--positive-class", "-1"},
		[]string{"MLFLOW_TRACKING_URI=http://127.0.0.1:5000"}, none)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		got, want string
	}{
		{in.Command(ModeRollback), `ct-action rollback --model-name 'it'\''s a $(model)' --champion-alias prod`},
		{in.Command(ModePromote, "challenger-version", "8", "reason", Why), `ct-action promote --model-name 'it'\''s a $(model)' --challenger-version 8 --reason "why" --champion-alias prod`},
		{in.Command(ModeGate, "dry-run", Bare), `ct-action gate --model-name 'it'\''s a $(model)' --dry-run --champion-alias prod --positive-class=-1`},
	} {
		if c.got != c.want {
			t.Errorf("got  %s\nwant %s", c.got, c.want)
		}
	}
}

func none(string) ([]byte, error) { return nil, fs.ErrNotExist }

// What a person copies into a shell is one word, whatever the text.
func TestQuoteIsOneWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -~é]{0,12}`).Draw(t, "text")
		out, err := exec.Command("sh", "-c", "printf %s "+Quote(text)).Output()
		if err != nil || string(out) != text {
			t.Fatalf("%q became %q (%v)", text, out, err)
		}
	})
	if got := Quote("a\x1b[2Jb\nc"); strings.ContainsAny(got, "\x1b\n") {
		t.Errorf("control characters in %q", got)
	}
}
