package service

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/org/ct-action/internal/text"
)

// Longest texts of the service in our log, in characters.
const (
	maxQuote = 200
	maxText  = 100 // a model, alias or version
)

// failure names the request. The cause stays, for who asks whether it was
// the context, but not its words where they could hold a secret.
func (c *Client) failure(err error) error {
	return &failure{words: "GET " + text.Address(c.url.String()) + ": " + c.scrub(err.Error()), cause: err}
}

type failure struct {
	words string
	cause error
}

func (f *failure) Error() string { return f.words }

func (f *failure) Unwrap() error { return f.cause }

// A misdirected question was answered, and not by a model-info of this shape:
// what is wrong is an input, not the deployment.
type misdirected struct{ error }

// Misdirected is for callers that act on an unverified service.
func (misdirected) Misdirected() bool { return true }

func (m misdirected) Unwrap() error { return m.error }

// unanswered is a request that got no answer, or one that does not fit.
func unanswered(at *url.URL, err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if err == context.DeadlineExceeded { // the caller's; our own limit has words
		return &failure{words: "no answer before the time was up", cause: err}
	}
	if hint := networkHint(at, err); hint != "" {
		err = fmt.Errorf("%w\nhint: %s", err, hint)
	}
	if dns := new(net.DNSError); errors.As(err, &dns) && dns.IsNotFound {
		return misdirected{err}
	}
	return err
}

func networkHint(at *url.URL, err error) string {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	local := at.Hostname() == "localhost" || net.ParseIP(at.Hostname()).IsLoopback()
	switch {
	case errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &dns):
		return "the host name does not resolve from here; check verify-url"
	case errors.Is(err, syscall.ECONNREFUSED) && local:
		return "no server listens there; inside a container, localhost is the container itself and not the machine around it"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "no server listens there: the service is down or still starts, or the port in verify-url is another"
	case errors.As(err, &cert):
		return "the service's certificate does not verify for this address"
	case strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return "the service speaks http; write verify-url with http://"
	}
	return ""
}

// refused is an answer whose status is not 200.
func (c *Client) refused(resp *http.Response, body []byte) error {
	words := fmt.Sprintf("HTTP %d", resp.StatusCode)
	if name := http.StatusText(resp.StatusCode); name != "" {
		words += " " + name
	}
	// A redirect's page repeats where it leads, login request included.
	if said := c.quote(body); said != "" && resp.StatusCode/100 != 3 {
		words += ": " + said
	}
	if hint := c.statusHint(resp); hint != "" {
		words += "\nhint: " + hint
	}
	if permanent(resp.StatusCode) {
		return misdirected{errors.New(words)}
	}
	return errors.New(words)
}

// permanent reports whether asking again would be answered the same, however
// the deployment goes: credentials, an address.
func permanent(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return status >= 300 && status < 500
}

func (c *Client) statusHint(resp *http.Response) string {
	switch {
	case resp.StatusCode/100 == 3:
		return redirectHint(resp)
	case (resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden) && c.auth == "":
		return "the service wants credentials: give its bearer token as verify-token"
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		return "the service does not accept the credentials that it was given"
	case resp.StatusCode == http.StatusNotFound:
		return "verify-url is the whole address, path included, such as https://churn.example.com/model-info"
	}
	return ""
}

// redirectHint shows the host alone: the rest may carry a login request.
func redirectHint(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil {
		return ""
	}
	return "a redirect to " + text.Line(to.Scheme+"://"+to.Host, maxText) + ", which is not followed: a login page before the service, or an address that has moved"
}

// quote is the beginning of a body, fit for our log.
func (c *Client) quote(body []byte) string { return text.Line(c.scrub(string(body)), maxQuote) }

// shown is a text of the service, fit for our log.
func (c *Client) shown(s string) string { return text.Line(c.scrub(s), maxText) }

func (c *Client) scrub(s string) string {
	for _, secret := range c.secrets {
		s = strings.ReplaceAll(s, secret, "***")
	}
	return s
}
