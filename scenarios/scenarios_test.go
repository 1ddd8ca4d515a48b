// Package scenarios_test carries out the scenarios: end-to-end cases, each a
// directory under testdata, by the built binary on a real MLflow server. What a
// directory holds, and how to add one, is told in README.md.
//
//	go test ./scenarios                                        all of them
//	go test ./scenarios -run TestScenarios/rollback-twice         one
//	go test ./scenarios -run TestScenarios/rollback-twice -update rewrites what it wants
package scenarios_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/org/ct-action/internal/github/githubtest"
	"github.com/org/ct-action/internal/mlflowtest"
	"github.com/org/ct-action/internal/pythontest"
)

const (
	scenarioDir = "testdata"
	sharedDir   = scenarioDir + "/shared" // copied into every workspace
	atOnce      = 4                       // scenarios, whatever -parallel is: some only wait
	stepTimeout = 15 * time.Minute
	killed      = -1 // exit status of a binary that a signal ended
)

func TestScenarios(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(scenarioDir + "/*/scenario.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s/*/scenario.yml: %v", scenarioDir, err)
	}
	binary := buildBinary(t)
	server, python := mlflowtest.Start(t), pythontest.Interpreter(t)
	work := make(chan string)
	var runners sync.WaitGroup
	for range atOnce {
		runners.Go(func() {
			for file := range work {
				t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
					carryOut(t, file, binary, python, server)
				})
			}
		})
	}
	for _, file := range files {
		work <- file
	}
	close(work)
	runners.Wait()
}

func carryOut(t *testing.T, file, binary, python string, server *mlflowtest.Server) {
	t.Helper()
	s, err := readScenario(file)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, filepath.Dir(file), binary, python, server, s)
	for i := range s.Steps {
		w.take(t, i)
	}
	w.compareRegistry(t)
	w.compareGitHub(t)
}

// A world is one scenario's own: a workspace, a model name, a proxy.
type world struct {
	dir        string // of the scenario
	binary     string
	python     string // whose folder is first in the steps' PATH
	server     *mlflowtest.Server
	scenario   *scenario
	model      string
	created    int64  // the model's creation_timestamp, ms; 0: there is no model
	workspace  string // where the steps run
	scratch    string // beside it: outputs, summary, home
	proxy      *proxy
	github     *githubtest.Server // nil: the steps run outside of Actions
	githubDown bool
	service    *service          // nil: no step has answers for it
	ages       map[string]string // times that templates made → how goldens show them
}

func newWorld(t *testing.T, dir, binary, python string, server *mlflowtest.Server, s *scenario) *world {
	t.Helper()
	w := &world{
		dir: dir, binary: binary, python: python, server: server, scenario: s,
		model: s.Model + "-" + nonce(), ages: map[string]string{},
		workspace: t.TempDir(), scratch: t.TempDir(),
	}
	for _, from := range []string{sharedDir, filepath.Join(dir, "files")} {
		if err := copyTree(w.workspace, from); err != nil {
			t.Fatalf("filling the workspace: %v", err)
		}
	}
	if s.Before != nil {
		if err := w.createModel(); err != nil {
			t.Fatalf("before: %v", err)
		}
		t.Cleanup(w.deleteModel) // the next scenario's "did you mean" shall not name it
		if err := w.change(*s.Before); err != nil {
			t.Fatalf("before: %v", err)
		}
	}
	w.proxy = startProxy(t, w)
	w.service = startService(t, s)
	w.startGitHub(t)
	return w
}

// A result is what one step left behind.
type result struct {
	stdout, stderr, outputs, summary string
	exit                             int
}

// take runs one step and compares what it left with what is wanted.
func (w *world) take(t *testing.T, i int) {
	t.Helper()
	step := w.scenario.Steps[i]
	label := step.label(i)
	if step.Person != nil {
		if err := w.change(*step.Person); err != nil {
			t.Fatalf("step %s: person: %v", label, err)
		}
	}
	if step.Shell != "" {
		w.shell(t, label, step.Shell)
	}
	w.proxy.begin(step.Faults)
	w.service.begin(t, w, step.Service)
	asked := w.beginGitHub(t, step)
	got := w.run(t, i)
	w.proxy.end(t, label)
	if got.exit != step.Exit {
		t.Errorf("step %s: exit status %d, expected %d\nstdout:\n%s\nstderr:\n%s", label, got.exit, step.Exit, got.stdout, got.stderr)
	}
	w.checkCalls(t, label, step)
	document := w.takeDecision(t, label, got)
	w.checkHidden(t, label, got, document)
	want := w.wantDir(i)
	w.compare(t, filepath.Join(want, "console.txt"), got.stdout)
	w.compare(t, filepath.Join(want, "stderr.txt"), got.stderr)
	w.compare(t, filepath.Join(want, "outputs.txt"), got.outputs)
	w.compare(t, filepath.Join(want, "summary.md"), got.summary)
	w.compare(t, filepath.Join(want, "calls.txt"), w.proxy.log())
	w.compare(t, filepath.Join(want, "service.txt"), w.service.log())
	w.compare(t, filepath.Join(want, "github.txt"), w.githubLog(asked))
}

// masks are the lines that tell the runner what to hide.
var masks = regexp.MustCompile(`(?m)^::add-mask::.*$`)

// checkHidden looks for secrets everywhere but where the runner is told them.
func (w *world) checkHidden(t *testing.T, label string, got result, document string) {
	t.Helper()
	shown := masks.ReplaceAllString(got.stdout+"\n"+got.stderr, "") + got.outputs + got.summary + document
	for _, secret := range append(w.githubTokens(), w.scenario.Hidden...) {
		if strings.Contains(shown, secret) {
			t.Errorf("step %s: %q shows", label, secret)
		}
	}
}

// wantDir is where a step's goldens are: in a directory of its own where the
// scenario has several steps.
func (w *world) wantDir(i int) string {
	want := filepath.Join(w.dir, "want")
	if len(w.scenario.Steps) > 1 {
		want = filepath.Join(want, w.scenario.Steps[i].label(i))
	}
	return want
}

// run runs the binary as the step asks.
func (w *world) run(t *testing.T, i int) result {
	t.Helper()
	step := w.scenario.Steps[i]
	ctx, cancel := context.WithTimeout(t.Context(), stepTimeout)
	defer cancel()
	outputs, summary := filepath.Join(w.scratch, "output"), filepath.Join(w.scratch, "summary")
	for _, file := range []string{outputs, summary} {
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(ctx, w.binary, w.expandAll(t, strings.Fields(step.Args))...)
	cmd.Dir = w.workspace
	cmd.Env = append(w.environ(), "GITHUB_OUTPUT="+outputs, "GITHUB_STEP_SUMMARY="+summary)
	cmd.Env = append(cmd.Env, w.inActions(t, i)...)
	for name, value := range step.inputs() {
		cmd.Env = append(cmd.Env, "INPUT_"+strings.ToUpper(name)+"="+w.expand(t, value))
	}
	for name, value := range step.Env {
		cmd.Env = append(cmd.Env, name+"="+w.expand(t, value))
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.proxy.watch(cmd.Process)
	if err := cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatalf("running %s: %v", step.Args, err)
	}
	if ctx.Err() != nil {
		t.Fatalf("%s still running after %s\nstdout:\n%s\nstderr:\n%s", step.Args, stepTimeout, &stdout, &stderr)
	}
	return result{
		stdout: stdout.String(), stderr: stderr.String(), exit: cmd.ProcessState.ExitCode(),
		outputs: readOutputs(t, outputs), summary: readText(t, summary),
	}
}

// environ is what every command of a scenario starts with: nothing of the
// machine's but the way to the tools.
func (w *world) environ() []string {
	return []string{
		"PATH=" + filepath.Dir(w.python) + ":" + os.Getenv("PATH"),
		"HOME=" + w.scratch, "TMPDIR=" + w.scratch, "LANG=C.UTF-8", "TZ=UTC",
		"MLFLOW_TRACKING_URI=" + w.proxy.url(), "MLFLOW_DISABLE_TELEMETRY=true",
		"GORACE=atexit_sleep_ms=0", // else a binary with the race detector sleeps 1 s before it ends
	}
}

// shell runs a step's own preparation in the workspace.
func (w *world) shell(t *testing.T, label, script string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", w.expand(t, script))
	cmd.Dir = w.workspace
	cmd.Env = append(w.environ(), "CT_MODEL_NAME="+w.model)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("step %s: shell: %v\n%s", label, err, text)
	}
}

// buildBinary builds what the scenarios run, with the race detector where the
// test itself has it.
func buildBinary(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "ct-action")
	args := []string{"build", "-o", binary}
	if underRace() {
		args = append(args, "-race")
	}
	if text, err := exec.CommandContext(t.Context(), "go", append(args, "..")...).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	return binary
}

func underRace() bool {
	info, _ := debug.ReadBuildInfo()
	for _, setting := range info.Settings {
		if setting.Key == "-race" {
			return setting.Value == "true"
		}
	}
	return false
}

// readOutputs turns the file that GITHUB_OUTPUT names into one line an output.
func readOutputs(t *testing.T, file string) string {
	t.Helper()
	var lines []string
	rest := readText(t, file)
	for rest != "" {
		line, after, _ := strings.Cut(rest, "\n")
		name, delimiter, heredoc := strings.Cut(line, "<<")
		if !heredoc {
			lines, rest = append(lines, line), after
			continue
		}
		value, after, found := strings.Cut(after, delimiter+"\n")
		if !found {
			t.Fatalf("output %s has no closing %s", name, delimiter)
		}
		lines, rest = append(lines, name+"="+strings.TrimSuffix(value, "\n")), after
	}
	return sortedLines(lines)
}

func readText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// copyTree copies a directory that may not be there.
func copyTree(to, from string) error {
	if _, err := os.Stat(from); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return fmt.Errorf("copying %s: %w", from, err)
	}
	return nil
}
