package github_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/org/ct-action/internal/github/githubtest"
)

// A limit that ends in time is waited for, whatever the method: nothing was
// carried out.
func TestLimitsThatEnd(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]githubtest.Answer{
		"secondary":              githubtest.SecondaryLimit("0"),
		"secondary, a date":      githubtest.SecondaryLimit("Sun, 01 Mar 2026 12:00:00 GMT"),
		"primary":                githubtest.PrimaryLimit(1),
		"429":                    {Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "0"}, Body: `{"message":"slow down"}`},
		"429 without a header":   {Status: http.StatusTooManyRequests},
		"403 with a Retry-After": {Status: http.StatusForbidden, Header: map[string]string{"Retry-After": "0"}, Body: `{"message":"slow down"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := githubtest.Start(t, all)
			c := client(t, s, githubtest.FineGrained)
			s.Fail("", "", 2, limit)
			if err := c.Dispatch(t.Context(), "octo/churn", "drift-alert", nil); err != nil {
				t.Error(err)
			}
			if n := len(s.Dispatches()); n != 1 || len(s.Calls()) != 3 {
				t.Errorf("%d events after %q", n, s.Calls())
			}
		})
	}
}

// A limit that lasts is returned at once, is no refusal of the right, and does
// not make the client refuse later calls by itself.
func TestLimitsThatLast(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]githubtest.Answer{
		"secondary":                  githubtest.SecondaryLimit("600"),
		"secondary without a header": githubtest.SecondaryLimit(""),
		"primary":                    githubtest.PrimaryLimit(time.Now().Add(time.Hour).Unix()),
		"primary without its end":    {Status: http.StatusForbidden, Header: map[string]string{"X-RateLimit-Remaining": "0"}, Body: `{"message":"rate limit exceeded"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := githubtest.Start(t, all)
			s.SetVariable("CT_STATE", "{}")
			c := client(t, s, githubtest.FineGrained)
			s.Fail("", "", 1, limit)
			_, err := c.Variable(t.Context(), "CT_STATE")
			contains(t, err, "HTTP 403", "rate limit", "it ends in ")
			if answer(err) != "failed" {
				t.Errorf("a limit counts as %s", answer(err))
			}
			if _, err := c.Variable(t.Context(), "CT_STATE"); err != nil {
				t.Errorf("after the limit: %v", err)
			}
			calls(t, s, getCTState+" 403 actions/get-repo-variable", getCTState+" 200 actions/get-repo-variable")
		})
	}
}
