package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/org/ct-action/internal/actions"
	"github.com/org/ct-action/internal/document"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/summary"
)

// publish writes the results that stay after the run, whatever its exit status: the
// decision document, the outputs, the summary. Their paths are made of the model's
// name without secrets, because the output report and the summary tell them.
func (p *program) publish(r *loop.Report) int {
	p.console.finish(r)
	shown := redactor(p.runner.Redact).report(r)
	decision, problem := document.Decision(shown)
	problems := []error{problem}
	if problem == nil {
		text := p.runner.Redact(string(decision))
		problems = append(problems, writeResult(summary.DocumentPath(shown.Model), text))
		defer p.keepDecision(r, text) // last: no other result waits for it
	}
	markdown := p.runner.Redact(summary.Markdown(shown))
	problems = append(problems, p.runner.Outputs(summary.Outputs(shown)),
		p.runner.Summary(markdown), writeResult(summary.PagePath(shown.Model), markdown), p.printDocument(shown))
	if err := errors.Join(problems...); err != nil {
		p.runner.Error(actions.Position{}, "writing the results: "+err.Error())
		return max(r.Exit, loop.ExitFailed)
	}
	return r.Exit
}

// printDocument prints the result of the modes whose stdout a program reads.
func (p *program) printDocument(r *loop.Report) error {
	var printed []byte
	var err error
	switch r.Mode {
	case inputs.ModeTrigger:
		printed, err = document.Trigger(r)
	case inputs.ModeJudge:
		printed, err = document.Judge(r)
	default:
		return nil
	}
	text := strings.TrimSpace(p.runner.Redact(string(printed)))
	if err == nil && !json.Valid([]byte(text)) {
		text = `{"error": "a secret is among the document's own words"}`
		err = errors.New("a secret is among the words of the document that this mode prints: choose another secret")
	}
	fmt.Fprintln(p.Stdout, text)
	return err
}

// writeResult puts a result into the workspace.
func writeResult(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// keepDecision logs the decision's document as an artifact of the run that made
// the version that it is about. Each decision has a file name of its own, so that
// a later one about the same version does not overwrite it. The tags hold the
// decision in brief, and so a failure is only a warning.
func (p *program) keepDecision(r *loop.Report, document string) {
	subject := r.Subject()
	if p.registry == nil || subject.Version == "" || r.Exit > loop.ExitFlagged {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), loop.LastBreath)
	defer cancel()
	name := "unknown"
	if promote.IsDecisionID(r.DecisionID) { // a recovered journal may hold any text
		name = r.DecisionID
	}
	if r.Recovered { // the decision is that of the run that was interrupted, and so is its document
		name += "-recovered"
	}
	if err := p.logDecision(ctx, r.Model, subject, "ct/decisions/"+name+".json", document); err != nil {
		p.runner.Warning(actions.Position{}, p.runner.Redact("the decision stands; its document was not kept with the run of v"+subject.Version+": "+err.Error()))
	}
}

func (p *program) logDecision(ctx context.Context, model string, subject loop.Judged, path, document string) error {
	if subject.RunID == "" { // a recovery reads the journal, which names the version alone
		v, err := p.registry.Version(ctx, model, subject.Version)
		if err != nil {
			return err
		}
		subject.RunID = v.RunID
	}
	if subject.RunID == "" {
		return errors.New("the version has no run")
	}
	return p.registry.LogText(ctx, subject.RunID, path, []byte(document))
}
