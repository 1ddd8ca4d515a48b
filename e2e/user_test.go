//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/org/ct-action/internal/github/githubtest"
	"github.com/org/ct-action/internal/mlflowtest"
	"github.com/org/ct-action/internal/pythontest"
)

// A user is somebody who copied examples/churn and the example workflows into
// a repository, with an MLflow server, a service and a GitHub of their own.
type user struct {
	repository string // the copy
	action     string // what org/ct-action@v1 is
	host       bool   // jobs run on this machine, not in Docker
	mlflow     string
	github     *githubtest.Server
	token      string // what ${{ github.token }} is
	service    *modelService
	serviceURL string // as the jobs reach it
	model      string
}

// serviceToken is what the service asks for before it reloads.
const serviceToken = "reload-me"

// newUser makes a user of a model. Change adapts files of the repository, by
// their path in it, before the first commit.
func newUser(t *testing.T, model string, change map[string]string) *user {
	t.Helper()
	u := &user{
		repository: t.TempDir(), action: actionCopy(t), mlflow: startMLflow(t), model: model,
		github: githubtest.Start(t, githubtest.Options{
			Repository:  "octo/churn",
			Permissions: map[string]string{"contents": "write", "issues": "write", "actions": "write"},
		}),
	}
	u.token = u.github.Token(githubtest.JobToken)
	u.service = startService(t, u)
	u.serviceURL = u.service.URL()
	copyInto(t, u.repository, "../examples/churn")
	copyInto(t, filepath.Join(u.repository, ".github/workflows"), "../examples/workflows")
	for path, text := range change {
		write(t, filepath.Join(u.repository, path), text)
	}
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, {"add", "-A"},
		{"-c", "user.name=octo", "-c", "user.email=octo@example.com", "commit", "-q", "-m", "start"},
		{"remote", "add", "origin", "https://github.com/octo/churn.git"},
	} {
		u.command(t, "git", args...)
	}
	return u
}

// command runs something in the user's repository, as on the user's laptop.
func (u *user) command(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = u.repository
	cmd.Env = append(os.Environ(), "MLFLOW_TRACKING_URI="+u.mlflow, "MLFLOW_DISABLE_TELEMETRY=true")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, text)
	}
}

// adoptChampion trains v1 outside of the loop and makes it @champion by hand:
// what a team has before it comes to us.
func (u *user) adoptChampion(t *testing.T) {
	t.Helper()
	u.command(t, pythontest.Interpreter(t), "src/train.py", "--data", "data/window-old.csv", "--model-name", u.model)
	u.registry(t, http.MethodPost, "registered-models/alias", map[string]string{"name": u.model, "alias": "champion", "version": "1"}, nil)
	u.service.reload()
}

// registry makes one call to the user's MLflow server.
func (u *user) registry(t *testing.T, method, path string, body, answer any) {
	t.Helper()
	if err := call(u.mlflow, method, path, body, answer); err != nil {
		t.Fatal(err)
	}
}

// wantAliases holds the registry to a text such as "champion=2 previous=1".
func (u *user) wantAliases(t *testing.T, want string) {
	t.Helper()
	got := aliases(t, u)
	for pair := range strings.FieldsSeq(want) {
		alias, version, _ := strings.Cut(pair, "=")
		if got[alias] != version {
			t.Errorf("@%s is %q, expected %q", alias, got[alias], version)
		}
	}
}

func aliases(t *testing.T, u *user) map[string]string {
	t.Helper()
	got, err := readAliases(u.mlflow, u.model)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func readAliases(mlflow, model string) (map[string]string, error) {
	var answer struct {
		Model struct {
			Aliases []struct{ Alias, Version string } `json:"aliases"`
		} `json:"registered_model"`
	}
	if err := call(mlflow, http.MethodGet, "registered-models/get?name="+url.QueryEscape(model), nil, &answer); err != nil {
		return nil, err
	}
	aliases := map[string]string{}
	for _, a := range answer.Model.Aliases {
		aliases[a.Alias] = a.Version
	}
	return aliases, nil
}

func call(mlflow, method, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(method, mlflow+"/api/2.0/mlflow/"+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", method, path, response.Status)
	}
	if answer == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

// A modelService serves what @champion was when it was last reloaded.
type modelService struct {
	user    *user
	server  *httptest.Server
	mu      sync.Mutex
	version string
	reloads int
}

func startService(t *testing.T, u *user) *modelService {
	t.Helper()
	s := &modelService{user: u}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /reload", func(w http.ResponseWriter, r *http.Request) {
		if given := r.Header.Get("Authorization"); given != "" && given != "Bearer "+serviceToken {
			http.Error(w, "wrong token", http.StatusUnauthorized)
			return
		}
		if err := s.reload(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /model-info", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"model": %q, "alias": "champion", "version": %q}`, u.model, s.version)
	})
	s.server = httptest.NewServer(mux)
	t.Cleanup(s.server.Close)
	return s
}

// URL is the service as the jobs reach it: act's containers share the host's
// network.
func (s *modelService) URL() string { return s.server.URL }

func (s *modelService) reload() error {
	got, err := readAliases(s.user.mlflow, s.user.model)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = got["champion"]
	s.reloads++
	return err
}

// reloaded is how often it was told to.
func (s *modelService) reloaded() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reloads
}

// One MLflow server serves all tests, models are told apart by their names;
// and one copy of the action, so that its image is built once.
var shared struct {
	copied sync.Once
	action string
	built  bool

	once   sync.Once
	dir    string // the server's
	mlflow *mlflowtest.Server
	failed error
}

func TestMain(m *testing.M) {
	if err := sweep(); err != nil {
		fmt.Fprintln(os.Stderr, "removing what earlier runs have left:", err)
	}
	status := m.Run()
	_ = sweep() // the next run tries again
	if shared.mlflow != nil {
		shared.mlflow.Stop()
	}
	os.RemoveAll(shared.dir)
	os.RemoveAll(shared.action)
	os.Exit(status)
}

func startMLflow(t *testing.T) string {
	t.Helper()
	interpreter := pythontest.Interpreter(t)
	shared.once.Do(func() {
		if shared.dir, shared.failed = os.MkdirTemp("", "mlflow-"); shared.failed == nil {
			// All addresses, as containers on a bridge ask too.
			shared.mlflow, shared.failed = mlflowtest.Launch(interpreter, shared.dir, "--host", "0.0.0.0", "--allowed-hosts", "*")
		}
	})
	if shared.failed != nil {
		t.Fatal(shared.failed)
	}
	return shared.mlflow.URI
}

// actionCopy is the working tree as a clone would have it, so that act copies
// no environment into a container.
func actionCopy(t *testing.T) string {
	t.Helper()
	shared.copied.Do(func() { shared.action = copyAction(t) })
	if shared.action == "" {
		t.Fatal("there is no copy of the action")
	}
	return shared.action
}

func copyAction(t *testing.T) string {
	t.Helper()
	to, err := os.MkdirTemp("", "ct-action-")
	if err != nil {
		t.Fatal(err)
	}
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = ".."
	names, err := list.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join("..", name))
		if os.IsNotExist(err) {
			continue // deleted, and not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(to, name), string(text))
	}
	return to
}

func copyInto(t *testing.T, to, from string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
