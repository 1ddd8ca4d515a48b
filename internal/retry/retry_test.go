package retry

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// An answer is what a scripted transport does for one attempt.
type answer struct {
	status     int // 0: err
	err        error
	retryAfter string
	body       string
	takes      time.Duration
}

// A script is a transport that plays its answers in order, the last for ever.
type script struct {
	answers []answer
	sent    []time.Time
	bodies  []string
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	a := s.answers[min(len(s.sent), len(s.answers)-1)]
	s.sent = append(s.sent, time.Now())
	if req.Body != nil {
		b, _ := io.ReadAll(req.Body)
		s.bodies = append(s.bodies, string(b))
	}
	select {
	case <-time.After(a.takes):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	if a.status == 0 {
		return nil, a.err
	}
	h := http.Header{}
	if a.retryAfter != "" {
		h.Set("Retry-After", a.retryAfter)
	}
	return &http.Response{StatusCode: a.status, Header: h, Request: req,
		Body: io.NopCloser(strings.NewReader(a.body))}, nil
}

var (
	refused = &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	unknown = &net.DNSError{Err: "no such host", IsNotFound: true}
	cut     = io.ErrUnexpectedEOF
)

func TestWhatIsTriedAgain(t *testing.T) {
	t.Parallel()
	ok := answer{status: 200, body: "fine"}
	for name, test := range map[string]struct {
		method     string
		idempotent bool
		first      answer
		attempts   int
		unsure     bool
	}{
		"get 503":                  {"GET", false, answer{status: 503}, 2, true},
		"get 408":                  {"GET", false, answer{status: 408}, 2, true},
		"get 500":                  {"GET", false, answer{status: 500}, 2, true},
		"get 502":                  {"GET", false, answer{status: 502}, 2, true},
		"get 504":                  {"GET", false, answer{status: 504}, 2, true},
		"get cut":                  {"GET", false, answer{err: cut}, 2, true},
		"get 501 is final":         {"GET", false, answer{status: 501}, 1, true},
		"get 404 is final":         {"GET", false, answer{status: 404}, 1, false},
		"delete cut":               {"DELETE", false, answer{err: cut}, 2, true},
		"post 429":                 {"POST", false, answer{status: 429}, 2, false},
		"post refused":             {"POST", false, answer{err: refused}, 2, false},
		"post unknown host":        {"POST", false, answer{err: unknown}, 2, false},
		"post cut is not repeated": {"POST", false, answer{err: cut}, 1, true},
		"post 503 is not repeated": {"POST", false, answer{status: 503}, 1, true},
		"post 408 is not repeated": {"POST", false, answer{status: 408}, 1, true},
		"post slow not repeated":   {"POST", false, answer{status: 200, takes: time.Hour}, 1, true},
		"patch cut, not repeated":  {"PATCH", false, answer{err: cut}, 1, true},
		"idempotent post cut":      {"POST", true, answer{err: cut}, 2, true},
		"idempotent post 503":      {"POST", true, answer{status: 503}, 2, true},
		"idempotent post slow":     {"POST", true, answer{status: 200, takes: time.Hour}, 2, true},
		"unknown authority":        {"GET", true, answer{err: x509.UnknownAuthorityError{}}, 1, false},
		"too long":                 {"GET", true, answer{status: 200, body: strings.Repeat("x", 2000)}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []answer{test.first, ok}}
				call := &Call{Idempotent: test.idempotent}
				req, _ := http.NewRequestWithContext(WithCall(t.Context(), call), test.method, "http://registry/", strings.NewReader("payload"))
				resp, err := NewClient(Policy{MaxBody: 1000}, s).Do(req)
				if len(s.sent) != test.attempts || call.Attempts != test.attempts {
					t.Errorf("%d attempts, %d counted, want %d (%v)", len(s.sent), call.Attempts, test.attempts, err)
				}
				if call.Unsure != test.unsure {
					t.Errorf("unsure %v, want %v", call.Unsure, test.unsure)
				}
				if test.attempts == 2 && (err != nil || resp.StatusCode != 200) {
					t.Errorf("after the second attempt: %v", err)
				}
				for _, b := range s.bodies {
					if b != "payload" {
						t.Errorf("body %q, want it whole each time", b)
					}
				}
			})
		})
	}
}

// A 503 that never heals, such as that of a server without artifacts, must
// come back as the answer it is, bounded by both limits.
func TestNeverEndingTrouble(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		policy   Policy
		answer   answer
		attempts int
		within   time.Duration
		want     string // in the error; empty: the answer itself
	}{
		"attempts":    {Policy{Attempts: 3}, answer{status: 503, body: "disabled due to --no-serve-artifacts"}, 3, 3 * time.Second, ""},
		"total":       {Policy{Attempts: 1000, Total: 40 * time.Second}, answer{status: 503}, 12, 40 * time.Second, ""},
		"slow":        {Policy{Attempts: 1000}, answer{takes: time.Hour}, 2, 60 * time.Second, "no answer within"},
		"retry-after": {Policy{}, answer{status: 429, retryAfter: "3600"}, 1, 0, ""},
		"refused":     {Policy{}, answer{err: refused}, 5, 30 * time.Second, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []answer{test.answer}}
				start := time.Now()
				resp, err := NewClient(test.policy, s).Get("http://registry/")
				if took := time.Since(start); took > test.within {
					t.Errorf("took %s, want at most %s", took, test.within)
				}
				if n := len(s.sent); n > test.attempts || n < (test.attempts+1)/2 {
					t.Errorf("%d attempts, want about %d", n, test.attempts)
				}
				if test.want == "" {
					if err != nil || resp.StatusCode != test.answer.status {
						t.Fatalf("got %v, want the last answer", err)
					}
					if b, _ := io.ReadAll(resp.Body); string(b) != test.answer.body {
						t.Errorf("body %q, want %q", b, test.answer.body)
					}
				} else if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want %q", err, test.want)
				}
			})
		})
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]func() string{
		"seconds": func() string { return "7" },
		"date":    func() string { return time.Now().Add(7 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []answer{{status: 429, retryAfter: header()}, {status: 200}}}
				if _, err := NewClient(Policy{}, s).Get("http://registry/"); err != nil {
					t.Fatal(err)
				}
				if wait := s.sent[1].Sub(s.sent[0]); wait != 7*time.Second {
					t.Errorf("waited %s, want 7s", wait)
				}
			})
		})
	}
}

func TestCancellationEndsAtOnce(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]answer{
		"in a wait":     {status: 429, retryAfter: "50"},
		"in an attempt": {takes: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(3*time.Second, cancel)
				req, _ := http.NewRequestWithContext(ctx, "GET", "http://registry/", nil)
				start := time.Now()
				_, err := NewClient(Policy{}, &script{answers: []answer{a}}).Do(req)
				if !errors.Is(err, context.Canceled) || time.Since(start) != 3*time.Second {
					t.Errorf("%v after %s, want canceled after 3s", err, time.Since(start))
				}
			})
		})
	}
}

// Waits stay within their bounds whatever the policy and the attempt.
func TestPauseBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{
			MinWait: time.Duration(rapid.Int64Range(1, 1e10).Draw(t, "min")),
			MaxWait: time.Duration(rapid.Int64Range(1, 1e12).Draw(t, "max")),
		}.orDefault()
		n := rapid.IntRange(1, 200).Draw(t, "attempt")
		o := &operation{policy: p, call: &Call{Attempts: n}}
		if wait := o.pause(nil); wait < p.MinWait/2 || wait > p.MaxWait {
			t.Fatalf("wait %s outside [%s/2, %s]", wait, p.MinWait, p.MaxWait)
		}
	})
}

func TestRetryAfterForms(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                              -1,
		"0":                             0,
		" 12":                           12 * time.Second,
		"-1":                            -1,
		"1.5":                           -1,
		"x":                             -1,
		"99999999999999999999":          -1,
		"Sun, 01 Mar 2026 12:00:05 GMT": 5 * time.Second,
		"Sun, 01 Mar 2026 11:00:00 GMT": 0,
	} {
		got, ok := retryAfter(header, now)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

// A body that ends early is a failed attempt, and a redirect to another host
// never sees the request's credentials.
func TestRealConnections(t *testing.T) {
	t.Parallel()
	var stranger, first atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stranger.Add(1) }))
	defer elsewhere.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/cut", func(w http.ResponseWriter, r *http.Request) {
		if first.Add(1) == 1 {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "short")
			return
		}
		fmt.Fprint(w, "whole")
	})
	mux.Handle("/away", http.RedirectHandler(elsewhere.URL, http.StatusFound))
	mux.Handle("/here", http.RedirectHandler("/cut", http.StatusFound))
	mux.Handle("/loop", http.RedirectHandler("/loop", http.StatusFound))
	server := httptest.NewServer(mux)
	defer server.Close()
	network := BaseTransport()
	defer network.CloseIdleConnections()
	client := NewClient(Policy{MinWait: time.Millisecond}, network)

	for _, test := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/cut", 200, "whole"},
		{"GET", "/here", 200, "whole"},
		{"POST", "/here", 302, ""},
		{"POST", "/away", 302, ""},
		{"GET", "/away", 302, ""},
		{"GET", "/loop", 302, ""},
	} {
		req, _ := http.NewRequest(test.method, server.URL+test.path, nil)
		resp, err := client.Do(req)
		if err != nil {
			t.Errorf("%s %s: %v", test.method, test.path, err)
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != test.status || test.body != "" && string(body) != test.body {
			t.Errorf("%s %s: %d %q, want %d %q", test.method, test.path, resp.StatusCode, body, test.status, test.body)
		}
	}
	if n := stranger.Load(); n != 0 {
		t.Errorf("%d requests reached the other host", n)
	}
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	var conns atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, strings.Repeat("x", 100_000))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := NewClient(Policy{}, nil)
	for range 5 {
		if _, err := client.Get(server.URL); err != nil { // the body is deliberately not read
			t.Fatal(err)
		}
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections for 5 requests, want 1", n)
	}
}
