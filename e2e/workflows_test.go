//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/github/githubtest"
	"github.com/org/ct-action/internal/pythontest"
)

// The buttons that people press, one after the other; TestCapstone has the rest of a
// model's life.
func TestButtons(t *testing.T) {
	u := lightUser(t, "churn-buttons", "worse.csv", "")

	step(t, "the monitor sends the drift alert", u.driftMonitor)
	step(t, "a challenger is flagged", u.forced)
	step(t, "a person promotes it after review", u.review)
	step(t, "the rollback button", u.rollback)
	step(t, "the quarantine is lifted", u.release)
}

// step runs a part of a story. Without it the rest means nothing.
func step(t *testing.T, name string, part func(*testing.T)) {
	t.Helper()
	if !t.Run(name, part) {
		t.FailNow()
	}
}

func (u *user) driftMonitor(t *testing.T) {
	r := u.act(t, "drift-monitor.yml", "schedule", map[string]any{"schedule": "41 2 * * *"})
	r.wantResults(t, map[string]string{"monitor": "success"})
	sent := u.github.Dispatches()
	if len(sent) != 1 || sent[0].EventType != "drift-alert" {
		t.Fatalf("dispatches %+v, expected one drift-alert", sent)
	}
	r.wantLog(t, "monitor", "NOTIFIED octo/churn: event drift-alert")
}

func (u *user) forced(t *testing.T) {
	r := u.force(t)
	r.wantResults(t, map[string]string{"ct": "failure", "deploy": ""})
	r.wantOutputs(t, "ct", map[string]string{"outcome": "flagged", "promoted": "false", "challenger-version": "2"})
	r.wantLog(t, "ct", "exit with `FAILURE`: 3", "FLAGGED v2. Champion v1 stays.")
	issue := u.onlyIssue(t)
	if issue.State != "open" || !strings.Contains(issue.Title, "v2") {
		t.Errorf("issue %+v, expected an open one about v2", issue)
	}
	u.wantAliases(t, "champion=1 challenger=2")
}

func (u *user) onlyIssue(t *testing.T) githubtest.Issue {
	t.Helper()
	issues := u.github.Issues()
	if len(issues) != 1 {
		t.Fatalf("%d issues, expected one", len(issues))
	}
	return issues[0]
}

func (u *user) review(t *testing.T) {
	r := u.act(t, "review.yml", "workflow_dispatch", map[string]any{
		"inputs": map[string]string{"version": "2", "reason": `as agreed; $(id) "quoted"`},
	})
	r.wantResults(t, map[string]string{"promote": "success", "deploy": "success"})
	r.wantOutputs(t, "promote", map[string]string{"outcome": "promoted", "promoted": "true", "champion-version": "2"})
	r.wantLog(t, "deploy", "serves v2")
	if issue := u.onlyIssue(t); issue.State != "closed" {
		t.Errorf("issue %+v, expected it closed", issue)
	}
	u.wantAliases(t, "champion=2 previous=1")
}

func (u *user) rollback(t *testing.T) {
	before := u.service.reloaded()
	r := u.act(t, "rollback.yml", "workflow_dispatch", map[string]any{
		"inputs": map[string]string{"model": u.model, "reason": "complaints from the call centre", "rollback-to": ""},
	})
	r.wantResults(t, map[string]string{"rollback": "success", "deploy": "success"})
	r.wantOutputs(t, "rollback", map[string]string{
		"outcome": "rolled-back", "promoted": "false", "champion-version": "1", "quarantined-version": "2",
	})
	r.wantLog(t, "rollback", "ROLLED BACK: @champion v2 -> v1. v2 tagged quarantined.")
	r.wantLog(t, "deploy", "serves v1")
	if u.service.reloaded() != before+1 {
		t.Errorf("the service was reloaded %d times, expected once", u.service.reloaded()-before)
	}
	u.wantAliases(t, "champion=1 previous=1")
}

func (u *user) release(t *testing.T) {
	r := u.act(t, "release-quarantine.yml", "workflow_dispatch", map[string]any{
		"inputs": map[string]string{"version": "2", "override": "true", "reason": "the service was at fault"},
	})
	r.wantResults(t, map[string]string{"release": "success"})
	r.wantLog(t, "release", "RELEASED v2")
}

// The training in a job of the user's own, found by the gate through the
// outputs attempt and run-context; each version scored by its own requirements.
func TestSplitTraining(t *testing.T) {
	u := newUser(t, "churn-split", nil)
	u.rename(t, "churn-classifier", "churn-split")
	u.adoptChampion(t)
	r := u.act(t, "split-training.yml", "workflow_dispatch", map[string]any{"inputs": map[string]string{"force": "true"}})
	r.wantResults(t, map[string]string{"trigger": "success", "train": "success", "gate": "success", "deploy": "success"})
	r.wantOutputs(t, "trigger", map[string]string{"outcome": "triggered", "retrain": "true"})
	r.wantOutputs(t, "gate", map[string]string{"outcome": "promoted", "promoted": "true", "champion-version": "2"})
	r.wantLog(t, "deploy", "serves v2")
	u.wantAliases(t, "champion=2 previous=1")
}

// rename changes the model's name in the configuration and in the training, as
// a user does.
func (u *user) rename(t *testing.T, from, to string) {
	t.Helper()
	for _, file := range []string{".github/ct.yml", "src/train.py"} {
		path := filepath.Join(u.repository, file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, strings.ReplaceAll(string(text), from, to))
	}
}

// What a light training leaves to the real one: it registers a version and
// nothing else, and the scores are in a file. The rest is the same.
const lightConfig = `
train-command: python3 register.py
predictions: predictions.csv
auc-floor: "off"
`

// lightUser has a champion, and a training that takes no time.
func lightUser(t *testing.T, model, predictions, config string) *user {
	t.Helper()
	shared := "../scenarios/testdata/shared/"
	register, err := os.ReadFile(shared + "register.py")
	if err != nil {
		t.Fatal(err)
	}
	scores, err := os.ReadFile(shared + predictions)
	if err != nil {
		t.Fatal(err)
	}
	u := newUser(t, model, map[string]string{
		".github/ct.yml": "model-name: " + model + lightConfig + config, "requirements.txt": "",
		"register.py": string(register), "predictions.csv": string(scores),
	})
	t.Setenv("CT_MODEL_NAME", model)
	u.command(t, pythontest.Interpreter(t), "register.py")
	u.registry(t, http.MethodPost, "registered-models/alias", map[string]string{"name": model, "alias": "champion", "version": "1"}, nil)
	return u
}

// force presses the button of the loop.
func (u *user) force(t *testing.T) *run {
	t.Helper()
	return u.act(t, "continuous-training.yml", "workflow_dispatch", map[string]any{"inputs": map[string]string{"force": "true"}})
}

// The README's first workflow, with the default token and no further set-up: it
// trains the first champion, and the cooldown holds the next one back.
func TestReadmeFirstWorkflow(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(readme), "```yaml\n")
	block, _, _ = strings.Cut(block, "```\n")
	u := newUser(t, "churn-readme", map[string]string{".github/ct.yml": "# all inputs are in the workflow\n"})
	adapted := strings.NewReplacer("churn-classifier", u.model, "https://mlflow.example.com", u.mlflow)
	write(t, u.repository+"/.github/workflows/readme.yml", adapted.Replace(block))
	tick := func() *run { return u.act(t, "readme.yml", "schedule", map[string]any{"schedule": "17 3 * * *"}) }

	first := tick()
	first.wantResults(t, map[string]string{"ct": "success", "deploy": "success"})
	first.wantOutputs(t, "ct", map[string]string{"outcome": "promoted", "promoted": "true", "champion-version": "1", "reasons": `["schedule: no @champion yet"]`})
	first.wantLog(t, "deploy", "redeploy models:/churn-readme@champion")

	second := u.act(t, "readme.yml", "workflow_dispatch", map[string]any{"inputs": map[string]string{"force": "true"}})
	second.wantResults(t, map[string]string{"ct": "failure", "deploy": ""})
	second.wantOutputs(t, "ct", map[string]string{"outcome": "flagged", "promoted": "false", "failed-check-names": `["auc","cooldown"]`})
	if got := u.github.Variables(); len(got) > 0 {
		t.Errorf("variables %v, expected none", got)
	}

	third := tick()
	third.wantResults(t, map[string]string{"ct": "success", "deploy": ""})
	third.wantOutputs(t, "ct", map[string]string{"outcome": "skipped", "promoted": "false"})
}

func TestStateInAVariable(t *testing.T) {
	u := lightUser(t, "churn-variable", "better.csv", "state: variable\n")
	u.token = u.github.Token(githubtest.FineGrained)
	r := u.force(t)
	r.wantOutputs(t, "ct", map[string]string{"outcome": "promoted", "promoted": "true"})
	var state struct {
		Model string `json:"model"`
		Last  struct {
			To string `json:"to"`
		} `json:"last_promotion"`
	}
	for name, text := range u.github.Variables() {
		if err := json.Unmarshal([]byte(text), &state); err != nil || !strings.HasPrefix(name, "CT_STATE_CHURN_VARIABLE_") {
			t.Errorf("variable %s: %v: %s", name, err, text)
		}
	}
	if state.Model != u.model || state.Last.To != "2" {
		t.Errorf("the variable holds %+v, expected the promotion of v2", state)
	}
}

func TestStateInAVariableWithoutPermission(t *testing.T) {
	u := lightUser(t, "churn-refused", "better.csv", "state: variable\n")
	r := u.force(t)
	r.wantResults(t, map[string]string{"ct": "failure", "deploy": ""})
	r.wantOutputs(t, "ct", map[string]string{"outcome": "failed", "promoted": "false"})
	r.wantLog(t, "ct", "GITHUB_TOKEN can neither read nor write repository variables")
	if got := aliases(t, u); got["champion"] != "1" || got["challenger"] != "" {
		t.Errorf("aliases %v, expected nothing to have moved", got)
	}
	if log := r.log("ct"); strings.Contains(log, "registered "+u.model) {
		t.Error("it was trained although the state cannot be written")
	}
}

func TestOnFlagWarn(t *testing.T) {
	u := lightUser(t, "churn-warn", "worse.csv", "on-flag: warn\n")
	r := u.force(t)
	r.wantResults(t, map[string]string{"ct": "success", "deploy": ""})
	r.wantOutputs(t, "ct", map[string]string{"outcome": "flagged", "promoted": "false"})
	r.wantLog(t, "ct", "flagged, and on-flag: warn lets the job pass")
}

func TestInvalidInputs(t *testing.T) {
	u := lightUser(t, "churn-invalid", "better.csv", "epsilon: much\ncooldown-day: 7\nmin-rows: 1\n")
	r := u.force(t)
	r.wantResults(t, map[string]string{"ct": "failure", "deploy": ""})
	r.wantOutputs(t, "ct", map[string]string{"outcome": "invalid", "promoted": "false"})
	r.wantLog(t, "ct", "exit with `FAILURE`: 2", "epsilon", "cooldown-days", "min-rows")
	errors := 0
	for _, l := range r.lines {
		if l.Command == "error" && strings.Contains(l.Message, ".github/ct.yml") {
			errors++
		}
	}
	if errors != 3 {
		t.Errorf("%d error annotations in the file, expected 3 at once", errors)
	}
}

// A log and a tag that try to speak for us.
func TestHostileTraining(t *testing.T) {
	u := lightUser(t, "churn-hostile", "worse.csv", "")
	u.prepend(t, "register.py", `import os, sys
print("::set-output name=promoted::true")
print("##[set-output name=promoted]true", file=sys.stderr)
print("::stop-commands::mine")
for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STEP_SUMMARY"):
    print(name, "withheld" if name not in os.environ else "leaked")
`)
	hostile := "1\npromoted=true\n::set-output name=promoted::true\n_GitHubActionsFileCommandDelimeter_\npromoted=true"
	u.registry(t, http.MethodPost, "model-versions/set-tag", map[string]string{
		"name": u.model, "version": "1", "key": "ct.promoted_at", "value": hostile,
	}, nil)
	r := u.force(t)
	r.wantResults(t, map[string]string{"ct": "failure", "deploy": ""})
	r.wantOutputs(t, "ct", map[string]string{"outcome": "flagged", "promoted": "false"})
	for _, l := range r.lines {
		if l.Command == "set-output" && l.Name == "promoted" && l.Arg != "false" {
			t.Errorf("promoted was set to %q", l.Arg)
		}
	}
	u.wantAliases(t, "champion=1")
	if log := r.log("ct"); strings.Contains(log, "leaked") || !strings.Contains(log, "GITHUB_OUTPUT withheld") {
		t.Error("the training could write to the runner's files")
	}
}

// prepend puts a text before a file of the repository.
func (u *user) prepend(t *testing.T, path, text string) {
	t.Helper()
	before, err := os.ReadFile(u.repository + "/" + path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, u.repository+"/"+path, text+string(before))
}
