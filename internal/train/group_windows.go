package train

import (
	"os/exec"
	"strconv"
	"syscall"
)

// Windows has no process groups to signal: a command and what it started are
// ended as a tree, at once, from its leader down. What outlives its leader is
// not found any more.

// leadGroup keeps the console's Ctrl-C to ourselves: we end the command.
func leadGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// collect does nothing: there are no zombies.
func collect(int) {}

// signalGroup ends the tree, whatever the signal; 0 only asks. False: the
// leader has ended.
func signalGroup(leader int, sig syscall.Signal) bool {
	if sig == 0 {
		return false // asked only once the leader has ended
	}
	return exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(leader)).Run() == nil
}

// signalName is "": exit statuses above 128 mean no signal here.
func signalName(syscall.Signal) string { return "" }
