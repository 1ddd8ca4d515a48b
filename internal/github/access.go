package github

import (
	"net/http"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/org/ct-action/internal/text"
)

// An access is what a token must be allowed to.
type access struct {
	granted string // to a fine-grained token or a GitHub App
	job     string // in `permissions:`; "" where no job's token will do
	page    string // of our documentation
	thing   string // what a 404 may say is not there
}

var (
	variables = access{granted: "Variables: read and write", page: "https://github.com/org/ct-action/blob/main/docs/state.md", thing: "variable"}
	issues    = access{granted: "Issues: read and write", job: "issues: write"}
	contents  = access{granted: "Contents: read and write", job: "contents: write"}
	actions   = access{granted: "Actions: read and write", job: "actions: write", thing: "workflow on the default branch"}
)

// statusHint is what to do about an answer of GitHub's.
func (c *Client) statusHint(q call, answer *github.ErrorResponse) string {
	status := answer.Response.StatusCode
	switch {
	case status == http.StatusUnauthorized:
		return c.expiredHint(q)
	case status == http.StatusForbidden:
		return c.accessHint(q)
	case status == http.StatusNotFound && q.mayLack:
		return "there is no such " + q.needs.thing + "; a repository that the token may not see answers the same: then " + c.accessHint(q)
	case status == http.StatusNotFound:
		return "so GitHub hides what a token may not see: " + c.accessHint(q)
	case status == http.StatusGone && q.needs == issues:
		return "issues are switched off in " + q.repository + ": switch them on under Settings, General, Features, or leave review-issue out"
	case status == http.StatusTooManyRequests:
		return limitHint(answer.Response)
	case status == http.StatusUnprocessableEntity && q.needs == actions:
		return "the workflow must be on the default branch and at the reference, have `on: workflow_dispatch`, and declare each input"
	case status/100 == 3:
		return "the repository has another name or address now: give the new one"
	case status >= http.StatusInternalServerError:
		return "GitHub is in trouble; https://www.githubstatus.com tells more"
	}
	return ""
}

func limitHint(resp *http.Response) string {
	hint := "a rate limit of GitHub's: every workflow that uses this token counts towards it"
	if wait := resp.Header.Get("Retry-After"); wait != "" {
		hint += "; it ends in " + text.Line(wait, 30) + " s"
	}
	return hint
}

// expiredHint is what to do about a token that GitHub no longer accepts.
func (c *Client) expiredHint(q call) string {
	if strings.HasPrefix(c.token, "ghs_") {
		return "the token has expired, or is another GitHub's: a GitHub App's lives for one hour, a job's as long as the job; make the App's token in a step after the training, or split the training into a job of its own"
	}
	return "the token has expired, was revoked, or is mistyped: store a new one with `" + q.needs.granted + "` on " + q.repository
}

// accessHint names the permission that mends a refusal, in the terms of the
// token that was used. Their kinds are told by their prefixes:
// https://docs.github.com/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
func (c *Client) accessHint(q call) string {
	hint := c.tokenHint(q)
	if q.needs.page != "" {
		hint += "\n" + q.needs.page
	}
	return hint
}

func (c *Client) tokenHint(q call) string {
	granted, on := "`"+q.needs.granted+"`", " on "+q.repository
	switch {
	case strings.HasPrefix(c.token, "ghs_") && q.needs.job == "":
		return "a plain GITHUB_TOKEN can neither read nor write repository variables, whatever `permissions:` says: give a fine-grained token or GitHub App with " + granted + " as github-token"
	case strings.HasPrefix(c.token, "ghs_") && q.repository != c.owner+"/"+c.name:
		return "a job's token acts on its own repository alone: give a fine-grained token or GitHub App with " + granted + on
	case strings.HasPrefix(c.token, "ghs_"):
		return "give the job `permissions: " + q.needs.job + "`, or, if the token is a GitHub App's, the App " + granted + on
	case strings.HasPrefix(c.token, "github_pat_"):
		return "give the fine-grained token " + granted + on + "; an organisation may have to approve it"
	case strings.HasPrefix(c.token, "ghp_"), strings.HasPrefix(c.token, "gho_"):
		return "the classic token needs the scope repo, its owner write access" + on + ", and single sign-on where the organisation asks for it"
	}
	return "the token needs " + granted + on
}
