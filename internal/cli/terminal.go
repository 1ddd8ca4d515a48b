package cli

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/term"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
)

// Terminal implements Process.Terminal for the files of this process.
func Terminal(w io.Writer) (columns int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		columns = 0
	}
	return columns, true
}

// help prints the inputs of a mode.
func (p *program) help(mode inputs.Mode) int {
	if err := inputs.Help(p.Stdout, mode, p.width(), p.colour(p.Stdout)); err != nil {
		fmt.Fprintln(p.Stderr, err)
		return loop.ExitFailed
	}
	return loop.ExitOK
}

// widest is how long a line of help may become, whatever the terminal: longer
// ones are hard to read.
const widest = 100

// width is how many columns the reader of stdout has: what COLUMNS says, else
// the terminal, else as many as terminals have.
func (p *program) width() int {
	if columns, err := strconv.Atoi(p.getenv("COLUMNS")); err == nil && columns > 0 {
		return min(columns, widest)
	}
	if columns, ok := p.Terminal(p.Stdout); ok && columns > 0 {
		return min(columns, widest)
	}
	return 80
}

// colour reports whether a stream is shown by a terminal that wants it
// (https://no-color.org).
func (p *program) colour(w io.Writer) bool {
	_, ok := p.Terminal(w)
	return ok && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb"
}
