//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/pythontest"
)

// A story is the life of one model on the published workflows, with the real service
// under real traffic. Each chapter is held to what the service itself and the registry
// answer; an error says what was not as it should be.
type story struct {
	*user
	t       *testing.T
	teller  *teller
	watch   *watch
	swallow func(registryWrite) bool // writes that never reach the registry
	policy  string                   // what the postmortem adds to the configuration
	server  *pythontest.Server
	traffic *traffic

	promoted *run // the first promotion
}

// A chapter is a step of the story, by its name.
type chapter struct {
	title string
	play  func(*story) error
}

// theStory is all of it.
var theStory = []chapter{
	{"A team serves v1, trained before the fibre roll-out", (*story).adopt},
	{"A quiet day: the monitor sees no drift, the nightly tick trains nothing", (*story).quietDay},
	{"Prices, contracts and tenure shift: the monitor sends the drift alert", (*story).drift},
	{"The alert retrains, the gate promotes v2, the deploy job reloads the service", (*story).promotion},
	{"Fire drill: the rollback is rehearsed, there and back again", (*story).rehearsal},
	{"Support reports odd scores: rollback, reload, verify", (*story).oddScores},
	{"The next tick is pointed at v2 once more, and refuses what is quarantined", (*story).quarantineHolds},
	{"An export loses who left with a one-year contract: v3 wins on the holdout, and is served", (*story).blindPromotion},
	{"Production shows what the holdout did not: v3 is blind in that segment", (*story).productionShows},
	{"Rollback, reload, verify", (*story).blindRollback},
	{"The release of v3 is refused: today's gate would promote it again", (*story).releaseRefused},
	{"The segment becomes a check of the policy, and the release is granted", (*story).releaseGranted},
	{"The next challenger with the same blind spot is flagged by that check", (*story).blindFlagged},
	{"The export is mended: v5 passes the same check, and is served", (*story).mended},
}

// TestCapstone plays the story, and holds docs/capstone.md to it.
func TestCapstone(t *testing.T) {
	s := newStory(t, "churn-classifier", onHost(), os.Stdout)
	if err := s.play(theStory); err != nil {
		t.Fatal(err)
	}
	if err := s.epilogue(); err != nil {
		t.Fatal(err)
	}
	if err := s.pictures(); err != nil {
		t.Fatal(err)
	}
	holdTranscript(t, s.teller.told.String())
	s.keep()
}

// onHost reports whether jobs run on this machine, because there is no Docker.
func onHost() bool { return os.Getenv("CT_TEST_IMAGE") == "" }

// newStory sets the stage: a user's repository, MLflow behind a proxy that sees the
// moves of @champion, and a GitHub.
func newStory(t *testing.T, model string, host bool, out io.Writer) *story {
	t.Helper()
	s := &story{user: newUser(t, model, nil), t: t, teller: &teller{out: out}, watch: &watch{}, policy: segmentCheck}
	s.mlflow = s.watch.proxy(t, s.mlflow, func(w registryWrite) bool { return s.swallow != nil && s.swallow(w) })
	s.traffic = &traffic{story: s, table: "data/window-old.csv", drift: "0"}
	if s.host = host; host {
		s.action = hostAction(t)
		s.teller.aside("no Docker here: act runs the workflows on this machine, with the binary in place of the action's container\n")
	}
	s.rename(t, "churn-classifier", model)
	// A month is played in minutes: the pause of a week between promotions would end it.
	if err := s.config("cooldown-days: 0\n"); err != nil {
		t.Fatal(err)
	}
	return s
}

// play tells chapters one after the other; an error names the one that it is of.
func (s *story) play(chapters []chapter) error {
	for _, c := range chapters {
		s.teller.chapter(c.title)
		if err := c.play(s); err != nil {
			return fmt.Errorf("step %d, %s: %w", s.teller.step, c.title, err)
		}
		s.teller.done()
	}
	return nil
}

// edit replaces a text of a file of the repository, as a commit would.
func (s *story) edit(file, old, new string) error {
	path := filepath.Join(s.repository, file)
	text, err := os.ReadFile(path)
	switch {
	case err != nil:
		return err
	case !strings.Contains(string(text), old):
		return fmt.Errorf("%s does not hold %q", file, old)
	}
	return os.WriteFile(path, []byte(strings.ReplaceAll(string(text), old, new)), 0o644)
}

// config adds lines to the configuration.
func (s *story) config(lines string) error {
	const last = `positive-class: "Yes"`
	return s.edit(".github/ct.yml", last, last+"\n"+lines)
}

// environment is what a command of the user's has.
func (s *story) environment() []string {
	binaries, err := filepath.Abs("../bin")
	if err != nil {
		s.t.Fatal(err)
	}
	env := hostEnvironment(pythontest.Interpreter(s.t), s.t.TempDir())
	i := slices.IndexFunc(env, func(pair string) bool { return strings.HasPrefix(pair, "PATH=") })
	env[i] = "PATH=" + binaries + ":" + strings.TrimPrefix(env[i], "PATH=")
	return append(env, "MLFLOW_TRACKING_URI="+s.mlflow, "MODEL_NAME="+s.model, "CT_MODEL_NAME="+s.model,
		"RELOAD_TOKEN="+serviceToken, "PREDICTION_LOG="+s.log(), "LOG_FLUSH_SECONDS=1",
		"GITHUB_API_URL="+s.github.URL(), "GITHUB_REPOSITORY=octo/churn", "INPUT_GITHUB-TOKEN="+s.token, "PYTHONWARNINGS=ignore",
		"MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR=false", "MLFLOW_LOGGING_LEVEL=ERROR", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT=true")
}

// run runs a command of the user's in the repository, tells it, and is what it
// printed on standard output.
func (s *story) run(command ...string) (string, error) {
	s.teller.say("$ %s", strings.Join(command, " "))
	return s.runQuietly(command...)
}

func (s *story) runQuietly(command ...string) (string, error) {
	ctx, cancel := within(s.t, runTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "env", command...) // which looks for it where the user's PATH says
	cmd.Dir, cmd.Env = s.repository, s.environment()
	text, err := cmd.Output()
	if failed := new(exec.ExitError); errors.As(err, &failed) {
		return string(text), fmt.Errorf("%s: %w\n%s%s", strings.Join(command, " "), err, text, failed.Stderr)
	}
	return string(text), err
}

// serves holds the service and the registry to the versions that they should have by
// now: the service is asked itself.
func (s *story) serves(version, aliases string) error {
	info, err := askModelInfo(s.t.Context(), s.serviceURL)
	if err != nil {
		return err
	}
	if info.Model != s.model || info.Version != version {
		return fmt.Errorf("the service serves %s v%s, expected %s v%s", info.Model, info.Version, s.model, version)
	}
	got, err := readAliases(s.mlflow, s.model)
	if err != nil {
		return err
	}
	for pair := range strings.FieldsSeq(aliases) {
		alias, version, _ := strings.Cut(pair, "=")
		if got[alias] != version {
			return fmt.Errorf("@%s is %q, expected %q", alias, got[alias], version)
		}
	}
	s.teller.say("GET /model-info: v%s   registry: %s", info.Version, aliases)
	return nil
}

// quarantined holds the tag of a version in the registry to a text.
func (s *story) quarantined(version, want string) error {
	var answer struct {
		Version struct {
			Tags []struct{ Key, Value string } `json:"tags"`
		} `json:"model_version"`
	}
	if err := call(s.mlflow, http.MethodGet, "model-versions/get?name="+s.model+"&version="+version, nil, &answer); err != nil {
		return err
	}
	got := ""
	for _, tag := range answer.Version.Tags {
		if tag.Key == "quarantined" {
			got = tag.Value
		}
	}
	if got != want {
		return fmt.Errorf("tag quarantined of v%s is %q in the registry, expected %q", version, got, want)
	}
	return nil
}

// workflow carries out a workflow, and tells how its jobs ended and what the action
// said.
func (s *story) workflow(file, event string, payload any) *run {
	r := s.act(s.t, file, event, payload)
	var jobs []string
	for _, l := range r.lines {
		if l.JobResult != "" {
			jobs = append(jobs, l.JobID+" "+l.JobResult)
		}
	}
	s.teller.say("%s on %s: %s", file, event, strings.Join(jobs, ", "))
	for _, l := range r.lines {
		if verdict.MatchString(l.Message) {
			s.teller.say("| %s", strings.ReplaceAll(strings.TrimSpace(l.Message), s.serviceURL, "SERVICE_URL"))
		}
	}
	return r
}

// verdict are the lines of the action's own that the story is about.
var verdict = regexp.MustCompile(`^(champion v\d|challenger v\d|PROMOTED|FLAGGED|ROLLED BACK|REHEARSED|VERIFIED|RELEASED|NOTIFIED|REFUSED|no trigger fired| - |retraining because)`)

// tick is the schedule of the loop.
func (s *story) tick() *run {
	return s.workflow("continuous-training.yml", "schedule", map[string]any{"schedule": "17 3 * * *"})
}

// want holds a run to the results of its jobs, such as "ct=success deploy=" where
// deploy did not run, to outputs of a step, and to texts of its log.
func (r *run) want(results, step, outputs string, texts ...string) error {
	var problems []error
	for pair := range strings.FieldsSeq(results) {
		job, want, _ := strings.Cut(pair, "=")
		if got := r.result(job); got != want {
			problems = append(problems, fmt.Errorf("job %s ended %q, expected %q", job, got, want))
		}
	}
	for pair := range strings.FieldsSeq(outputs) {
		name, want, _ := strings.Cut(pair, "=")
		if got := r.output(step, name); got != want {
			problems = append(problems, fmt.Errorf("output %s of step %s is %q, expected %q", name, step, got, want))
		}
	}
	log := r.log("")
	for _, text := range texts {
		if !strings.Contains(log, text) {
			problems = append(problems, fmt.Errorf("the log does not hold %q", text))
		}
	}
	return errors.Join(problems...)
}

// failed holds the checks that flagged a challenger to these.
func (r *run) failed(checks ...string) error {
	var got []string
	text := r.output("ct", "failed-check-names")
	if err := json.Unmarshal([]byte(text), &got); err != nil || !slices.Equal(got, checks) {
		return fmt.Errorf("the checks %s failed, expected %q", text, checks)
	}
	return nil
}

// summarizes holds the job summary of a job to a text.
func (r *run) summarizes(job, text string) error {
	if got := r.summary(job); !strings.Contains(got, text) {
		return fmt.Errorf("the summary of job %s does not hold %q: %s", job, text, got)
	}
	return nil
}
