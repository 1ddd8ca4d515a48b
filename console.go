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
		c.annotateFlag(r)
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

// annotateFlag makes a flag visible on the run's page, where a green job would
// hide it and a red one not say why.
func (c *console) annotateFlag(r *loop.Report) {
	switch {
	case r.Outcome != loop.Flagged:
	case r.Exit == loop.ExitOK:
		c.runner.Warning(actions.Position{}, "flagged, and on-flag: warn lets the job pass")
	case c.runner.Active():
		for _, check := range r.Verdict.Failed() {
			c.runner.Error(actions.Position{}, check.Text)
		}
	}
}

// A redacting writer keeps known secrets out of what passes through it. In
// Actions the runner does the same once more; elsewhere nobody else does.
type redacting struct {
	to     io.Writer
	runner *actions.Runner
}

func (r redacting) Write(b []byte) (int, error) {
	if _, err := io.WriteString(r.to, r.runner.Redact(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
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
