package scenarios_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"

	"gopkg.in/yaml.v3"
)

// A scenario is a scenario.yml. README.md explains the keys.
type scenario struct {
	About  string   `yaml:"about"`
	Model  string   `yaml:"model"`  // what its name begins with; "churn" where absent
	Before *change  `yaml:"before"` // nil: there is no such model
	GitHub *github  `yaml:"github"` // nil: the steps run outside of Actions
	Steps  []step   `yaml:"steps"`
	Strict string   `yaml:"strict"` // what the proxy makes of other methods than GET, HEAD, POST, OPTIONS: "refuse" or "drop" their bodies
	Hidden []string `yaml:"hidden"` // texts that may show nowhere: not in the log, the outputs, the summary, the document
}

// A change is what a person, or an earlier run, did to the registry.
type change struct {
	Versions    []version                    `yaml:"versions"`
	Aliases     map[string]string            `yaml:"aliases"`
	Tags        map[string]string            `yaml:"tags"`
	VersionTags map[string]map[string]string `yaml:"version-tags"`
	Deleted     []string                     `yaml:"deleted"` // an alias on one of them dangles
}

type version struct {
	Created string            `yaml:"created"` // how long ago: "42d", "3h"; absent: now
	Status  string            `yaml:"status"`  // READY where absent
	Tags    map[string]string `yaml:"tags"`
	Run     map[string]string `yaml:"run"` // tags of the run that made it
}

type step struct {
	Name       string            `yaml:"name"`
	Person     *change           `yaml:"person"` // done to the registry right before
	Shell      string            `yaml:"shell"`  // run in the workspace right before
	Args       string            `yaml:"args"`   // split at blanks
	Inputs     map[string]string `yaml:"inputs"` // model-name is added
	Env        map[string]string `yaml:"env"`
	Exit       int               `yaml:"exit"`
	Faults     []fault           `yaml:"faults"`
	GitHub     *github           `yaml:"github"`     // for this step alone; token, variables, fail, down
	Dispatched bool              `yaml:"dispatched"` // the step runs on the last repository_dispatch that GitHub got
	Service    []said            `yaml:"service"`    // what the model service answers, in order, the last for ever
	Calls      int               `yaml:"calls"`      // at most so many registry calls; 0: not checked
	Scored     int               `yaml:"scored"`     // at most so many after scoring; 0: not checked
	Writes     *int              `yaml:"writes"`     // exactly so many registry calls that write
}

func readScenario(file string) (*scenario, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s := &scenario{Model: "churn"}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(s); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if s.About == "" || len(s.Steps) == 0 {
		return nil, fmt.Errorf("%s: about and at least one step expected", file)
	}
	return s, nil
}

func (s step) label(i int) string {
	if s.Name != "" {
		return fmt.Sprintf("%d-%s", i+1, s.Name)
	}
	return strconv.Itoa(i + 1)
}

// inputs are the step's own and the model's name.
func (s step) inputs() map[string]string {
	inputs := map[string]string{"model-name": "{{model}}"}
	maps.Copy(inputs, s.Inputs)
	return inputs
}

// expand fills in the templates of one value.
func (w *world) expand(t *testing.T, text string) string {
	t.Helper()
	expanded, err := w.template(text)
	if err != nil {
		t.Fatal(err)
	}
	return expanded
}

func (w *world) expandAll(t *testing.T, texts []string) []string {
	t.Helper()
	expanded := make([]string, len(texts))
	for i, text := range texts {
		expanded[i] = w.expand(t, text)
	}
	return expanded
}

func (w *world) template(text string) (string, error) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	parsed, err := template.New("value").Funcs(template.FuncMap{
		"model":         func() string { return w.model },
		"created":       func() int64 { return w.created },
		"ago":           w.ago,
		"uri_with":      func(user string) string { return strings.Replace(w.proxy.url(), "://", "://"+user+"@", 1) },
		"service":       w.service.url,
		"variable":      w.variable,
		"sha256":        w.sha256,
		"labels_sha256": w.labelsSHA256,
	}).Parse(text)
	if err != nil {
		return "", fmt.Errorf("template %q: %w", text, err)
	}
	var expanded strings.Builder
	if err := parsed.Execute(&expanded, nil); err != nil {
		return "", fmt.Errorf("template %q: %w", text, err)
	}
	return expanded.String(), nil
}

// ago is a time that goldens show by its age.
func (w *world) ago(age string) (string, error) {
	d, err := duration(age)
	if err != nil {
		return "", err
	}
	at, label := time.Now().Add(-d).UTC(), "<now-"+age+">"
	for text, known := range w.ages { // the same age in one file is the same time, also where a second has passed in between
		made, err := time.Parse(time.RFC3339, text)
		if known == label && err == nil && at.Sub(made) < 10*time.Second {
			return text, nil
		}
	}
	text := at.Format(time.RFC3339)
	w.ages[text] = label
	return text, nil
}

// duration reads Go's durations, and whole days: "42d".
func duration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(text)
}

// sha256 is the digest of a file of the workspace.
func (w *world) sha256(name string) (string, error) {
	content, err := os.ReadFile(filepath.Join(w.workspace, name))
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]), err
}

// labelsSHA256 is the digest of the label column of a file of predictions:
// its values, one a line.
func (w *world) labelsSHA256(name string) (string, error) {
	file, err := os.Open(filepath.Join(w.workspace, name))
	if err != nil {
		return "", err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return "", err
	}
	var column strings.Builder
	for _, row := range rows[1:] {
		column.WriteString(row[0] + "\n")
	}
	sum := sha256.Sum256([]byte(column.String()))
	return hex.EncodeToString(sum[:]), nil
}

// nonce tells the models of one server apart.
func nonce() string {
	var b [8]byte          // fewer would make names that resemble one another, and a resemblance is refused
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
