//go:build unix

package train

import (
	"errors"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// leadGroup makes the command the leader of a process group of its own.
func leadGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// collect takes the exit statuses of those of the group that are our children.
func collect(leader int) {
	for {
		pid, err := syscall.Wait4(-leader, nil, syscall.WNOHANG, nil)
		if pid <= 0 || err != nil {
			return
		}
	}
}

// signalGroup sends sig to every process of the group; 0 only asks. False:
// there is none. A group that refuses (EPERM: a child changed its user) is
// there.
func signalGroup(leader int, sig syscall.Signal) bool {
	return !errors.Is(syscall.Kill(-leader, sig), syscall.ESRCH)
}

// signalName is the signal's name, such as SIGKILL; "" where there is none.
func signalName(sig syscall.Signal) string { return unix.SignalName(sig) }
