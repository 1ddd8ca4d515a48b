//go:build unix

package workspace

import (
	"io/fs"
	"syscall"
)

// ownerOf is the user and the group that a file belongs to; -1 where the file
// system does not say.
func ownerOf(info fs.FileInfo) (uid, gid int) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1, -1
	}
	return int(stat.Uid), int(stat.Gid)
}
