package mlflow

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/org/ct-action/internal/retry"
)

// A step is one request that the fake expects, and its answer.
type step struct {
	want   string // METHOD path?query, or METHOD path BODY; below the base path
	status int    // 0: 200; -1: cut the connection
	body   string
	header map[string]string
}

// A fake plays its steps in order below the base path /base. A request that is
// not the next step fails the test, and so does a step that never came.
type fake struct {
	t     *testing.T
	mu    sync.Mutex
	steps []step
	seen  []http.Header
	url   string
}

func newFake(t *testing.T, steps ...step) *fake {
	f := &fake{t: t, steps: steps}
	server := httptest.NewServer(f)
	f.url = server.URL + "/base"
	t.Cleanup(func() {
		server.Close()
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, s := range f.steps {
			t.Errorf("request that never came: %s", s.want)
		}
	})
	return f
}

// client has the fake as its server, and hurries.
func (f *fake) client(env ...string) *Client {
	f.t.Helper()
	return newClient(f.t, f.url+"/", env...)
}

var hurry = retry.Policy{Attempts: 3, MinWait: time.Millisecond, MaxWait: 2 * time.Millisecond, PerCall: 2 * time.Second, Total: 5 * time.Second}

func newClient(t *testing.T, uri string, env ...string) *Client {
	t.Helper()
	c, err := New(Config{TrackingURI: uri, Getenv: getenv(env...), UserAgent: "ct-action/test", Policy: hurry})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// getenv is an environment of NAME=value pairs.
func getenv(env ...string) func(string) string {
	return func(name string) string {
		for _, e := range env {
			if k, v, _ := strings.Cut(e, "="); k == name {
				return v
			}
		}
		return ""
	}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	got := requestLine(r)
	if len(f.steps) == 0 || f.steps[0].want != got {
		f.t.Errorf("unexpected request %s; steps left: %d", got, len(f.steps))
		w.WriteHeader(http.StatusTeapot)
		return
	}
	s := f.steps[0]
	f.steps, f.seen = f.steps[1:], append(f.seen, r.Header)
	if s.status < 0 {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	for k, v := range s.header {
		w.Header().Set(k, v)
	}
	if s.status > 0 {
		w.WriteHeader(s.status)
	}
	fmt.Fprint(w, s.body)
}

func requestLine(r *http.Request) string {
	line := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/base")
	if r.URL.RawQuery != "" {
		query, _ := url.QueryUnescape(r.URL.RawQuery)
		line += "?" + query
	}
	if body, _ := io.ReadAll(r.Body); len(body) > 0 {
		line += " " + string(body)
	}
	return line
}

// oneRun is the server's answer about run r1.
const oneRun = `{"run": {"info": {"run_id": "r1"}}}`
