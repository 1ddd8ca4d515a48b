package summary

import (
	"fmt"
	"strings"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

// answerWords say what an answer meant.
var answerWords = map[loop.AnswerKind]string{
	loop.Unreachable: "no version",
	loop.OldVersion:  "another version",
	loop.NoModelInfo: "not a model-info",
	loop.OtherModel:  "another model",
	loop.NewVersion:  "the champion",
}

func verifiedNews(r *loop.Report) item {
	return item{
		mark: "✅", title: "the service serves " + version(r.ChampionNow),
		lead: []string{fmt.Sprintf("**%s reports %s**, which is %s.", link(plain(r.Verification.Address), r.Verification.Address), version(r.Verification.Served), alias(names(r).Champion))},
		next: []string{answersTable(r), bakeSection(r)},
	}
}

// lastAnswer is what the service said last, ok where it was asked.
func lastAnswer(r *loop.Report) (a loop.Answer, ok bool) {
	answers := r.Verification.Answers
	if len(answers) == 0 {
		return a, false
	}
	return answers[len(answers)-1], true
}

// serves reports whether a version is what the service said last.
func serves(r *loop.Report, number string) bool {
	a, ok := lastAnswer(r)
	return ok && a.Kind == loop.OldVersion && r.Verification.Served == number
}

// instead ends the title of a verification that failed: what the service said
// in place of the champion. Where it named the version that is champion by now, the
// alias has moved since it was asked, and the error says so.
func instead(r *loop.Report) string {
	a, ok := lastAnswer(r)
	switch {
	case !ok || serves(r, r.ChampionNow):
		return ""
	case a.Kind == loop.Unreachable:
		return ", no version from the service"
	case a.Kind == loop.NoModelInfo:
		return ", what answers is not a model-info"
	case a.Kind == loop.OtherModel:
		return ", the service reports another model"
	case r.Bake != nil:
		return bakeTitles[r.Bake.Phase]
	case a.Kind == loop.OldVersion && r.ChampionNow != "":
		return fmt.Sprintf(", the service reports %s and not %s", version(r.Verification.Served), version(r.ChampionNow))
	}
	return ""
}

// checkAgain is what to do about a service without the champion.
func checkAgain(r *loop.Report) []string {
	a, ok := lastAnswer(r)
	if !ok {
		return nil
	}
	if a.Kind == loop.OtherModel {
		return advice(r, "Check again at the address of this model's service", inputs.ModeVerify, "verify-url", someService)
	}
	next := advice(r, "Once the service is fixed, check again", inputs.ModeVerify, "verify-url", serviceURL(r))
	if r.PreviousNow == "" || r.PreviousNow == r.ChampionNow { // a rollback would be refused
		return next
	}
	return append(next, advice(r, "If it cannot be fixed, go back to "+version(r.PreviousNow)+": run the **rollback** workflow, or",
		inputs.ModeRollback, "reason", inputs.Why)...)
}

// someService stands for an address that is not known.
const someService = "https://…/model-info"

// serviceURL is where the service was asked.
func serviceURL(r *loop.Report) string {
	if !strings.HasPrefix(r.Verification.Address, "http") {
		return someService
	}
	return text.Visible(r.Verification.Address)
}

// unverified says what mode verify found in place of the champion.
func unverified(r *loop.Report) string {
	if r.Mode != inputs.ModeVerify && !rehearses(r) {
		return ""
	}
	return strings.TrimSpace(answersTable(r) + "\n\n" + bakeSection(r))
}

// answersTable lists what the service said, in order. What to do about it is
// the error's.
func answersTable(r *loop.Report) string {
	t := table{header: []string{"After", "The service said", "Times", ""}, align: "rlrl"}
	for _, a := range r.Verification.Answers {
		t.row(false, plain(took(a.After)), plain(text.Shown(firstLine(a.Text), 300)), text.Grouped(a.Times), answerWords[a.Kind])
	}
	return t.String()
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func notifiedNews(r *loop.Report) item {
	event := code(r.Inputs.EventType)
	if r.DryRun {
		return item{
			mark: "🔎", title: "dry run, drift would be reported to " + plain(r.Notified),
			lead: []string{fmt.Sprintf("**Nothing was sent.** It would send the event %s because of", event), fired(r)},
		}
	}
	return item{
		mark: "🔔", title: "drift reported to " + plain(r.Notified),
		lead: []string{
			fmt.Sprintf("**The event %s was sent** because of", event), fired(r),
			"The workflows of " + plain(r.Notified) + " that listen to it decide whether to retrain.",
		},
	}
}

// answerLine is the last answer, for the console.
func answerLine(r *loop.Report) []string {
	a, ok := lastAnswer(r)
	if !ok {
		return nil
	}
	return []string{fmt.Sprintf("service after %s: %s (%s)", a.After.Round(time.Second), text.Shown(firstLine(a.Text), mostText), answerWords[a.Kind])}
}

func verifiedLines(r *loop.Report) []string {
	said := fmt.Sprintf("VERIFIED: %s serves %s", text.Visible(r.Verification.Address), promote.Label(r.ChampionNow))
	if r.Bake != nil {
		said += "; bake: " + bakeCounts(r)
	}
	return []string{said}
}

func notifiedLines(r *loop.Report) []string {
	if r.DryRun {
		return []string{"DRY RUN: would tell " + text.Visible(r.Notified) + " of the drift"}
	}
	return []string{fmt.Sprintf("NOTIFIED %s: event %s", text.Visible(r.Notified), r.Inputs.EventType)}
}
