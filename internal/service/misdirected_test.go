package service

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What no deployment mends is told apart from a service that is on its way.
func TestMisdirected(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		want   bool
	}{
		"forbidden":       {http.StatusForbidden, "", true},
		"no such page":    {http.StatusNotFound, "", true},
		"a login page":    {http.StatusOK, "<html>log in</html>", true},
		"another shape":   {http.StatusOK, `{"release": 8}`, true},
		"a list for text": {http.StatusOK, `{"version": [8]}`, true},
		"starting":        {http.StatusServiceUnavailable, "", false},
		"busy":            {http.StatusTooManyRequests, "", false},
		"no model loaded": {http.StatusOK, `{"version": null}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			defer server.Close()
			c, err := New(Config{URL: server.URL, Version: "/version"})
			if err != nil {
				t.Fatal(err)
			}
			_, _, _, err = c.ModelInfo(t.Context())
			if got := errors.As(err, new(misdirected)); err == nil || got != test.want {
				t.Errorf("%v: misdirected %t, expected %t", err, got, test.want)
			}
		})
	}
}

// A name is compared by the caller, and so comes back whole where it is the
// expected one; any other is only shown.
func TestExpectedModel(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("long  name ", 20) + secret
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"model": "`+name+`", "version": 8}`)
	}))
	defer server.Close()
	for _, expected := range []string{name, "churn"} {
		c, err := New(Config{URL: server.URL, Token: secret, Model: "/model", Version: "/version", Expected: expected})
		if err != nil {
			t.Fatal(err)
		}
		model, _, _, err := c.ModelInfo(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if (model == name) != (expected == name) {
			t.Errorf("expecting %.20s…, the model came back as %q", expected, model)
		}
	}
}
