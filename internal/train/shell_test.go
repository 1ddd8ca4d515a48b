package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// log is an Out that may be read while a command writes to it.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// patience is for what takes milliseconds on a machine that has nothing else to
// do.
const patience = 2 * time.Minute

// await waits until the log has the text as many times.
func (l *log) await(t *testing.T, text string, times int) {
	t.Helper()
	for end := time.Now().Add(patience); strings.Count(l.String(), text) < times; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %q in the log after %s; it reads:\n%s", text, patience, l)
		}
	}
}

var env = []string{"PATH=" + os.Getenv("PATH")}

func TestRunOutput(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, script, want string }{
		{"order of the two streams", "for i in 1 2 3; do echo out $i; echo err $i >&2; done", "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n"},
		{"last line open", "printf 'a\\nb'", "a\nb\n"},
		{"silence", "true", ""},
		{"environment is what is given", "env -u PWD -u SHLVL -u _ | grep -v ^PATH=", "CT=1\n"},
		{"empty standard input", "cat; echo read", "read\n"},
		{"bytes as they are", "printf '\\r\\0\\377\\n'", "\r\x00\xff\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out log
			if err := (Shell{Out: &out}).Run(t.Context(), "train-command", tt.script, append([]string{"CT=1"}, env...), time.Minute); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); got != tt.want {
				t.Errorf("log = %q, want %q", got, tt.want)
			}
		})
	}
}

// TestHear returns what a command said last that ended well.
func TestHear(t *testing.T) {
	t.Parallel()
	said, err := Shell{}.Hear(t.Context(), "train-command", `echo "Stage 'train' didn't change, skipping"; echo; printf '\033[32mData and pipelines are up to date.\033[0m'`, env, patience)
	if want := []string{"Stage 'train' didn't change, skipping", "Data and pipelines are up to date."}; err != nil || !slices.Equal(said, want) {
		t.Errorf("heard %q, %v, want %q", said, err, want)
	}
}

func TestRunWithoutEnvironment(t *testing.T) {
	t.Parallel()
	var out log
	if err := (Shell{Out: &out}).Run(t.Context(), "train-command", `echo "[${HOME-}]"`, nil, 0); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "[]\n" {
		t.Errorf("HOME reached a command that was given no environment: %q", got)
	}
}

// What is printed is there to be read before the command ends, complete line
// or not.
func TestRunStreams(t *testing.T) {
	t.Parallel()
	flag := filepath.Join(t.TempDir(), "seen")
	var out log
	done := make(chan error)
	go func() {
		done <- Shell{Out: &out}.Run(t.Context(), "train-command", "printf epoch; until [ -e "+flag+" ]; do sleep 0.02; done", env, patience)
	}()
	out.await(t, "epoch", 1)
	if err := os.WriteFile(flag, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// Many megabytes without a line break pass through, and are not kept.
func TestRunHugeLine(t *testing.T) {
	t.Parallel()
	var n counter
	err := Shell{Out: &n}.Run(t.Context(), "train-command", "head -c 20000000 /dev/zero | tr '\\0' x; exit 1", env, patience)
	var e *Error
	if !errors.As(err, &e) || n != 20_000_001 {
		t.Errorf("%d bytes in the log, want 20000001; error %v", n, err)
	}
	if len(err.Error()) > 1000 {
		t.Errorf("the error repeats %d bytes of it", len(err.Error()))
	}
}

type counter int

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }

func TestRunBracket(t *testing.T) {
	t.Parallel()
	stop := func(w io.Writer) func() {
		fmt.Fprintln(w, "::stop-commands::token")
		return func() { fmt.Fprintln(w, "::token::") }
	}
	var out log
	err := Shell{Out: &out, Stop: stop}.Run(t.Context(), "train-command",
		"echo ::set-output name=promoted::true; echo '##[add-mask]e'; printf '::error::x'; exit 1", env, 0)
	want := "::stop-commands::token\n::set-output name=promoted::true\n##[add-mask]e\n::error::x\n::token::\n"
	if got := out.String(); got != want {
		t.Errorf("log = %q, want %q", got, want)
	}
	for line := range strings.Lines(err.Error()) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") {
			t.Errorf("the error repeats a workflow command: %q", line)
		}
	}
}

func TestRunErrors(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, script string
		shell        Shell
		timeout      time.Duration
		exit         int
		signal       syscall.Signal
		want         []string
	}{
		{name: "status", script: "echo epoch 1; echo boom >&2; exit 7", exit: 7,
			want: []string{"train-command exited with status 7 after ", "\n  | epoch 1\n  | boom\n", "log above"}},
		{name: "first command that fails", script: "false; echo on", exit: 1, want: []string{"status 1"}},
		{name: "inside a pipe", script: "false | cat", exit: 1, want: []string{"status 1"}},
		{name: "unset variable", script: "trap 'exit 5' EXIT; echo $NO_SUCH; echo on", exit: 5, want: []string{"  | bash: line 1: NO_SUCH: unbound variable"}},
		{name: "program not found", script: "no-such-program", exit: 127, want: []string{"setup-command", "PATH"}},
		{name: "not executable", script: file, exit: 126, want: []string{"chmod +x"}},
		{name: "killed", script: "kill -KILL $$", exit: -1, signal: syscall.SIGKILL, want: []string{"ended by SIGKILL", "out of memory"}},
		{name: "child killed", script: "(kill -KILL $BASHPID); true", exit: 137, want: []string{"status 137 (128 + SIGKILL)", "out of memory"}},
		{name: "timeout", script: "echo epoch 1; sleep 60", timeout: 2 * time.Second, exit: -1,
			want: []string{"train-command timed out after ", "  | epoch 1", "raise train-timeout (now 2s)"}},
		{name: "directory missing", script: "true", shell: Shell{Dir: file + "/no"}, exit: -1,
			want: []string{"train-command not started: working-directory: ", "/no", "relative to the workspace"}},
		{name: "directory is a file", script: "true", shell: Shell{Dir: file}, exit: -1, want: []string{"is a file, expected a directory"}},
		{name: "no bash", script: "true", shell: Shell{bash: "no-such-shell"}, exit: -1,
			want: []string{"train-command not started: ", "no-such-shell", "install it"}},
		{name: "script too long", script: strings.Repeat("#", 200_000), exit: -1, want: []string{"put the script into a file"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.shell.Run(t.Context(), "train-command", tt.script, env, tt.timeout)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if e.ExitCode != tt.exit || e.Signal != tt.signal || e.TimedOut != (tt.timeout > 0) {
				t.Errorf("exit %d, signal %d, timed out %t; want %d, %d, %t", e.ExitCode, e.Signal, e.TimedOut, tt.exit, tt.signal, tt.timeout > 0)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in the error:\n%v", want, err)
				}
			}
		})
	}
}

func TestRunDir(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var out log
	if err := (Shell{Out: &out, Dir: dir}).Run(t.Context(), "train-command", "pwd", env, 0); err != nil || out.String() != dir+"\n" {
		t.Errorf("pwd = %q, %v; want %q", out.String(), err, dir)
	}
}

// A tree in which every process ignores SIGTERM, and a grandchild outlives its
// parent: the timeout ends all of them, whoever holds the pipe.
func TestRunEndsTheTree(t *testing.T) {
	t.Parallel()
	script := `trap '' TERM
		( ( sleep 61 & echo pid $!; wait ) & )
		( sleep 62 >/dev/null 2>&1 & echo pid $! )
		sleep 63 & echo pid $!
		echo ready; wait`
	for _, how := range []string{"timeout", "cancel", "deadline"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			var out log
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			timeout, want := time.Duration(0), context.DeadlineExceeded
			switch how {
			case "timeout":
				timeout = 2 * time.Second
			case "cancel":
				want = context.Canceled
				go func() { out.await(t, "ready", 1); cancel() }()
			case "deadline":
				ctx, cancel = context.WithTimeout(ctx, 2*time.Second)
				defer cancel()
			}
			began := time.Now()
			err := Shell{Out: &out, Grace: 200 * time.Millisecond}.Run(ctx, "train-command", script, env, timeout)
			if !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("took %v", took)
			}
			expectGone(t, out.String(), 3)
		})
	}
}

// expectGone reads lines `pid N` and holds that none of these processes runs.
func expectGone(t *testing.T, log string, want int) {
	t.Helper()
	seen := 0
	for line := range strings.Lines(log) {
		text, found := strings.CutPrefix(strings.TrimSpace(line), "pid ")
		if !found {
			continue
		}
		seen++
		pid, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		if running(pid) {
			t.Errorf("process %d still runs", pid)
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Log(err)
			}
		}
	}
	if seen != want {
		t.Errorf("%d processes in the log, want %d:\n%s", seen, want, log)
	}
}

// running tells a process that runs from one that is gone, or has ended and
// waits for its parent to notice.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return syscall.Kill(pid, 0) == nil && !os.IsNotExist(err)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}

// SIGTERM comes first, and a command that heeds it can say its last words.
func TestRunTermFirst(t *testing.T) {
	t.Parallel()
	var out log
	err := Shell{Out: &out}.Run(t.Context(), "train-command", `trap 'echo saved; exit 0' TERM; sleep 60 & wait`, env, 2*time.Second)
	var e *Error
	if !errors.As(err, &e) || !e.TimedOut || out.String() != "saved\n" {
		t.Errorf("log %q, error %v; want a timeout after the trap", out.String(), err)
	}
}

// What a failed command leaves behind is ended with it.
func TestRunFailureEndsTheTree(t *testing.T) {
	t.Parallel()
	var out log
	if err := (Shell{Out: &out}).Run(t.Context(), "train-command", "sleep 64 & echo pid $!; exit 3", env, 0); err == nil {
		t.Error("no error for status 3")
	}
	expectGone(t, out.String(), 1)
}

// A service that a command starts lives on, survives printing, and holds
// nobody up although it holds the pipe.
func TestRunLeavesServices(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out log
	err := Shell{Out: &out, Dir: dir}.Run(t.Context(), "setup-command",
		"(until [ -e go ] || [ ! -d . ]; do sleep 0.02; done; echo late; echo alive >alive) & echo started", env, patience)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go"), "") // only now, so that Run has waited for nothing
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err = os.Stat(filepath.Join(dir, "alive")); err == nil {
			break
		}
	}
	if err != nil {
		t.Error("the service did not survive its first line:", err)
	}
	want := "started\n… setup-command has ended and left processes in the background; what they print is no longer shown\n"
	if got := out.String(); got != want {
		t.Errorf("log = %q, want %q", got, want)
	}
}

func TestRunCancelledBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out log
	err := Shell{Out: &out}.Run(ctx, "train-command", "echo on", env, 0)
	if !errors.Is(err, context.Canceled) || out.String() != "" {
		t.Errorf("log %q, error %v", out.String(), err)
	}
}

func TestRunHeartbeat(t *testing.T) {
	t.Parallel()
	var out log
	flag := filepath.Join(t.TempDir(), "heard")
	done := make(chan error)
	go func() {
		done <- Shell{Out: &out, Heartbeat: 100 * time.Millisecond}.Run(t.Context(), "train-command",
			"printf 'epoch 1'; until [ -e "+flag+" ]; do sleep 0.02; done; echo; echo done", env, patience)
	}()
	out.await(t, "still running", 2)
	write(t, flag, "")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	beat := regexp.MustCompile(`^… train-command still running after \S+ \(silent for \S+\)$`)
	lines := strings.Split(out.String(), "\n")
	if len(lines) < 5 || lines[0] != "epoch 1" || !beat.MatchString(lines[1]) || !beat.MatchString(lines[2]) {
		t.Errorf("log = %q, want two heartbeats on lines of their own", lines)
	}
}

func TestRunNoHeartbeatWhileTalking(t *testing.T) {
	t.Parallel()
	var out log
	err := Shell{Out: &out, Heartbeat: 3 * time.Second}.Run(t.Context(), "train-command", "for i in {1..35}; do echo $i; sleep 0.1; done", env, 0)
	if err != nil || strings.Contains(out.String(), "still running") {
		t.Errorf("log %q, error %v", out.String(), err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// A log that nobody can write to does not stop the command, but is told.
func TestRunLogFull(t *testing.T) {
	t.Parallel()
	flag := filepath.Join(t.TempDir(), "ran")
	err := Shell{Out: full{}}.Run(t.Context(), "train-command", "echo a; sleep 0.1; echo b; touch "+flag, env, 0)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v, want ENOSPC", err)
	}
	if _, err := os.Stat(flag); err != nil {
		t.Error(err)
	}
}
