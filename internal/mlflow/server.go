package mlflow

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// A version answers a question with a number, never with a page.
var versionText = regexp.MustCompile(`^[0-9]+\.[0-9]+[0-9A-Za-z.+-]{0,40}$`)

// ServerVersion asks the tracking server for MLflow's version, such as 3.17.2.
func (c *Client) ServerVersion(ctx context.Context) (string, error) {
	q := call{op: "asking for the server's version", at: c.tracking, method: http.MethodGet, path: "/version", needs: "READ"}
	resp, body, err := c.send(ctx, q)
	if err != nil {
		return "", err
	}
	version := strings.Trim(strings.TrimSpace(string(body)), `"`)
	if !versionText.MatchString(version) {
		return "", c.foreign(q, resp, body)
	}
	return version, nil
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
