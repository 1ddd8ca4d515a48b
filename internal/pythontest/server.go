//go:build unix

package pythontest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// patience is how long a server may take to listen. Alone on a machine it takes
// 5 to 10 s, all of them work of Python's.
const patience = 10 * time.Minute

// A Server is a program of Python's that serves HTTP by uvicorn. It ends with the
// test process, however that ends.
type Server struct {
	URI string // http://127.0.0.1:<port>

	hold  io.Closer     // closing it ends the server
	ended chan struct{} // closed when the server has ended
}

// group runs a command in its process group and kills the whole group when the
// command ends, or when its own standard input closes, as it does when the test
// process ends or is killed.
const group = `{ "$@"; kill -KILL 0; } </dev/null & read -r _; kill -KILL 0`

// Serve starts a server in a folder and returns when it listens. The command asks
// for port 0, a free one; env comes on top of this process's environment; what the
// server says goes into the file log.
func Serve(dir, log string, env []string, command ...string) (*Server, error) {
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	s := &Server{ended: make(chan struct{})}
	cmd := exec.Command("sh", append([]string{"-c", group, "sh"}, command...)...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, append(compiling(), env...), file, file
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.hold, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = cmd.Wait() // killed, as it should be
		close(s.ended)
	}()
	if err := s.listens(log); err != nil {
		s.Stop()
		text, _ := os.ReadFile(log)
		return nil, fmt.Errorf("starting %s: %w; its log:\n%s", strings.Join(command, " "), err, text)
	}
	return s, nil
}

// Stop ends the server and everything that it started.
func (s *Server) Stop() {
	s.hold.Close()
	<-s.ended
}

// running is how uvicorn says that it listens, and where.
var running = regexp.MustCompile(`Uvicorn running on http://\S+:(\d+)`)

// listens waits until the server does, or has ended.
func (s *Server) listens(log string) error {
	for began := time.Now(); time.Since(began) < patience; {
		text, err := os.ReadFile(log)
		if err != nil {
			return err
		}
		if found := running.FindSubmatch(text); found != nil {
			s.URI = "http://127.0.0.1:" + string(found[1])
			return nil
		}
		select {
		case <-s.ended:
			return errors.New("it has ended")
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("it does not listen after %s", patience)
}

// compiling is the environment that lets Python keep its bytecode: without, each
// start compiles all of MLflow again, which takes 30 s.
func compiling() []string {
	return slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return strings.HasPrefix(pair, "PYTHONDONTWRITEBYTECODE=")
	})
}
