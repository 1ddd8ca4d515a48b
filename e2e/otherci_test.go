//go:build e2e

package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/org/ct-action/internal/pythontest"
)

// The example for GitLab CI: the scripts of its jobs, in the image that they
// name, one job after the other as a pipeline has them.
func TestGitLabCI(t *testing.T) {
	u := lightUser(t, "churn-gitlab", "better.csv", "")
	text, err := os.ReadFile("../examples/ci/gitlab-ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var jobs map[string]yaml.Node
	if err := yaml.Unmarshal(text, &jobs); err != nil {
		t.Fatal(err)
	}
	u.wantJob(t, jobs, "tick", 0, "no trigger fired; nothing to do")
	u.wantJob(t, jobs, "deploy", 0, "nothing to deploy")
	u.push(t, `{"share_drifted_features": 0.42}`)
	u.wantJob(t, jobs, "tick", 0, "PROMOTED v2 -> @champion")
	u.wantJob(t, jobs, "deploy", 0, "VERIFIED")
	u.wantJob(t, jobs, "tick", 3, "FLAGGED v3")
	u.wantJob(t, jobs, "rollback", 0, "VERIFIED")
	u.wantAliases(t, "champion=1 challenger=3")
}

// wantJob runs the script of one job, and holds it to its exit status and to
// what it says.
func (u *user) wantJob(t *testing.T, jobs map[string]yaml.Node, name string, status int, says string) {
	t.Helper()
	var job struct {
		Script    []string          `yaml:"script"`
		Variables map[string]string `yaml:"variables"`
	}
	node := jobs[name]
	if err := node.Decode(&job); err != nil || len(job.Script) == 0 {
		t.Fatalf("job %s has no script: %v", name, err)
	}
	args := []string{"run", "--rm", "--name", own + "-gitlab-" + name, "--network", "host", "--entrypoint", "", "-v", u.repository + ":/builds", "-w", "/builds",
		"-e", "MLFLOW_TRACKING_URI=" + u.mlflow, "-e", "SERVICE_URL=" + u.serviceURL}
	for key, value := range job.Variables {
		args = append(args, "-e", key+"="+value)
	}
	args = append(args, image(), "bash", "-eo", "pipefail", "-c", strings.Join(job.Script, "\n"))
	ctx, cancel := within(t, runTimeout)
	defer cancel()
	said, got := output(t, dockerRun(ctx, args...))
	if got != status || !strings.Contains(said, says) {
		t.Errorf("job %s ended with %d, expected %d and %q in:\n%s", name, got, status, says, said)
	}
}

// push changes the monitor's report, as a monitor does.
func (u *user) push(t *testing.T, drift string) {
	t.Helper()
	write(t, filepath.Join(u.repository, "monitoring/drift_summary.json"), drift)
}

// The example for cron, on the machine itself.
func TestCron(t *testing.T) {
	u := lightUser(t, "churn-cron", "better.csv", "")
	binaries, err := filepath.Abs("../bin")
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("../examples/ci/tick.sh")
	if err != nil {
		t.Fatal(err)
	}
	tick := func(status int, says string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "bash", script)
		cmd.Dir = u.repository
		cmd.Env = append(os.Environ(), "PATH="+binaries+":"+filepath.Dir(pythontest.Interpreter(t))+":"+os.Getenv("PATH"),
			"MLFLOW_TRACKING_URI="+u.mlflow, "SERVICE_URL="+u.serviceURL)
		said, got := output(t, cmd)
		if got != status || !strings.Contains(said, says) || says == "" && said != "" {
			t.Errorf("the tick ended with %d, expected %d and %q in:\n%s", got, status, says, said)
		}
	}
	tick(0, "")
	u.push(t, `{"share_drifted_features": 0.42}`)
	tick(0, "VERIFIED")
	tick(3, "the champion stays")
	u.wantAliases(t, "champion=2 previous=1 challenger=3")
}

// output is what a command says, and its exit status.
func output(t *testing.T, cmd *exec.Cmd) (said string, status int) {
	t.Helper()
	text, err := cmd.CombinedOutput()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}
