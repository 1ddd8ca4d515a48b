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
		return 0, true
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

// width is how many columns the reader of stdout has: as COLUMNS says, else as the
// terminal says, else 80.
func (p *program) width() int {
	columns, err := strconv.Atoi(p.getenv("COLUMNS"))
	if err != nil || columns < 1 {
		columns, _ = p.Terminal(p.Stdout)
	}
	if columns < 1 {
		return 80
	}
	return min(columns, widest)
}

// colour reports whether a stream is shown by a terminal that wants it
// (https://no-color.org).
func (p *program) colour(w io.Writer) bool {
	_, ok := p.Terminal(w)
	return ok && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb"
}
