package summary

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/org/ct-action/internal/actions"
	"github.com/org/ct-action/internal/document"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/text"
)

// DocumentPath is where the decision document of a model is written, relative
// to the workspace: the output report.
func DocumentPath(model string) string { return Folder(model) + "/decision.json" }

// PagePath is where its job summary is also written, for a machine that has no
// GITHUB_STEP_SUMMARY.
func PagePath(model string) string { return Folder(model) + "/summary.md" }

// resultsFolder holds what this program leaves in the workspace.
const resultsFolder = ".ct"

// mostFolder is the longest name of a folder that is a model's name.
const mostFolder = 100

// Folder is where the results of a model lie; without a model, where those lie that
// belong to none. It has the model's name where that is safe on every file system:
// short, of lower-case letters, digits and ._-, and not the name of one of our
// files. Any other name is made safe, and digits of its SHA-256 follow after a ~, so
// that two models never share a folder.
func Folder(model string) string {
	if model == "" {
		return resultsFolder
	}
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, strings.ToLower(model))
	taken := name == "decision.json" || name == "summary.md"
	if name == model && !taken && len(name) <= mostFolder && strings.Trim(name, ".-") == name {
		return resultsFolder + "/" + name
	}
	sum := sha256.Sum256([]byte(model))
	return resultsFolder + "/" + strings.Trim(name[:min(len(name), mostFolder)], ".-") + "~" + hex.EncodeToString(sum[:4])
}

// Outputs are all outputs of the action, in the order of inputs.Outputs,
// whatever happened. Metrics are decimals with as many digits as a float64
// needs; lists are JSON arrays on one line.
func Outputs(r *loop.Report) []actions.Output {
	values := outputValues(r)
	var outputs []actions.Output
	for _, o := range inputs.Outputs() {
		outputs = append(outputs, actions.Output{Name: o.Name, Value: text.Visible(values[o.Name])})
	}
	return outputs
}

func outputValues(r *loop.Report) map[string]string {
	failed, failedNames := r.Verdict.Failed(), []string{}
	for _, c := range failed {
		failedNames = append(failedNames, c.Name)
	}
	challenger, against := judgedVersions(r)
	return map[string]string{
		"outcome":                 string(r.Result()),
		"retrain":                 strconv.FormatBool(r.Triggers.Retrain),
		"reasons":                 list(r.Triggers.Reasons),
		"promoted":                strconv.FormatBool(r.Promoted),
		"would-promote":           strconv.FormatBool(r.WouldPromote),
		"recovered":               strconv.FormatBool(r.Recovered),
		"champion-version":        r.ChampionNow,
		"previous-version":        r.PreviousNow,
		"challenger-version":      challenger,
		"judged-champion-version": against,
		"champion-auc":            precise(r.Champion.Metrics.AUC),
		"challenger-auc":          precise(r.Challenger.Metrics.AUC),
		"champion-brier":          precise(r.Champion.Metrics.Brier),
		"challenger-brier":        precise(r.Challenger.Metrics.Brier),
		"failed-checks":           list(texts(failed)),
		"failed-check-names":      list(failedNames),
		"quarantined-version":     r.Quarantined,
		"attempt":                 r.Attempt,
		"run-context":             r.RunContext,
		"review-url":              r.ReviewURL,
		"served-version":          r.Verification.Served,
		"rollback-seconds":        seconds(rehearsalOf(r).There),
		"return-seconds":          seconds(rehearsalOf(r).Back),
		"decision-id":             r.DecisionID,
		"report":                  DocumentPath(r.Model),
	}
}

// judgedVersions are the challenger, also one that a person promoted or that
// was registered before something failed, and the champion that it was
// measured against. The target of a rollback is neither.
func judgedVersions(r *loop.Report) (challenger, against string) {
	if (r.Mode == inputs.ModeRollback || r.Mode == inputs.ModeVerify) && !r.Promoted || r.Rehearsal != nil {
		return "", ""
	}
	if judgedTwo(r) {
		against = r.Champion.Version
	}
	return r.Challenger.Version, against
}

// list is a JSON array on one line, never null.
func list(texts []string) string {
	text, err := document.Encode(append([]string{}, texts...), "")
	if err != nil {
		panic(err) // strings always encode
	}
	return strings.TrimSpace(string(text))
}
