//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/pythontest"
)

// What is measured: the share of failed requests, the 95th percentile of their time,
// the mean of the scores. The limits are far from what a loaded machine does.
const (
	errorShare = `(sum(rate(churn_requests_total{path="/predict",status="500"}[5s])) or vector(0)) / sum(rate(churn_requests_total{path="/predict"}[5s]))`
	percentile = `histogram_quantile(0.95, sum by (le) (rate(churn_request_seconds_bucket{path="/predict"}[5s])))`
	meanScore  = `sum(rate(churn_prediction_probability_sum[5s])) / sum(rate(churn_prediction_probability_count[5s]))`
)

// TestBake watches the real service by a real Prometheus while a version goes bad after
// the flip, and while none does.
func TestBake(t *testing.T) {
	if _, err := exec.LookPath("prometheus"); err != nil {
		t.Skip("no prometheus on this machine; Debian and Ubuntu have a package of that name")
	}
	b := newBakery(t, "bake-churn")
	b.register(t, "none", "none", "errors", "latency", "scores")
	b.serve(t)
	prometheus := startPrometheus(t, b.service)
	b.traffic(t)

	for _, c := range []struct {
		name, version, address, query, condition string
		outcome, says                            string
	}{
		{"none (A/A), errors", "2", prometheus, errorShare, "<=0.05", "verified", ""},
		{"none (A/A), scores", "2", prometheus, meanScore, "<=0.5", "verified", ""},
		{"errors", "3", prometheus, errorShare, "<=0.05", "rolled-back", "bake: 3 of "},
		{"latency", "4", prometheus, percentile, "<=1", "rolled-back", "bake: 3 of "},
		{"scores", "5", prometheus, meanScore, "<=0.5", "rolled-back", "bake: 3 of "},
		{"no such metric", "2", prometheus, `rate(nonesuch[5s])`, "<=1", "failed", "bake: inconclusive: 4 of 4"},
		{"Prometheus down", "2", "http://127.0.0.1:9", errorShare, "<=1", "failed", "bake: inconclusive: 4 of 4"},
		{"no PromQL", "2", prometheus, `sum(`, "<=1", "failed", "bake: not begun, nothing was moved"},
	} {
		b.flip(t, "1", c.version)
		b.reload(t)
		began := time.Now()
		outcome, said := b.bake(t, c.address, c.query, c.condition)
		took := time.Since(began)
		b.release(t, c.version)
		champion, err := readAliases(b.mlflow, b.model)
		if err != nil {
			t.Fatal(err)
		}
		rolledBack := champion["champion"] == "1"
		if outcome != c.outcome || !strings.Contains(said, c.says) || rolledBack != (c.outcome == "rolled-back") {
			t.Errorf("%s: %s, @champion is v%s, expected %s and %q:\n%s", c.name, outcome, champion["champion"], c.outcome, c.says, said)
		}
		fmt.Printf("bake: %-20s %-12s after %4.1f s, rolled back: %t\n", c.name, outcome, took.Seconds(), rolledBack)
	}
}

// A bakery is a registry with a model whose versions go bad, and its service.
type bakery struct {
	model, mlflow, service string
	python                 string
}

func newBakery(t *testing.T, model string) *bakery {
	return &bakery{model: model, mlflow: startMLflow(t), python: pythontest.Interpreter(t)}
}

// register makes one version for each fault.
func (b *bakery) register(t *testing.T, faults ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), b.python, append([]string{"testdata/faulty_models.py", b.model}, faults...)...)
	cmd.Env = append(os.Environ(), "MLFLOW_TRACKING_URI="+b.mlflow, "MLFLOW_DISABLE_TELEMETRY=true")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("registering versions: %v\n%s", err, text)
	}
}

// flip makes a version the champion, and another one the previous.
func (b *bakery) flip(t *testing.T, previous, champion string) {
	t.Helper()
	for alias, version := range map[string]string{"previous": previous, "champion": champion} {
		if err := call(b.mlflow, http.MethodPost, "registered-models/alias", map[string]string{"name": b.model, "alias": alias, "version": version}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// release takes the quarantine away, so that the version can serve in the next case.
func (b *bakery) release(t *testing.T, version string) {
	t.Helper()
	body := map[string]string{"name": b.model, "version": version, "key": "quarantined", "value": "false"}
	if err := call(b.mlflow, http.MethodPost, "model-versions/set-tag", body, nil); err != nil {
		t.Fatal(err)
	}
}

// serve starts the service of examples/churn.
func (b *bakery) serve(t *testing.T) {
	t.Helper()
	b.flip(t, "1", "1")
	project, err := filepath.Abs("../examples/churn")
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"MLFLOW_TRACKING_URI=" + b.mlflow, "MODEL_NAME=" + b.model, "RELOAD_TOKEN=bake", "PREDICTION_LOG=", "MLFLOW_DISABLE_TELEMETRY=true"}
	server, err := pythontest.Serve(project, filepath.Join(t.TempDir(), "service.log"), env,
		b.python, "-m", "uvicorn", "service.app:app", "--port", "0", "--no-access-log")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	b.service = server.URI
}

func (b *bakery) reload(t *testing.T) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.service+"/reload", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer bake")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
		t.Fatalf("POST /reload: %s: %s", response.Status, text)
	}
}

// traffic asks for a prediction twenty times a second until the test ends, whatever
// becomes of it.
func (b *bakery) traffic(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	ask := func() {
		body := fmt.Sprintf(`{"customers": [{"tenure": %.1f}]}`, 70*rand.Float64())
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.service+"/predict", strings.NewReader(body))
		if err != nil {
			return
		}
		request.Header.Set("Content-Type", "application/json")
		if response, err := http.DefaultClient.Do(request); err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	}
	places := make(chan struct{}, 30) // so that a slow service is not buried
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			select {
			case places <- struct{}{}:
				go func() { ask(); <-places }()
			default:
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
}

// bake runs the built action, and returns its outcome and what it said.
func (b *bakery) bake(t *testing.T, address, query, condition string) (outcome, said string) {
	t.Helper()
	binary, err := filepath.Abs("../bin/ct-action")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "verify", "--model-name", b.model, "--tracking-uri", b.mlflow,
		"--verify-url", b.service+"/model-info", "--bake-url", address, "--bake-query", query, "--success-condition", condition,
		"--bake-delay", "off", "--bake-for", "16s", "--bake-interval", "1s")
	cmd.Dir = t.TempDir()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(cmd.Dir, ".ct", b.model, "decision.json"))
	var decision struct{ Outcome string }
	if err == nil {
		err = json.Unmarshal(text, &decision)
	}
	if err != nil {
		t.Fatalf("the decision: %v\n%s", err, out.String())
	}
	return decision.Outcome, out.String()
}

// startPrometheus starts one that reads a service's metrics each second, and returns
// its address once it has read them.
func startPrometheus(t *testing.T, service string) string {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	config := fmt.Sprintf("global: {scrape_interval: 1s}\nscrape_configs: [{job_name: churn, static_configs: [{targets: [%q]}]}]\n", strings.TrimPrefix(service, "http://"))
	write(t, filepath.Join(dir, "prometheus.yml"), config)
	address := "127.0.0.1:" + strconv.Itoa(port)
	cmd := exec.Command("prometheus", "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for began := time.Now(); time.Since(began) < 2*time.Minute; time.Sleep(200 * time.Millisecond) {
		response, err := http.Get("http://" + address + "/api/v1/query?query=churn_model_version")
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if bytes.Contains(text, []byte(`"version":"1"`)) {
			return "http://" + address
		}
	}
	_ = cmd.Process.Kill()
	t.Fatalf("Prometheus has read no metric of %s after two minutes:\n%s", service, log.String())
	return ""
}

// freePort is one that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
