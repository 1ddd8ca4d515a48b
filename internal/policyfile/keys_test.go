package policyfile

import (
	"slices"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/gate"
)

// TestCheckKeys finds rows of the table of a check's keys that contradict
// themselves, and keys that no row of the gate's documentation could hold.
func TestCheckKeys(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, key := range slices.Concat(CheckKeys(), GateKeys()[:1]) {
		if seen[key.Name] || key.Name == "" || key.Meaning == "" || strings.ContainsAny(key.Name, "_ ") {
			t.Errorf("key %q, meaning %q: twice, or not in full", key.Name, key.Meaning)
		}
		seen[key.Name] = true
		if (key.keep == nil) == (key.read == nil) || (key.read == nil) != (key.Form == "") {
			t.Errorf("%s: expected a field, or a reader and what it accepts", key.Name)
			continue
		}
		for _, text := range []string{key.Default, key.Min, key.Max} {
			if text != "" && key.keep != nil && key.Store(key.keep(newCheck("", "", Place{})), text) == (key.Open && text != key.Default) {
				t.Errorf("%s: default or bound %q is read otherwise than declared", key.Name, text)
			}
		}
	}
	for _, kind := range gate.ConditionKinds {
		if !seen[string(kind)] {
			t.Errorf("condition %s has no key", kind)
		}
	}
}
