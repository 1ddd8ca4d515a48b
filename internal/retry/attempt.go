package retry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// errTooLong ends an operation whose answer does not fit Policy.MaxBody.
var errTooLong = errors.New("answer too long")

// A timeout says which bound was reached. It is a context.DeadlineExceeded to
// whoever asks with errors.Is.
type timeout struct {
	what  string // "one attempt", "one operation"
	limit time.Duration
}

func (t timeout) Error() string { return fmt.Sprintf("no answer within %s (%s)", t.limit, t.what) }

func (t timeout) Timeout() bool { return true }

func (t timeout) Is(target error) bool { return target == context.DeadlineExceeded }

// An attempt sends a request once and reads the whole answer within PerCall.
// Reading everything also gives the connection back for the next request.
type attempt struct {
	policy Policy
	base   http.RoundTripper
}

func (a attempt) RoundTrip(req *http.Request) (*http.Response, error) {
	limit := timeout{"one attempt", a.policy.PerCall}
	ctx, cancel := context.WithTimeoutCause(req.Context(), a.policy.PerCall, limit)
	defer cancel()
	resp, err := a.base.RoundTrip(req.WithContext(ctx))
	if err == nil {
		err = buffer(resp, a.policy.MaxBody)
	}
	if err != nil {
		if ctx.Err() != nil && req.Context().Err() == nil && !neverSent(err) {
			return nil, limit
		}
		return nil, err
	}
	return resp, nil
}

// buffer replaces the body by its bytes.
func buffer(resp *http.Response, most int64) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	closeErr := resp.Body.Close()
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if int64(len(body)) > most {
		return fmt.Errorf("%w: more than %d bytes", errTooLong, most)
	}
	if closeErr != nil {
		return fmt.Errorf("closing the answer: %w", closeErr)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}
