package document

import (
	"time"

	"github.com/org/ct-action/internal/loop"
)

// Trigger is what mode trigger prints on stdout: one JSON document
// with the decision first. Where the mode failed, retrain is false and errors
// say why, also when it was not a monitor's file that failed.
func Trigger(r *loop.Report) ([]byte, error) {
	d := struct {
		Retrain         bool         `json:"retrain"`
		Reasons         []string     `json:"reasons"`
		Errors          []string     `json:"errors"`
		Triggers        []trigger    `json:"triggers"`
		Performance     *performance `json:"performance,omitempty"`
		Outcome         string       `json:"outcome"`
		Model           string       `json:"model"`
		ChampionVersion string       `json:"champion_version"`
		WaitsUntil      *time.Time   `json:"waits_until,omitempty"` // the end of the cooldown, where skip-in-cooldown waits for it
		Attempt         string       `json:"attempt"`
		RunContext      string       `json:"run_context"`
		DecisionID      string       `json:"decision_id"`
		Warnings        []string     `json:"warnings"`
		Schema          int          `json:"schema"`
	}{
		Retrain: r.Triggers.Retrain && r.Err == nil, Reasons: listed(r.Triggers.Reasons), Errors: triggerErrors(r),
		Triggers: triggersOf(r), Performance: performanceOf(r), Outcome: string(r.Result()), Model: r.Model, ChampionVersion: r.ChampionNow,
		Attempt: r.Attempt, RunContext: r.RunContext, DecisionID: r.DecisionID, Warnings: r.AllWarnings(), Schema: Schema,
	}
	if r.Outcome == loop.Skipped && len(r.Triggers.Reasons) > 0 { // it waits for the cooldown
		ends := r.Cooldown.Ends(r.Policy.CooldownDays).UTC()
		d.WaitsUntil = &ends
	}
	if r.Err != nil && len(d.Errors) == 0 {
		d.Errors = append(d.Errors, r.Err.Error())
	}
	if r.Err != nil {
		d.Reasons = []string{}
	}
	return Encode(d, "  ")
}
