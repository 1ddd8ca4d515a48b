package inputs

import (
	"slices"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/metrics"
)

// TestStartingGate reads what a message tells people to begin with.
func TestStartingGate(t *testing.T) {
	t.Parallel()
	for _, task := range []metrics.Task{metrics.Numeric, metrics.Multiclass} {
		file := strings.Join(StartingGate(task), "\n") + "\n"
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
