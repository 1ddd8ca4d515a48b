package actions

import (
	"fmt"
	"io"
	"sync"
)

// StopCommands makes the runner ignore workflow commands in what is written to
// w from now on, until the returned function is called: for the output of
// somebody else's program. The word that ends it is random, so that the
// program cannot say it.
//
// The program's last line must be complete before resume is called, else the
// runner does not see the word, and ignores our own commands too. Nothing of
// ours may be said meanwhile on any stream: the runner ignores it. Calling
// resume again does nothing. Outside Actions nothing is written.
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
