//go:build unix

// Package mlflowtest starts real MLflow servers for tests. A server ends with
// the test process, however that ends. Only tests import the package.
package mlflowtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/org/ct-action/internal/pythontest"
)

// A Server is an MLflow server on an SQLite database, with one worker.
type Server struct {
	URI      string // http://127.0.0.1:<port>
	Database string // its SQLite file

	process *pythontest.Server
}

// Start starts a server that ends with the test, in a folder of the test's. If
// CT_TEST_MLFLOW_URI and CT_TEST_MLFLOW_DB name one that runs already, it is
// that one, which saves the start.
func Start(t testing.TB) *Server {
	t.Helper()
	if uri := os.Getenv("CT_TEST_MLFLOW_URI"); uri != "" {
		return &Server{URI: uri, Database: os.Getenv("CT_TEST_MLFLOW_DB")}
	}
	s, err := Launch(pythontest.Interpreter(t), t.TempDir(), "--host", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// Launch starts a server on a free port that keeps its files in dir, and returns
// when it listens. The arguments are those of `mlflow server` that say who may
// ask it.
func Launch(python, dir string, arguments ...string) (*Server, error) {
	s := &Server{Database: filepath.Join(dir, "mlflow.db")}
	command := append([]string{python, "-m", "mlflow", "server",
		"--port", "0", "--workers", "1", "--backend-store-uri", "sqlite:///" + s.Database,
		"--artifacts-destination", filepath.Join(dir, "artifacts")}, arguments...)
	env := []string{"MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false", "MLFLOW_DISABLE_TELEMETRY=true"}
	var err error
	if s.process, err = pythontest.Serve(dir, filepath.Join(dir, "server.log"), env, command...); err != nil {
		return nil, err
	}
	s.URI = s.process.URI
	return s, nil
}

// Stop ends the server and everything that it started.
func (s *Server) Stop() { s.process.Stop() }

// Call makes one call of MLflow's REST API 2.0 at a path such as runs/create.
// Body is sent as JSON, the answer decoded into answer; nil stands for none. A
// status that is not 200 is an error.
func (s *Server) Call(method, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(method, s.URI+"/api/2.0/mlflow/"+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s %s: %s\n%s", method, path, text, response.Status, got)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(got, answer)
}

// CreateRun creates a run with tags in the default experiment, and is its id.
func (s *Server) CreateRun(tags map[string]string) (id string, err error) {
	list := []map[string]string{}
	for key, value := range tags {
		list = append(list, map[string]string{"key": key, "value": value})
	}
	var answer struct {
		Run struct {
			Info struct {
				ID string `json:"run_id"`
			} `json:"info"`
		} `json:"run"`
	}
	err = s.Call("POST", "runs/create", map[string]any{"experiment_id": "0", "tags": list}, &answer)
	return answer.Run.Info.ID, err
}

// CreateVersion creates a version of a registered model, from an address of its
// files and the run that made it, and is its number.
func (s *Server) CreateVersion(model, source, run string) (number string, err error) {
	var answer struct {
		Version struct {
			Number string `json:"version"`
		} `json:"model_version"`
	}
	err = s.Call("POST", "model-versions/create", map[string]string{"name": model, "source": source, "run_id": run}, &answer)
	return answer.Version.Number, err
}
