package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const secret = "s3cr3t-bearer-token"

// pointers are the defaults of the inputs.
func pointers(address string) Config {
	return Config{URL: address, Model: "/model", Alias: "/alias", Version: "/version"}
}

// serve is a service that answers so, and a client for it.
func serve(t *testing.T, change func(*Config), handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	cfg := pointers(server.URL + "/base/model-info")
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func TestModelInfo(t *testing.T) {
	t.Parallel()
	lesson := Config{}
	for name, test := range map[string]struct {
		pointers Config
		body     string
		want     string // model alias version
	}{
		"lesson":            {lesson, `{"model": "churn", "alias": "champion", "version": "8"}`, "churn champion 8"},
		"number":            {lesson, `{"model": "churn", "alias": "champion", "version": 8}`, "churn champion 8"},
		"float":             {lesson, `{"version": 8.0}`, "  8"},
		"exponent":          {lesson, `{"version": 1e1}`, "  10"},
		"fraction":          {lesson, `{"version": 8.5}`, "  8.5"},
		"beyond a float":    {lesson, `{"version": 90071992547409931}`, "  90071992547409931"},
		"endless":           {lesson, `{"version": 1e999999999}`, "  1e999999999"},
		"text with a zero":  {lesson, `{"version": "8.0"}`, "  8.0"},
		"blanks":            {lesson, ` {"version": " 8\n"} ` + "\n", "  8"},
		"null model":        {lesson, `{"model": null, "version": "8"}`, "  8"},
		"array":             {Config{Version: "/models/1/version"}, `{"models": [{"version": 3}, {"version": 8}]}`, "  8"},
		"array at the root": {Config{Version: "/0"}, `["8"]`, "  8"},
		"escaped":           {Config{Model: "/a~1b", Version: "/m~0n"}, `{"a/b": "churn", "m~n": 8}`, "churn  8"},
		"empty name":        {Config{Version: "/"}, `{"": 8}`, "  8"},
		"not asked for":     {Config{Version: "/version"}, `{"model": "churn", "alias": "champion", "version": "8"}`, "  8"},
		"controls":          {lesson, `{"model": "a\u001b[31m\r\n::error::b\u202e", "version": "8"}`, "a [31m ::error::b  8"},
		"long":              {lesson, `{"version": "` + strings.Repeat("8", 300) + `"}`, "  " + strings.Repeat("8", 99) + "…"},
		"echo":              {lesson, `{"model": "` + secret + `", "version": "8"}`, "***  8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, func(cfg *Config) {
				cfg.Token = secret
				if test.pointers.Version != "" {
					cfg.Model, cfg.Alias, cfg.Version = test.pointers.Model, test.pointers.Alias, test.pointers.Version
				}
			}, says(200, test.body))
			model, alias, version, err := c.ModelInfo(t.Context())
			if got := model + " " + alias + " " + version; got != test.want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestAnswersThatDoNotFit(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 100_000)
	many := `{"a0":0,"a1":0,"a2":0,"a3":0,"a4":0,"a5":0,"a6":0,"a7":0,"a8":0,"a9":0,"b0":0,"b1":0,"b2":0,"b3":0}`
	for name, test := range map[string]struct {
		version string // pointer
		status  int
		body    string
		want    string
	}{
		"no version":        {"/version", 200, `{"model": "churn", "revision": 8}`, "no /version in the answer: it is an object with model, revision\nhint: verify-version-pointer"},
		"no nested version": {"/served/0/version", 200, `{"served": [{"name": "churn"}]}`, "no /served/0/version in the answer: /served/0 is an object with name"},
		"beyond the array":  {"/served/3", 200, `{"served": [1, 2]}`, "no /served/3 in the answer: /served is an array of 2"},
		"through a text":    {"/version/number", 200, `{"version": "8"}`, "/version is a text"},
		"through null":      {"/version/number", 200, `{"version": null}`, "/version is null"},
		"many names":        {"/version", 200, many, "a9, b0, b1 and 2 more"},
		"hostile name":      {"/version", 200, `{"::error::\r\nx\u001b[0m": 1}`, "an object with ::error:: x [0m\n"},
		"empty object":      {"/version", 200, `{}`, "it is an empty object"},
		"null":              {"/version", 200, `{"version": null}`, "/version is null: the service has no model loaded"},
		"blank":             {"/version", 200, `{"version": " "}`, "/version is empty: the service has no model loaded"},
		"object":            {"/version", 200, `{"version": {"number": 8}}`, "/version is an object with number; expected text or a number"},
		"true":              {"/version", 200, `{"version": true}`, "/version is true; expected text or a number"},
		"other model":       {"/version", 200, `{"model": ["churn"], "version": 8}`, "/model is an array of 1; expected text or a number"},
		"other alias":       {"/version", 200, `{"alias": false, "version": 8}`, "/alias is false; expected text or a number"},
		"not JSON":          {"/version", 200, "v8\nof \x1b[31mchurn\xff", "the answer is not JSON: v8 of [31mchurn?"},
		"page":              {"/version", 200, "<html>sign in</html>", "the answer is not JSON: an HTML page"},
		"nothing":           {"/version", 200, "", "the answer is not JSON: it is empty"},
		"two values":        {"/version", 200, `{"version": 8} {"version": 9}`, "more follows it"},
		"deep":              {"/version", 200, deep, "the answer is not JSON: [[["},
		"too long":          {"/version", 200, `{"version": 8}` + strings.Repeat(" ", maxBody), "answer too long: more than 1048576 bytes"},
		"no content":        {"/version", 204, "", "HTTP 204 No Content"},
		"not found":         {"/version", 404, `{"detail": "Not Found"}`, "HTTP 404 Not Found: {\"detail\": \"Not Found\"}\nhint: verify-url is the whole address"},
		"unknown status":    {"/version", 599, "", "HTTP 599"},
		"long refusal":      {"/version", 503, strings.Repeat("é", 300), "HTTP 503 Service Unavailable: " + strings.Repeat("é", 199) + "…"},
		"refused":           {"/version", 401, "bad token " + secret, "HTTP 401 Unauthorized: bad token ***\nhint: the service does not accept the credentials"},
		"cut in the token":  {"/version", 403, strings.Repeat("x", 190) + secret, strings.Repeat("x", 190) + "***\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, func(cfg *Config) { cfg.Token, cfg.Version = secret, test.version }, says(test.status, test.body))
			model, alias, version, err := c.ModelInfo(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want %q", err, test.want)
			}
			if !strings.HasPrefix(err.Error(), "GET http://127.0.0.1:") || !strings.Contains(err.Error(), "/base/model-info: ") {
				t.Errorf("error %v, want the request in it", err)
			}
			if strings.Contains(err.Error(), secret) || strings.ContainsAny(err.Error(), "\r\x1b") {
				t.Errorf("error %q: shows what it must not", err)
			}
			if model+alias+version != "" {
				t.Errorf("%q %q %q beside an error", model, alias, version)
			}
		})
	}
}

func TestTheRequest(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Config)
		auth   string
		agent  string
	}{
		"plain": {func(*Config) {}, "", "ct-action"},
		"token": {func(c *Config) { c.Token = secret + "\n"; c.UserAgent = "ct-action/1.2.3" }, "Bearer " + secret, "ct-action/1.2.3"},
		"user": {func(c *Config) { c.URL = strings.Replace(c.URL, "://", "://ops:p%40ss@", 1) },
			"Basic b3BzOnBAc3M=", "ct-action"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got *http.Request
			c := serve(t, func(cfg *Config) { cfg.URL += "?deep=1#top"; test.change(cfg) }, func(w http.ResponseWriter, r *http.Request) {
				got = r
				fmt.Fprint(w, `{"version": 8}`)
			})
			if _, _, _, err := c.ModelInfo(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got.Method != "GET" || got.RequestURI != "/base/model-info?deep=1" || !got.Close {
				t.Errorf("%s %s, close %v", got.Method, got.RequestURI, got.Close)
			}
			for header, want := range map[string]string{"Authorization": test.auth, "User-Agent": test.agent,
				"Accept": "application/json", "Cache-Control": "no-cache"} {
				if got.Header.Get(header) != want {
					t.Errorf("%s: %q, want %q", header, got.Header.Get(header), want)
				}
			}
		})
	}
}

// The service is asked once, however it answers: the caller polls.
func TestNothingIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 429, 500, 503} {
		asked := 0
		c := serve(t, nil, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.WriteHeader(status)
		})
		if _, _, _, err := c.ModelInfo(t.Context()); err == nil || asked != 1 {
			t.Errorf("status %d: asked %d times, %v; want once and an error", status, asked, err)
		}
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("another host was asked, with Authorization %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	c := serve(t, func(cfg *Config) { cfg.Token = secret; cfg.URL += "?to=" + elsewhere.URL }, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to")+"/login?token="+r.Header.Get("Authorization"), http.StatusFound)
	})
	_, _, _, err := c.ModelInfo(t.Context())
	want := "HTTP 302 Found"
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "a redirect to "+elsewhere.URL+", which is not followed") {
		t.Errorf("error %v, want %q and where it leads", err, want)
	}
	if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "?") {
		t.Errorf("error %q: shows what it must not", err)
	}

	same := serve(t, func(cfg *Config) { cfg.Token = secret }, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/model-info" {
			http.Redirect(w, r, "/v2/model-info", http.StatusMovedPermanently)
			return
		}
		fmt.Fprintf(w, `{"model": %q, "version": 8}`, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer s3"))
	})
	model, _, version, err := same.ModelInfo(t.Context())
	if model != "cr3t-bearer-token" || version != "8" || err != nil {
		t.Errorf("same host: model %q, version %q, %v; want the redirect followed with its token", model, version, err)
	}

	round := serve(t, nil, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	})
	if _, _, _, err := round.ModelInfo(t.Context()); err == nil || !strings.Contains(err.Error(), "HTTP 302") {
		t.Errorf("a circle: %v, want HTTP 302", err)
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	c, err := New(pointers(server.URL + "/model-info?key=" + secret))
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	_, _, _, err = c.ModelInfo(t.Context())
	if err == nil || !strings.Contains(err.Error(), "connection refused\nhint: no server listens there") || strings.Contains(err.Error(), secret) {
		t.Errorf("error %v, want refused, without the query", err)
	}

	cut := serve(t, nil, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if _, _, _, err := cut.ModelInfo(t.Context()); err == nil || !strings.Contains(err.Error(), "EOF") {
		t.Errorf("error %v, want EOF", err)
	}
}

// transport answers a request by a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// drip is a body whose bytes never end, one a second.
type drip struct{}

func (drip) Read(p []byte) (int, error) { time.Sleep(time.Second); p[0] = ' '; return 1, nil }

func TestTenSeconds(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]transport{
		"silent": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"dripping": func(r *http.Request) (*http.Response, error) {
			body, w := io.Pipe()
			go func() {
				for r.Context().Err() == nil {
					_, _ = io.CopyN(w, drip{}, 1) // ends with the context
				}
				w.CloseWithError(r.Context().Err())
			}()
			return &http.Response{StatusCode: 200, Body: body, Request: r}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := pointers("https://churn.example.com/model-info")
				cfg.Transport = answer
				c, err := New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				_, _, _, err = c.ModelInfo(t.Context())
				if took := time.Since(start); took < limit || took > limit+time.Second {
					t.Errorf("ended after %s, want %s", took, limit)
				}
				if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer within 10s") {
					t.Errorf("error %v, want the limit", err)
				}

				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				if _, _, _, err = c.ModelInfo(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer before the time was up") {
					t.Errorf("error %v, want the caller's own limit", err)
				}

				ctx, cancel = context.WithCancel(t.Context())
				time.AfterFunc(2*time.Second, cancel)
				if _, _, _, err = c.ModelInfo(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("error %v, want canceled", err)
				}
			})
		})
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cfg  Config
		want []string
	}{
		"nothing":      {Config{}, []string{"verify-url: not a URL", "verify-version-pointer: none given"}},
		"all at once":  {Config{URL: "ftp://x", Model: "model", Alias: "#/alias", Version: "version"}, []string{"verify-url: ", `verify-model-pointer: "model" is not a JSON pointer`, `verify-alias-pointer: "#/alias"`, `verify-version-pointer: "version"`}},
		"no host":      {Config{URL: "http:///model-info", Version: "/v"}, []string{"verify-url: not a URL with a host"}},
		"unparsable":   {Config{URL: "http://ops:" + secret + "@host:port/", Version: "/v"}, []string{"verify-url: not a URL with a host"}},
		"both":         {Config{URL: "http://ops:" + secret + "@host/", Token: secret, Version: "/v"}, []string{"verify-url: holds a user name or password, and verify-token is given too"}},
		"broken token": {Config{URL: "http://host/", Token: secret + "\nX-Admin: 1", Version: "/v"}, []string{"verify-token: holds a control character or a line break"}},
		"lone tilde":   {Config{URL: "http://host/", Version: "/a~b"}, []string{`verify-version-pointer: "/a~b" is not`}},
		"last tilde":   {Config{URL: "http://host/", Version: "/a~"}, []string{`verify-version-pointer: "/a~" is not`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(test.cfg)
			if err == nil {
				t.Fatalf("no error, want %q", test.want)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want %q", err, want)
				}
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("error %q shows the secret", err)
			}
		})
	}
}
