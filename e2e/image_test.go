//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/summary"
)

// The runner's user, to whom the workspace belongs.
const runnerUser, runnerGroup = 1001, 127

// How long a tick may take from `docker run` to its first line.
const tickLimit = 1500 * time.Millisecond

// An action is the container as GitHub's runner starts it, on Docker's own
// bridge: unlike under act, localhost is the container's.
type action struct {
	container string // its name
	workspace string
	commands  string // where the runner reads outputs
	mlflow    string // as the container reaches it
	model     string
}

// newAction is an action in an empty workspace, with a champion that is new
// enough for nothing to fire.
func newAction(t *testing.T) action {
	t.Helper()
	mlflow := startMLflow(t)
	a := action{
		container: own + "-" + strings.ReplaceAll(t.Name(), "/", "-"),
		workspace: t.TempDir(), commands: t.TempDir(), model: strings.ReplaceAll(t.Name(), "/", "-"),
		mlflow: strings.Replace(mlflow, "127.0.0.1", "host.docker.internal", 1),
	}
	for _, step := range []struct {
		path string
		body map[string]string
	}{
		{"registered-models/create", map[string]string{"name": a.model}},
		{"model-versions/create", map[string]string{"name": a.model, "source": "s3://bucket/model"}},
		{"registered-models/alias", map[string]string{"name": a.model, "alias": "champion", "version": "1"}},
	} {
		if err := call(mlflow, http.MethodPost, step.path, step.body, nil); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(a.workspace, "data", "holdout.csv"), "x,label\n1,0\n2,1\n")
	write(t, filepath.Join(a.commands, "output"), "")
	return a
}

// image is what `make image` built.
func image() string {
	if name := os.Getenv("CT_TEST_IMAGE"); name != "" {
		return name
	}
	return "ct-action:dev"
}

// owned gives the workspace to the runner's user, and says who that is: whoever
// runs the test, where that is not root, who alone can give files away.
func (a action) owned(t *testing.T) int {
	t.Helper()
	if os.Getuid() != 0 {
		return os.Getuid()
	}
	err := filepath.WalkDir(a.workspace, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, runnerUser, runnerGroup)
	})
	if err != nil {
		t.Fatal(err)
	}
	return runnerUser
}

// docker is `docker run` of the image with the runner's mounts and variables.
// Inputs are lines such as "force=true"; more goes before the image, and what
// follows a "--" behind it.
func (a action) docker(ctx context.Context, inputs []string, more ...string) *exec.Cmd {
	args := []string{
		"run", "--rm", "--name", a.container, "--workdir", "/github/workspace", "--add-host", "host.docker.internal:host-gateway",
		"--volume", a.workspace + ":/github/workspace", "--volume", a.commands + ":/github/file_commands",
		"--tmpfs", "/github/home", "--env", "HOME=/github/home", "--env", "CI=true", "--env", "GITHUB_ACTIONS=true",
		"--env", "GITHUB_WORKSPACE=/github/workspace", "--env", "GITHUB_OUTPUT=/github/file_commands/output",
		"--env", "INPUT_MODEL-NAME=" + a.model, "--env", "INPUT_TRACKING-URI=" + a.mlflow,
	}
	for _, input := range inputs {
		name, value, _ := strings.Cut(input, "=")
		args = append(args, "--env", "INPUT_"+strings.ToUpper(name)+"="+value)
	}
	var behind []string
	for i, arg := range more {
		if arg == "--" {
			more, behind = more[:i], more[i+1:]
			break
		}
	}
	args = append(append(append(args, more...), image()), behind...)
	return dockerRun(ctx, args...)
}

// dockerRun is a docker command that ends its container when it is cancelled.
func dockerRun(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	return cmd
}

// run runs the action to its end.
func (a action) run(t *testing.T, inputs []string, more ...string) (log string, exit int) {
	t.Helper()
	ctx, cancel := within(t, 10*time.Minute)
	defer cancel()
	text, err := a.docker(ctx, inputs, more...).CombinedOutput()
	if exited := (*exec.ExitError)(nil); errors.As(err, &exited) {
		return string(text), exited.ExitCode()
	}
	if err != nil {
		t.Fatalf("docker: %v\nmake test-e2e brings the daemon and the image\n%s", err, text)
	}
	return string(text), 0
}

// training is what runs a training command although no trigger fired. It fails
// at its end, for nothing was registered.
func training(script string) []string {
	return []string{"force=true", "train-command=set -eu\n" + script + "\necho all of it ran; exit 9"}
}

// wantOwner holds every file of the workspace to one owner.
func (a action) wantOwner(t *testing.T, want int, atLeast ...string) {
	t.Helper()
	for _, path := range atLeast {
		if _, err := os.Lstat(filepath.Join(a.workspace, path)); err != nil {
			t.Errorf("the workspace lacks a file: %v", err)
		}
	}
	list := exec.CommandContext(t.Context(), "find", a.workspace, "!", "-uid", fmt.Sprint(want), "-printf", "%u %P\n")
	if text, err := list.CombinedOutput(); err != nil || len(text) > 0 {
		t.Errorf("files in the workspace that are not user %d's: %v\n%s", want, err, text)
	}
}

func TestImageTick(t *testing.T) {
	a := newAction(t)
	owner := a.owned(t)
	fastest := time.Hour
	for range 3 { // the machine may be busy with something else
		began := time.Now()
		cmd := a.docker(t.Context(), []string{"train-command=exit 9"})
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(stdout)
		first, err := lines.ReadString('\n')
		after := time.Since(began)
		rest, _ := bufio.NewReader(lines).ReadString(0)
		if failed := cmd.Wait(); err != nil || failed != nil || !strings.Contains(first+rest, "no trigger fired; nothing to do") {
			t.Fatalf("tick: %v, %v\n%s%s", err, failed, first, rest)
		}
		t.Logf("first line after %v, end after %v", after.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
		fastest = min(fastest, after)
	}
	if fastest > tickLimit {
		t.Errorf("first line after %v, expected at most %v", fastest, tickLimit)
	}
	a.wantOwner(t, owner, summary.DocumentPath(a.model), summary.PagePath(a.model))
	output, err := os.ReadFile(filepath.Join(a.commands, "output"))
	if err != nil || !bytes.Contains(output, []byte("skipped")) {
		t.Errorf("outputs: %v\n%s", err, output)
	}
}

// A cancelled job gets SIGINT, and 7.5 s later SIGTERM.
func TestImageStopsTraining(t *testing.T) {
	const patient = `(sleep 300 &)
sleep 300 & echo under way; wait`
	const stubborn = `trap '' INT TERM
sleep 300 & echo under way; while true; do wait; done`
	for name, test := range map[string]struct {
		signal, script string
		exit           int
		limit          time.Duration // the runner's second signal comes after 7.5 s
	}{
		"INT":      {"INT", patient, 130, 5 * time.Second},
		"TERM":     {"TERM", patient, 143, 5 * time.Second},
		"stubborn": {"INT", stubborn, 130, 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAction(t)
			owner := a.owned(t)
			ctx, cancel := within(t, 10*time.Minute)
			defer cancel()
			cmd := a.docker(ctx, training("touch half-a-model\n"+test.script))
			var log strings.Builder
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			cmd.Stderr = cmd.Stdout
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var signalled time.Time
			for lines := bufio.NewScanner(stdout); lines.Scan(); {
				fmt.Fprintln(&log, lines.Text())
				if lines.Text() == "under way" {
					signalled = time.Now()
					if _, err := docker("kill --signal "+test.signal, a.container); err != nil {
						t.Error(err)
					}
				}
			}
			_ = cmd.Wait() // its status is looked at below
			if took := time.Since(signalled); signalled.IsZero() || took > test.limit {
				t.Errorf("ended %v after the signal, expected at most %v", took, test.limit)
			}
			if exit := cmd.ProcessState.ExitCode(); exit != test.exit || !strings.Contains(log.String(), "interrupted by SIG"+test.signal) {
				t.Errorf("exit status %d, expected %d\n%s", exit, test.exit, log.String())
			}
			a.wantOwner(t, owner, "half-a-model", summary.DocumentPath(a.model))
		})
	}
}

// Orphans of a command become children of PID 1, which has to collect them
// when they end; else they stay as zombies.
func TestImageReapsOrphans(t *testing.T) {
	a := newAction(t)
	a.owned(t)
	log, _ := a.run(t, training(`cat /proc/1/comm
orphans() { for pid in $(cat /tmp/orphans 2>/dev/null); do [ ! -e /proc/$pid ] || echo $pid; done | wc -l; }
for i in 1 2 3; do (setsid sh -c 'echo $$ >>/tmp/orphans' &); done
for i in $(seq 50); do sleep 0.1; [ "$(cat /tmp/orphans | wc -l) $(orphans)" != "3 0" ] || break; done
echo "orphans: $(cat /tmp/orphans | wc -l), left: $(orphans)"`))
	for _, want := range []string{"\ntini\n", "\norphans: 3, left: 0\n", "all of it ran"} {
		if !strings.Contains(log, want) {
			t.Errorf("log lacks %q:\n%s", want, log)
		}
	}
}

// Links in the workspace are given back themselves; what they point at is not.
func TestImageGivesBackLinks(t *testing.T) {
	a := newAction(t)
	owner := a.owned(t)
	log, exit := a.run(t, training("ln -s /etc/passwd file; ln -s /etc dir; mkdir -p deep/er; ln -s /nowhere deep/er/dangling"),
		"--entrypoint", "/bin/bash", "--", "-c", "/usr/local/bin/ct-action; stat -c '%u %n' /etc /etc/passwd")
	if exit != 0 || !strings.Contains(log, "0 /etc\n0 /etc/passwd\n") || !strings.Contains(log, "all of it ran") {
		t.Errorf("exit status %d:\n%s", exit, log)
	}
	a.wantOwner(t, owner, "file", "dir", "deep/er/dangling")
}

// What setup-command and train-command take for granted. It reaches the
// package index, which shows that certificates are there, too.
func TestImageCommands(t *testing.T) {
	a := newAction(t)
	write(t, filepath.Join(a.workspace, "requirements.txt"), "six==1.17.0\n")
	write(t, filepath.Join(a.workspace, "project", "pyproject.toml"),
		"[project]\nname = 'project'\nversion = '0'\nrequires-python = '>=3.11'\ndependencies = ['six==1.16.0']\n")
	for _, repository := range []string{"", "checkout"} {
		for _, args := range [][]string{
			{"init", "--quiet"}, {"-c", "user.name=octo", "-c", "user.email=octo@example.com", "commit", "--quiet", "--allow-empty", "-m", "start"},
		} {
			git := exec.CommandContext(t.Context(), "git", append([]string{"-C", filepath.Join(a.workspace, repository)}, args...)...)
			if repository != "" {
				if err := os.MkdirAll(filepath.Join(a.workspace, repository), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if text, err := git.CombinedOutput(); err != nil {
				t.Fatalf("git %s: %v\n%s", args[0], err, text)
			}
		}
	}
	owner := a.owned(t)
	setup := "setup-command=pip install --quiet -r requirements.txt; python -c 'import six; print(\"pip\", six.__version__)'"
	log, _ := a.run(t, append(training(`git rev-parse --verify --quiet HEAD >/dev/null && echo git workspace
git -C checkout rev-parse --verify --quiet HEAD >/dev/null && echo git checkout
python3 -c 'import six, sys; print("python3", six.__version__, sys.prefix)'
uv pip install --quiet six==1.15.0; python -c 'import six; print("uv pip", six.__version__)'
cd project; uv sync --quiet; python -c 'import six; print("uv sync", six.__version__)'
uv run --quiet python -c 'import six, sys; print("uv run", six.__version__, sys.prefix)'
uv run --quiet --no-project --isolated --with six==1.15.0 python -c 'import six; print("uv isolated", six.__version__)'
python3 -m venv /tmp/own; /tmp/own/bin/pip --version | cut -d' ' -f1,4
python3 -c 'import ssl; print("authorities", len(ssl.create_default_context().get_ca_certs()) > 100)'`), setup))
	for _, want := range []string{
		"pip 1.17.0", "git workspace", "git checkout", "python3 1.17.0 /opt/venv", "uv pip 1.15.0", "uv sync 1.16.0",
		"uv run 1.16.0 /opt/venv", "uv isolated 1.15.0", "pip /tmp/own", "authorities True", "all of it ran",
	} {
		if !strings.Contains(log, "\n"+want) {
			t.Errorf("log lacks a line %q", want)
		}
	}
	a.wantOwner(t, owner, "project/uv.lock")
	if _, err := os.Stat(filepath.Join(a.workspace, "project", ".venv")); err == nil {
		t.Error("uv sync filled the workspace with an environment")
	}
	if t.Failed() {
		t.Log(log)
	}
}

// GitHub's rules for a container action.
func TestImageConfiguration(t *testing.T) {
	text, err := exec.CommandContext(t.Context(), "docker", "image", "inspect", "--format",
		"{{.Config.User}}|{{.Config.WorkingDir}}|{{json .Config.Entrypoint}}|{{json .Config.Cmd}}", image()).CombinedOutput()
	const want = `||["/usr/bin/tini","--","/usr/local/bin/ct-action"]|null`
	if got := strings.TrimSpace(string(text)); err != nil || got != want {
		t.Errorf("user, working directory, entry point, command: %s, %v; expected %s", got, err, want)
	}
}
