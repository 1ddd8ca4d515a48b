package train

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// A console is where a command's output and our own lines about it meet, so
// that ours always stand on a line of their own. It passes bytes on as they
// come, complete lines or not, and keeps only the tail.
type console struct {
	mu     sync.Mutex
	out    io.Writer
	last   time.Time // of the last output
	mid    bool      // the last byte did not end a line
	closed bool
	err    error // the first that out returned
	tail   tail
}

func newConsole(out io.Writer) *console {
	if out == nil {
		out = io.Discard
	}
	return &console{out: out, last: time.Now()}
}

// Write passes on output of the command. It never fails: training for hours
// must not be lost to a log that nobody reads any more. See failure.
func (c *console) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(b) == 0 {
		return len(b), nil
	}
	c.tail.add(b)
	c.put(b)
	c.last = time.Now()
	return len(b), nil
}

// say prints a line of our own, closing the command's line where one is open.
func (c *console) say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.newline()
	c.put(fmt.Appendf(nil, format+"\n", args...))
}

// silent is the time since the last output.
func (c *console) silent() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(c.last)
}

// close ends an open line, for what comes next (the end of the bracket, which
// the runner only knows at the start of a line), and drops all later output.
func (c *console) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.newline()
	c.closed = true
}

// fail records a failure to read or write the output; the first one counts.
func (c *console) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && !c.closed {
		c.err = err
	}
}

// failure is the first error met in reading or writing the output.
func (c *console) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *console) newline() {
	if c.mid {
		c.put([]byte{'\n'})
	}
}

func (c *console) put(b []byte) {
	if c.err == nil {
		_, c.err = c.out.Write(b)
	}
	c.mid = b[len(b)-1] != '\n'
}
