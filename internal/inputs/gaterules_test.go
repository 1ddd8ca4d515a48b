package inputs

import (
	"strings"
	"testing"

	"github.com/org/ct-action/internal/gate"
)

// TestReservedNames: no check of the policy is called as one that is made
// whatever the policy, in any spelling; such a check could never pass.
func TestReservedNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		gate.CheckCooldown, gate.CheckQuarantine, gate.CheckHoldout, gate.CheckFirst, gate.CheckBudget,
		gate.CheckOverlap, gate.CheckPolicy, gate.CheckSanity, gate.CheckChallenger,
	} {
		for _, spelling := range []string{name, strings.ToUpper(name), strings.ReplaceAll(name, "-", "_")} {
			config := "gate:\n  checks:\n  - {metric: auc, name: " + spelling + ", threshold: 0.7}\n"
			_, err := Parse([]string{"judge", "--predictions=p.csv"}, nil, func(string) ([]byte, error) { return []byte(config), nil })
			if err == nil || !strings.Contains(err.Error(), "another name: "+name+" is a check that is made whatever the policy") {
				t.Errorf("%s: got %v", spelling, err)
			}
		}
	}
}
