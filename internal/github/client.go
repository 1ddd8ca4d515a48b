// Package github is the edge to GitHub's REST API: a repository variable that
// mirrors the loop's record, the review issue of a flagged version, and the
// events that start other workflows. It knows no rules of promotion.
//
// # Which token may do what
//
//	variables   fine-grained token or GitHub App with Variables: read and write;
//	            classic token with the scope repo; never a job's GITHUB_TOKEN
//	issues      the job's token with `permissions: issues: write`
//	dispatch    the job's token with `permissions: contents: write`, in its own
//	            repository; a token with Contents: read and write elsewhere
//	workflow    the job's token with `permissions: actions: write`
//
// Organisation and environment variables are not touched.
//
// # Three answers that differ
//
// Absence matches state.ErrAbsent, a refusal state.ErrRefused, a name that
// cannot exist ErrName; anything else (no answer, a rate limit, an incident)
// matches none of them and says nothing about the right to do it. A name is
// judged before anything is sent, because names stand in URLs unescaped.
//
// GitHub answers 404 and not 403 to hide a private repository from a token without
// access. A 404 to a read therefore means absence, or such a refusal, and the error
// names both. A 404 to a write is a refusal.
//
// # What is sent twice
//
// Package retry's policy holds, with two additions of GitHub's. A secondary
// rate limit arrives as 403, and a spent hour as 403 too; both count as 429
// here, are waited for when their wait fits the policy, and are returned at
// once when it does not. Edits and variables may be repeated; opening an
// issue, commenting and dispatching are not, once they may have been carried
// out: the error then says that the outcome is unknown.
//
// No text of this package, errors included, holds the token.
package github

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/google/go-github/v60/github"

	"github.com/org/ct-action/internal/retry"
	"github.com/org/ct-action/internal/state"
	"github.com/org/ct-action/internal/text"
)

// Config says where GitHub is and who asks.
type Config struct {
	APIURL     string // GITHUB_API_URL; "" is https://api.github.com
	Token      string // never shown
	Repository string // owner/name, on which every method but Dispatch acts
	UserAgent  string
	Transport  http.RoundTripper // nil: the network
	Policy     retry.Policy      // fields that are zero: see policy
}

// A Client acts for one token. It is safe for concurrent use.
type Client struct {
	rest        *github.Client
	owner, name string // of the repository
	token       string
	scrub       func(string) string // hides the token
}

// policy is tighter than the defaults: the loop can go on without GitHub, and a job
// should not wait a minute for a mirror.
func policy(p retry.Policy) retry.Policy {
	p.Attempts = cmp.Or(p.Attempts, 4)
	p.PerCall = cmp.Or(p.PerCall, 10*time.Second)
	p.Total = cmp.Or(p.Total, 20*time.Second)
	return p
}

// New returns a client, or every problem of the configuration at once. No
// token is a refusal (state.ErrRefused).
func New(cfg Config) (*Client, error) {
	base, urlErr := baseURL(cfg.APIURL)
	tokenErr := checkToken(cfg.Token)
	var owner, name string
	var nameErr error
	if cfg.Repository != "" {
		owner, name, nameErr = split(cfg.Repository)
	}
	if err := errors.Join(urlErr, tokenErr, nameErr); err != nil {
		return nil, err
	}
	network := cfg.Transport
	if network == nil {
		network = retry.BaseTransport()
	}
	rest := github.NewClient(retry.NewClient(policy(cfg.Policy), limits{network})).WithAuthToken(cfg.Token)
	rest.BaseURL = base
	rest.UserAgent = cmp.Or(cfg.UserAgent, "ct-action")
	return &Client{rest: rest, owner: owner, name: name, token: cfg.Token, scrub: text.Scrubber([]string{cfg.Token})}, nil
}

// baseURL does not go through go-github's WithEnterpriseURLs: that one adds
// /api/v3 to what GITHUB_API_URL already says in full.
func baseURL(api string) (*url.URL, error) {
	const expected = "expected an address as GITHUB_API_URL has it, such as https://api.github.com or https://github.example.com/api/v3, without user name or query"
	base, err := url.Parse(strings.TrimRight(cmp.Or(api, "https://api.github.com"), "/") + "/")
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" ||
		base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("the address of GitHub's API: " + expected) // not quoted: it may hold a password
	}
	return base, nil
}

func checkToken(token string) error {
	switch {
	case token == "":
		return &Error{Op: "asking GitHub", Message: "no token", kind: state.ErrRefused,
			Hint: "in a workflow github-token is the job's own token by itself; elsewhere give one"}
	case strings.ContainsFunc(token, func(r rune) bool { return r > unicode.MaxASCII || unicode.IsSpace(r) || unicode.IsControl(r) }):
		return &Error{Op: "asking GitHub", Message: "the token holds a space, a line break or another character that no token has", kind: state.ErrRefused,
			Hint: "store the secret again; a copied line break is the usual cause"}
	}
	return nil
}

// A call is one operation, for errors and for package retry.
type call struct {
	op         string // what is being done, in words
	method     string
	path       string // below the base, without a slash in front
	needs      access
	repository string // owner/name
	idempotent bool   // twice leaves what once leaves
	mayLack    bool   // 404 is absence, not refusal
}

// do carries the operation out with what package retry has to know about it.
func (c *Client) do(ctx context.Context, q call, send func(context.Context) (*github.Response, error)) error {
	sent := &retry.Call{Idempotent: q.idempotent}
	resp, err := send(retry.WithCall(ctx, sent))
	if err == nil || errors.As(err, new(*github.AcceptedError)) { // 202: taken, and carried out later
		return nil
	}
	var answered *github.ErrorResponse
	if errors.As(err, &answered) {
		return c.answered(q, sent, answered)
	}
	if resp != nil {
		return c.foreign(q, resp.StatusCode)
	}
	return c.unanswered(q, sent, err)
}

// ours is a call on the client's own repository.
func (c *Client) ours(q call) call {
	q.repository = c.owner + "/" + c.name
	q.path = "repos/" + q.repository + "/" + q.path
	return q
}
