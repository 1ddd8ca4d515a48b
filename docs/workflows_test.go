package docs_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/inputs"
)

// self is how the examples name this action.
const self = "org/ct-action@v1"

// A workflowFile is a workflow as far as it is held here.
type workflowFile struct {
	path string

	Permissions map[string]string
	Concurrency struct {
		Group  string
		Cancel string `yaml:"cancel-in-progress"`
	}
	Env  map[string]string
	Jobs map[string]workflowJob
}

type workflowJob struct {
	Needs       workflowNeeds
	If          string
	Timeout     string `yaml:"timeout-minutes"`
	Permissions map[string]string
	Env         map[string]string
	Outputs     map[string]string
	Steps       []workflowStep
}

type workflowStep struct {
	ID, If, Uses, Run string
	With, Env         map[string]string

	line int
}

func (s *workflowStep) UnmarshalYAML(node *yaml.Node) error {
	type plain workflowStep
	s.line = node.Line
	return node.Decode((*plain)(s))
}

// mode is what a step of ours does.
func (s workflowStep) mode() inputs.Mode {
	if mode := s.With["mode"]; mode != "" {
		return inputs.Mode(mode)
	}
	return inputs.ModeRun
}

// workflowNeeds is one job or a list of them.
type workflowNeeds []string

func (n *workflowNeeds) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*n = workflowNeeds{node.Value}
		return nil
	}
	return node.Decode((*[]string)(n))
}

// readWorkflows reads the workflows of a folder; there are at least as many as
// least, or they are looked for in the wrong place.
func readWorkflows(t *testing.T, dir string, least int) []workflowFile {
	t.Helper()
	paths, _ := filepath.Glob(filepath.Join(dir, "*.yml"))
	if len(paths) < least {
		t.Fatalf("%s: found %d workflows, expected at least %d", dir, len(paths), least)
	}
	var files []workflowFile
	for _, path := range paths {
		w := workflowFile{path: path}
		if err := yaml.Unmarshal([]byte(fileText(t, path)), &w); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		files = append(files, w)
	}
	return files
}

func examples(t *testing.T) []workflowFile { return readWorkflows(t, "examples/workflows", 6) }

func ownWorkflows(t *testing.T) []workflowFile { return readWorkflows(t, ".github/workflows", 4) }

// TestExamplesAreValid gives the inputs of every step of ours to the program's
// own parser, in the project that the examples are written for: all of them
// exist, are read by that mode and have a value that it accepts, and none that
// it cannot do without is missing.
func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	checked := map[inputs.Mode]bool{}
	for _, w := range examples(t) {
		for name, job := range w.Jobs {
			for _, step := range job.Steps {
				if step.Uses != self {
					continue
				}
				checked[step.mode()] = true
				checkKeys(t, fmt.Sprintf("%s:%d", w.path, step.line), step)
				in, err := inputs.Parse(nil, stepEnviron(w, job, step), readChurn)
				if err != nil {
					t.Errorf("%s:%d: job %s: %v", w.path, step.line, name, err)
				}
				for _, warning := range in.Warnings {
					t.Errorf("%s:%d: job %s: %v", w.path, step.line, name, warning)
				}
			}
		}
	}
	for _, mode := range []inputs.Mode{inputs.ModeRun, inputs.ModeTrigger, inputs.ModeGate, inputs.ModeRollback,
		inputs.ModePromote, inputs.ModeRelease, inputs.ModeVerify, inputs.ModeNotify} {
		if !checked[mode] {
			t.Errorf("no example of mode %s", mode)
		}
	}
}

// readChurn reads a file of the examples' project.
func readChurn(path string) ([]byte, error) {
	return os.ReadFile(filepath.Join("examples/churn", path))
}

// stepEnviron is what the runner hands to a step of ours: its inputs, the
// action's default for the token, and the environment of workflow, job and
// step. An expression has a value of the kind that is asked for.
func stepEnviron(w workflowFile, job workflowJob, step workflowStep) []string {
	environ := []string{"GITHUB_ACTIONS=true", "GITHUB_REPOSITORY=octo/churn", "GITHUB_RUN_ID=1", "GITHUB_JOB=ct"}
	if _, given := step.With["github-token"]; !given {
		environ = append(environ, "INPUT_GITHUB-TOKEN=ghs_0123456789abcdef")
	}
	for key, value := range step.With {
		sample := "x"
		for _, input := range inputs.Spec() {
			if input.Name == key {
				sample = sampleOf(input)
			}
		}
		environ = append(environ, "INPUT_"+strings.ToUpper(key)+"="+expression.ReplaceAllLiteralString(value, sample))
	}
	for _, env := range []map[string]string{w.Env, job.Env, step.Env} {
		for key, value := range env {
			environ = append(environ, key+"="+expression.ReplaceAllLiteralString(value, "https://mlflow.example.com"))
		}
	}
	return environ
}

// sampleOf is what an expression in this input may stand for.
func sampleOf(input inputs.Input) string {
	switch input.Kind {
	case field.Boolean:
		return "true"
	case field.Version:
		return "8"
	case field.URL:
		return "https://churn.example.com"
	}
	return "ghs_0123456789abcdef"
}

var expression = regexp.MustCompile(`\$\{\{.*?\}\}`)

// TestSnippets holds every step of ours in the README and the docs to the Spec.
// A snippet need not be a whole workflow.
func TestSnippets(t *testing.T) {
	t.Parallel()
	pages, _ := filepath.Glob("docs/*.md")
	found := 0
	for _, page := range append(pages, "README.md", "SECURITY.md") {
		for _, block := range yamlBlocks(fileText(t, page)) {
			var node yaml.Node
			if err := yaml.Unmarshal([]byte(block.text), &node); err != nil {
				t.Errorf("%s:%d: %v", page, block.line, err)
				continue
			}
			for _, step := range ourSteps(&node) {
				found++
				checkKeys(t, fmt.Sprintf("%s:%d", page, block.line+step.line), step)
				checkOutputs(t, fmt.Sprintf("%s:%d", page, block.line), block.text, step)
			}
		}
	}
	if found == 0 {
		t.Error("no snippet uses the action: are they looked for in the right place?")
	}
}

type yamlBlock struct {
	line int // of the fence
	text string
}

var fence = regexp.MustCompile("(?ms)^```ya?ml\n(.*?)^```$")

func yamlBlocks(markdown string) []yamlBlock {
	var blocks []yamlBlock
	for _, at := range fence.FindAllStringSubmatchIndex(markdown, -1) {
		blocks = append(blocks, yamlBlock{1 + strings.Count(markdown[:at[0]], "\n"), markdown[at[2]:at[3]]})
	}
	return blocks
}

// ourSteps finds the steps of ours at any depth.
func ourSteps(node *yaml.Node) []workflowStep {
	var steps []workflowStep
	if node.Kind == yaml.MappingNode {
		var step workflowStep
		if node.Decode(&step) == nil && strings.HasPrefix(step.Uses, "org/ct-action") {
			return []workflowStep{step}
		}
	}
	for _, child := range node.Content {
		steps = append(steps, ourSteps(child)...)
	}
	return steps
}

func checkKeys(t *testing.T, where string, step workflowStep) {
	t.Helper()
	if step.Uses != self && !pinned.MatchString(step.Uses) {
		t.Errorf("%s: uses %s, expected %s", where, step.Uses, self)
	}
	for key := range step.With {
		i := slices.IndexFunc(inputs.Spec(), func(input inputs.Input) bool { return input.Name == key })
		switch {
		case i < 0:
			t.Errorf("%s: there is no input %s", where, key)
		case !inputs.Spec()[i].ReadBy(step.mode()):
			t.Errorf("%s: mode %s does not read %s", where, step.mode(), key)
		}
	}
}

// checkOutputs looks at the outputs of one step that a text reads.
func checkOutputs(t *testing.T, where, text string, step workflowStep) {
	t.Helper()
	for _, read := range stepOutput.FindAllStringSubmatch(text, -1) {
		if read[1] == step.ID && !isOutput(read[2]) {
			t.Errorf("%s: there is no output %s", where, read[2])
		}
	}
}

func isOutput(name string) bool {
	return slices.ContainsFunc(inputs.Outputs(), func(o inputs.Output) bool { return o.Name == name })
}

var (
	stepOutput = regexp.MustCompile(`steps\.([\w-]+)\.outputs\.([\w-]+)`)
	jobOutput  = regexp.MustCompile(`needs\.([\w-]+)\.outputs\.([\w-]+)`)
)

// TestOutputsExist follows every output that is read to the step of ours that
// sets it. actionlint cannot: it does not look into other repositories.
func TestOutputsExist(t *testing.T) {
	t.Parallel()
	followed := 0
	for _, w := range examples(t) {
		for name, job := range w.Jobs {
			text := flatten(t, job)
			for _, read := range stepOutput.FindAllStringSubmatch(text, -1) {
				followed++
				i := slices.IndexFunc(job.Steps, func(s workflowStep) bool { return s.ID == read[1] })
				if i < 0 || job.Steps[i].Uses != self || !isOutput(read[2]) {
					t.Errorf("%s: job %s reads %s: no step of ours sets it", w.path, name, read[0])
				}
			}
			for _, read := range jobOutput.FindAllStringSubmatch(text, -1) {
				if _, ok := w.Jobs[read[1]].Outputs[read[2]]; !ok || !slices.Contains(job.Needs, read[1]) {
					t.Errorf("%s: job %s reads %s: it needs that job, and the job that output", w.path, name, read[0])
				}
			}
		}
	}
	if followed == 0 {
		t.Error("no example reads an output")
	}
}

// flatten is everything that a job says, comments aside.
func flatten(t *testing.T, job workflowJob) string {
	t.Helper()
	text, err := yaml.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDeploysAreNotMissed: a job that waits for the champion to have moved must
// run when the job that moved it went red afterwards.
func TestDeploysAreNotMissed(t *testing.T) {
	t.Parallel()
	deploys := 0
	for _, w := range examples(t) {
		for name, job := range w.Jobs {
			if !strings.Contains(job.If, ".outputs.promoted") && !strings.Contains(job.If, ".outputs.outcome") {
				continue
			}
			deploys++
			if !strings.HasPrefix(job.If, "${{ !cancelled() && needs.") {
				t.Errorf("%s: job %s: if: %s\nexpected ${{ !cancelled() && needs.….outputs.promoted == 'true' }}", w.path, name, job.If)
			}
			if !slices.ContainsFunc(job.Steps, func(s workflowStep) bool { return s.mode() == inputs.ModeVerify && s.Uses == self }) {
				t.Errorf("%s: job %s deploys and does not verify", w.path, name)
			}
		}
	}
	if deploys < 4 {
		t.Errorf("found %d deploy jobs, expected at least 4", deploys)
	}
}

// TestConcurrency: the two forms of the loop exclude each other. Nothing that a
// person presses waits behind a training, or is cancelled by the next tick.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	groups := map[string]string{}
	for _, w := range examples(t) {
		groups[filepath.Base(w.path)] = w.Concurrency.Group
		if w.Concurrency.Group == "" || w.Concurrency.Cancel != "false" {
			t.Errorf("%s: expected a concurrency group, and cancel-in-progress: false", w.path)
		}
	}
	loop := groups["continuous-training.yml"]
	for name, group := range groups {
		if isLoop := name == "continuous-training.yml" || name == "split-training.yml"; isLoop != (group == loop) {
			t.Errorf("%s: concurrency group %q, the loop's is %q", name, group, loop)
		}
	}
}

// TestPermissions: none to begin with, then what each job says it needs.
// issues: write goes with review-issue, contents: write with notify.
func TestPermissions(t *testing.T) {
	t.Parallel()
	for _, w := range append(examples(t), ownWorkflows(t)...) {
		if w.Permissions == nil || len(w.Permissions) > 0 {
			t.Errorf("%s: expected permissions: {} for the whole workflow", w.path)
		}
		for name, job := range w.Jobs {
			if len(job.Permissions) == 0 {
				t.Errorf("%s: job %s says no permissions", w.path, name)
			}
			if job.Timeout == "" {
				t.Errorf("%s: job %s has no timeout-minutes: a hang lasts six hours", w.path, name)
			}
		}
	}
	for _, w := range examples(t) {
		for name, job := range w.Jobs {
			want := map[string]string{"contents": "read"}
			for _, step := range job.Steps {
				if step.Uses == self && step.With["review-issue"] == "true" {
					want["issues"] = "write"
				}
				if step.Uses == self && step.mode() == inputs.ModeNotify {
					want["contents"] = "write"
				}
			}
			if got := job.Permissions; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: job %s has permissions %v, its steps need %v", w.path, name, got, want)
			}
		}
	}
}

// TestNoTemplatesInScripts: what a user typed reaches a script as a variable,
// never as a part of its text.
func TestNoTemplatesInScripts(t *testing.T) {
	t.Parallel()
	for _, w := range append(examples(t), ownWorkflows(t)...) {
		for name, job := range w.Jobs {
			for _, step := range job.Steps {
				if expression.MatchString(step.Run) {
					t.Errorf("%s:%d: job %s: an expression in run: pass it by env", w.path, step.line, name)
				}
			}
		}
	}
}

var (
	pinned  = regexp.MustCompile(`^[\w.-]+/[\w.-]+(/[\w./-]+)?@[0-9a-f]{40}$`)
	release = regexp.MustCompile(`^# v\d+\.\d+\.\d+$`)
)

// TestPins: every action by the hash of its commit, with its version beside it.
// The exceptions, each with its reason, are zizmor's policies.
func TestPins(t *testing.T) {
	t.Parallel()
	exceptions := pinExceptions(t)
	versions := map[string]string{}
	for _, w := range append(examples(t), ownWorkflows(t)...) {
		var node yaml.Node
		if err := yaml.Unmarshal([]byte(fileText(t, w.path)), &node); err != nil {
			t.Fatal(err)
		}
		for _, uses := range usesNodes(&node) {
			action, _, _ := strings.Cut(uses.Value, "@")
			if _, ok := exceptions[action]; ok {
				exceptions[action] = true
				continue
			}
			if !pinned.MatchString(uses.Value) || !release.MatchString(uses.LineComment) {
				t.Errorf("%s:%d: uses: %s %s\nexpected owner/name@<40 hexadecimal digits> # v1.2.3", w.path, uses.Line, uses.Value, uses.LineComment)
			}
			if other := versions[action]; other != "" && other != uses.Value+uses.LineComment {
				t.Errorf("%s:%d: %s is pinned elsewhere to %s", w.path, uses.Line, uses.Value, other)
			}
			versions[action] = uses.Value + uses.LineComment
		}
	}
	for action, used := range exceptions {
		if !used {
			t.Errorf(".github/zizmor.yml: nothing uses %s: the exception is not needed", action)
		}
	}
	if len(versions) == 0 {
		t.Error("no action is used")
	}
}

// pinExceptions are the actions that zizmor's configuration lets go unpinned;
// the value is whether one was met.
func pinExceptions(t *testing.T) map[string]bool {
	t.Helper()
	var config struct {
		Rules struct {
			Unpinned struct {
				Config struct{ Policies yaml.Node }
			} `yaml:"unpinned-uses"`
		}
	}
	if err := yaml.Unmarshal([]byte(fileText(t, ".github/zizmor.yml")), &config); err != nil {
		t.Fatal(err)
	}
	exceptions := map[string]bool{}
	policies := config.Rules.Unpinned.Config.Policies.Content
	for i := 0; i+1 < len(policies); i += 2 {
		pattern, policy := policies[i], policies[i+1]
		switch {
		case pattern.Value == "*" && policy.Value == "hash-pin":
		case pattern.HeadComment == "":
			t.Errorf(".github/zizmor.yml:%d: %s: %s without a reason above it", pattern.Line, pattern.Value, policy.Value)
		default:
			exceptions[pattern.Value] = false
		}
	}
	return exceptions
}

// usesNodes finds the values of all keys uses.
func usesNodes(node *yaml.Node) []*yaml.Node {
	var found []*yaml.Node
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 && node.Content[i-1].Value == "uses" {
			found = append(found, child)
		}
		found = append(found, usesNodes(child)...)
	}
	return found
}

var (
	projectFile = regexp.MustCompile(`\b(?:src|data|monitoring)/[\w./-]+|\brequirements\.txt\b`)
	makeTarget  = regexp.MustCompile(`(?m)^\s*make ([\w./-]+)`)
)

// TestExamplesFindTheirFiles: what the examples run and read is in the project
// that they are written for.
func TestExamplesFindTheirFiles(t *testing.T) {
	t.Parallel()
	found := 0
	for _, w := range examples(t) {
		for name, job := range w.Jobs {
			for _, file := range projectFile.FindAllString(flatten(t, job), -1) {
				found++
				if _, err := os.Stat(filepath.Join("examples/churn", file)); err != nil {
					t.Errorf("%s: job %s: examples/churn has no %s", w.path, name, file)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no example names a file of the project")
	}
}

// TestOwnWorkflowsFindTheirTargets: what our workflows make is in the Makefile,
// and what the release replaces in action.yml.
func TestOwnWorkflowsFindTheirTargets(t *testing.T) {
	t.Parallel()
	makefile := strings.ReplaceAll(fileText(t, "Makefile"), "$(GORELEASER)", "bin/goreleaser")
	found := 0
	for _, w := range ownWorkflows(t) {
		for name, job := range w.Jobs {
			for _, step := range job.Steps {
				for _, target := range makeTarget.FindAllStringSubmatch(step.Run, -1) {
					found++
					if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(target[1]) + `:`).MatchString(makefile) {
						t.Errorf("%s:%d: job %s: the Makefile has no target %s", w.path, step.line, name, target[1])
					}
				}
			}
		}
	}
	if found == 0 {
		t.Error("no workflow of ours makes anything")
	}
	if !strings.Contains(fileText(t, "action.yml"), "\n  image: Dockerfile\n") {
		t.Error("action.yml has no line '  image: Dockerfile' for release.yml to replace")
	}
}

var (
	comment     = regexp.MustCompile(`(?m)^\s*#.*`)
	commandLine = regexp.MustCompile(`ct-action ([a-z]+)([^\n#]*)`)
	longFlag    = regexp.MustCompile(`--([a-z-]+)`)
)

// TestCommandLines: the modes and flags in the examples for other CI systems
// exist.
func TestCommandLines(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("examples/ci/*")
	found := 0
	for _, file := range files {
		text := comment.ReplaceAllString(fileText(t, file), "")
		for _, command := range commandLine.FindAllStringSubmatch(text, -1) {
			found++
			step := workflowStep{Uses: self, With: map[string]string{"mode": command[1]}}
			for _, flag := range longFlag.FindAllStringSubmatch(command[2], -1) {
				step.With[flag[1]] = "x"
			}
			checkKeys(t, file, step)
		}
	}
	if found == 0 {
		t.Error("examples/ci runs no command of ours")
	}
}

// TestTick plays every exit status of ct-action through the wrapper for cron.
func TestTick(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name              string
		status            int // of ct-action run
		outcome, promoted string
		verify            int // status of ct-action verify
		wantStatus        int
		wantCalls         string
		wantSays          string // in what it prints; "" wants silence
	}{
		{"quiet", 0, "skipped", "false", 0, 0, "run", ""},
		{"promoted", 0, "promoted", "true", 0, 0, "run curl verify", "the story"},
		{"flagged", 3, "flagged", "false", 0, 3, "run", "the champion stays"},
		{"failed", 1, "failed", "false", 0, 1, "run", "failed with exit status 1"},
		{"failed after the flip", 1, "failed", "true", 0, 1, "run curl verify", "failed with exit status 1"},
		{"finished a rollback", 0, "rolled-back", "false", 0, 0, "run curl verify", "the story"},
		{"invalid", 2, "invalid", "false", 0, 2, "run", "inputs are invalid"},
		{"interrupted", 143, "failed", "false", 0, 143, "run", "interrupted"},
		{"not verified", 0, "promoted", "true", 1, 1, "run curl verify", "the story"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			stub(t, dir, "curl", `echo curl >>"$CALLS"`)
			stub(t, dir, "ct-action", fmt.Sprintf(`echo "$1" >>"$CALLS"
[ "$1" = run ] || exit %d
printf 'outcome<<ct-1\n%s\nct-1\npromoted=%s\n' >>"$GITHUB_OUTPUT"
echo the story
exit %d`, c.verify, c.outcome, c.promoted, c.status))

			var said bytes.Buffer
			cmd := exec.Command("bash", "examples/ci/tick.sh")
			cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "CALLS=" + dir + "/calls", "SERVICE_URL=http://churn.example.com"}
			cmd.Stdout, cmd.Stderr = &said, &said
			err := cmd.Run()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if got := cmd.ProcessState.ExitCode(); got != c.wantStatus {
				t.Errorf("exit status %d, expected %d", got, c.wantStatus)
			}
			if calls := strings.Join(strings.Fields(fileText(t, dir+"/calls")), " "); calls != c.wantCalls {
				t.Errorf("called %s, expected %s", calls, c.wantCalls)
			}
			if got := said.String(); !strings.Contains(got, c.wantSays) || (c.wantSays == "") != (got == "") {
				t.Errorf("said %q, expected %q in it", got, c.wantSays)
			}
		})
	}
}

// stub puts a program of the given name into a folder.
func stub(t *testing.T, dir, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func fileText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
