package mlflow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/promote"
)

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	page := map[string]string{"Content-Type": "text/html"}
	for name, test := range map[string]struct {
		step step
		want []string
	}{
		"no such model": {step{status: 404, body: `{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"Registered Model with name=churn not found","sqlstate":"KAM00"}`},
			[]string{"reading registered model churn: GET http://", "/base/api/2.0/mlflow/registered-models/get: HTTP 404 RESOURCE_DOES_NOT_EXIST: Registered Model with name=churn not found\nhint: check the name of the model"}},
		"no such workspace": {step{status: 404, body: `{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"Workspace 'team-a' not found","sqlstate":"KAM00"}`},
			[]string{"HTTP 404 RESOURCE_DOES_NOT_EXIST: Workspace 'team-a' not found\nhint: correct MLFLOW_WORKSPACE (team-a)"}},
		"no such workspace, named like a model": {step{status: 404, body: `{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"Workspace 'registered-model' not found"}`},
			[]string{"correct MLFLOW_WORKSPACE"}},
		"no workspace of that spelling": {step{status: 400, body: `{"error_code":"INVALID_PARAMETER_VALUE","message":"Workspace name 'Team A' must match the pattern"}`},
			[]string{"correct MLFLOW_WORKSPACE"}},
		"a server without workspaces": {step{status: 501, body: `{"error_code":"FEATURE_DISABLED","message":"Workspace APIs are not available: workspaces are not enabled on this server"}`},
			[]string{"unset MLFLOW_WORKSPACE (team-a)"}},
		"something else is missing": {step{status: 404, body: `{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"No Experiment with id=7 exists"}`},
			[]string{"the answer is not about what was asked for"}},
		"code as a number": {step{status: 400, body: `{"error_code":400,"message":"bad"}`}, []string{"HTTP 400 400: bad"}},
		"host check": {step{status: 403, body: "Invalid Host header - possible DNS rebinding attack detected", header: map[string]string{"Content-Type": "text/plain"}},
			[]string{"HTTP 403: Invalid Host header", "--allowed-hosts"}},
		"no credentials": {step{status: 401, body: "You are not authenticated. Please see the documentation", header: page},
			[]string{"HTTP 401: You are not authenticated", "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"}},
		"no permission": {step{status: 403, body: "Permission denied", header: page}, []string{"the permission READ"}},
		"wrong base path": {step{status: 404, body: "<!doctype html><title>404 Not Found</title>", header: page},
			[]string{"HTTP 404: Not Found\nhint: no MLflow API at this path; check the base path"}},
		"login page": {step{body: "<html>sign in</html>", header: page},
			[]string{"does not look like an MLflow server", "an HTML page", "login page"}},
		"another service": {step{body: `{"status":"ok"}`}, []string{"does not look like an MLflow server", "JSON of another kind"}},
		"an array":        {step{body: `[]`}, []string{"does not look like an MLflow server"}},
		"an empty answer": {step{body: ``}, []string{"does not look like an MLflow server", "got nothing"}},
		"login host": {step{status: 302, header: map[string]string{"Location": "https://sso.example.com/login?secret=1"}},
			[]string{"HTTP 302", "a redirect to https://sso.example.com, where credentials are not sent"}},
		"a prompt": {step{body: `{"registered_model":{"name":"churn","tags":[{"key":"mlflow.prompt.is_prompt","value":"True"}]}}`},
			[]string{"a prompt and not a model\nhint: prompts and models share one name space"}},
		"hostile words": {step{status: 400, body: `{"error_code":"X\n::error::","message":"a\r\n::set-output name=x::y\u001b[31m\u202e ` + strings.Repeat("z", 5000) + `"}`},
			[]string{"HTTP 400 X ::error::: a ::set-output name=x::y [31m zzz", "…"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.step.want = getChurn
			_, err := newFake(t, test.step).client("MLFLOW_WORKSPACE=team-a").Model(t.Context(), "churn")
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is missing in:\n%v", want, err)
				}
			}
			checkText(t, err)
			if got, want := errors.Is(err, promote.ErrNotFound), name == "no such model"; got != want {
				t.Errorf("not found: %v, want %v", got, want)
			}
			if errors.Is(err, promote.ErrUnknownOutcome) {
				t.Error("a read has an unknown outcome")
			}
		})
	}
}

type failer interface {
	Errorf(format string, args ...any)
}

// checkText holds what every error text promises: at most two lines, the
// second a hint, no control characters, a bounded length.
func checkText(t failer, err error) {
	lines := strings.Split(err.Error(), "\n")
	if len(lines) > 2 || len(lines) == 2 && !strings.HasPrefix(lines[1], "hint: ") {
		t.Errorf("%d lines:\n%v", len(lines), err)
	}
	for _, r := range strings.ReplaceAll(err.Error(), "\n", "") {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			t.Errorf("holds %U: %q", r, err)
		}
	}
	if n := len([]rune(err.Error())); n > 1500 {
		t.Errorf("%d characters long", n)
	}
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := newClient(t, server.URL).Datasets(t.Context(), "r1")
	if err == nil || !strings.Contains(err.Error(), "(after 3 attempts)\nhint: no server listens there; inside a container") {
		t.Errorf("got %v", err)
	}
	err = newClient(t, server.URL).Apply(t.Context(), "churn", promote.Move{Kind: promote.SetAlias, Alias: "a", Version: "1"})
	if err == nil || errors.Is(err, promote.ErrUnknownOutcome) {
		t.Errorf("a write that never left: %v", err)
	}
}

func TestPlainServerUnderHTTPS(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, err := newClient(t, strings.Replace(server.URL, "http:", "https:", 1)).Datasets(t.Context(), "r1")
	if err == nil || !strings.Contains(err.Error(), "write the address with http://") {
		t.Errorf("got %v", err)
	}
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newFake(t).client().Model(ctx, "churn")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Whatever a server or the network does, echoing our own header included, no
// error text holds a password or a token.
func TestNoCredentialInAnyError(t *testing.T) {
	t.Parallel()
	type reply struct {
		status int
		body   string
	}
	var next atomic.Pointer[reply]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, body := next.Load().status, next.Load().body
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		user, password, _ := r.BasicAuth()
		w.Header().Set("Location", "https://"+url.UserPassword(user, password).String()+"@elsewhere/login")
		w.WriteHeader(status)
		fmt.Fprintf(w, body, r.Header.Get("Authorization"), password, url.QueryEscape(password))
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	rapid.Check(t, func(t *rapid.T) {
		secret := "S3" + rapid.StringMatching(`[a-zA-Z0-9@:/%# '"+=&?]{4,20}`).Draw(t, "secret")
		status := rapid.SampledFrom([]int{0, 200, 302, 400, 401, 403, 404, 500}).Draw(t, "status")
		body := rapid.SampledFrom([]string{
			`{"error_code":"BAD_REQUEST","message":"%[1]s"}`,
			`you sent %s, that is %s or %s`,
			`<html>%s %s %s</html>`,
		}).Draw(t, "body")
		next.Store(&reply{status, body})
		cfg := Config{TrackingURI: "http://" + host, Policy: hurry}
		switch rapid.IntRange(0, 2).Draw(t, "where") {
		case 0:
			cfg.TrackingURI = "http://" + url.UserPassword("ann", secret).String() + "@" + host
		case 1:
			cfg.Getenv = getenv("MLFLOW_TRACKING_USERNAME=ann", "MLFLOW_TRACKING_PASSWORD="+secret)
		case 2:
			cfg.Getenv = getenv("MLFLOW_TRACKING_TOKEN=" + secret)
		}
		c, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, readErr := c.Model(context.Background(), "churn")
		writeErr := c.Apply(context.Background(), "churn", promote.Move{Kind: promote.SetModelTag, Key: "k", Value: "v"})
		for _, err := range []error{readErr, writeErr} {
			if err == nil {
				t.Fatal("no error")
			}
			header, _ := strings.CutPrefix(c.tracking.auth, "Basic ")
			text := err.Error() + fmt.Sprintf("%+v", errors.Unwrap(err))
			for _, s := range append(c.Secrets(), header, url.QueryEscape(secret)) {
				if strings.Contains(text, s) {
					t.Errorf("%q is in: %s", s, text)
				}
			}
			checkText(t, err)
		}
	})
}
