package retry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An operation decides, after each attempt, whether there is another.
type operation struct {
	policy     Policy
	call       *Call
	repeatable bool
	deadline   time.Time
	wait       time.Duration // before the next attempt, set by again
}

// again is the CheckRetry of go-retryablehttp. It also chooses the wait,
// because whether to go on depends on whether the wait ends in time.
func (o *operation) again(ctx context.Context, resp *http.Response, err error) (bool, error) {
	o.call.Attempts++
	again := o.judge(resp, err)
	if !again || ctx.Err() != nil || o.call.Attempts >= o.policy.Attempts {
		return false, nil
	}
	o.wait = o.pause(resp)
	return time.Now().Add(o.wait).Before(o.deadline), nil
}

// judge says whether the attempt's end is one to try again after, and records
// when the server may have acted.
func (o *operation) judge(resp *http.Response, err error) bool {
	switch {
	case err != nil && permanent(err):
		return false
	case err != nil && neverSent(err):
		return true
	case err != nil:
		o.call.Unsure = true
		return o.repeatable && !errors.Is(err, errTooLong)
	case resp.StatusCode == http.StatusTooManyRequests:
		return true
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusRequestTimeout:
		o.call.Unsure = true
		return o.repeatable && passing(resp.StatusCode)
	}
	return false
}

// passing reports whether the status may be another one in a moment.
func passing(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// neverSent reports whether the attempt ended before a connection was there to
// send on.
func neverSent(err error) bool {
	var dns *net.DNSError
	var op *net.OpError
	return errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial"
}

// permanent reports whether every attempt would end like this one, before
// anything was sent.
func permanent(err error) bool {
	var cert *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var record tls.RecordHeaderError
	return errors.As(err, &cert) || errors.As(err, &authority) || errors.As(err, &host) ||
		errors.As(err, &record) ||
		strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") ||
		strings.Contains(err.Error(), "unsupported protocol scheme") ||
		strings.Contains(err.Error(), "invalid header field")
}

// pause is Retry-After where the answer has one, else the doubled wait with
// its jitter.
func (o *operation) pause(resp *http.Response) time.Duration {
	if resp != nil {
		if wait, ok := retryAfter(resp.Header.Get("Retry-After"), time.Now()); ok {
			return wait
		}
	}
	wait := o.policy.MinWait
	for n := 1; n < o.call.Attempts && wait < o.policy.MaxWait; n++ {
		wait *= 2
	}
	wait = min(wait, o.policy.MaxWait)
	return wait - time.Duration(rand.Int64N(int64(wait)/2+1))
}

// retryAfter reads both forms of the header, seconds and a date. A date that
// has passed means now.
func retryAfter(header string, now time.Time) (time.Duration, bool) {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.ParseInt(header, 10, 32); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now)), true
	}
	return 0, false
}

func (o *operation) backoff(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return o.wait }

// explain names the bound that ended the operation, unless the caller's own
// context did: that one's reason is the caller's.
func (o *operation) explain(caller context.Context, err error) error {
	err = Cause(err)
	if caller.Err() != nil {
		return caller.Err()
	}
	if errors.Is(err, context.DeadlineExceeded) && !errors.As(err, new(timeout)) {
		return timeout{"one operation", o.policy.Total}
	}
	return err
}
