package train

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"

	"github.com/org/ct-action/internal/pythontest"
)

// TestZoo holds the embedded scorer to a part of what `make zoo` holds it to: a
// cell of every model whose library the test environment has.
func TestZoo(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), pythontest.Interpreter(t), "../../zoo/zoo.py", "--scorer=scorer.py", "--every=11", "--unserved", "--only=sklearn,xgboost,lightgbm", "--keep="+t.TempDir())
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	counted := regexp.MustCompile(`(?m)^(\d+) cells: (\d+) right, (\d+) refused, 0 wrong;`).FindSubmatch(out)
	if counted == nil {
		t.Fatalf("no count in the output:\n%s", out)
	}
	for i, least := range []int{30, 15, 5} {
		if n, err := strconv.Atoi(string(counted[i+1])); err != nil || n < least {
			t.Errorf("%s: too few, want %d cells, right, refused: at least 30, 15, 5", counted[0], n)
		}
	}
}
