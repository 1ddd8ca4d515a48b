//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Whatever these tests make in Docker has this run's name, so that it is not in
// the way of another run: act names containers and volumes after the workflow and
// the job alone, and a volume of a container that a killed run has left cannot be
// made anew.
const mark = "ct-e2e-"

var (
	own    = mark + strconv.Itoa(os.Getpid())
	marked = regexp.MustCompile(mark + `(\d+)-`)
)

// sweep removes what this run has made, and what earlier ones have left that were
// killed. What runs on the same daemon at the same time is not touched, as long as
// it is on the same machine. Containers go first, as they hold the rest.
func sweep() error {
	var problems []error
	for _, kind := range []struct{ list, remove string }{
		{"container ls --all --format {{.Names}}", "container rm --force --volumes"},
		{"volume ls --format {{.Name}}", "volume rm --force"},
		{"network ls --format {{.Name}}", "network rm"},
	} {
		names, err := docker(kind.list)
		if err != nil {
			return err // no daemon: each test says so itself
		}
		for name := range strings.FieldsSeq(names) {
			if !left(name) {
				continue
			}
			_, err := docker(kind.remove, name)
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// left reports whether a name in Docker is of this run, or of one that has ended.
func left(name string) bool {
	found := marked.FindStringSubmatch(name)
	if found == nil {
		return false
	}
	pid, err := strconv.Atoi(found[1])
	return err == nil && (pid == os.Getpid() || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH))
}

// docker is what a docker command prints.
func docker(command string, more ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	text, err := exec.CommandContext(ctx, "docker", append(strings.Fields(command), more...)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("docker %s %s: %w\n%s", command, strings.Join(more, " "), err, text)
	}
	return string(text), nil
}

// within is a context that ends after a limit, and in any case before `go test`
// gives up: commands are then interrupted, and remove their containers.
func within(t *testing.T, limit time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	end := time.Now().Add(limit)
	if last, ok := t.Deadline(); ok && last.Add(-time.Minute).Before(end) {
		end = last.Add(-time.Minute)
	}
	return context.WithDeadline(t.Context(), end)
}

var workflowName = regexp.MustCompile(`(?m)^name: .*`)

// nameWorkflow gives a workflow of the user's repository this run's name, which
// act makes a part of every name in Docker.
func (u *user) nameWorkflow(t *testing.T, workflow string) {
	t.Helper()
	path := filepath.Join(u.repository, ".github/workflows", workflow)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !workflowName.Match(text) {
		t.Fatalf("%s has no name", workflow)
	}
	write(t, path, workflowName.ReplaceAllString(string(text), "name: "+own+" "+strings.TrimSuffix(workflow, ".yml")))
}

func TestLeft(t *testing.T) {
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"act-" + own + "-rollback-ct-1f": true, own + "-image": true,
		fmt.Sprintf("act-%s%d-rollback-ct-1f-env", mark, ended.Process.Pid): true,
		fmt.Sprintf("%s%d-image", mark, os.Getppid()):                       false,
		"act-Continuous-training-ct-1f":                                     false, "act-toolcache": false, "bridge": false,
	} {
		if got := left(name); got != want {
			t.Errorf("left(%q) = %t, expected %t", name, got, want)
		}
	}
}
