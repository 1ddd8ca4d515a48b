// Package mlflow talks to an MLflow tracking server and model registry over
// their REST API, version 2.0, as MLflow 2.9 and later serve it. It knows no
// rules of promotion: it reads what package promote wants to know and carries
// out the moves that package promote computes.
//
// # One answer, one call
//
// Model reads the whole alias table and all tags of a registered model at
// once; no method spends a second request where one will do. Searches follow
// all pages. Every write of this package is idempotent, and is therefore
// repeated after a timeout or a 5xx within the bounds of package retry. When a
// write's outcome stays unknown, its error matches promote.ErrUnknownOutcome
// and the caller has to read again.
//
// # Credentials
//
// They come from the variables that MLflow's own client reads:
//
//	MLFLOW_TRACKING_USERNAME, _PASSWORD   Basic, when both are set
//	MLFLOW_TRACKING_TOKEN                 Bearer, otherwise
//	~/.mlflow/credentials                 user name and password not set above
//	MLFLOW_TRACKING_SERVER_CERT_PATH      PEM file or directory of authorities
//	MLFLOW_TRACKING_INSECURE_TLS          true: certificates are not verified
//	MLFLOW_TRACKING_CLIENT_CERT_PATH      PEM file with certificate and key
//	MLFLOW_WORKSPACE                      sent as X-MLFLOW-WORKSPACE
//	MLFLOW_HTTP_REQUEST_TIMEOUT           seconds an attempt may take
//	MLFLOW_HTTP_REQUEST_MAX_RETRIES       0 to 9, attempts after the first
//
// A user name and password inside a URI are used as Basic for that URI, before
// all of these. No text of this package, errors included, holds a password or
// a token; Secrets lists them so that a log can be masked before first use.
//
// # Errors
//
// All are *Error: what was being done, the request, the status, MLflow's code
// and message (foreign text: cleaned and cut), and a hint where there is one.
package mlflow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/org/ct-action/internal/retry"
)

// api is the prefix of every call. MLflow serves one path for each major version,
// so there is no 2.1.
const api = "/api/2.0/mlflow/"

// A Client reads and writes one registry and the tracking server beside it.
// It is safe for concurrent use.
type Client struct {
	tracking, registry endpoint
	http               *http.Client
	userAgent          string
	workspace          string
	secrets            []string
	scrub              func(string) string
}

// An endpoint is one server, and the credentials for it.
type endpoint struct {
	base *url.URL // no user info, no trailing slash, no query
	auth string   // Authorization header, empty for none
	how  string   // where the credentials came from, in words; empty for none
}

// A call is one operation in the terms of the API.
type call struct {
	op     string // what is being done, in words, for errors
	at     endpoint
	method string
	path   string // below the base
	query  url.Values
	body   any    // JSON, nil for none
	write  bool   // changes something
	needs  string // permission under MLflow's basic auth: READ, EDIT, MANAGE
}

// do carries the call out and decodes its JSON answer into out. Every call of
// this package can be repeated without harm, and says so to package retry.
func (c *Client) do(ctx context.Context, q call, out any) (*http.Response, error) {
	resp, body, err := c.send(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, out); err != nil || !object(body) {
		return nil, c.foreign(q, resp, body)
	}
	return resp, nil
}

// send carries the call out and returns the answer if its status is 2xx.
func (c *Client) send(ctx context.Context, q call) (*http.Response, []byte, error) {
	sent := &retry.Call{Idempotent: true}
	req, err := c.request(retry.WithCall(ctx, sent), q)
	if err != nil {
		return nil, nil, c.unsent(q, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, c.unanswered(q, sent, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil, c.unanswered(q, sent, err)
	}
	if resp.StatusCode/100 != 2 {
		return nil, nil, c.refused(q, sent, resp, body)
	}
	return resp, body, nil
}

func (c *Client) request(ctx context.Context, q call) (*http.Request, error) {
	var body io.Reader
	if q.body != nil {
		text, err := encode(q.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, q.method, q.url(), body)
	if err != nil {
		return nil, errors.New("making the request") // the cause may quote the URL
	}
	req.URL.RawQuery = q.query.Encode()
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if q.at.auth != "" {
		req.Header.Set("Authorization", q.at.auth)
	}
	if c.workspace != "" {
		req.Header.Set("X-MLFLOW-WORKSPACE", c.workspace)
	}
	return req, nil
}

// url is the address without its query; errors print it.
func (q call) url() string { return q.at.base.String() + q.path }

// object reports whether the JSON text is an object, as all of MLflow's are.
func object(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{"))
}

// VersionURL is the page of a version in the MLflow UI, without credentials.
func (c *Client) VersionURL(name, version string) string {
	return c.registry.base.String() + "/#/models/" + url.PathEscape(name) + "/versions/" + url.PathEscape(version)
}

// RunURL is the page of a run in the MLflow UI. This route finds the run's
// experiment by itself.
func (c *Client) RunURL(runID string) string {
	return c.tracking.base.String() + "/#/runs/" + url.PathEscape(runID)
}
