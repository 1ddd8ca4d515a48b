package inputs

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/golden"
)

const root = "../../"

// TestDocs holds action.yml, docs/inputs.md and README.md to the Spec: their
// tables are the generated ones, to the letter.
func TestDocs(t *testing.T) {
	t.Parallel()
	golden.Section(t, root+"action.yml", "# inputs:begin\n", "# inputs:end", ActionInputs())
	golden.Section(t, root+"action.yml", "# outputs:begin\n", "# outputs:end", ActionOutputs())
	golden.Section(t, root+"docs/inputs.md", "<!-- inputs:begin -->\n", "<!-- inputs:end -->", MarkdownReference())
	golden.Section(t, root+"docs/inputs.md", "<!-- outputs:begin -->\n", "<!-- outputs:end -->", MarkdownOutputs())
	golden.Section(t, root+"docs/checks.md", "<!-- keys:begin -->\n", "<!-- keys:end -->", MarkdownChecks())
	golden.Section(t, root+"docs/checks.md", "<!-- metrics:begin -->\n", "<!-- metrics:end -->", MarkdownMetrics())
	golden.Section(t, root+"README.md", "<!-- inputs:begin -->\n", "<!-- inputs:end -->", MarkdownInputs())
	golden.Section(t, root+"README.md", "<!-- outputs:begin -->\n", "<!-- outputs:end -->", MarkdownOutputs())
}

var (
	yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")
	hasChecks = regexp.MustCompile(`(?m)^gate:\n(?:  .*\n)*?  checks:$`)
)

// TestCheckSnippets reads every policy that the documentation shows as the
// configuration file that it is.
func TestCheckSnippets(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(root + "docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(pages, root+"README.md") {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range yamlBlock.FindAllSubmatch(data, -1) {
			if !hasChecks.Match(block[1]) {
				continue
			}
			found++
			in, err := Parse([]string{"judge", "--predictions", "p.csv"}, nil, func(string) ([]byte, error) { return block[1], nil })
			if err != nil || len(in.Requirements) == 0 {
				t.Errorf("%s: %d checks, %v\n%s", page, len(in.Requirements), err, block[1])
			}
		}
	}
	if found < 4 {
		t.Errorf("found %d policies in the documentation", found)
	}
}

// action is action.yml as the runner reads it.
type action struct {
	Inputs map[string]struct {
		Description string
		Default     *string
		Required    bool
	}
	Outputs map[string]struct{ Description string }
	Runs    struct{ Using, Image string }
}

// TestActionMetadata reads action.yml as the runner does, so that the contract
// does not rest on our own way of writing YAML.
func TestActionMetadata(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(root + "action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var got action
	if err := yaml.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for _, input := range Spec() {
		declared, ok := got.Inputs[input.Name]
		switch {
		case !ok:
			t.Errorf("input %s is missing", input.Name)
		case declared.Description != described(input.Field):
			t.Errorf("input %s: description %q", input.Name, declared.Description)
		case declared.Required:
			t.Errorf("input %s is required: the configuration file could not give it", input.Name)
		case (input.Name == "github-token") != (declared.Default != nil):
			t.Errorf("input %s: a default in action.yml would hide the configuration file; only the token has one", input.Name)
		case declared.Default != nil && *declared.Default != "${{ github.token }}":
			t.Errorf("input %s: default %q", input.Name, *declared.Default)
		}
		delete(got.Inputs, input.Name)
	}
	for _, output := range Outputs() {
		if _, ok := got.Outputs[output.Name]; !ok {
			t.Errorf("output %s is missing", output.Name)
		}
		delete(got.Outputs, output.Name)
	}
	if len(got.Inputs) > 0 || len(got.Outputs) > 0 {
		t.Errorf("declared but not in the tables: %v %v", got.Inputs, got.Outputs)
	}
	// A branch builds the image, a release names the one that it published.
	released := regexp.MustCompile(`^docker://ghcr\.io/org/ct-action@sha256:[0-9a-f]{64}$`)
	if got.Runs.Using != "docker" || got.Runs.Image != "Dockerfile" && !released.MatchString(got.Runs.Image) {
		t.Errorf("runs: %+v", got.Runs)
	}
}

// TestSpec finds rows that contradict themselves, and fields of Inputs that no
// row fills.
func TestSpec(t *testing.T) {
	t.Parallel()
	var in Inputs
	fields := map[any]string{}
	v := reflect.ValueOf(&in).Elem()
	for _, field := range reflect.VisibleFields(v.Type()) {
		if field.IsExported() && !field.Anonymous && field.Name != "Warnings" && field.Name != "Requirements" {
			fields[v.FieldByIndex(field.Index).Addr().Interface()] = field.Name
		}
	}
	seen := map[string]bool{}
	for _, input := range Spec() {
		pointer := input.target(&in)
		if fields[pointer] == "" {
			t.Errorf("%s: its field is filled by another input too, or is no field of Inputs", input.Name)
		}
		delete(fields, pointer)
		if seen[input.Name] {
			t.Errorf("%s stands twice", input.Name)
		}
		seen[input.Name] = true
		if input.Meaning == "" || strings.HasSuffix(input.Meaning, ".") || strings.ContainsAny(input.Meaning, "\n`") {
			t.Errorf("%s: meaning %q", input.Name, input.Meaning)
		}
		if input.Kind.String() == "" || len(input.Modes) == 0 || (input.Kind == field.Enumeration) != (len(input.Choices) > 0) {
			t.Errorf("%s: kind %q, %d modes, choices %v", input.Name, input.Kind, len(input.Modes), input.Choices)
		}
		if input.Default != "" && !input.Store(input.target(&Inputs{}), input.Default) {
			t.Errorf("%s refuses its own default %q", input.Name, input.Default)
		}
		for _, text := range []string{input.Min, input.Max} {
			if text != "" && input.Open == input.Store(input.target(&Inputs{}), text) {
				t.Errorf("%s: its bound %q is declared open: %v, and read otherwise", input.Name, text, input.Open)
			}
		}
		if _, margin := pointer.(*field.Margin); input.Auto != margin {
			t.Errorf("%s: auto is declared %v, and read otherwise", input.Name, input.Auto)
		}
		if numeric := reflect.TypeOf(pointer).Elem().Kind() != reflect.String; numeric && input.Off != input.Store(input.target(&Inputs{}), "off") {
			t.Errorf("%s: off is declared %v, and read otherwise", input.Name, input.Off)
		}
	}
	for _, name := range fields {
		t.Errorf("field %s of Inputs is filled by no input", name)
	}
}
