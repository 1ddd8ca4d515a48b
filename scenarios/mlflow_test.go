package scenarios_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A server is the MLflow server that all scenarios share.
type server struct {
	uri      string
	database string // its SQLite file
	python   string // that MLflow is installed for
}

// mlflowServer starts a server in a process group of its own and ends the
// whole group when its standard input closes, however the test ends.
const mlflowServer = `"$@" & read -r _; kill -KILL 0`

// startMLflow starts the one server of this test run. CT_TEST_MLFLOW_URI and
// CT_TEST_MLFLOW_DB name one that runs already, to save the start.
func startMLflow(t *testing.T) *server {
	t.Helper()
	s := &server{uri: os.Getenv("CT_TEST_MLFLOW_URI"), database: os.Getenv("CT_TEST_MLFLOW_DB"), python: testPython(t)}
	if s.uri != "" {
		return s
	}
	dir := t.TempDir()
	port := freePort(t)
	s.uri, s.database = "http://127.0.0.1:"+port, filepath.Join(dir, "mlflow.db")
	log, err := os.Create(filepath.Join(dir, "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command("sh", "-c", mlflowServer, "sh", s.python, "-m", "mlflow", "server",
		"--host", "127.0.0.1", "--port", port, "--workers", "1",
		"--backend-store-uri", "sqlite:///"+s.database, "--artifacts-destination", filepath.Join(dir, "artifacts"))
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	cmd.Env = append(without(os.Environ(), "PYTHONDONTWRITEBYTECODE"),
		"MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false", "MLFLOW_DISABLE_TELEMETRY=true")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	hold, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		hold.Close()
		_ = cmd.Wait() // killed, as it should be
	})
	s.awaitHealth(t, log.Name())
	return s
}

func (s *server) awaitHealth(t *testing.T, log string) {
	t.Helper()
	for began := time.Now(); time.Since(began) < 5*time.Minute; time.Sleep(200 * time.Millisecond) {
		if answer, err := http.Get(s.uri + "/health"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
	}
	t.Fatalf("no MLflow server at %s after 5 minutes; its log:\n%s", s.uri, readText(t, log))
}

func testPython(t *testing.T) string {
	t.Helper()
	python := os.Getenv("CT_TEST_PYTHON")
	if python == "" {
		python = filepath.Join("..", ".venv", "bin", "python")
	}
	python, err := filepath.Abs(python)
	if err == nil {
		_, err = os.Stat(python)
	}
	if err != nil {
		t.Fatalf("no Python with MLflow: %v\nrun `make test`, which makes one, or name one in CT_TEST_PYTHON", err)
	}
	return python
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func without(environ []string, name string) []string {
	return slices.DeleteFunc(environ, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
}

// call makes one REST call straight to the server, past the proxy.
func (s *server) call(method, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(method, s.uri+"/api/2.0/mlflow/"+path, bytes.NewReader(text))
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

func (w *world) createModel() error {
	var answer struct {
		Model struct {
			Created int64 `json:"creation_timestamp"`
		} `json:"registered_model"`
	}
	err := w.server.call("POST", "registered-models/create", map[string]string{"name": w.model}, &answer)
	w.created = answer.Model.Created
	return err
}

func (w *world) deleteModel() {
	// What is left behind harms nobody but a server that is kept.
	_ = w.server.call("DELETE", "registered-models/delete", map[string]string{"name": w.model}, nil)
}

// change does to the registry what the change says.
func (w *world) change(c change) error {
	var fixes []surgery
	for _, v := range c.Versions {
		more, err := w.createVersion(v)
		if err != nil {
			return err
		}
		fixes = append(fixes, more...)
	}
	for alias, version := range c.Aliases {
		if err := w.server.call("POST", "registered-models/alias", map[string]string{"name": w.model, "alias": alias, "version": version}, nil); err != nil {
			return err
		}
	}
	if err := w.setTags("registered-models/set-tag", "", c.Tags); err != nil {
		return err
	}
	for version, tags := range c.VersionTags {
		if err := w.setTags("model-versions/set-tag", version, tags); err != nil {
			return err
		}
	}
	for _, version := range c.Deleted {
		if err := w.server.call("DELETE", "model-versions/delete", map[string]string{"name": w.model, "version": version}, nil); err != nil {
			return err
		}
		for alias, target := range c.Aliases {
			if target == version {
				fixes = append(fixes, surgery{
					"INSERT OR REPLACE INTO registered_model_aliases (name, alias, version) VALUES (?, ?, ?)",
					w.model, alias, version,
				})
			}
		}
	}
	return w.operate(fixes)
}

func (w *world) createVersion(v version) ([]surgery, error) {
	var run struct {
		Run struct {
			Info struct {
				ID string `json:"run_id"`
			} `json:"info"`
		} `json:"run"`
	}
	tags := []map[string]string{}
	for key, value := range v.Run {
		value, err := w.template(value)
		if err != nil {
			return nil, err
		}
		tags = append(tags, map[string]string{"key": key, "value": value})
	}
	err := w.server.call("POST", "runs/create", map[string]any{"experiment_id": "0", "tags": tags}, &run)
	if err != nil {
		return nil, err
	}
	id := run.Run.Info.ID
	var answer struct {
		Version struct {
			Number string `json:"version"`
		} `json:"model_version"`
	}
	err = w.server.call("POST", "model-versions/create", map[string]string{"name": w.model, "source": "runs:/" + id + "/model", "run_id": id}, &answer)
	if err != nil {
		return nil, err
	}
	number := answer.Version.Number
	if err := w.setTags("model-versions/set-tag", number, v.Tags); err != nil {
		return nil, err
	}
	var fixes []surgery
	if v.Created != "" {
		age, err := duration(v.Created)
		if err != nil {
			return nil, err
		}
		at := time.Now().Add(-age).UnixMilli()
		fixes = append(fixes, surgery{"UPDATE model_versions SET creation_time = ? WHERE name = ? AND version = ?", at, w.model, number})
	}
	if v.Status != "" {
		fixes = append(fixes, surgery{"UPDATE model_versions SET status = ? WHERE name = ? AND version = ?", v.Status, w.model, number})
	}
	return fixes, nil
}

func (w *world) setTags(path, version string, tags map[string]string) error {
	for key, value := range tags {
		value, err := w.template(value)
		if err != nil {
			return err
		}
		body := map[string]string{"name": w.model, "key": key, "value": value}
		if version != "" {
			body["version"] = version
		}
		if err := w.server.call("POST", path, body, nil); err != nil {
			return err
		}
	}
	return nil
}

// A surgery is one SQL statement and its values: for what no API call can set,
// such as a time of creation, a version that is not READY, an alias that
// dangles.
type surgery []any

const operate = `
import json, sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=60) as database:
    for statement, *values in json.load(sys.stdin):
        if database.execute(statement, values).rowcount != 1:
            sys.exit(f"{statement} {values}: no such row")
`

func (w *world) operate(fixes []surgery) error {
	if len(fixes) == 0 {
		return nil
	}
	text, err := json.Marshal(fixes)
	if err != nil {
		return err
	}
	cmd := exec.Command(w.server.python, "-I", "-S", "-c", operate, w.server.database)
	cmd.Stdin = bytes.NewReader(text)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("changing the server's database: %w\n%s", err, text)
	}
	return nil
}

// read asks the server for one thing of the scenario's model.
func (w *world) read(path string, query url.Values, answer any) error {
	return w.server.call("GET", path+"?"+query.Encode(), nil, answer)
}
