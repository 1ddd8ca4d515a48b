package summary

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
)

// TestVerifyCommand does not send anybody to an address that is not known.
func TestVerifyCommand(t *testing.T) {
	t.Parallel()
	r := asked(t, []loop.Answer{old})
	for address, want := range map[string]string{service: service, "the service": someService, "": someService} {
		r.Verification.Address = address
		if got := command(r, inputs.ModeVerify, "verify-url", serviceURL(r)); !strings.Contains(got, want) {
			t.Errorf("address %q: %s, want %s in it", address, got, want)
		}
	}
}

// TestChampionMoved does not say that the service reports another version than
// the champion where the alias has moved to it meanwhile.
func TestChampionMoved(t *testing.T) {
	t.Parallel()
	r := unreported(t, errors.New("aborted: @champion moved v8 → v7 while verifying"), []loop.Answer{old})
	r.ChampionNow = "7"
	if got := Markdown(r); !strings.HasPrefix(got, "## ❌ churn-classifier: verify failed\n") {
		t.Errorf("got %s", got)
	}
	r.ChampionNow = "" // not read
	if got := Markdown(r); !strings.HasPrefix(got, "## ❌ churn-classifier: verify failed\n") {
		t.Errorf("got %s", got)
	}
}

// TestNoRollbackTarget does not recommend a rollback that would be refused.
func TestNoRollbackTarget(t *testing.T) {
	t.Parallel()
	r := unreported(t, errStillOld, []loop.Answer{old})
	for previous, want := range map[string]bool{"7": true, "8": false, "": false} {
		r.PreviousNow = previous
		if got := strings.Contains(Markdown(r), "ct-action rollback"); got != want {
			t.Errorf("@previous %q: a rollback is recommended: %t, want %t", previous, got, want)
		}
	}
}

// TestReload calls the playbook's third step done only where the service's last
// answer was the version that was rolled back to.
func TestReload(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		answers []loop.Answer
		want    bool
	}{
		{"it was", []loop.Answer{down, old}, true},
		{"no answer since", []loop.Answer{old, down}, false},
		{"of another model", []loop.Answer{{Kind: loop.OtherModel, Text: "fraud-detector v7"}}, false},
		{"another version", []loop.Answer{{Kind: loop.OldVersion, Text: "v6"}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := back(unreported(t, errStillOld, test.answers, "--on-verify-failure", "rollback"))
			if got := strings.Contains(Markdown(r), "✅ Reload"); got != test.want {
				t.Errorf("reload is done: %t, want %t", got, test.want)
			}
			if got := strings.Contains(Console(loop.Ended, r, Style{}), "Now redeploy"); got == test.want {
				t.Errorf("the console asks to redeploy: %t", got)
			}
		})
	}
}

// TestParts takes apart what was joined, and nothing else.
func TestParts(t *testing.T) {
	t.Parallel()
	a, b, c := errors.New("a\nhint"), errors.New("b"), errors.New("c")
	for _, test := range []struct {
		err  error
		want []string
	}{
		{nil, nil},
		{a, []string{"a\nhint"}},
		{errors.Join(a), []string{"a\nhint"}},
		{errors.Join(a, errors.Join(b, c)), []string{"a\nhint", "b", "c"}},
		{fmt.Errorf("%w, then %w", b, c), []string{"b, then c"}},
		{fmt.Errorf("doing: %w", errors.Join(b, c)), []string{"doing: b\nc"}},
	} {
		var got []string
		for _, err := range Apart(test.err) {
			got = append(got, err.Error())
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%v: got %q, want %q", test.err, got, test.want)
		}
	}
}
