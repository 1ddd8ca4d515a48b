package mlflow

import "net/url"

// VersionURL is the page of a version in the MLflow UI, without credentials.
func (c *Client) VersionURL(name, version string) string {
	return c.registry.base.String() + "/#/models/" + url.PathEscape(name) + "/versions/" + url.PathEscape(version)
}

// RunURL is the page of a run in the MLflow UI. This route finds the run's
// experiment by itself.
func (c *Client) RunURL(runID string) string {
	return c.tracking.base.String() + "/#/runs/" + url.PathEscape(runID)
}
