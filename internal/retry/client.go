package retry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// maxRedirects is small, because an API seldom redirects at all.
const maxRedirects = 4

// NewClient returns an HTTP client that keeps to the policy. A nil base is
// BaseTransport.
//
// Redirects are followed only to the same scheme, host and port and with the
// same method; any other comes back as the 3xx answer it is, because a login
// host must not see our credentials, and a POST that became a GET is not what
// the caller asked for.
func NewClient(p Policy, base http.RoundTripper) *http.Client {
	p = p.orDefault()
	if base == nil {
		base = BaseTransport()
	}
	return &http.Client{
		Transport: &transport{policy: p, once: &http.Client{
			Transport:     attempt{policy: p, base: base},
			CheckRedirect: sameOrigin,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// dialLimit is shorter than Policy.PerCall, so that a host which does not answer
// counts as one that was never reached, and not as one that may have acted.
const dialLimit = 10 * time.Second

// BaseTransport is a new transport, into which the caller may put TLS settings:
// net/http's default, with proxies from the environment and a shorter dial.
func BaseTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: dialLimit, KeepAlive: 30 * time.Second}).DialContext
	return t
}

type transport struct {
	policy Policy
	once   *http.Client // sends one attempt
}

// RoundTrip carries out one operation. The error, if any, is the last
// attempt's; a status that never got better is a response like any other.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(req.Context(), t.policy.Total, timeout{"one operation", t.policy.Total})
	defer cancel() // safe before the caller reads: attempts buffer their bodies

	op := &operation{policy: t.policy, call: callOf(req), deadline: time.Now().Add(t.policy.Total)}
	op.repeatable = op.call.Idempotent || idempotentMethod(req.Method)
	retryable, err := retryablehttp.FromRequest(req.Clone(ctx))
	if err != nil {
		return nil, err
	}
	client := &retryablehttp.Client{
		HTTPClient:   t.once,
		RetryMax:     t.policy.Attempts - 1,
		CheckRetry:   op.again,
		Backoff:      op.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	resp, err := client.Do(retryable)
	if err != nil {
		return nil, op.explain(req.Context(), err)
	}
	resp.Request = req
	return resp, nil
}

func sameOrigin(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > maxRedirects || req.Method != first.Method || !sameHost(req.URL, first.URL) {
		return http.ErrUseLastResponse
	}
	return nil
}

func sameHost(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host }

// Cause drops net/http's "Get \"https://…\": " from an error, so that callers
// can name the request in their own words and without its query.
func Cause(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return err
}

// A Call is what a caller knows about one operation before it, and learns
// about it after. It travels in the request's context and must not be shared
// by two operations.
type Call struct {
	// Idempotent says that carrying the request out twice leaves what once
	// leaves. It widens what the method already promises, never narrows it.
	Idempotent bool

	// Attempts is how many times the request was sent.
	Attempts int

	// Unsure is set when some attempt may have been carried out without our
	// seeing its answer: a timeout, a cut connection, a 5xx. It stays set
	// when a later attempt was refused, because the refusal says nothing
	// about the earlier one. It means nothing once an attempt has succeeded.
	Unsure bool
}

// Again is " (after 3 attempts)", for the end of an error; empty after one.
func (c *Call) Again() string {
	if c.Attempts < 2 {
		return ""
	}
	return fmt.Sprintf(" (after %d attempts)", c.Attempts)
}

type callKey struct{}

// WithCall attaches the call to the requests made with the context.
func WithCall(ctx context.Context, call *Call) context.Context {
	return context.WithValue(ctx, callKey{}, call)
}

// callOf is the call the request carries, or a new one that only its method
// describes.
func callOf(req *http.Request) *Call {
	call, ok := req.Context().Value(callKey{}).(*Call)
	if !ok {
		call = &Call{}
	}
	return call
}

func idempotentMethod(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}
