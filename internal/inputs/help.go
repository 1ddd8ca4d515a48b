package inputs

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/policyfile"
)

// HelpChecks stands, in place of a mode, for the help page of the keys of
// gate.checks.
const HelpChecks Mode = "checks"

// Help writes the help page of a mode, that of HelpChecks, or the general one
// for the empty mode.
// Lines are at most width columns wide (80 where width is not positive) as far
// as words allow; colour sets the headings off with ANSI codes.
func Help(w io.Writer, mode Mode, width int, colour bool) error {
	if width <= 0 {
		width = 80
	}
	page := &helpPage{width: max(width, 40), colour: colour}
	info, ok := mode.info()
	switch {
	case ok:
		page.mode(info)
	case mode == HelpChecks:
		page.checks()
	default:
		page.general()
	}
	_, err := io.WriteString(w, page.text.String())
	return err
}

type helpPage struct {
	text   strings.Builder
	width  int
	colour bool
}

func (p *helpPage) general() {
	p.paragraph(0, "ct-action closes the continuous-training loop of a model in an MLflow registry: it decides whether to retrain, trains, judges the challenger against the champion, promotes or flags it, and can always go back.")
	p.heading("usage")
	p.line("  ct-action [mode] [--input value]...")
	p.line("  ct-action mode --help")
	p.line("  ct-action help checks      the keys of a policy, gate.checks")
	p.line("  ct-action --version")
	p.heading("modes")
	for _, info := range Modes() {
		p.entry(string(info.Mode), info.Meaning)
	}
	p.heading("examples")
	for _, example := range []string{
		`ct-action run --model-name churn --train-command "python train.py"`,
		`ct-action trigger --model-name churn`,
		`ct-action gate --model-name churn --challenger-version 8 --dry-run`,
		`ct-action rollback --model-name churn`,
		`ct-action judge --predictions predictions.parquet --confidence 0.95`,
		`ct-action promote --model-name churn --challenger-version 8 --reason agreed`,
	} {
		p.line("  " + example)
	}
	p.layers()
	p.statuses()
}

func (p *helpPage) layers() {
	p.heading("inputs")
	p.paragraph(2, "A flag beats an INPUT_ variable (INPUT_MODEL-NAME), which beats the configuration file ("+
		DefaultConfig+"), which beats the default. A blank value was not given. Credentials of the MLflow server come from MLflow's own variables.")
}

func (p *helpPage) statuses() {
	p.heading("exit status")
	p.entry("0", "done; also flagged, with --on-flag warn")
	p.entry("1", "failed or refused")
	p.entry("2", "invalid inputs, all of them listed")
	p.entry("3", "flagged or blocked: the gate did not let the challenger through")
	p.entry("130, 143", "interrupted")
}

func (p *helpPage) mode(info ModeInfo) {
	p.paragraph(0, "ct-action "+string(info.Mode)+": "+info.Meaning)
	group := ""
	for _, input := range Spec() {
		if input.Name == "mode" || !input.ReadBy(info.Mode) {
			continue
		}
		if input.Group != group {
			group = input.Group
			p.heading(group)
		}
		p.line("  " + p.bold(input.Flag()) + argument(input.Field))
		p.paragraph(6, described(input.Field))
	}
	if slices.Contains(metricModes, info.Mode) {
		p.heading("policy")
		p.paragraph(2, "gate.checks in the configuration file replaces epsilon and max-brier-increase by checks of your own; their keys are listed by: ct-action help checks")
	}
}

func (p *helpPage) checks() {
	p.paragraph(0, "ct-action: the checks of a policy, in the configuration file ("+DefaultConfig+")")
	p.heading("example")
	for _, line := range []string{"gate:", "  segments: [contract]", "  checks:", "    - {metric: auc, min-absolute-change: 0.005}", "    - {metric: brier, max-absolute-regression: 0}"} {
		p.line("  " + line)
	}
	p.heading("keys of gate")
	var common []string
	for _, key := range policyfile.GateKeys() {
		if !key.Common {
			p.key(key)
			continue
		}
		common = append(common, key.Name)
	}
	p.paragraph(2, strings.Join(common, ", ")+": as in a check, for every check without its own")
	p.heading("keys of a check")
	for _, key := range policyfile.CheckKeys() {
		p.key(key)
	}
	p.heading("metrics")
	p.paragraph(2, strings.Join(metrics.Names(), ", "))
}

func (p *helpPage) key(key policyfile.Key) {
	name := p.bold(key.Name)
	if key.Form != "" {
		p.line("  " + name)
		p.paragraph(6, key.Meaning+" ("+key.Form+"; "+unless(key.Field)+")")
		return
	}
	p.line("  " + name + argument(key.Field))
	p.paragraph(6, described(key.Field))
}

// described is an input's meaning, what it accepts, and what holds without it.
func described(input field.Field) string {
	return input.Meaning + " (" + accepts(input) + unless(input) + ")"
}

// accepts is Expected where it says more than the argument's name does.
func accepts(input field.Field) string {
	switch input.Kind {
	case field.Path, field.Text, field.Command, field.Boolean:
		return ""
	}
	return input.Expected() + "; "
}

// unless says what holds when the input is not given.
func unless(input field.Field) string {
	if strings.HasPrefix(input.Absent, "required") {
		return input.Absent
	}
	return "default: " + input.InForce()
}

// argument is what follows a flag in the help text.
func argument(input field.Field) string {
	if input.Kind == field.Boolean {
		return ""
	}
	return " " + strings.ToUpper(strings.ReplaceAll(input.Kind.String(), " ", "-"))
}

func (p *helpPage) heading(title string) { p.line("\n" + p.bold(title)) }

func (p *helpPage) line(s string) { p.text.WriteString(s + "\n") }

func (p *helpPage) bold(s string) string {
	if !p.colour {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

// entry writes a name and, beside it, what it means.
func (p *helpPage) entry(name, meaning string) {
	const column = 12
	lines := wrap(meaning, p.width-column)
	pad := max(1, column-2-len(name))
	p.line("  " + p.bold(name) + strings.Repeat(" ", pad) + lines[0])
	for _, line := range lines[1:] {
		p.line(strings.Repeat(" ", column) + line)
	}
}

func (p *helpPage) paragraph(indent int, text string) {
	for _, line := range wrap(text, p.width-indent) {
		p.line(strings.Repeat(" ", indent) + line)
	}
}

// wrap breaks a text between words; a word longer than a line stays whole. It
// returns at least one line.
func wrap(text string, width int) []string {
	lines := []string{""}
	for _, word := range strings.Fields(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case utf8.RuneCountInString(*last)+1+utf8.RuneCountInString(word) <= width:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}
