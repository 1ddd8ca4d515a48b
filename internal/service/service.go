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
// A Reload is the other direction: one POST without a body, upon which the service
// loads what the alias names. Any status 2xx says that it was accepted; which version
// is served then, only a ModelInfo tells.
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
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/org/ct-action/internal/jsonpointer"
	"github.com/org/ct-action/internal/retry"
)

const (
	limit   = 10 * time.Second // one answer, until its last byte
	maxBody = 1 << 20          // bytes; a model-info has some hundred
)

// Config is all that a Client depends on. NewReload reads URL, Token, UserAgent and
// Transport of it alone.
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
	endpoint
	model, alias, version jsonpointer.Pointer // empty: not asked for
	expected              string
}

// New checks the configuration without touching the network. Its error joins
// all problems, each under the name of the input that it came from.
func New(cfg Config) (*Client, error) {
	c := &Client{endpoint: asked(http.MethodGet, "verify", "model-info", cfg), expected: cfg.Expected}
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

// ModelInfo asks once, within 10 s, for what the service serves now. Numbers
// come as text, 8 and 8.0 as "8". A model or alias that the answer lacks is "";
// an answer without a version is an error, and so is any status but 200. Errors
// name the request and what was expected, with a hint on a line of its own. An
// error that no deployment mends (credentials, an address, another shape) has a
// method Misdirected that returns true.
func (c *Client) ModelInfo(ctx context.Context) (model, alias, version string, err error) {
	body, err := c.send(ctx)
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
