//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A watch notes who served what, and when: the versions that the service tells on
// /model-info, asked every 20 ms, and the moments at which @champion was moved, as a
// proxy before the registry sees them.
type watch struct {
	mu     sync.Mutex
	served []sighting // one for each change
	flips  []sighting
	missed []string // answers that told no version
}

// A sighting is a version, and the time at which it was first seen.
type sighting struct {
	version string
	at      time.Time
}

// modelInfo is what a service tells on /model-info.
type modelInfo struct {
	Model    string `json:"model"`
	Alias    string `json:"alias"`
	Version  string `json:"version"`
	LoadedAt string `json:"loaded_at"`
}

var asking = &http.Client{Timeout: 10 * time.Second}

func askModelInfo(ctx context.Context, service string) (info modelInfo, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, service+"/model-info", nil)
	if err != nil {
		return info, err
	}
	response, err := asking.Do(request)
	if err != nil {
		return info, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return info, err
	}
	if err := json.Unmarshal(text, &info); err != nil || response.StatusCode != http.StatusOK || info.Version == "" {
		return info, fmt.Errorf("GET /model-info: %s, expected a JSON object with a version: %.200s", response.Status, text)
	}
	return info, nil
}

// follow asks the service until the context ends.
func (w *watch) follow(ctx context.Context, service string) {
	for ctx.Err() == nil {
		info, err := askModelInfo(ctx, service)
		switch {
		case errors.Is(err, context.Canceled):
			return
		case err != nil:
			w.miss(err)
		default:
			w.see(info.Version)
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (w *watch) miss(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.missed = append(w.missed, err.Error())
}

func (w *watch) see(version string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.served); n == 0 || w.served[n-1].version != version {
		w.served = append(w.served, sighting{version, time.Now()})
	}
}

func (w *watch) flipped(version string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flips = append(w.flips, sighting{version, time.Now()})
}

// order is the versions in the order in which they were served.
func (w *watch) order() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var versions []string
	for _, s := range w.served {
		versions = append(versions, s.version)
	}
	return versions
}

// last is the version that was served last, other than one.
func (w *watch) last(other string) string {
	order := w.order()
	for _, version := range slices.Backward(order) {
		if version != other {
			return version
		}
	}
	return ""
}

// delays are how long it took from each move of @champion until the service served
// that version; a move that it never followed is an error.
func (w *watch) delays() ([]time.Duration, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var delays []time.Duration
	for _, flip := range w.flips {
		i := slices.IndexFunc(w.served, func(s sighting) bool { return s.version == flip.version && s.at.After(flip.at) })
		if i < 0 {
			return nil, fmt.Errorf("@champion was moved to v%s, and the service never served it after that", flip.version)
		}
		delays = append(delays, w.served[i].at.Sub(flip.at))
	}
	return delays, nil
}

// A registryWrite is one of the writes that the story watches.
type registryWrite struct {
	path                       string
	Alias, Version, Key, Value string
}

// proxy stands before the registry. Swallow may keep a write from it, which is told
// that all went well.
func (w *watch) proxy(t *testing.T, registry string, swallow func(registryWrite) bool) string {
	t.Helper()
	to, err := url.Parse(registry)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		write := watched(r)
		if swallow != nil && swallow(write) {
			fmt.Fprint(rw, "{}")
			return
		}
		forward.ServeHTTP(rw, r)
		if write.path == "registered-models/alias" && write.Alias == "champion" {
			w.flipped(write.Version)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// watched reads a write of an alias or of a tag, and leaves the request as it was.
func watched(r *http.Request) (write registryWrite) {
	_, path, _ := strings.Cut(r.URL.Path, "/mlflow/")
	if r.Method != http.MethodPost || path != "registered-models/alias" && path != "model-versions/set-tag" {
		return write
	}
	text, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(text))
	if err == nil && json.Unmarshal(text, &write) == nil {
		write.path = path
	}
	return write
}
