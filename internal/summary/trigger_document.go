package summary

import (
	"github.com/org/ct-action/internal/loop"
)

// TriggerDocument is what mode trigger prints on stdout: one JSON document
// with the decision first. Where the mode failed, retrain is false and errors
// say why, also when it was not a monitor's file that failed.
func TriggerDocument(r *loop.Report) ([]byte, error) {
	d := struct {
		Retrain         bool      `json:"retrain"`
		Reasons         []string  `json:"reasons"`
		Errors          []string  `json:"errors"`
		Triggers        []trigger `json:"triggers"`
		Outcome         string    `json:"outcome"`
		Model           string    `json:"model"`
		ChampionVersion string    `json:"champion_version"`
		Attempt         string    `json:"attempt"`
		RunContext      string    `json:"run_context"`
		DecisionID      string    `json:"decision_id"`
		Warnings        []string  `json:"warnings"`
		Schema          int       `json:"schema"`
	}{
		Retrain: r.Triggers.Retrain && r.Err == nil, Reasons: listed(r.Triggers.Reasons), Errors: triggerErrors(r),
		Triggers: triggersOf(r), Outcome: string(outcome(r)), Model: r.Model, ChampionVersion: r.ChampionNow,
		Attempt: r.Attempt, RunContext: r.RunContext, DecisionID: r.DecisionID, Warnings: warnings(r), Schema: Schema,
	}
	if r.Err != nil && len(d.Errors) == 0 {
		d.Errors = append(d.Errors, r.Err.Error())
	}
	if r.Err != nil {
		d.Reasons = []string{}
	}
	return encode(d, "  ")
}
