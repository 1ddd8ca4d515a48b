package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/org/ct-action/internal/retry"
	"github.com/org/ct-action/internal/text"
)

// Longest texts of the service in our log, in characters.
const (
	maxQuote = 200
	maxText  = 100 // a model, alias or version
)

// failure names the request. errors.Is still finds the cause, such as a context's
// end, but its text is scrubbed of secrets.
func (e *endpoint) failure(err error) error {
	return retry.Worded(e.method+" "+text.Address(e.url.String())+": "+e.scrub(err.Error()), err)
}

// A misdirected error says that something else than a model-info of this shape
// answered: what is wrong is an input, not the deployment.
type misdirected struct{ error }

// Misdirected is true: the caller must not act as if the deployment had failed.
func (misdirected) Misdirected() bool { return true }

func (m misdirected) Unwrap() error { return m.error }

// unanswered is a request that got no answer, or one that does not fit.
func (e *endpoint) unanswered(err error) error {
	err = retry.Cause(err)
	if err == context.DeadlineExceeded { // the caller's; our own limit has words
		return retry.Worded("no answer before the time was up", err)
	}
	if hint := e.network().For(e.url.Hostname(), err); hint != "" {
		err = fmt.Errorf("%w\nhint: %s", err, hint)
	}
	if dns := new(net.DNSError); errors.As(err, &dns) && dns.IsNotFound {
		return misdirected{err}
	}
	return err
}

// network is what to do when no answer came.
func (e *endpoint) network() retry.Hints {
	return retry.Hints{
		Unresolved:  "the host name does not resolve from here; check " + e.input + "-url",
		Closed:      "no server listens there: the service is down or still starts, or the port in " + e.input + "-url is another",
		Authority:   unverified,
		Certificate: unverified,
		Plain:       "the service speaks http; write " + e.input + "-url with http://",
	}
}

const unverified = "the service's certificate does not verify for this address"

// refused is an answer whose status says so.
func (e *endpoint) refused(resp *http.Response, body []byte) error {
	words := fmt.Sprintf("HTTP %d", resp.StatusCode)
	if name := http.StatusText(resp.StatusCode); name != "" {
		words += " " + name
	}
	// A redirect's page repeats where it leads, login request included.
	if said := e.quote(body); said != "" && resp.StatusCode/100 != 3 {
		words += ": " + said
	}
	if hint := e.statusHint(resp); hint != "" {
		words += "\nhint: " + hint
	}
	if permanent(resp.StatusCode) {
		return misdirected{errors.New(words)}
	}
	return errors.New(words)
}

// permanent reports whether asking again would bring the same answer however the
// deployment goes, because the credentials or the address are wrong.
func permanent(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return status >= 300 && status < 500
}

func (e *endpoint) statusHint(resp *http.Response) string {
	switch {
	case resp.StatusCode/100 == 3:
		return redirectHint(resp)
	case (resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden) && e.auth == "":
		return "the service wants credentials: give its bearer token as " + e.input + "-token"
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		return "the service does not accept the credentials that it was given"
	case resp.StatusCode == http.StatusNotFound:
		return e.input + "-url is the whole address, path included, such as " + e.example()
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
func (e *endpoint) quote(body []byte) string { return text.Line(e.scrub(string(body)), maxQuote) }

// shown is a text of the service, fit for our log.
func (e *endpoint) shown(s string) string { return text.Line(e.scrub(s), maxText) }
