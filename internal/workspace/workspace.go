// Package workspace lets root work in a workspace that belongs to somebody else.
//
// A container action runs as root (GitHub demands it), while the workspace is a mount
// that belongs to the runner's user. Two things follow. A self-hosted runner can
// neither delete nor overwrite the files that root leaves there; GiveBack changes
// their owner. And git refuses to read a repository of another user ("dubious
// ownership"); TrustedByGit permits it.
package workspace

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A Workspace is the folder of a job in which this program is root. It is "", and
// nothing is to be done, where the program is not root or runs in no job: root's own
// checkout on a server stays root's.
type Workspace string

// Of is the workspace of a user's process.
func Of(uid int, getenv func(string) string) Workspace {
	if uid != 0 || getenv("GITHUB_ACTIONS") != "true" {
		return ""
	}
	return Workspace(getenv("GITHUB_WORKSPACE"))
}

// GiveBack gives the files that root owns in the workspace, made by this program or
// by the user's commands, to the workspace's owner. A workspace that is root's own is
// left alone. There is one error for all files, which says what to do.
func (w Workspace) GiveBack() error {
	if w == "" {
		return nil
	}
	root, err := os.OpenRoot(string(w))
	if err != nil {
		return fmt.Errorf("giving files in the workspace back to its owner: %w", err)
	}
	defer root.Close()
	return handOver(root.FS(), ownerOf, root.Lchown)
}

// handOver walks the workspace and gives each file that root owns to the owner
// of the top directory. It goes on past a file that refuses; one that has
// vanished meanwhile is no error.
//
// lchown must change a symbolic link itself, never what it points at, and must not
// follow a link in the middle of the path out of the workspace: commands that were
// left in the background may still make links there.
func handOver(workspace fs.FS, owner func(fs.FileInfo) (uid, gid int), lchown func(name string, uid, gid int) error) error {
	top, err := fs.Stat(workspace, ".")
	if err != nil {
		return fmt.Errorf("giving files in the workspace back to its owner: %w", err)
	}
	uid, gid := owner(top)
	if uid <= 0 {
		return nil
	}
	kept := refusals{uid: uid, gid: gid}
	_ = fs.WalkDir(workspace, ".", func(name string, d fs.DirEntry, err error) error {
		var info fs.FileInfo
		if err == nil {
			info, err = d.Info()
		}
		if err == nil {
			if of, _ := owner(info); of == 0 {
				err = lchown(name, uid, gid)
			}
		}
		kept.add(err)
		return nil // the next one
	})
	return kept.err()
}

// refusals are the files that could not be given back.
type refusals struct {
	uid, gid int // whose they should be
	count    int
	first    error
}

func (r *refusals) add(err error) {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return
	}
	if r.count++; r.first == nil {
		r.first = err
	}
}

func (r *refusals) err() error {
	if r.count == 0 {
		return nil
	}
	return fmt.Errorf("giving files in the workspace back to user %d: %d refused, the first: %w\n"+
		"a later job may be unable to delete them; on the runner: sudo chown -R %d:%d the workspace",
		r.uid, r.count, r.first, r.uid, r.gid)
}

// TrustedByGit lets git read the checkouts in the workspace although they belong
// to another user: the workspace itself, and the directories right below it that
// actions/checkout filled (its input `path`). It adds the permission to the
// environment, behind git's settings that are there already, because git's
// configuration files belong to the user.
func (w Workspace) TrustedByGit(environ []string) []string {
	if w == "" {
		return environ
	}
	return appendSafe(environ, checkouts(string(w)))
}

// checkouts are the workspace and the repositories right below it. A workspace that
// cannot be listed has none; the commands will report that.
func checkouts(workspace string) []string {
	all := []string{filepath.Clean(workspace)}
	entries, _ := os.ReadDir(workspace)
	for _, entry := range entries {
		directory := filepath.Join(workspace, entry.Name())
		if _, err := os.Lstat(filepath.Join(directory, ".git")); err == nil {
			all = append(all, directory)
		}
	}
	return all
}

// appendSafe adds git's safe.directory for each directory. A GIT_CONFIG_COUNT
// that is not a number is left to git, which says so itself.
func appendSafe(environ, directories []string) []string {
	const variable = "GIT_CONFIG_COUNT="
	count := 0
	added := make([]string, 0, len(environ)+2*len(directories)+1)
	for _, entry := range environ {
		text, ok := strings.CutPrefix(entry, variable)
		if !ok {
			added = append(added, entry)
			continue
		}
		var err error
		if count, err = strconv.Atoi(cmp.Or(text, "0")); err != nil || count < 0 {
			return environ
		}
	}
	for _, directory := range directories {
		added = append(added, fmt.Sprintf("GIT_CONFIG_KEY_%d=safe.directory", count), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", count, directory))
		count++
	}
	return append(added, variable+strconv.Itoa(count))
}
