package mlflow

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/org/ct-action/internal/retry"
	"github.com/org/ct-action/internal/text"
)

// network is what to do when no answer came.
var network = retry.Hints{
	Unresolved:  "the host name does not resolve from here; check the address",
	Closed:      "no server listens there; check that it is up, and the port",
	Authority:   "the certificate's authority is unknown; set MLFLOW_TRACKING_SERVER_CERT_PATH to a PEM file that holds it",
	Certificate: "the server's certificate does not verify for this address",
	Plain:       "the server speaks http; write the address with http://",
	Slow:        "the server, or something before it, is too slow or does not answer",
}

// refusalHint is what to do about a status and MLflow's code.
func (c *Client) refusalHint(q call, e *Error, resp *http.Response) string {
	switch {
	case resp.StatusCode/100 == 3:
		return redirectHint(resp)
	case e.Status == http.StatusUnauthorized:
		return unauthorizedHint(q.at)
	case e.Status == http.StatusForbidden:
		return forbiddenHint(q, e.Message)
	case e.Code == "FEATURE_DISABLED" && c.workspace != "":
		return "this server has no workspaces: unset MLFLOW_WORKSPACE (" + text.Line(c.workspace, 100) + "), or start it with --enable-workspaces"
	case c.workspace != "" && strings.HasPrefix(e.Message, "Workspace "):
		return "correct MLFLOW_WORKSPACE (" + text.Line(c.workspace, 100) + "): this server has no such workspace, or does not show it to this user"
	case e.Code == "RESOURCE_DOES_NOT_EXIST" && !e.absent:
		return "the answer is not about what was asked for; check the address, and MLFLOW_WORKSPACE where the server has workspaces"
	case e.absent:
		return missingHint(q)
	case e.Status == http.StatusNotFound && e.Code == "":
		return "no MLflow API at this path; check the base path: a server started with --static-prefix has its API below that prefix since MLflow 3.12, and not before"
	case e.Status == http.StatusServiceUnavailable && strings.Contains(e.Message, "--artifacts-only"):
		return "this server only serves artifacts; give the address of the one that holds the registry"
	case e.Code == "TEMPORARILY_UNAVAILABLE" && strings.Contains(e.Message, "locked"):
		return "another writer holds the server's SQLite database; run again when it is done"
	case e.Status == http.StatusTooManyRequests || e.Status >= 500:
		return "the server or a proxy before it is in trouble; its own log tells more"
	}
	return ""
}

// redirectHint shows no more of the new address than its host: the rest may carry a
// login request.
func redirectHint(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil {
		return ""
	}
	if resp.Request != nil && to.Hostname() == resp.Request.URL.Hostname() && to.Scheme != resp.Request.URL.Scheme {
		return "the server answers at " + to.Scheme + "://; write the address so"
	}
	return "a redirect to " + text.Line(to.Scheme+"://"+to.Host, 100) + ", where credentials are not sent: a login page of a proxy before MLflow, or an address that has moved"
}

func unauthorizedHint(at endpoint) string {
	if at.how == "" {
		return "the server wants credentials: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
	}
	return "the server does not accept the credentials of " + at.how
}

func forbiddenHint(q call, message string) string {
	switch {
	case strings.Contains(message, "Invalid Host header"):
		host := q.at.base.Host
		return "MLflow does not know the host name " + host + `; start it with --allowed-hosts "` + host + `,localhost:*" or set MLFLOW_SERVER_ALLOWED_HOSTS there; the list replaces the default one`
	case strings.Contains(message, "Permission denied"), strings.Contains(message, "PERMISSION_DENIED"):
		return "the user needs the permission " + q.needs + " for this; a write to a model that does not exist is answered so, too"
	}
	return "something between here and MLflow, or MLflow itself, refuses this user; the permission needed is " + q.needs
}

func missingHint(q call) string {
	switch {
	case strings.HasSuffix(q.path, "/runs/get"), strings.HasSuffix(q.path, "/upload-artifact"):
		return "the run was deleted for good, or the version was registered with a run id of another server"
	case strings.HasPrefix(q.path, api+"model-versions/"), q.path == api+"registered-models/alias":
		return "the version was deleted or never was; an alias that still points at it dangles until it is set to another version"
	}
	return "check the name of the model, and that this is the server which holds it"
}

// html reports whether the answer is a page for people.
func html(resp *http.Response, body []byte) bool {
	start := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 200)]))
	return strings.Contains(resp.Header.Get("Content-Type"), "html") ||
		bytes.HasPrefix(start, []byte("<!doctype")) || bytes.HasPrefix(start, []byte("<html"))
}

// kind is what came instead of MLflow's JSON, in words.
func kind(resp *http.Response, body []byte) string {
	switch {
	case html(resp, body):
		return "an HTML page"
	case body == nil || object(body):
		return "JSON of another kind"
	case len(bytes.TrimSpace(body)) == 0:
		return "nothing"
	}
	return "something else"
}

// plain is what an answer without MLflow's envelope says. A page is not quoted,
// but text that only calls itself HTML is, as MLflow's own 401 and 403 do.
func plain(resp *http.Response, body []byte) string {
	text := strings.TrimSpace(string(body))
	if strings.HasPrefix(text, "<") || text == "" {
		return http.StatusText(resp.StatusCode)
	}
	return text
}
