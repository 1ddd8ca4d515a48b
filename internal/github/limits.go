package github

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// secondaryWait is what GitHub asks of clients that are not told how long to
// wait: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
const secondaryWait = time.Minute

// mostPeeked is longer than any refusal of GitHub's, bytes.
const mostPeeked = 16 << 10

// limits makes a 429 with Retry-After out of each of GitHub's rate limits, so
// that package retry waits for them: the primary and the secondary limit mostly
// arrive as 403. Response.Status keeps what GitHub answered.
//
// It also hides the counters from go-github, which would otherwise refuse
// later calls by itself, with no waiting.
type limits struct{ base http.RoundTripper }

func (l limits) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusTooManyRequests {
		if err := limited(resp, time.Now()); err != nil {
			return nil, err
		}
	}
	for _, counter := range []string{"Limit", "Remaining", "Reset", "Used"} {
		resp.Header.Del("X-RateLimit-" + counter)
	}
	return resp, nil
}

// limited turns the answer into a 429 if it is a rate limit.
func limited(resp *http.Response, now time.Time) error {
	spent := resp.Header.Get("X-RateLimit-Remaining") == "0"
	asked := resp.Header.Get("Retry-After") != ""
	secondary, err := secondaryLimit(resp)
	if err != nil || !spent && !asked && !secondary {
		return err
	}
	resp.StatusCode = http.StatusTooManyRequests
	if wait := untilReset(resp, now); spent && !asked {
		resp.Header.Set("Retry-After", wait)
	} else if secondary && !asked {
		resp.Header.Set("Retry-After", seconds(secondaryWait))
	}
	return nil
}

func untilReset(resp *http.Response, now time.Time) string {
	reset, err := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return seconds(secondaryWait)
	}
	return seconds(max(0, time.Unix(reset, 0).Sub(now)))
}

func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

// secondaryLimit reads the answer's documentation_url, and leaves the body to
// be read again.
func secondaryLimit(resp *http.Response) (bool, error) {
	start, err := io.ReadAll(io.LimitReader(resp.Body, mostPeeked))
	if err != nil {
		return false, errors.Join(err, resp.Body.Close())
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(start), resp.Body), resp.Body}
	var refusal struct {
		DocumentationURL string `json:"documentation_url"`
	}
	if json.Unmarshal(start, &refusal) != nil { // a page of a proxy: not GitHub's limit
		return false, nil
	}
	return strings.HasSuffix(refusal.DocumentationURL, "secondary-rate-limits") ||
		strings.HasSuffix(refusal.DocumentationURL, "#abuse-rate-limits"), nil
}
