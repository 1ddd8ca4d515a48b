package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/org/ct-action/internal/actions"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/scoring"
	"github.com/org/ct-action/internal/summary"
)

// A console reports the run as it goes on: the rendered text of each moment, and
// each warning and notice once.
type console struct {
	runner   *actions.Runner
	out, err io.Writer
	style    summary.Style
	warned   int
	noticed  int
	finished bool
	grouped  bool
}

// endGroup closes the group that folds a command's log.
func (c *console) endGroup() {
	if c.grouped {
		c.runner.EndGroup()
	}
	c.grouped = false
}

// Tell implements loop.Narrator.
func (c *console) Tell(m loop.Moment, r *loop.Report) {
	for ; c.noticed < len(r.Notices); c.noticed++ {
		c.runner.Notice(actions.Position{}, r.Notices[c.noticed])
	}
	for ; c.warned < len(r.Warnings); c.warned++ {
		c.runner.Warning(actions.Position{}, r.Warnings[c.warned])
	}
	if name, grouped := map[loop.Moment]string{loop.Training: "training", loop.Scoring: "scoring"}[m]; grouped {
		c.runner.Group(name)
		c.grouped = true
	} else {
		c.endGroup()
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

// finish warns of the inputs, and tells the end of a run that failed before the
// loop began.
func (c *console) finish(r *loop.Report) {
	for _, w := range r.Inputs.Warnings {
		c.runner.Warning(actions.Position{}, w.String())
	}
	if !c.finished {
		c.Tell(loop.Ended, r)
	}
}

// annotateFlag shows a flag on the run's page: a green job would hide it, and a red
// one would not say why.
func (c *console) annotateFlag(r *loop.Report) {
	switch {
	case r.Outcome != loop.Flagged && r.Outcome != loop.Blocked:
	case r.Exit == loop.ExitOK:
		c.runner.Warning(actions.Position{}, string(r.Outcome)+", and on-flag: warn lets the job pass")
	case c.runner.Active():
		for _, check := range r.Verdict.Failed() {
			c.runner.Error(actions.Position{}, check.Text)
		}
	}
}

// annotate puts errors where the pull request or the log shows them; outside
// Actions the console's own text is enough.
func (c *console) annotate(err error) {
	if !c.runner.Active() {
		return
	}
	var problems inputs.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			c.runner.Error(actions.Position{File: p.File, Line: p.Line, Column: p.Column}, p.Error())
		}
		return
	}
	for _, one := range summary.Apart(err) {
		c.runner.Error(position(one), one.Error())
	}
}

// position returns the position in the user's files that an error is about.
func position(err error) actions.Position {
	var file *scoring.FileError
	if !errors.As(err, &file) {
		return actions.Position{}
	}
	line, column := file.Position()
	return actions.Position{File: file.File, Line: line, Column: column}
}
