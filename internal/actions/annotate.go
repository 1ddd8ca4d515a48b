package actions

import (
	"fmt"
	"io"
	"strconv"
	"sync"

	githubactions "github.com/sethvargo/go-githubactions"
)

// A Position is where in the repository an annotation belongs. The zero value is for
// an annotation that belongs to no file.
type Position struct {
	File   string // relative to the workspace
	Line   int    // from 1; 0: the whole file
	Column int    // from 1; 0: the whole line
}

// String is the position as compilers write it, such as ".github/ct.yml:3:5".
func (p Position) String() string {
	switch {
	case p.File == "" || p.Line <= 0:
		return p.File
	case p.Column <= 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// fields are the position in a workflow command.
func (p Position) fields() githubactions.CommandProperties {
	f := githubactions.CommandProperties{}
	if p.File != "" {
		f["file"] = p.File
	}
	if p.File != "" && p.Line > 0 {
		f["line"] = strconv.Itoa(p.Line)
		if p.Column > 0 {
			f["col"] = strconv.Itoa(p.Column)
		}
	}
	return f
}

// Group begins a section of the log that readers can fold. Groups do not nest.
// Outside Actions nothing is written.
func (r *Runner) Group(title string) {
	if r.active {
		r.sdk.Group(r.Redact(title))
	}
}

// EndGroup ends what Group began.
func (r *Runner) EndGroup() {
	if r.active {
		r.sdk.EndGroup()
	}
}

// Notice annotates the run with something good to know. GitHub shows at most
// ten annotations of a kind for a step, and 4,096 characters of each.
func (r *Runner) Notice(at Position, text string) { r.annotate("notice", at, text) }

// Warning annotates the run with something that should be looked at.
func (r *Runner) Warning(at Position, text string) { r.annotate("warning", at, text) }

// Error annotates the run with what made it fail. It does not end the program.
func (r *Runner) Error(at Position, text string) { r.annotate("error", at, text) }

func (r *Runner) annotate(kind string, at Position, text string) {
	text = r.Redact(text)
	at.File = r.Redact(at.File)
	if r.active {
		r.sdk.IssueCommand(&githubactions.Command{Name: kind, Message: text, Properties: at.fields()})
		return
	}
	if at.File != "" {
		kind = at.String() + ": " + kind
	}
	fmt.Fprintf(r.err, "%s: %s\n", kind, text)
}

// StopCommands makes the runner ignore workflow commands in what is written to w,
// until the returned function is called. It is for the output of somebody else's
// program, which cannot end it, because the word that does is random.
//
// The program's last line must be complete before resume is called: otherwise the
// runner does not recognise the word, and goes on ignoring our own commands. It
// ignores them on every stream in the meantime. Calling resume again does nothing.
// Outside Actions nothing is written.
func (r *Runner) StopCommands(w io.Writer) (resume func()) {
	if !r.active {
		return func() {}
	}
	token := r.random()
	fmt.Fprintf(w, "::stop-commands::%s\n", token)
	var once sync.Once
	return func() {
		once.Do(func() { fmt.Fprintf(w, "::%s::\n", token) })
	}
}
