package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/org/ct-action/internal/bake"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/state"
	"github.com/org/ct-action/internal/triggers"
)

// Schema is the version of the decision document. A reader refuses a newer
// one; keys are added within a version, and neither removed nor given another
// meaning.
const Schema = 1

// The decision document. Every key is always there; what does not apply is
// null, an empty text or an empty list. docs/decision.md explains each.
type decision struct {
	Schema     int       `json:"schema"`
	DecisionID string    `json:"decision_id"`
	Mode       string    `json:"mode"`
	Model      string    `json:"model"`
	Aliases    aliases   `json:"aliases"`
	Started    time.Time `json:"started"`
	DryRun     bool      `json:"dry_run"`

	Outcome      string   `json:"outcome"`
	Exit         int      `json:"exit"`
	Error        *failure `json:"error"`
	Promoted     bool     `json:"promoted"`
	WouldPromote bool     `json:"would_promote"`
	Recovered    bool     `json:"recovered"`
	Recovery     string   `json:"recovery"`

	Retrain       bool      `json:"retrain"`
	Reasons       []string  `json:"reasons"`
	Triggers      []trigger `json:"triggers"`
	TriggerErrors []string  `json:"trigger_errors"`

	Performance *performance `json:"performance"`

	Training training `json:"training"`

	Champion   *judged     `json:"champion"`
	Challenger *judged     `json:"challenger"`
	Judged     bool        `json:"judged"`
	Passed     bool        `json:"passed"`
	Rows       int         `json:"rows"`
	Positives  *int        `json:"positives"`
	Checks     []check     `json:"checks"`
	NotJudged  []notJudged `json:"segments_not_judged"`
	Policy     policy      `json:"policy"`
	Holdout    *holdout    `json:"holdout"`
	Cooldown   *cooldown   `json:"cooldown"`

	Moves           []move   `json:"moves"`
	Requests        []string `json:"requests"`
	ChampionVersion string   `json:"champion_version"`
	PreviousVersion string   `json:"previous_version"`
	Quarantined     string   `json:"quarantined_version"`
	Released        string   `json:"released_version"`
	Targets         []string `json:"rollback_targets"`

	Verification *verification `json:"verification"`
	Bake         *baked        `json:"bake"`
	Rehearsal    *rehearsal    `json:"rehearsal"`
	Notified     string        `json:"notified_repository"`
	ReviewURL    string        `json:"review_url"`

	Reason   string   `json:"reason"`
	Actor    string   `json:"actor"`
	Warnings []string `json:"warnings"`
	Notices  []string `json:"notices"`
	Timings  []timing `json:"timings"`
}

type aliases struct {
	Champion   string `json:"champion"`
	Previous   string `json:"previous"`
	Challenger string `json:"challenger"`
}

type failure struct {
	Text     string    `json:"text"`
	Problems []problem `json:"problems"`
}

type problem struct {
	Input    string `json:"input"`
	Value    string `json:"value"`
	Expected string `json:"expected"`
	Where    string `json:"where"`
}

type trigger struct {
	Name     string `json:"name"`
	Status   string `json:"status"`
	Text     string `json:"text"`
	Measured string `json:"measured"`
	Fires    string `json:"fires"`
}

type performance struct {
	AUC       float64 `json:"auc"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	Rows      int     `json:"rows"`
	Positives int     `json:"positives"`
	P         float64 `json:"p_value"`
	Looks     int     `json:"looks"`
	Days      int     `json:"days"`
	Evidence  float64 `json:"evidence"`
	Needed    float64 `json:"needed"`
}

type training struct {
	Ran        bool   `json:"ran"`
	Reused     bool   `json:"reused"`
	Attempt    string `json:"attempt"`
	RunContext string `json:"run_context"`
}

type judged struct {
	Version     string   `json:"version"`
	RunID       string   `json:"run_id"`
	VersionURL  string   `json:"version_url"`
	RunURL      string   `json:"run_url"`
	AUC         *float64 `json:"auc"`
	AUCAbsent   string   `json:"auc_absent"`
	Brier       *float64 `json:"brier"`
	BrierAbsent string   `json:"brier_absent"`
}

type policy struct {
	Epsilon          string   `json:"epsilon"` // decimals as they were written: exact
	MaxBrierIncrease string   `json:"max_brier_increase"`
	CooldownDays     int      `json:"cooldown_days"`
	Confidence       string   `json:"confidence"`
	OnInconclusive   string   `json:"on_inconclusive"`
	HoldoutBudget    *int     `json:"holdout_budget"`
	Requirements     []wanted `json:"requirements"`
}

type holdout struct {
	Source    string `json:"source"`
	SHA256    string `json:"sha256"`
	Rows      int    `json:"rows"`
	Positives *int   `json:"positives"`
	Uses      int    `json:"uses"`
}

type cooldown struct {
	LastPromotion time.Time `json:"last_promotion"`
	Elapsed       float64   `json:"elapsed_seconds"`
	Ends          time.Time `json:"ends"`
	Active        bool      `json:"active"`
}

type move struct {
	Alias string `json:"alias"`
	From  string `json:"from"`
	To    string `json:"to"`
}

type verification struct {
	Address string   `json:"address"`
	Served  string   `json:"served_version"`
	Answers []answer `json:"answers"`
}

type baked struct {
	Address           string        `json:"address"`
	Query             string        `json:"query"`
	Pointer           string        `json:"pointer"`
	Success           string        `json:"success_condition"`
	Failure           string        `json:"failure_condition"`
	FailureLimit      int           `json:"failure_limit"`
	InconclusiveLimit int           `json:"inconclusive_limit"`
	Phase             string        `json:"phase"`
	Measurements      []measurement `json:"measurements"`
}

type measurement struct {
	After float64  `json:"after_seconds"`
	Value *float64 `json:"value"`
	Phase string   `json:"phase"`
	Text  string   `json:"text"`
}

type rehearsal struct {
	From  string `json:"from"`
	To    string `json:"to"`
	There leg    `json:"there"`
	Back  leg    `json:"back"`
}

type leg struct {
	Version     string   `json:"version"`
	Moved       bool     `json:"moved"`
	Served      bool     `json:"served"`
	AfterFlip   *float64 `json:"seconds_after_flip"`
	AfterReload *float64 `json:"seconds_after_reload"`
	Answers     []answer `json:"answers"`
}

type answer struct {
	Kind  string  `json:"kind"`
	Text  string  `json:"text"`
	After float64 `json:"after_seconds"`
	Times int     `json:"times"`
}

type timing struct {
	Stage   string  `json:"stage"`
	Seconds float64 `json:"seconds"`
}

// Decision is the decision document: indented JSON with everything that the
// summary shows.
func Decision(r *loop.Report) ([]byte, error) {
	d := decision{
		Schema: Schema, DecisionID: r.DecisionID, Mode: string(r.Mode), Model: r.Model,
		Aliases: aliases(r.Names()), Started: r.Started.UTC().Truncate(time.Second), DryRun: r.DryRun,

		Outcome: string(r.Result()), Exit: r.Exit, Error: failureOf(r),
		Promoted: r.Promoted, WouldPromote: r.WouldPromote, Recovered: r.Recovered, Recovery: r.Recovery,

		Retrain: r.Triggers.Retrain, Reasons: listed(r.Triggers.Reasons),
		Triggers: triggersOf(r), TriggerErrors: triggerErrors(r), Performance: performanceOf(r),
		Training: training{Ran: r.Retrained, Reused: r.Reused, Attempt: r.Attempt, RunContext: r.RunContext},

		Champion: judgedOf(r.Champion), Challenger: judgedOf(r.Challenger),
		Judged: r.Gated, Passed: r.GatePassed(),
		Rows: r.Holdout.Rows, Positives: positivesOf(r), Checks: checksOf(r), NotJudged: notJudgedOf(r), Policy: policyOf(r.Policy),
		Holdout: holdoutOf(r.Holdout), Cooldown: cooldownOf(r.Cooldown, r.Policy.CooldownDays),

		Moves: each(r.Flips, func(f loop.Flip) move { return move(f) }), Requests: listed(r.Requests), ChampionVersion: r.ChampionNow, PreviousVersion: r.PreviousNow,
		Quarantined: r.Quarantined, Released: r.Released, Targets: listed(r.Targets),

		Verification: verificationOf(r.Verification), Bake: bakeOf(r), Rehearsal: rehearsalOf(r.Rehearsal), Notified: r.Notified, ReviewURL: r.ReviewURL,

		Reason: r.Reason, Actor: r.Actor, Warnings: r.AllWarnings(), Notices: listed(r.Notices), Timings: timingsOf(r),
	}
	return Encode(d, "  ")
}

// listed is a list that is never null.
func listed(texts []string) []string { return append([]string{}, texts...) }

// each is a list of what convert makes of every item; never null.
func each[T, U any](items []T, convert func(T) U) []U {
	all := []U{}
	for _, item := range items {
		all = append(all, convert(item))
	}
	return all
}

func failureOf(r *loop.Report) *failure {
	if r.Err == nil {
		return nil
	}
	return &failure{r.Err.Error(), each(r.Problems(), func(p inputs.Problem) problem {
		return problem{Input: p.Input, Value: p.Value, Expected: p.Expected, Where: p.Where}
	})}
}

func triggersOf(r *loop.Report) []trigger {
	return each(r.Triggers.Triggers, func(t triggers.Trigger) trigger {
		return trigger{t.Name, t.Status.String(), t.Text, t.Measured, t.Fires}
	})
}

func performanceOf(r *loop.Report) *performance {
	for _, t := range r.Triggers.Triggers {
		if e := t.Look; e != nil {
			return &performance{
				AUC: e.AUC.Float64(), Low: e.Low, High: e.High, Rows: e.Rows, Positives: e.Positives, P: e.P,
				Looks: e.Looks, Days: int(e.During / (24 * time.Hour)), Evidence: significant(e.Sum), Needed: e.Needed,
			}
		}
	}
	return nil
}

// significant is a number to four digits: more of them would say nothing about how
// strong evidence is.
func significant(x float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 4, 64), 64)
	if err != nil { // rounding has made it larger than any float
		return x
	}
	return rounded
}

func triggerErrors(r *loop.Report) []string {
	return each(r.Triggers.Errors, error.Error)
}

func judgedOf(j loop.Judged) *judged {
	if j.Version == "" {
		return nil
	}
	d := judged{Version: j.Version, RunID: j.RunID, VersionURL: j.VersionURL, RunURL: j.RunURL}
	d.AUC, d.AUCAbsent = number(j.Metrics.AUC)
	d.Brier, d.BrierAbsent = number(j.Metrics.Brier)
	return &d
}

// number is a metric, or null and why: JSON has no NaN.
func number(v metrics.Value) (*float64, string) {
	if !v.Present() {
		return nil, v.Reason()
	}
	f := v.Float64()
	return &f, ""
}

func holdoutOf(h loop.HoldoutReport) *holdout {
	if h.SHA256 == "" {
		return nil
	}
	return &holdout{h.Source, h.SHA256, h.Rows, atLeast(0, h.Positives), h.Uses}
}

func cooldownOf(c state.Cooldown, days int) *cooldown {
	if c.Last.IsZero() {
		return nil
	}
	return &cooldown{LastPromotion: c.Last.UTC(), Elapsed: c.Elapsed.Seconds(), Ends: c.Ends(days).UTC(), Active: c.Active(days)}
}

func verificationOf(v loop.Verification) *verification {
	if v.Address == "" {
		return nil
	}
	return &verification{v.Address, v.Served, each(v.Answers, answerOf)}
}

func answerOf(a loop.Answer) answer {
	return answer{a.Kind.String(), a.Text, a.After.Round(time.Millisecond).Seconds(), a.Times}
}

func bakeOf(r *loop.Report) *baked {
	if r.Bake == nil {
		return nil
	}
	rules := r.Inputs.BakeRules()
	return &baked{
		Address: r.Bake.Address, Query: r.Inputs.BakeQuery, Pointer: r.Inputs.BakePointer,
		Success: rules.Success.String(), Failure: rules.Failure.String(), FailureLimit: rules.FailureLimit, InconclusiveLimit: rules.InconclusiveLimit,
		Phase: r.Bake.Phase.String(), Measurements: each(r.Bake.Measurements, measurementOf),
	}
}

func measurementOf(m bake.Measurement) measurement {
	d := measurement{After: m.After.Round(time.Millisecond).Seconds(), Phase: m.Phase.String(), Text: m.Text}
	if !math.IsNaN(m.Value) && !math.IsInf(m.Value, 0) {
		d.Value = &m.Value
	}
	return d
}

func rehearsalOf(r *loop.Rehearsal) *rehearsal {
	if r == nil {
		return nil
	}
	return &rehearsal{r.From, r.To, legOf(r.There), legOf(r.Back)}
}

func legOf(l loop.Leg) leg {
	d := leg{Version: l.Version, Moved: l.Moved, Served: l.Served, AfterFlip: l.Seconds(), Answers: each(l.Answers, answerOf)}
	if l.Served {
		reload := l.AfterReload.Round(time.Millisecond).Seconds()
		d.AfterReload = &reload
	}
	return d
}

func timingsOf(r *loop.Report) []timing {
	return each(r.Timings, func(t loop.Timing) timing { return timing{t.Stage, t.Took.Round(time.Millisecond).Seconds()} })
}

// Encode is JSON as it is: without escapes for HTML, which these texts are
// not.
func Encode(v any, indent string) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("writing a document: %w", err)
	}
	return text.Bytes(), nil
}
