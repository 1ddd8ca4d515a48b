//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/org/ct-action/internal/pythontest"
)

// The longest run trains in the container after installing MLflow there.
const runTimeout = 20 * time.Minute

var runID atomic.Int64

// A run is one workflow as act carried it out.
type run struct {
	exit  int
	lines []line
}

// A line is one line of act's log.
type line struct {
	JobID      string   `json:"jobID"`
	StepID     []string `json:"stepID"`
	Stage      string   `json:"stage"`
	StepResult string   `json:"stepResult"`
	JobResult  string   `json:"jobResult"`
	Command    string   `json:"command"` // set-output, error, …
	Name       string   `json:"name"`
	Arg        string   `json:"arg"`
	Message    string   `json:"msg"`
}

// act carries out one workflow of the user's repository for an event.
func (u *user) act(t *testing.T, workflow, event string, payload any) *run {
	t.Helper()
	ctx, cancel := within(t, runTimeout)
	defer cancel()
	u.nameWorkflow(t, workflow)
	text, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	eventFile := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(eventFile, text, 0o644); err != nil {
		t.Fatal(err)
	}
	arguments := append([]string{event, "--json", "--workflows", ".github/workflows/" + workflow, "--eventpath", eventFile,
		"--pull=false", "--action-offline-mode", "--rm", "--no-cache-server",
		"--env", "GITHUB_API_URL=" + u.github.URL(), "--env", "GITHUB_REPOSITORY=octo/churn",
		"--env", "GITHUB_RUN_ID=" + strconv.FormatInt(runID.Add(1), 10), // act's own is always 1, as if re-run
		"--secret", "GITHUB_TOKEN=" + u.token, "--secret", "SERVICE_TOKEN=" + serviceToken,
		"--var", "MLFLOW_TRACKING_URI=" + u.mlflow, "--var", "SERVICE_URL=" + u.serviceURL,
		// The same again is what the rehearsal calls staging.
		"--secret", "STAGING_SERVICE_TOKEN=" + serviceToken, "--var", "STAGING_SERVICE_URL=" + u.serviceURL}, u.place()...)
	cmd := exec.CommandContext(ctx, actBinary(t), arguments...)
	if u.host {
		cmd.Env = hostEnvironment(pythontest.Interpreter(t), t.TempDir())
	}
	cmd.Dir = u.repository
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // act removes its containers then
	cmd.WaitDelay = 30 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatalf("act: %v", err)
	}
	r := &run{exit: cmd.ProcessState.ExitCode()}
	lines := bufio.NewScanner(&stdout)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err == nil {
			r.lines = append(r.lines, l)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("act %s on %s, exit status %d:\n%s\n%s", workflow, event, r.exit, r.log(""), stderr.String())
		}
	})
	return r
}

// place says where act carries jobs out, and what org/ct-action@v1 is there.
func (u *user) place() []string {
	local := "--local-repository=org/ct-action@v1=" + u.action
	if u.host {
		return []string{local, "--platform", "ubuntu-latest=-self-hosted"}
	}
	build := "--rebuild=" + strconv.FormatBool(!shared.built) // as a job on GitHub builds it, but once
	shared.built = true
	return []string{local, build, "--platform", "ubuntu-latest=ct-action/act-runner"}
}

// log is what a job printed; "" is all of them.
func (r *run) log(job string) string {
	var text strings.Builder
	for _, l := range r.lines {
		if job == "" || l.JobID == job {
			text.WriteString(strings.TrimRight(l.Message, "\n") + "\n")
		}
	}
	return text.String()
}

// result is how a job ended: success, failure, or "" where it did not run.
func (r *run) result(job string) string {
	for _, l := range slices.Backward(r.lines) {
		if l.JobID == job && l.JobResult != "" {
			return l.JobResult
		}
	}
	return ""
}

// output is a step's output.
func (r *run) output(step, name string) string {
	for _, l := range slices.Backward(r.lines) {
		if l.Command == "set-output" && l.Name == name && slices.Contains(l.StepID, step) {
			return l.Arg
		}
	}
	return ""
}

// summary is the job summary that a step wrote.
func (r *run) summary(job string) string {
	var text strings.Builder
	for _, l := range r.lines {
		if l.JobID == job && l.Command == "summary" {
			text.WriteString(l.Message)
		}
	}
	return text.String()
}

// wantResults holds jobs to how they should have ended.
func (r *run) wantResults(t *testing.T, want map[string]string) {
	t.Helper()
	for job, result := range want {
		if got := r.result(job); got != result {
			t.Errorf("job %s ended %q, expected %q", job, got, result)
		}
	}
}

func (r *run) wantOutputs(t *testing.T, step string, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got := r.output(step, name); got != value {
			t.Errorf("output %s of step %s is %q, expected %q", name, step, got, value)
		}
	}
}

func (r *run) wantLog(t *testing.T, job string, texts ...string) {
	t.Helper()
	log := r.log(job)
	for _, text := range texts {
		if !strings.Contains(log, text) {
			t.Errorf("the log of job %s does not hold %q", job, text)
		}
	}
}

// actBinary is the act that `make test-e2e` installs.
func actBinary(t *testing.T) string {
	t.Helper()
	binary, err := filepath.Abs("../bin/act")
	if err == nil {
		_, err = os.Stat(binary)
	}
	if err != nil {
		t.Fatalf("no act: %v\nrun make test-e2e, which installs it", err)
	}
	return binary
}
