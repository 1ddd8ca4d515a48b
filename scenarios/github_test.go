package scenarios_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/org/ct-action/internal/github/githubtest"
)

// repository is the one that the steps run in.
const repository = "octo/churn"

// A github is the GitHub that a scenario, or one of its steps, runs on.
type github struct {
	Token       string            `yaml:"token"`       // kind of github-token, see tokenKinds
	Permissions map[string]string `yaml:"permissions"` // of the job; the scenario's alone
	Workflows   []string          `yaml:"workflows"`   // that can be dispatched; the scenario's alone
	Variables   map[string]string `yaml:"variables"`   // of the repository; in a step: written by somebody right before
	Fail        []refusal         `yaml:"fail"`        // calls that end otherwise; a step's alone
	Down        bool              `yaml:"down"`        // nobody answers; a step's alone
}

// A refusal is what GitHub says to some calls in place of its own answer.
type refusal struct {
	On     string            `yaml:"on"`    // "PATCH /actions/variables/CT_STATE": method and end of the path
	Times  int               `yaml:"times"` // how many of these calls; 1 where absent
	Status int               `yaml:"status"`
	Header map[string]string `yaml:"header"`
	Body   string            `yaml:"body"`
	Act    bool              `yaml:"act"` // after it was carried out all the same
	Cut    bool              `yaml:"cut"` // no answer at all
}

// tokenKinds are the tokens that github-token may hold, by how scenarios call
// them.
var tokenKinds = map[string]githubtest.Kind{
	"job":          githubtest.JobToken,
	"app":          githubtest.AppToken,
	"fine-grained": githubtest.FineGrained,
	"read-only":    githubtest.FineGrainedReader,
	"bare":         githubtest.FineGrainedBare,
	"outsider":     githubtest.Outsider,
	"classic":      githubtest.Classic,
	"expired":      githubtest.Expired,
}

// startGitHub starts the scenario's own GitHub, if it has one.
func (w *world) startGitHub(t *testing.T) {
	t.Helper()
	g := w.scenario.GitHub
	if g == nil {
		return
	}
	w.github = githubtest.Start(t, githubtest.Options{
		Repository: repository, Permissions: g.Permissions, Workflows: g.Workflows,
	})
	w.setVariables(t, g.Variables)
}

func (w *world) setVariables(t *testing.T, variables map[string]string) {
	t.Helper()
	for name, value := range variables {
		w.github.SetVariable(w.expand(t, name), w.expand(t, value))
	}
}

// beginGitHub makes GitHub ready for a step and says how many calls it has had.
func (w *world) beginGitHub(t *testing.T, s step) int {
	t.Helper()
	if w.github == nil {
		return 0
	}
	g := s.GitHub
	if g == nil {
		g = &github{}
	}
	if g.Down != w.githubDown {
		w.github.Down(g.Down)
		w.githubDown = g.Down
	}
	w.setVariables(t, g.Variables)
	for _, f := range g.Fail {
		method, path, _ := strings.Cut(w.expand(t, f.On), " ")
		w.github.Fail(method, path, max(1, f.Times), githubtest.Answer{Status: f.Status, Header: f.Header, Body: f.Body, Act: f.Act, Cut: f.Cut})
	}
	return len(w.github.Calls())
}

// inActions is what the runner tells a step in its environment. Every step is
// a run of its own.
func (w *world) inActions(t *testing.T, i int) []string {
	t.Helper()
	if w.github == nil {
		return nil
	}
	environ := []string{
		"GITHUB_ACTIONS=true", "GITHUB_API_URL=" + w.github.URL(), "GITHUB_SERVER_URL=https://github.com",
		"GITHUB_REPOSITORY=" + repository, fmt.Sprintf("GITHUB_RUN_ID=%d", 4711+i), "GITHUB_RUN_ATTEMPT=1", "GITHUB_JOB=ct",
		"GITHUB_REF=refs/heads/main", "GITHUB_REF_NAME=main", "GITHUB_ACTOR=ana", "GITHUB_EVENT_NAME=schedule",
	}
	step := w.scenario.Steps[i]
	kind := w.scenario.GitHub.Token
	if step.GitHub != nil && step.GitHub.Token != "" {
		kind = step.GitHub.Token
	}
	if kind != "none" {
		environ = append(environ, "INPUT_GITHUB-TOKEN="+w.token(t, kind))
	}
	if step.Dispatched {
		environ = append(environ, "GITHUB_EVENT_NAME=repository_dispatch", "GITHUB_EVENT_PATH="+w.event(t))
	}
	return environ
}

func (w *world) token(t *testing.T, kind string) string {
	t.Helper()
	known, ok := tokenKinds[kind]
	if !ok {
		t.Fatalf("token %q: expected none or one of %s", kind, slices.Sorted(maps.Keys(tokenKinds)))
	}
	return string(known)
}

// githubTokens may show nowhere.
func (w *world) githubTokens() []string {
	var tokens []string
	if w.github != nil {
		for _, kind := range tokenKinds {
			tokens = append(tokens, string(kind))
		}
	}
	return tokens
}

// event is the file of the event that GitHub makes of the last
// repository_dispatch it got.
func (w *world) event(t *testing.T) string {
	t.Helper()
	sent := w.github.Dispatches()
	if len(sent) == 0 {
		t.Fatal("dispatched: GitHub got no repository_dispatch")
	}
	last := sent[len(sent)-1]
	text, err := json.Marshal(map[string]any{
		"action": last.EventType, "branch": "main", "client_payload": last.Payload,
		"repository": map[string]string{"full_name": repository}, "sender": map[string]string{"login": "ana"},
	})
	file := filepath.Join(w.scratch, "event.json")
	if err == nil {
		err = os.WriteFile(file, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// variable is the default name of the model's repository variable as GitHub
// keeps it, by the documented rule and not by our code.
func (w *world) variable() string {
	name := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, strings.ToUpper(w.model))
	if name != strings.ToUpper(w.model) {
		sum := sha256.Sum256([]byte(w.model))
		name += "_" + hex.EncodeToString(sum[:])[:6]
	}
	return "CT_STATE_" + strings.ToUpper(name)
}

// marker is how a review issue is found again.
var marker = regexp.MustCompile(`<!-- ct-action: [\w%-]+ -->`)

// normaliseGitHub replaces what differs from run to run: where GitHub and the
// service listen, and the model in the names of the variable and the marker.
func (w *world) normaliseGitHub(text string) string {
	if w.service != nil {
		text = elsewhere(text, w.service.listen.URL, "service")
	}
	if w.github == nil {
		return text
	}
	text = elsewhere(text, w.github.URL(), "github")
	// In any case, and as Markdown escapes it.
	variable := regexp.MustCompile("(?i)" + strings.ReplaceAll(w.variable(), "_", `\\?_`))
	text = variable.ReplaceAllString(text, "CT_STATE_<MODEL>")
	text = marker.ReplaceAllString(text, "<!-- ct-action: <marker> -->")
	for name, kind := range tokenKinds {
		text = strings.ReplaceAll(text, string(kind), "<"+name+" token>")
	}
	return text
}

// elsewhere is the text with a server's address replaced, with and without its
// scheme.
func elsewhere(text, url, name string) string {
	return strings.NewReplacer(url, "http://"+name, strings.TrimPrefix(url, "http://"), name).Replace(text)
}

// githubLog is what GitHub was asked since a step began.
func (w *world) githubLog(since int) string {
	if w.github == nil {
		return ""
	}
	return collapsed(w.github.Calls()[since:])
}

// githubShown is GitHub as want/github.yml shows it.
type githubShown struct {
	Variables  map[string]string `yaml:"variables,omitempty"`
	Issues     []issueShown      `yaml:"issues,omitempty"`
	Dispatches []dispatchShown   `yaml:"dispatches,omitempty"`
	Workflows  []workflowShown   `yaml:"workflows,omitempty"`
}

type issueShown struct {
	Title    string   `yaml:"title"`
	State    string   `yaml:"state"`
	Labels   []string `yaml:"labels,omitempty,flow"`
	Comments []string `yaml:"comments,omitempty"`
}

type dispatchShown struct {
	EventType string `yaml:"event-type"`
	Payload   string `yaml:"client-payload"`
}

type workflowShown struct {
	Workflow string            `yaml:"workflow"`
	Ref      string            `yaml:"ref"`
	Inputs   map[string]string `yaml:"inputs,omitempty"`
}

// compareGitHub holds GitHub after the last step to its goldens: github.yml,
// and the body of each issue in a file of its own.
func (w *world) compareGitHub(t *testing.T) {
	t.Helper()
	if w.github == nil {
		return
	}
	shown := githubShown{Variables: w.github.Variables()}
	for _, issue := range w.github.Issues() {
		shown.Issues = append(shown.Issues, issueShown{issue.Title, issue.State, issue.Labels, issue.Comments})
		w.compare(t, filepath.Join(w.dir, "want", fmt.Sprintf("issue-%d.md", issue.Number)), issue.Body)
	}
	for _, d := range w.github.Dispatches() {
		payload, err := json.Marshal(d.Payload)
		if err != nil {
			t.Fatal(err)
		}
		shown.Dispatches = append(shown.Dispatches, dispatchShown{d.EventType, string(payload)})
	}
	for _, d := range w.github.WorkflowDispatches() {
		shown.Workflows = append(shown.Workflows, workflowShown{d.Workflow, d.Ref, d.Inputs})
	}
	text, err := shownYAML(shown)
	if err != nil {
		t.Fatal(err)
	}
	w.compare(t, filepath.Join(w.dir, "want", "github.yml"), text)
}

// shownYAML is a value as a golden holds it; "" where there is nothing to show.
func shownYAML(value any) (string, error) {
	var text strings.Builder
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	err := encoder.Encode(value)
	if text.String() == "{}\n" {
		return "", err
	}
	return text.String(), err
}
