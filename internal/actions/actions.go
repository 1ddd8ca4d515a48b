// Package actions is what a program may say to the GitHub Actions runner:
// masks, groups, annotations, outputs and the job summary.
//
// The program makes one Runner. Outside Actions it behaves like an ordinary command
// line: annotations become lines such as "warning: …" on stderr, and the rest is not
// written.
//
// # What the runner believes
//
// The runner scans every line that a step writes, on stdout and on stderr alike, and
// obeys those that look like workflow commands. Anything that came from outside (a
// model's name, an error text, a user's log) could therefore forge annotations, add
// masks or stop all commands. So:
//
//   - texts given to this package's methods are escaped, and cannot end the
//     command that they stand in;
//   - other text for the console goes through Runner.Text;
//   - the output of somebody else's program goes between StopCommands and the
//     function that it returns.
//
// Outputs are written to a file whose grammar has the same weakness: a value
// that holds the delimiter of its own block adds outputs, for example
// promoted=true. The SDK's delimiter is a constant, so its SetOutput is never
// used: see Runner.Outputs.
//
// # Secrets
//
// A secret is given to Runner.Mask before its first use. From then on the
// runner hides it in the log, and this package hides it in every text that
// goes through it, in Actions or not. Because GitHub drops an output that
// contains a masked string, a secret that would hide our own words is refused.
package actions

import (
	"crypto/rand"
	"fmt"
	"io"
	"sync"

	githubactions "github.com/sethvargo/go-githubactions"

	"github.com/org/ct-action/internal/text"
)

// A Runner speaks to the Actions runner, or to a terminal where there is none.
// Its methods may be called from several goroutines.
//
// Failing to write to the console is ignored, as programs ignore it of fmt.Println.
// Only Mask returns it, since the secret would then not be hidden.
type Runner struct {
	getenv  func(string) string
	active  bool
	out     *console // workflow commands
	err     *console // plain lines, outside Actions
	sdk     *githubactions.Action
	secrets *secrets
	random  func() string // unguessable, letters and digits
}

// New returns the Runner of this process. GITHUB_ACTIONS=true says that it runs in
// Actions; GITHUB_OUTPUT and GITHUB_STEP_SUMMARY name the runner's files, and are
// read when they are needed.
func New(getenv func(string) string, stdout, stderr io.Writer) *Runner {
	return newRunner(Runner{
		getenv:  getenv,
		active:  getenv("GITHUB_ACTIONS") == "true",
		out:     &console{w: stdout},
		err:     &console{w: stderr},
		secrets: &secrets{},
		random:  rand.Text,
	})
}

func newRunner(r Runner) *Runner {
	r.sdk = githubactions.New(githubactions.WithWriter(r.out), githubactions.WithGetenv(r.getenv))
	return &r
}

// Active reports whether this process runs in GitHub Actions.
func (r *Runner) Active() bool { return r.active }

// ToStderr returns the same Runner with everything on stderr, for modes whose
// stdout is one JSON document. Both know the same secrets.
func (r *Runner) ToStderr() *Runner {
	c := *r
	c.out = r.err
	return newRunner(c)
}

// Text makes text from outside safe to print: known secrets are redacted and,
// in Actions, what would be read as a workflow command is neutralised. It must be
// given whole lines.
func (r *Runner) Text(said string) string {
	said = r.Redact(said)
	if r.active {
		said = text.WithoutCommands(said)
	}
	return said
}

// A console is a stream whose writes never fail, because the SDK panics when
// one does. It remembers the first failure instead.
type console struct {
	mu     sync.Mutex
	w      io.Writer
	failed error
}

func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.w.Write(p); err != nil && c.failed == nil {
		c.failed = err
	}
	return len(p), nil
}

func (c *console) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed == nil {
		return nil
	}
	return fmt.Errorf("writing to the console: %w", c.failed)
}
