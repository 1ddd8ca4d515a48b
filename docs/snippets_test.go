package docs_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/org/ct-action/internal/inputs"
)

var snippets = flag.String("snippets", "", "folder into which TestSnippetWorkflows writes the workflows of the documentation, for actionlint")

var wholeWorkflow = regexp.MustCompile(`(?ms)^on:.*^jobs:`)

// snippetWorkflows are the blocks of the documentation that are whole
// workflows, with their text.
func snippetWorkflows(t *testing.T) (workflows []workflowFile, texts []string) {
	t.Helper()
	for _, page := range handbook(t) {
		for _, block := range yamlBlocks(fileText(t, page)) {
			if !wholeWorkflow.MatchString(block.text) {
				continue
			}
			w := workflowFile{path: fmt.Sprintf("%s:%d", page, block.line)}
			if err := yaml.Unmarshal([]byte(block.text), &w); err != nil {
				t.Errorf("%s: %v", w.path, err)
				continue
			}
			workflows, texts = append(workflows, w), append(texts, block.text)
		}
	}
	if len(workflows) < 3 {
		t.Fatalf("found %d whole workflows in the documentation, expected at least 3", len(workflows))
	}
	return workflows, texts
}

// TestSnippetWorkflows: a workflow that the documentation shows whole works as
// it stands, with no configuration file beside it.
func TestSnippetWorkflows(t *testing.T) {
	t.Parallel()
	workflows, texts := snippetWorkflows(t)
	for i, w := range workflows {
		if w.Permissions == nil {
			t.Errorf("%s: says no permissions", w.path)
		}
		for name, job := range w.Jobs {
			where := w.path + ": job " + name
			checkInputs(t, where, w, job)
			checkReads(t, where, w, name, job)
			if strings.Contains(job.If, ".outputs.promoted") && !strings.HasPrefix(job.If, "${{ !cancelled() && ") {
				t.Errorf("%s: if: %s\nexpected ${{ !cancelled() && …, or a red job hides that the champion has moved", where, job.If)
			}
		}
		if *snippets != "" {
			path := filepath.Join(*snippets, strings.NewReplacer("/", "-", ":", "-", ".md", "").Replace(w.path)+".yml")
			if err := os.WriteFile(path, []byte(texts[i]), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// checkInputs gives the inputs of a job's steps of ours to the program's parser.
func checkInputs(t *testing.T, where string, w workflowFile, job workflowJob) {
	t.Helper()
	nothing := func(string) ([]byte, error) { return nil, fs.ErrNotExist }
	for _, step := range job.Steps {
		if expression.MatchString(step.Run) {
			t.Errorf("%s: an expression in run: pass it by env", where)
		}
		if step.Uses != self {
			continue
		}
		in, err := inputs.Parse(nil, stepEnviron(w, job, step), nothing)
		if err != nil {
			t.Errorf("%s: %v", where, err)
		}
		for _, warning := range in.Warnings {
			t.Errorf("%s: %v", where, warning)
		}
	}
}

// checkReads follows the outputs that a job reads to who sets them.
func checkReads(t *testing.T, where string, w workflowFile, name string, job workflowJob) {
	t.Helper()
	text := flatten(t, job)
	for _, read := range stepOutput.FindAllStringSubmatch(text, -1) {
		i := slices.IndexFunc(job.Steps, func(s workflowStep) bool { return s.ID == read[1] })
		if i < 0 || job.Steps[i].Uses == self && !isOutput(read[2]) {
			t.Errorf("%s: reads %s: no step sets it", where, read[0])
		}
	}
	for _, read := range jobOutput.FindAllStringSubmatch(text, -1) {
		if _, ok := w.Jobs[read[1]].Outputs[read[2]]; !ok || !slices.Contains(job.Needs, read[1]) {
			t.Errorf("%s: reads %s: it needs that job, and the job that output", where, read[0])
		}
	}
}

// TestFirstWorkflow: the README and the quick start show the same one.
func TestFirstWorkflow(t *testing.T) {
	t.Parallel()
	first := func(page string) string {
		blocks := yamlBlocks(fileText(t, page))
		if len(blocks) == 0 {
			t.Fatalf("%s: no ```yaml block", page)
		}
		return blocks[0].text
	}
	if first("README.md") != first("docs/quick-start.md") {
		t.Error("the first workflows of README.md and docs/quick-start.md differ")
	}
}

// TestSnippetPins: the actions in snippets are pinned, as the examples pin them.
func TestSnippetPins(t *testing.T) {
	t.Parallel()
	known := map[string]string{}
	for _, w := range examples(t) {
		var node yaml.Node
		if err := yaml.Unmarshal([]byte(fileText(t, w.path)), &node); err != nil {
			t.Fatal(err)
		}
		for _, uses := range usesNodes(&node) {
			action, _, _ := strings.Cut(uses.Value, "@")
			known[action] = uses.Value + " " + uses.LineComment
		}
	}
	for _, page := range handbook(t) {
		for _, block := range yamlBlocks(fileText(t, page)) {
			var node yaml.Node
			if err := yaml.Unmarshal([]byte(block.text), &node); err != nil {
				continue // TestSnippets says so
			}
			for _, uses := range usesNodes(&node) {
				where := fmt.Sprintf("%s:%d", page, block.line+uses.Line)
				action, _, _ := strings.Cut(uses.Value, "@")
				switch got := uses.Value + " " + uses.LineComment; {
				case uses.Value == self, action == "docker://ghcr.io/org/ct-action":
				case !pinned.MatchString(uses.Value) || !release.MatchString(uses.LineComment):
					t.Errorf("%s: uses: %s\nexpected owner/name@<40 hexadecimal digits> # v1.2.3", where, got)
				case action != "org/ct-action" && known[action] != "" && known[action] != got:
					t.Errorf("%s: uses: %s, the examples have %s", where, got, known[action])
				}
			}
		}
	}
}
