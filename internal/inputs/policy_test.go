package inputs

import (
	"slices"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/policyfile"
)

// TestStartingGate reads what a message tells people to begin with.
func TestStartingGate(t *testing.T) {
	t.Parallel()
	for _, task := range []metrics.Task{metrics.Numeric, metrics.Multiclass} {
		file := strings.Join(policyfile.Starting(task), "\n") + "\n"
		in, err := Parse([]string{"judge", "--predictions", "p.csv", "--config", "ct.yml"}, nil, func(string) ([]byte, error) { return []byte(file), nil })
		if err != nil {
			t.Fatalf("%s:\n%s\n%v", task, file, err)
		}
		if tasks := in.Policy().Tasks(); !slices.Equal(tasks, []metrics.Task{task}) {
			t.Errorf("%s: the checks are for %v", task, tasks)
		}
		for _, r := range in.Requirements {
			if len(r.Conditions) == 0 {
				t.Errorf("%s: %s asks for nothing", task, r.Name)
			}
		}
	}
}

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
