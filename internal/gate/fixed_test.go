package gate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/golden"
)

// TestDocs holds the table of the fixed checks in the documentation to theirs.
func TestDocs(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	table.WriteString("| check | holds where | made |\n|:--|:--|:--|\n")
	for _, f := range fixedChecks() {
		made := "with a registry"
		if f.alone {
			made = "also in mode `judge`"
		}
		if f.veto {
			made += "; seen where it fails"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", f.name, f.holds, made)
	}
	golden.Section(t, "../../docs/gate.md", "<!-- fixed-checks:begin -->\n", "<!-- fixed-checks:end -->", table.String())
}

// TestFixedChecks finds rows that contradict themselves.
func TestFixedChecks(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range fixedChecks() {
		if f.name == "" || f.holds == "" || f.make == nil || seen[f.name] {
			t.Errorf("%q: expected a name of its own, what holds and a function", f.name)
		}
		if f.needed && f.veto || f.or != "" && (!f.needed || !Reserved(f.or)) {
			t.Errorf("%s: a veto is not needed, and what stands in place of a needed check is one of these", f.name)
		}
		seen[f.name] = true
	}
}
