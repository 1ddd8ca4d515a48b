package document

import "github.com/org/ct-action/internal/loop"

// JudgeSchema is the version of the document that mode judge prints, by the
// rules of Schema.
const JudgeSchema = 1

// The document of mode judge. Every key is always there; docs/judge.md explains
// each. Its checks are those of the decision document.
type judgement struct {
	Schema      int         `json:"schema"`
	Passed      bool        `json:"passed"`
	Outcome     string      `json:"outcome"`
	Rows        int         `json:"rows"`
	Positives   *int        `json:"positives"`
	Uses        *int        `json:"uses"`
	Checks      []check     `json:"checks"`
	NotJudged   []notJudged `json:"segments_not_judged"`
	Warnings    []string    `json:"warnings"`
	Explanation []string    `json:"explain"`
	Error       *string     `json:"error"`
}

// Judge is what mode judge prints on stdout: one JSON document with the
// verdict first. Where the mode failed, passed is false and error says why.
func Judge(r *loop.Report) ([]byte, error) {
	d := judgement{
		Schema: JudgeSchema, Passed: r.GatePassed(), Outcome: string(r.Result()), Rows: r.Holdout.Rows, Positives: positivesOf(r), Uses: positive(r.Holdout.Uses),
		Checks: checksOf(r), NotJudged: notJudgedOf(r), Warnings: r.AllWarnings(), Explanation: listed(r.Explanation),
	}
	if r.Err != nil {
		text := r.Err.Error()
		d.Error = &text
	}
	return Encode(d, "  ")
}
