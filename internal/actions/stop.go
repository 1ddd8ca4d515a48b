package actions

import (
	"fmt"
	"io"
	"sync"
)

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
