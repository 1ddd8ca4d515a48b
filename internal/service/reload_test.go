package service

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// reload asks a service that answers so for a reload.
func reload(t *testing.T, token string, handler http.HandlerFunc) error {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	r, err := NewReload(Config{URL: server.URL + "/base/reload?q=" + secret, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	return r.Reload(ctx)
}

// One POST without a body, with the bearer token; any 2xx is enough, whatever it says.
func TestReload(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"done": 200, "accepted": 202, "no content": 204} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			err := reload(t, secret, func(w http.ResponseWriter, r *http.Request) {
				asked++
				body, _ := io.ReadAll(r.Body)
				if r.Method != http.MethodPost || r.URL.Path != "/base/reload" || len(body) > 0 || r.Header.Get("Authorization") != "Bearer "+secret {
					t.Errorf("%s %s %q, Authorization %q", r.Method, r.URL.Path, body, r.Header.Get("Authorization"))
				}
				w.WriteHeader(status)
				if status == 200 {
					_, _ = io.WriteString(w, "<html>whatever")
				}
			})
			if err != nil || asked != 1 {
				t.Errorf("%v, asked %d times", err, asked)
			}
		})
	}
}

func TestReloadFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		token       string
		handler     http.HandlerFunc
		misdirected bool
		want        string
	}{
		"no token":      {"", says(401, "who are you?"), true, "HTTP 401 Unauthorized: who are you?\nhint: the service wants credentials: give its bearer token as reload-token"},
		"another token": {secret, says(403, `{"token": "`+secret+`"}`), true, `HTTP 403 Forbidden: {"token": "***"}` + "\nhint: the service does not accept the credentials that it was given"},
		"another path":  {secret, says(404, ""), true, "HTTP 404 Not Found\nhint: reload-url is the whole address, path included, such as https://churn.example.com/reload"},
		"GET alone":     {secret, says(405, ""), true, "HTTP 405 Method Not Allowed"},
		"old model":     {secret, says(409, "v7 does not load:\n::error::x"), true, "HTTP 409 Conflict: v7 does not load: ::error::x"},
		"broken":        {secret, says(500, strings.Repeat("x", 500)), false, "HTTP 500 Internal Server Error: " + strings.Repeat("x", 199) + "…"},
		"still starts":  {secret, says(503, "starting"), false, "HTTP 503 Service Unavailable: starting"},
		"moved": {secret, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://login.example/in?x="+secret, http.StatusFound)
		}, true, "HTTP 302 Found\nhint: a redirect to https://login.example, which is not followed"},
		"cut": {secret, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := reload(t, c.token, c.handler)
			if err == nil {
				t.Fatal("accepted")
			}
			var m interface{ Misdirected() bool }
			if got := errors.As(err, &m) && m.Misdirected(); got != c.misdirected {
				t.Errorf("misdirected %t: %v", got, err)
			}
			if text := err.Error(); !strings.HasPrefix(text, "POST http://") || !strings.Contains(text, "/base/reload: ") || !strings.Contains(text, c.want) || strings.Contains(text, secret) {
				t.Errorf("%q, expected POST, the address and %q", text, c.want)
			}
		})
	}
}

// No answer before the caller's time is up says so, and is told apart.
func TestReloadTakesTooLong(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	r, err := NewReload(Config{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = r.Reload(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer before the time was up") {
		t.Errorf("%v", err)
	}
}

func TestNewReloadRefuses(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"ftp://churn.example/reload":       "reload-url: not a URL with a host; expected http:// or https://, such as https://churn.example.com/reload",
		"https://a:pw12345@churn.example/": "reload-url: holds a user name or password, and reload-token is given too",
	} {
		if _, err := NewReload(Config{URL: url, Token: secret}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "pw12345") {
			t.Errorf("%v, expected %q", err, want)
		}
	}
}
