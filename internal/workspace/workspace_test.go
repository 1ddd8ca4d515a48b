package workspace

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// A workspace of tests keeps each file's owner in Sys; no owner is root. A
// folder is the user's who has a file in it, else root's.
func workspaceOf(owner int, files map[string]int) fstest.MapFS {
	workspace := fstest.MapFS{".": {Mode: fs.ModeDir | 0o755, Sys: owner}}
	for name, uid := range files {
		workspace[name] = &fstest.MapFile{Sys: uid}
		dir := filepath.Dir(name)
		if made := workspace[dir]; made == nil || dir != "." && made.Sys.(int) < uid {
			workspace[dir] = &fstest.MapFile{Mode: fs.ModeDir | 0o755, Sys: uid}
		}
	}
	return workspace
}

// inSys is whom a file of workspaceOf belongs to; its group is its user's.
func inSys(info fs.FileInfo) (uid, gid int) {
	owner, _ := info.Sys().(int)
	return owner, owner + 1
}

func TestHandOver(t *testing.T) {
	t.Parallel()
	files := map[string]int{"train.py": 1001, "mlruns/0/meta.yaml": 0, "data/holdout.csv": 1001, "data/cache.npy": 0, "service.sock": 33}
	for name, test := range map[string]struct {
		owner int
		given []string
	}{
		"another user's": {1001, []string{"data/cache.npy", "mlruns", "mlruns/0", "mlruns/0/meta.yaml"}},
		"root's own":     {0, nil},
		"nobody's known": {-1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var given []string
			err := handOver(workspaceOf(test.owner, files), inSys, func(name string, uid, gid int) error {
				if uid != test.owner || gid != test.owner+1 {
					t.Errorf("%s given to %d:%d", name, uid, gid)
				}
				given = append(given, name)
				return nil
			})
			if err != nil || !slices.Equal(given, test.given) {
				t.Errorf("given %q, %v; want %q", given, err, test.given)
			}
		})
	}
}

// A link is given itself; what is behind it, inside or outside, is not reached
// through it.
func TestHandOverFollowsNoLink(t *testing.T) {
	t.Parallel()
	outside, workspace := t.TempDir(), t.TempDir()
	for _, err := range []error{
		os.WriteFile(filepath.Join(outside, "shadow"), nil, 0o600),
		os.Mkdir(filepath.Join(workspace, "real"), 0o755),
		os.WriteFile(filepath.Join(workspace, "real", "file"), nil, 0o600),
		os.Symlink(outside, filepath.Join(workspace, "away")),
		os.Symlink(filepath.Join(outside, "shadow"), filepath.Join(workspace, "file-away")),
		os.Symlink("real", filepath.Join(workspace, "within")),
		os.Symlink("nowhere", filepath.Join(workspace, "dangling")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(workspace)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	first := true
	var given []string
	err = handOver(root.FS(), func(fs.FileInfo) (int, int) {
		if first { // the workspace itself
			first = false
			return 1001, 127
		}
		return 0, 0
	}, func(name string, _, _ int) error { given = append(given, name); return nil })
	want := []string{".", "away", "dangling", "file-away", "real", "real/file", "within"}
	if err != nil || !slices.Equal(given, want) {
		t.Errorf("given %q, %v; want %q", given, err, want)
	}
	// What GiveBack hands in as lchown does not leave by a link in the middle.
	if err := root.Lchown("away/shadow", os.Getuid(), os.Getgid()); err == nil {
		t.Error("lchown left the workspace through a link")
	}
}

func TestHandOverGoesOn(t *testing.T) {
	t.Parallel()
	workspace := workspaceOf(1001, map[string]int{"a": 0, "b": 0, "c": 0, "d": 0})
	err := handOver(workspace, inSys, func(name string, _, _ int) error {
		switch name {
		case "a":
			return &fs.PathError{Op: "lchown", Path: name, Err: fs.ErrNotExist} // removed meanwhile
		case "b", "c":
			return &fs.PathError{Op: "lchown", Path: name, Err: fs.ErrPermission}
		}
		return nil
	})
	const want = "giving files in the workspace back to user 1001: 2 refused, the first: lchown b: permission denied\n" +
		"a later job may be unable to delete them; on the runner: sudo chown -R 1001:1002 the workspace"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if !errors.Is(err, fs.ErrPermission) {
		t.Error("the reason is not in the error's chain")
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		uid     int
		actions string
		want    Workspace
	}{{0, "true", "/w"}, {0, "", ""}, {0, "false", ""}, {1001, "true", ""}, {-1, "true", ""}} {
		getenv := func(name string) string {
			return map[string]string{"GITHUB_ACTIONS": test.actions, "GITHUB_WORKSPACE": "/w"}[name]
		}
		if got := Of(test.uid, getenv); got != test.want {
			t.Errorf("user %d, GITHUB_ACTIONS=%q: %q, expected %q", test.uid, test.actions, got, test.want)
		}
	}
}

// Where the program is not root in a job, nothing is done.
func TestNoWorkspace(t *testing.T) {
	t.Parallel()
	if err := Workspace("").GiveBack(); err != nil {
		t.Error(err)
	}
	if environ := []string{"A=1"}; !slices.Equal(Workspace("").TrustedByGit(environ), environ) {
		t.Error("the environment was changed")
	}
}

func TestCheckouts(t *testing.T) {
	t.Parallel()
	workspace := filepath.Join(t.TempDir(), "a [1] *")
	for _, dir := range []string{".git", "churn/.git", "data", "vendor/deep/.git"} {
		if err := os.MkdirAll(filepath.Join(workspace, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{workspace, filepath.Join(workspace, "churn")}
	if got := checkouts(workspace + "/"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAppendSafe(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ environ, want string }{
		"none before": {"A=1", "A=1 GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_KEY_1=safe.directory GIT_CONFIG_VALUE_0=/w GIT_CONFIG_VALUE_1=/w/churn"},
		"blank":       {"GIT_CONFIG_COUNT=", "GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_KEY_1=safe.directory GIT_CONFIG_VALUE_0=/w GIT_CONFIG_VALUE_1=/w/churn"},
		"one before": {"GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=ci",
			"GIT_CONFIG_COUNT=3 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_KEY_1=safe.directory GIT_CONFIG_KEY_2=safe.directory GIT_CONFIG_VALUE_0=ci GIT_CONFIG_VALUE_1=/w GIT_CONFIG_VALUE_2=/w/churn"},
		"not a number": {"GIT_CONFIG_COUNT=many", "GIT_CONFIG_COUNT=many"},
		"negative":     {"GIT_CONFIG_COUNT=-1", "GIT_CONFIG_COUNT=-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := strings.Fields(test.environ)
			before := slices.Clone(given)
			got := appendSafe(given, []string{"/w", "/w/churn"})
			slices.Sort(got)
			if text := strings.Join(got, " "); text != test.want {
				t.Errorf("got  %s\nwant %s", text, test.want)
			}
			if !slices.Equal(given, before) {
				t.Errorf("the environment that was given has changed: %q", given)
			}
		})
	}
}
