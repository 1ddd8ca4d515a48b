//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// Where there is no Docker, act carries out a workflow on this machine itself: its
// expressions, conditions, outputs and `run:` steps are the same. What cannot run so
// is the container of the action. A composite action of the same inputs and outputs
// takes its place, whose one step is the binary.

// hostAction is that composite action, made from action.yml.
func hostAction(t *testing.T) string {
	t.Helper()
	var declared struct {
		Inputs  map[string]any `yaml:"inputs"`
		Outputs map[string]any `yaml:"outputs"`
	}
	text, err := os.ReadFile("../action.yml")
	if err == nil {
		err = yaml.Unmarshal(text, &declared)
	}
	if err != nil {
		t.Fatal(err)
	}
	binary, err := filepath.Abs("../bin/ct-action")
	if err == nil {
		_, err = os.Stat(binary)
	}
	if err != nil {
		t.Fatalf("no binary: %v\nrun make build", err)
	}
	env, outputs := map[string]string{}, map[string]any{}
	for name := range declared.Inputs {
		env["INPUT_"+strings.ToUpper(name)] = "${{ inputs." + name + " }}"
	}
	for name := range declared.Outputs {
		outputs[name] = map[string]string{"value": "${{ steps.binary.outputs." + name + " }}"}
	}
	step := map[string]any{"id": "binary", "shell": "bash", "run": `exec "` + binary + `"`, "env": env}
	action, err := yaml.Marshal(map[string]any{
		"name": "ct-action", "description": "The binary in place of the container", "inputs": declared.Inputs, "outputs": outputs,
		"runs": map[string]any{"using": "composite", "steps": []any{step}},
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "action.yml"), string(action))
	return dir
}

// hostEnvironment is what a job has on this machine: Python with what the project
// needs comes first, no variable of a surrounding job speaks, and act keeps its files
// in a folder of the test's.
func hostEnvironment(python, cache string) []string {
	kept := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return name == "PATH" || name == "PYTHONDONTWRITEBYTECODE" ||
			slices.ContainsFunc([]string{"GITHUB_", "INPUT_", "CT_", "MLFLOW_"}, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	})
	return append(kept, "PATH="+filepath.Dir(python)+":"+os.Getenv("PATH"), "XDG_CACHE_HOME="+cache,
		"MLFLOW_DISABLE_TELEMETRY=true", "GIT_PYTHON_REFRESH=quiet", "NO_COLOR=1",
		"VIRTUAL_ENV="+filepath.Dir(filepath.Dir(python)), "UV_NO_PROGRESS=1") // what uv pip installs into
}
