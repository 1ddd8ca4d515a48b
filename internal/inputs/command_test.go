package inputs

import (
	"io/fs"
	"os/exec"
	"reflect"
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
		{in.Command(ModeGate, "dry-run", Bare), `ct-action gate --model-name 'it'\''s a $(model)' --dry-run --positive-class=-1 --champion-alias prod`},
	} {
		if c.got != c.want {
			t.Errorf("got  %s\nwant %s", c.got, c.want)
		}
	}
}

// TestCommandRepeats holds that a copied command judges by the same rules: what it
// repeats is read as it was, and every limit of the gate is among it.
func TestCommandRepeats(t *testing.T) {
	t.Parallel()
	environ := []string{"MLFLOW_TRACKING_URI=http://127.0.0.1:5000"}
	in, err := Parse([]string{
		"gate", "--model-name", "m", "--challenger-version", "8", "--holdout", "h.csv", "--score-command", "make scores", "--cooldown-days", "30", "--holdout-budget", "5",
		"--allow-below-chance", "--epsilon", "auto", "--max-brier-increase", "0.01", "--confidence", "0.9", "--on-inconclusive", "promote-if-point",
	}, environ, none)
	if err != nil {
		t.Fatal(err)
	}
	command := in.Command(ModeGate, "challenger-version", "8")
	words := strings.Fields(strings.Replace(command, "'make scores'", "make_scores", 1))[1:]
	again, err := Parse(words, environ, none)
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	if got, want := again.Policy(), in.Policy(); !reflect.DeepEqual(got, want) {
		t.Errorf("%s judges by\n%+v, expected\n%+v", command, got, want)
	}
	limits := reflect.ValueOf(again.Limits)
	for i := range limits.NumField() {
		if limits.Field(i).IsZero() {
			t.Errorf("%s: %s is not repeated", command, limits.Type().Field(i).Name)
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
