package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/org/ct-action/internal/actions"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/summary"
)

// A console tells the story as it goes: the rendered text of each moment, and
// each warning and notice once.
type console struct {
	runner   *actions.Runner
	out, err io.Writer
	style    summary.Style
	warned   int
	noticed  int
	finished bool
}

// Tell implements loop.Narrator.
func (c *console) Tell(m loop.Moment, r *loop.Report) {
	for ; c.noticed < len(r.Notices); c.noticed++ {
		c.runner.Notice(actions.Position{}, r.Notices[c.noticed])
	}
	for ; c.warned < len(r.Warnings); c.warned++ {
		c.runner.Warning(actions.Position{}, r.Warnings[c.warned])
	}
	out := c.out
	if m == loop.Ended {
		c.finished = true
		if r.Err != nil {
			out = c.err
			c.annotate(r.Err)
		}
		if r.Outcome == loop.Flagged && r.Exit == loop.ExitOK {
			c.runner.Warning(actions.Position{}, "flagged, and on-flag: warn lets the job pass")
		}
	}
	if text := summary.Console(m, r, c.style); text != "" {
		fmt.Fprint(out, c.runner.Text(text))
	}
}

// finish tells the end of a report that no loop has told.
func (c *console) finish(r *loop.Report) {
	for _, w := range r.Inputs.Warnings {
		c.runner.Warning(actions.Position{}, w.String())
	}
	if !c.finished {
		c.Tell(loop.Ended, r)
	}
}

// annotate puts errors where the pull request or the log shows them; outside
// Actions the console's own text is enough.
func (c *console) annotate(err error) {
	if !c.runner.Active() {
		return
	}
	var problems inputs.Problems
	if !errors.As(err, &problems) {
		c.runner.Error(actions.Position{}, err.Error())
		return
	}
	for _, p := range problems {
		c.runner.Error(actions.Position{File: p.File, Line: p.Line, Column: p.Column}, p.Error())
	}
}
