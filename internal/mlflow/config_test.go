package mlflow

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// URIs that cannot be used are refused with what is supported, and without
// their passwords.
func TestURIs(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"http://host":                          "",
		"https://host:8443/ml/flow/":           "",
		" https://user:hunter22@host ":         "",
		"HTTPS://host":                         "",
		"http://[::1]:5000":                    "",
		"":                                     "no address given",
		"./mlruns":                             "a path or a bare name",
		"mlflow.example.com":                   "a path or a bare name",
		"localhost:5000":                       "hint: http://localhost:5000",
		"file:///data/mlruns":                  "a file: URI",
		"sqlite:///mlflow.db":                  "mlflow server --backend-store-uri",
		"postgresql://ann:hunter22@db/mlflow":  "a postgresql: URI",
		"databricks":                           "a path or a bare name",
		"databricks://profile":                 "Unity Catalog have a registry API of their own",
		"databricks-uc://profile":              "not supported",
		"uc:http://host":                       "not supported",
		"arn:aws:sagemaker:eu-west-1:1:mlflow": "sign requests",
		"http://":                              "not a URL with a host",
		"http://ann:hunter22@":                 "not a URL with a host",
		"http://ann:hun%ter22@host":            "not a URL with a host",
		"http://ann:hunter22/x@host":           "not a URL with a host",
		"http://host/#/models/churn":           "a query or fragment",
		"http://host/?token=hunter22":          "a query or fragment",
		"ann:hunter22@host":                    "supported is",
		"http://host:port with hunter22@":      "not a URL with a host",
	} {
		_, err := New(Config{TrackingURI: uri, Getenv: getenv()})
		if want == "" {
			if err != nil {
				t.Errorf("%q: %v", uri, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", uri, err, want)
			continue
		}
		if !strings.HasPrefix(err.Error(), "tracking-uri: ") || strings.Contains(err.Error(), "hunter22") {
			t.Errorf("%q: %v", uri, err)
		}
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := New(Config{TrackingURI: "file:///mlruns", RegistryURI: "databricks://x", Getenv: getenv(
		"MLFLOW_TRACKING_USERNAME=ann",
		"MLFLOW_TRACKING_INSECURE_TLS=1",
		"MLFLOW_TRACKING_SERVER_CERT_PATH=/does/not/exist.pem",
		"MLFLOW_TRACKING_CLIENT_CERT_PATH=/does/not/exist.key",
		"MLFLOW_TRACKING_AWS_SIGV4=true",
		"MLFLOW_TRACKING_AUTH=plugin",
		"MLFLOW_HTTP_REQUEST_TIMEOUT=soon",
		"MLFLOW_HTTP_REQUEST_MAX_RETRIES=12",
	)})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"tracking-uri: a file: URI", "registry-uri: a databricks: URI",
		"only one of the two is set",
		"MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH are both set",
		"/does/not/exist.pem: no such file", "/does/not/exist.key: no such file",
		"MLFLOW_TRACKING_AWS_SIGV4:", "MLFLOW_TRACKING_AUTH:",
		`MLFLOW_HTTP_REQUEST_TIMEOUT: "soon"`, `MLFLOW_HTTP_REQUEST_MAX_RETRIES: "12"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
}

func TestBooleanVariables(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"true": "", "True": "", "0": "", "": "", "yes": `"yes": expected true, false, 1 or 0`} {
		_, err := New(Config{TrackingURI: "http://host", Getenv: getenv("MLFLOW_TRACKING_INSECURE_TLS=" + value)})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", value, err)
		}
	}
}

// The server's certificate is verified against the file or the directory, not
// at all when asked so, and refused with a hint otherwise.
func TestTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, oneRun)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused handshake is expected
	server.StartTLS()
	t.Cleanup(server.Close)
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ env, want string }{
		"file":      {"MLFLOW_TRACKING_SERVER_CERT_PATH=" + ca, ""},
		"directory": {"MLFLOW_TRACKING_SERVER_CERT_PATH=" + dir, ""},
		"insecure":  {"MLFLOW_TRACKING_INSECURE_TLS=true", ""},
		"unknown":   {"", "hint: the certificate's authority is unknown; set MLFLOW_TRACKING_SERVER_CERT_PATH"},
	} {
		_, err := newClient(t, server.URL, test.env).Datasets(t.Context(), "r1")
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}
