package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/org/ct-action/internal/actions"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/scoring"
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
	grouped  bool
}

// endGroup ends the fold of a command's log.
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
	switch m {
	case loop.Training, loop.Scoring:
		c.runner.Group(map[loop.Moment]string{loop.Training: "training", loop.Scoring: "scoring"}[m])
		c.grouped = true
	default:
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
	case r.Outcome != loop.Flagged && r.Outcome != loop.Blocked:
	case r.Exit == loop.ExitOK:
		c.runner.Warning(actions.Position{}, string(r.Outcome)+", and on-flag: warn lets the job pass")
	case c.runner.Active():
		for _, check := range r.Verdict.Failed() {
			c.runner.Error(actions.Position{}, check.Text)
		}
	}
}

// redactReport keeps known secrets out of every text that came from outside,
// before any of it is escaped for Markdown or JSON: an escaped secret would not
// be recognised any more.
func redactReport(r *loop.Report, redact func(string) string) {
	if r.Err != nil {
		r.Err = redactedError{redact(r.Err.Error()), r.Err}
	}
	all := func(texts []string) {
		for i := range texts {
			texts[i] = redact(texts[i])
		}
	}
	all(r.Warnings)
	all(r.Notices)
	all(r.Requests)
	all(r.Triggers.Reasons)
	all(r.Triggers.Warnings)
	for i, err := range r.Triggers.Errors {
		r.Triggers.Errors[i] = redactedError{redact(err.Error()), err}
	}
	for i := range r.Triggers.Triggers {
		t := &r.Triggers.Triggers[i]
		t.Text, t.Measured = redact(t.Text), redact(t.Measured)
	}
	all(r.Explanation)
	for i := range r.Verdict.Checks {
		redactCheck(&r.Verdict.Checks[i], redact)
	}
	for i := range r.Planned {
		redactCheck(&r.Planned[i], redact)
	}
	for i := range r.Verification.Answers {
		a := &r.Verification.Answers[i]
		a.Text = redact(a.Text)
	}
	r.Verification.Served, r.ReviewURL = redact(r.Verification.Served), redact(r.ReviewURL)
	r.Recovery, r.Reason, r.RunContext = redact(r.Recovery), redact(r.Reason), redact(r.RunContext)
}

// redactCheck hides what a tag, a cell of the holdout or a file of the user's
// may have brought into a check.
func redactCheck(c *gate.Check, redact func(string) string) {
	texts := []*string{&c.Name, &c.Text, &c.Found, &c.Needed}
	list := func(of []string) {
		for i := range of {
			texts = append(texts, &of[i])
		}
	}
	list(c.Warnings)
	for i := range c.NotJudged {
		list(c.NotJudged[i].Segment.Values)
	}
	for i := range c.Findings {
		f := &c.Findings[i]
		texts = append(texts, &f.Reason, &f.Found, &f.Needed, &f.Would)
		list(f.Warnings)
		list(f.Segment.Values)
		for j := range f.Conditions {
			texts = append(texts, &f.Conditions[j].Reason)
		}
		for _, v := range []*metrics.Value{&f.Champion, &f.Challenger} {
			if !v.Present() {
				*v = metrics.Absent(redact(v.Reason()))
			}
		}
	}
	for _, text := range texts {
		*text = redact(*text)
	}
}

// A redactedError has another error's text without the secrets in it.
type redactedError struct {
	text string
	err  error
}

func (e redactedError) Error() string { return e.text }
func (e redactedError) Unwrap() error { return e.err }

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
	for _, one := range apart(err) {
		c.runner.Error(position(one), one.Error())
	}
}

// apart are the errors that were joined, one annotation each.
func apart(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || errors.Join(joined.Unwrap()...).Error() != err.Error() { // words of its own around them
		return []error{err}
	}
	return joined.Unwrap()
}

// position is where in the user's files an error belongs.
func position(err error) actions.Position {
	var file *scoring.FileError
	if !errors.As(err, &file) {
		return actions.Position{}
	}
	line, column := file.Position()
	return actions.Position{File: file.File, Line: line, Column: column}
}
