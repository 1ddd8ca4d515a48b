package train

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A process is a started command with the process group that it leads.
type process struct {
	cmd    *exec.Cmd
	out    *os.File // read end of the pipe that is its output
	began  time.Time
	exited chan struct{} // closed when the leader has ended; err is set then
	eof    chan struct{} // closed when nobody holds the pipe any more
	err    error
}

// How long to wait for output after the leader's end: until none has come for
// drainQuiet, and at most drainMost, so that a process that was left behind and
// keeps printing cannot hold us for ever.
const (
	drainQuiet = time.Second
	drainMost  = 10 * time.Second
)

func (p *process) wait() {
	p.err = p.cmd.Wait()
	close(p.exited)
}

// copyTo copies the output until nobody holds the pipe. It goes on reading
// after the console was closed: a process left behind on purpose must not die
// of SIGPIPE on its next line.
func (p *process) copyTo(con *console) {
	defer close(p.eof)
	defer p.out.Close()
	_, err := io.Copy(con, p.out)
	con.fail(err)
}

// failed reports whether the leader has ended, with another status than 0.
func (p *process) failed() bool { return isClosed(p.exited) && p.err != nil }

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// status is how the leader ended: its exit status, or -1 and the signal, or
// -1 and what waiting for it ran into.
func (p *process) status() (code int, sig syscall.Signal, err error) {
	var exit *exec.ExitError
	if !errors.As(p.err, &exit) {
		return -1, 0, p.err
	}
	ws, ok := exit.Sys().(syscall.WaitStatus)
	if ok && ws.Signaled() {
		return -1, ws.Signal(), nil
	}
	return exit.ExitCode(), 0, nil
}

// drain waits for output that is still under way after the leader's end, and
// reports whether some process holds the pipe even then.
func (p *process) drain(con *console) (left bool) {
	// Silence counts from the end of the command: one that said nothing for a
	// minute before it ended may still have its last line in the pipe.
	ended := time.Now()
	for time.Since(ended) < drainMost && min(con.silent(), time.Since(ended)) < drainQuiet {
		select {
		case <-p.eof:
			return false
		case <-time.After(50 * time.Millisecond):
		}
	}
	return !isClosed(p.eof)
}

// terminate ends the whole group: SIGTERM, and SIGKILL for what is still there
// when the grace is over. Only a process that the kernel itself cannot end (a
// hung disk) survives it, and is not waited for.
func (p *process) terminate(grace time.Duration) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if !p.alive() {
			return
		}
		p.signal(sig)
		for end := time.Now().Add(grace); p.alive() && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// alive reports whether any process of the group is left. Processes whose parent
// has died are children of this program where it is the first of a container,
// and stay in the group as zombies unless they are collected.
func (p *process) alive() bool {
	if !isClosed(p.exited) {
		return true
	}
	collect(p.cmd.Process.Pid)
	return p.signal(0)
}

// signal sends sig to every process of the group; 0 only asks. False: there is
// none.
func (p *process) signal(sig syscall.Signal) bool { return signalGroup(p.cmd.Process.Pid, sig) }
