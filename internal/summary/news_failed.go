package summary

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

// mostHints is how many further lines of an error are shown as hints. Where there
// are more, such as a stack trace, they are folded.
const mostHints = 4

func failedNews(r *loop.Report) item {
	if rehearses(r) {
		return failedRehearsal(r)
	}
	n := item{mark: "❌", title: failedTitle(r)}
	n.lead = append(errorSections(r), strings.TrimSpace(unseen(r)+" "+champNow(r)))
	if r.Mode == inputs.ModeNotify {
		n.lead = append(n.lead, fired(r))
	}
	n.lead = append(n.lead, unverified(r))
	n.next = checkAgain(r)
	if r.Retrained && r.Challenger.Version != "" {
		n.next = append(n.next, advice(r, version(r.Challenger.Version)+" is registered. Once the cause is fixed, judge it without training again",
			inputs.ModeGate, "challenger-version", r.Challenger.Version)...)
	}
	return n
}

// failedTitle is what failed, in the words that a person would search for.
func failedTitle(r *loop.Report) string {
	switch {
	case len(r.Triggers.Errors) > 0 && r.Mode == inputs.ModeNotify:
		return "the drift report cannot be read"
	case len(r.Triggers.Errors) > 0:
		return "a trigger cannot be read"
	case r.Exit == loop.ExitInterrupted, r.Exit == loop.ExitTerminated:
		return called(r) + " was interrupted"
	case rehearses(r):
		return "rehearsal failed"
	}
	return string(r.Mode) + " failed" + instead(r)
}

// unseen says what did not happen, as far as this run could tell.
func unseen(r *loop.Report) string {
	switch {
	case errors.Is(r.Err, promote.ErrUnknownOutcome):
		return "What was written last may have been carried out or not."
	case r.Mode == inputs.ModeNotify && r.Notified != "": // an answer may have been lost
		return "As far as this run can tell, " + plain(r.Notified) + " was not told of"
	}
	return cmp.Or(undone[r.Mode], "Nothing was promoted.")
}

// undone is what a mode has not done where it failed.
var undone = map[inputs.Mode]string{
	inputs.ModeRollback: "Nothing was rolled back.",
	inputs.ModeVerify:   "Nothing was rolled back.",
	inputs.ModeNotify:   "Nobody was told.",
	inputs.ModeJudge:    "There is no verdict.",
	inputs.ModeTrigger:  "Whether a retraining is due has not been decided.",
	inputs.ModeRelease:  "Nothing was released.",
}

func refusedNews(r *loop.Report) item {
	n := item{mark: "⛔", title: plain(called(r)) + " refused"}
	if len(r.Verification.Answers) > 0 {
		n.title = "verify failed, and the rollback was refused"
	}
	n.lead = append(errorSections(r), strings.TrimSpace("Nothing was changed. "+champNow(r)), unverified(r))
	if len(r.Targets) > 0 {
		var commands []string
		for _, v := range r.Targets {
			commands = append(commands, command(r, inputs.ModeRollback, "rollback-to", v, "reason", inputs.Why))
		}
		n.next = []string{"Former champions that could be rolled back to", fence(first(commands, 10, "# ")...)}
	}
	if r.Mode == inputs.ModeRelease && r.Gated {
		n.next = append(n.next, advice(r, "To release it all the same",
			inputs.ModeRelease, "challenger-version", r.Challenger.Version, "override", inputs.Bare, "reason", inputs.Why)...)
	}
	return n
}

func invalidNews(r *loop.Report) item {
	ps := r.Problems()
	n := item{mark: "❌", title: "invalid inputs"}
	if len(ps) == 0 {
		n.lead = append(errorSections(r), "Nothing more was read or written.")
		return n
	}
	var lines []string
	for _, p := range ps {
		lines = append(lines, problemLine(p))
	}
	count := fmt.Sprintf("**%d problems in the inputs.**", len(ps))
	if len(ps) == 1 {
		count = "**1 problem in the inputs.**"
	}
	n.lead = []string{count + " Nothing was done.", bullets(lines)}
	mode := string(r.Mode)
	if mode == "" {
		mode = string(inputs.ModeRun)
	}
	n.next = []string{"All inputs of a mode", fence("ct-action " + inputs.Quote(mode) + " --help")}
	return n
}

// problemLine is a problem with the input's name in bold.
func problemLine(p inputs.Problem) string {
	name, where := "**"+plain(p.Input)+"**", p.Where
	if p.Input == "" { // a name that is none of ours
		name, where = "**"+code(p.Where)+"**", ""
	}
	if p.Value != "" {
		name += " is " + code(p.Value) + ","
	}
	if where != "" {
		where = " (" + code(where) + ")"
	}
	return name + " expected " + plain(p.Expected) + where
}

// errorSections are the report's errors: what happened in bold, then the
// hints, the commands among them ready to copy.
func errorSections(r *loop.Report) []string {
	all := failures(r)
	if len(all) == 0 {
		happened, look := unexplained(r)
		return []string{"**" + plain(title(happened)) + ".** " + plain(title(look)) + "."}
	}
	var sections []string
	for i, lines := range all {
		if i == mostRows {
			return append(sections, fmt.Sprintf("And %d more.", len(all)-i))
		}
		lines, example := exampleOf(lines)
		sections = append(sections, "**"+plain(lines[0])+"**")
		if len(lines)-1 > mostHints {
			sections = append(sections, details("More", fence(lines[1:]...)))
		} else {
			for _, hint := range lines[1:] {
				sections = append(sections, hintSection(hint)...)
			}
		}
		sections = append(sections, fence(example...))
	}
	return sections
}

// unexplained is for a failure without an error, which only a mistake in this
// program can cause. It says how far the run had come, and where to look.
func unexplained(r *loop.Report) (happened, look string) {
	happened = "it ended without saying why"
	if n := len(r.Timings); n > 0 {
		happened += ", after the stage " + text.Shown(r.Timings[n-1].Stage, 60)
	}
	return happened, "the last lines of this step's log say what it was doing; report them with " + DocumentPath(r.Model)
}

// exampleOf are the lines of an error, and the piece of a configuration file
// that ends it; none where it has none.
func exampleOf(lines []string) (said, example []string) {
	for i := 1; i < len(lines); i++ {
		if lines[i] == "gate:" {
			return lines[:i], lines[i:]
		}
	}
	return lines, nil
}

// hintSection is a line of an error that says what to do. A command at its end
// stands by itself.
func hintSection(line string) []string {
	at := strings.Index(line, "ct-action ")
	if at < 0 {
		return []string{plain(line)}
	}
	return []string{plain(line[:at]), fence(line[at:])}
}
