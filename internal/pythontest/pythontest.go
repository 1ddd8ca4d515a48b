// Package pythontest finds the Python that the tests use: one with MLflow,
// scikit-learn, DuckDB and Spark, which `make venv` installs. CT_TEST_PYTHON
// names another one. Only tests import the package.
package pythontest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Interpreter is the absolute path of the interpreter. A test without one
// fails: nothing is skipped.
func Interpreter(t testing.TB) string {
	t.Helper()
	python := os.Getenv("CT_TEST_PYTHON")
	if python == "" {
		python = filepath.Join(root(t), ".venv", "bin", "python")
	}
	python, err := filepath.Abs(python)
	if err == nil {
		_, err = os.Stat(python)
	}
	if err != nil {
		t.Fatalf("no Python for the tests: %v\nrun `make venv`, or name one in CT_TEST_PYTHON", err)
	}
	return python
}

// Run runs a program of a test's testdata, which leaves no bytecode there, and
// fails the test if the program fails.
func Run(t testing.TB, arguments ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), Interpreter(t), arguments...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
}

// root is the folder of go.mod: a test runs in the folder of its package.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("no go.mod in any folder above the test's")
	return ""
}
