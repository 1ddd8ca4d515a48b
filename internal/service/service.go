// Package service asks a model service which version it serves, so that a
// promotion can be followed to where it has its effect.
//
// The service answers one GET with JSON. By default it says
//
//	{"model": "churn", "alias": "champion", "version": "8"}
//
// A service whose answer has another shape is read through JSON pointers (RFC
// 6901), such as /models/0/version.
//
// # One question, one request
//
// Nothing is tried again: a caller that waits for a deployment asks again anyway,
// and wants to see each answer. Every question opens a connection of its own and
// asks caches to stand aside, because a kept connection may be one to the
// instance that is being replaced. Redirects are followed within one scheme,
// host and port only, so that no other host sees the token.
//
// # What the service says is foreign text
//
// Everything that comes back, errors included, is on one line, without control
// characters, cut, and without the token or password that we sent. The URL is
// shown without its user info, query and fragment.
package service

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/org/ct-action/internal/jsonpointer"
	"github.com/org/ct-action/internal/retry"
	"github.com/org/ct-action/internal/text"
)

const (
	limit   = 10 * time.Second // one answer, until its last byte
	maxBody = 1 << 20          // bytes; a model-info has some hundred
)

// Config is all that a Client depends on.
type Config struct {
	URL       string            // http or https; a user name and password in it are sent as Basic
	Token     string            // sent as Bearer; empty for none
	Model     string            // JSON pointer; empty: the service is not asked for its model
	Expected  string            // model's name; an answer that names it comes back as it is, uncut
	Alias     string            // JSON pointer; empty: not asked for
	Version   string            // JSON pointer, required
	UserAgent string            // empty: ct-action
	Transport http.RoundTripper // nil: the network, through the proxy of the environment
}

// A Client asks one service. It is safe for concurrent use.
type Client struct {
	url                   *url.URL // no user info, no fragment
	auth                  string   // Authorization header, empty for none
	userAgent             string
	model, alias, version jsonpointer.Pointer // empty: not asked for
	expected              string
	http                  *http.Client
	secrets               []string
	scrub                 func(string) string // hides them
}

// New checks the configuration without touching the network. Its error joins
// all problems, each under the name of the input that it came from.
func New(cfg Config) (*Client, error) {
	c := &Client{userAgent: cmp.Or(cfg.UserAgent, "ct-action"), expected: cfg.Expected}
	errs := []error{
		c.address(cfg.URL, strings.TrimSpace(cfg.Token)),
		pointer(&c.model, "verify-model-pointer", cfg.Model),
		pointer(&c.alias, "verify-alias-pointer", cfg.Alias),
		pointer(&c.version, "verify-version-pointer", cfg.Version),
	}
	if cfg.Version == "" {
		errs = append(errs, errors.New("verify-version-pointer: none given; expected a JSON pointer such as /version"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	once := retry.Policy{Attempts: 1, PerCall: limit, Total: limit, MaxBody: maxBody}
	c.http = retry.NewClient(once, cfg.Transport)
	return c, nil
}

// address reads the URL and takes the credentials out of it. What it says
// about a bad one never quotes it: it may hold a password.
func (c *Client) address(raw, token string) error {
	u, err := url.Parse(strings.TrimSpace(raw))
	switch {
	case strings.ContainsFunc(token, unicode.IsControl):
		return errors.New("verify-token: holds a control character or a line break")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return errors.New("verify-url: not a URL with a host; expected http:// or https://, such as https://churn.example.com/model-info")
	case u.User != nil && token != "":
		return errors.New("verify-url: holds a user name or password, and verify-token is given too; expected one of them")
	}
	if token != "" {
		c.auth = "Bearer " + token
		c.secrets = []string{token}
	}
	if u.User != nil {
		password, _ := u.User.Password()
		encoded := base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password))
		c.auth = "Basic " + encoded
		c.secrets = []string{encoded, password}
	}
	c.secrets = slices.DeleteFunc(c.secrets, func(s string) bool { return len(s) < text.Recognisable })
	c.scrub = text.Scrubber(c.secrets)
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	c.url = u
	return nil
}

// Secrets are what we send to prove who we are.
func (c *Client) Secrets() []string { return c.secrets }

// ModelInfo asks once, within 10 s, for what the service serves now. Numbers
// come as text, 8 and 8.0 as "8". A model or alias that the answer lacks is "";
// an answer without a version is an error, and so is any status but 200. Errors
// name the request and what was expected, with a hint on a line of its own. An
// error that no deployment mends (credentials, an address, another shape) has a
// method Misdirected that returns true.
func (c *Client) ModelInfo(ctx context.Context) (model, alias, version string, err error) {
	body, err := c.get(ctx)
	if err != nil {
		return "", "", "", c.failure(err)
	}
	a, err := c.decode(body)
	if err != nil {
		return "", "", "", c.failure(err)
	}
	model, modelErr := a.optional(c.model)
	alias, aliasErr := a.optional(c.alias)
	version, versionErr := a.required(c.version)
	for _, err := range []error{versionErr, modelErr, aliasErr} {
		if err != nil {
			return "", "", "", c.failure(err)
		}
	}
	if model != c.expected {
		model = c.shown(model)
	}
	return model, c.shown(alias), c.shown(version), nil
}

// get is the body of an answer with status 200.
func (c *Client) get(ctx context.Context) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url.String(), nil)
	if err != nil {
		return nil, errors.New("making the request") // the cause may quote the URL
	}
	req.Close = true
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Cache-Control", "no-cache")
	req.Header.Set("User-Agent", c.userAgent)
	if c.auth != "" {
		req.Header.Set("Authorization", c.auth)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, unanswered(c.url, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, c.refused(resp, body)
	}
	return body, nil
}
