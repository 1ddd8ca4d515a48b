package scenarios_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/org/ct-action/internal/golden"
	"github.com/org/ct-action/internal/summary"
)

// volatile is what differs from run to run, and how goldens show it.
var volatile = []struct {
	pattern *regexp.Regexp
	shown   string
}{
	{regexp.MustCompile(`(?m)^… .* still running after .*\n`), ""}, // on a slow machine only
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "<uuid>"},
	{regexp.MustCompile(`\b[0-9a-f]{32}\b`), "<run>"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?UTC|Z)?`), "<time>"},
	{regexp.MustCompile(`::stop-commands::\w+`), "::stop-commands::<token>"},
	{regexp.MustCompile(`(?m)^::[A-Z0-9]{26}::$`), "::<token>::"},
	{regexp.MustCompile(`\bct-action-\d+\b`), "ct-action-<n>"},
	{regexp.MustCompile(`\b(rollback|return)([-_])seconds("?[=:])\d+(\.\d+)?`), "${1}${2}seconds${3}<seconds>"},
	{regexp.MustCompile(`\bafter (\d+m)?\d+(\.\d+)?s\b`), "after <duration>"},
	{regexp.MustCompile(`\b(\d+h)?(\d+m)?\d+s ago\b`), "<duration> ago"},
	{regexp.MustCompile(`\b\d+(\.\d+)?(µs|ms)\b`), "<duration>"},
	{regexp.MustCompile(`\b\d+(\.\d+)? ms\b`), "<duration>"},
	{regexp.MustCompile(`\b((\d+ min )?\d+(\.\d+)? s|\d+\.\d+s)\b`), "<duration>"},
}

// normalise replaces everything volatile, so that two runs read the same.
func (w *world) normalise(text string) string {
	for at, shown := range w.ages {
		text = strings.ReplaceAll(text, at, shown)
	}
	created := strconv.FormatInt(w.created, 10)
	if w.created == 0 {
		created = "no model"
	}
	text = w.normaliseGitHub(text)
	text = strings.NewReplacer(
		summary.Folder(w.model), summary.Folder(w.scenario.Model), // one for itself where it has digits of the name's
		w.model, w.scenario.Model,
		strings.TrimPrefix(w.model, w.scenario.Model), "", // of a name that was escaped
		w.proxy.url(), "http://mlflow",
		strings.TrimPrefix(w.proxy.url(), "http://"), "mlflow",
		w.workspace, "<workspace>",
		w.scratch, "<scratch>",
		filepath.Dir(w.python), "<python>",
		created, "<created>",
	).Replace(text)
	for _, v := range volatile {
		text = v.pattern.ReplaceAllString(text, v.shown)
	}
	return text
}

// compare holds a text to its golden file. An empty text has none.
func (w *world) compare(t *testing.T, file, text string) {
	t.Helper()
	golden.Compare(t, file, w.normalise(text))
}

// registryShown is the registry as want/registry.yml shows it.
type registryShown struct {
	Aliases  map[string]string       `yaml:"aliases,omitempty"`
	Tags     map[string]string       `yaml:"tags,omitempty"`
	Versions map[string]versionShown `yaml:"versions,omitempty"`
}

type versionShown struct {
	Status string            `yaml:"status,omitempty"` // where it is not READY
	Tags   map[string]string `yaml:"tags,omitempty"`
	Run    map[string]string `yaml:"run,omitempty"` // tags of its run, MLflow's own left out
}

type wireTags []struct{ Key, Value string }

func (tags wireTags) table() map[string]string {
	table := map[string]string{}
	slices.SortFunc(tags, func(a, b struct{ Key, Value string }) int { return strings.Compare(a.Key, b.Key) })
	reasons := 0
	for _, tag := range tags {
		if strings.HasPrefix(tag.Key, "ct.reason.") { // their ids have the order of their times
			reasons++
			tag.Key = fmt.Sprintf("ct.reason.<uuid> %d", reasons)
		}
		if !strings.HasPrefix(tag.Key, "mlflow.") && tag.Value != "" { // a blank one is none, to every reader
			table[tag.Key] = tag.Value
		}
	}
	return table
}

// compareRegistry holds the registry after the last step to its golden.
func (w *world) compareRegistry(t *testing.T) {
	t.Helper()
	shown, err := w.registry()
	if err != nil {
		t.Fatalf("reading the registry: %v", err)
	}
	var text strings.Builder
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(shown); err != nil {
		t.Fatal(err)
	}
	w.compare(t, filepath.Join(w.dir, "want", "registry.yml"), text.String())
}

func (w *world) registry() (registryShown, error) {
	shown := registryShown{Aliases: map[string]string{}, Versions: map[string]versionShown{}}
	var found struct {
		Models []struct {
			Tags    wireTags
			Aliases []struct{ Alias, Version string }
		} `json:"registered_models"`
	}
	if err := w.read("registered-models/search", url.Values{"filter": {"name = '" + w.model + "'"}}, &found); err != nil || len(found.Models) == 0 {
		return shown, err
	}
	shown.Tags = found.Models[0].Tags.table()
	for _, a := range found.Models[0].Aliases {
		shown.Aliases[a.Alias] = a.Version
	}
	var versions struct {
		Versions []struct {
			Version, Status string
			RunID           string `json:"run_id"`
			Tags            wireTags
		} `json:"model_versions"`
	}
	if err := w.read("model-versions/search", url.Values{"filter": {"name = '" + w.model + "'"}}, &versions); err != nil {
		return shown, err
	}
	for _, v := range versions.Versions {
		run, err := w.runTags(v.RunID)
		if err != nil {
			return shown, err
		}
		status := v.Status
		if status == "READY" {
			status = ""
		}
		shown.Versions[v.Version] = versionShown{Status: status, Tags: v.Tags.table(), Run: run}
	}
	return shown, nil
}

func (w *world) runTags(id string) (map[string]string, error) {
	var answer struct {
		Run struct {
			Data struct{ Tags wireTags }
		}
	}
	err := w.read("runs/get", url.Values{"run_id": {id}}, &answer)
	return answer.Run.Data.Tags.table(), err
}

// decisionSchema is what every decision document is held to.
var decisionSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	return jsonschema.NewCompiler().Compile("../docs/decision.schema.json")
})

// reportOutput is where a step says that its decision document is.
var reportOutput = regexp.MustCompile(`(?m)^report=(.+)$`)

// takeDecision holds the step's decision document to its schema and takes it
// away: the next step writes its own. Every run that was not killed has one.
func (w *world) takeDecision(t *testing.T, label string, got result) string {
	t.Helper()
	report := reportOutput.FindStringSubmatch(got.outputs)
	if report == nil && got.exit == killed {
		return ""
	}
	if report == nil {
		t.Fatalf("step %s: no output report", label)
	}
	file := filepath.Join(w.workspace, report[1])
	text := readText(t, file)
	schema, err := decisionSchema()
	if err != nil {
		t.Fatalf("step %s: %v", label, err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = schema.Validate(document)
	}
	if err != nil {
		t.Errorf("step %s: decision document: %v", label, err)
	}
	if err := os.Remove(file); err != nil {
		t.Error(err)
	}
	return text
}

func sortedLines(lines []string) string {
	slices.Sort(lines)
	return joinLines(lines)
}

func joinLines(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}
