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

// How long output is waited for that may still come after the leader's end:
// as long as some keeps coming, but a chatty orphan must not hold us for ever.
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

// failed says whether the leader has ended otherwise than with status 0. It
// may be asked once the leader has ended; before, it is false.
func (p *process) failed() bool {
	select {
	case <-p.exited:
		return p.err != nil
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
// says whether somebody holds the pipe even so.
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
	select {
	case <-p.eof:
		return false
	default:
		return true
	}
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

// alive says whether any process of the group is left. Processes whose parent
// has died are children of this program where it is the first of a container,
// and stay in the group as zombies unless they are collected.
func (p *process) alive() bool {
	select {
	case <-p.exited:
	default:
		return true
	}
	collect(p.cmd.Process.Pid)
	return p.signal(0)
}

// signal sends sig to every process of the group; 0 only asks. False: there is
// none.
func (p *process) signal(sig syscall.Signal) bool { return signalGroup(p.cmd.Process.Pid, sig) }
