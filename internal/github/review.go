package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/org/ct-action/internal/text"
)

// A Review is an issue that asks a person to look at a flagged version.
type Review struct {
	Marker string   // what makes it this review and no other, such as the model's name
	Title  string   // one line
	Body   string   // Markdown, escaped already
	Labels []string // of a new issue; an open one keeps its own
}

// The longest title and body that GitHub takes, characters.
const (
	maxTitle = 256
	maxBody  = 65_536
)

// cutNote ends a body that was too long.
const cutNote = "\n\n… (cut: GitHub keeps 65,536 characters of an issue; the run's summary has the rest)"

// comment is the marker as the first line of a body: invisible, and escaped so
// that no name can end the comment.
func comment(marker string) string { return "<!-- ct-action: " + url.PathEscape(marker) + " -->" }

// text is the issue's body.
func (r Review) text() string {
	text := comment(r.Marker) + "\n\n" + r.Body
	if runes := []rune(text); len(runes) > maxBody {
		return string(runes[:maxBody-len([]rune(cutNote))]) + cutNote
	}
	return text
}

func (r Review) title() string { return text.Line(r.Title, maxTitle) }

func (c *Client) checkReview(marker string) error {
	if marker == "" {
		return unnamed("review", marker, "expected a marker by which the issue is found again")
	}
	return c.repository()
}

// OpenReview makes the review's issue say what the review says: the open issue
// with its marker, else a new one. It returns the issue's page.
//
// An issue counts as ours if the marker is its first line and it was opened by
// an app, such as the job's token, or by somebody who may write here: a
// stranger's issue in a public repository is not taken over. Two runs at once
// may open two; the older one is kept up to date and CloseReview closes both.
func (c *Client) OpenReview(ctx context.Context, r Review) (string, error) {
	if err := c.checkReview(r.Marker); err != nil {
		return "", err
	}
	open, err := c.reviews(ctx, r.Marker)
	if err != nil {
		return "", err
	}
	if len(open) == 0 {
		return c.createIssue(ctx, r)
	}
	return c.editIssue(ctx, open[0].GetNumber(), "updating", &github.IssueRequest{Title: github.String(r.title()), Body: github.String(r.text())})
}

// CloseReview closes every open issue with the marker, with a comment that says
// why, and returns the page of the oldest; "" where none is open.
func (c *Client) CloseReview(ctx context.Context, marker, why string) (string, error) {
	if err := c.checkReview(marker); err != nil {
		return "", err
	}
	open, err := c.reviews(ctx, marker)
	if err != nil {
		return "", err
	}
	var oldest string
	for _, issue := range open {
		page, err := c.closeIssue(ctx, issue.GetNumber(), why)
		if err != nil {
			return oldest, err
		}
		if oldest == "" {
			oldest = page
		}
	}
	return oldest, nil
}

// reviews are the open issues with the marker, oldest first.
func (c *Client) reviews(ctx context.Context, marker string) ([]*github.Issue, error) {
	var found []*github.Issue
	options := &github.IssueListByRepoOptions{State: "open", Sort: "created", Direction: "asc", ListOptions: github.ListOptions{PerPage: 100}}
	for {
		page, next, err := c.listIssues(ctx, options)
		if err != nil {
			return nil, err
		}
		for _, issue := range page {
			if ours(issue, marker) {
				found = append(found, issue)
			}
		}
		if next <= options.Page {
			return found, nil
		}
		options.Page = next
	}
}

func (c *Client) listIssues(ctx context.Context, options *github.IssueListByRepoOptions) (page []*github.Issue, next int, err error) {
	q := c.ours(call{op: "looking for the review issue", method: http.MethodGet, path: "issues", needs: issues, idempotent: true})
	err = c.do(ctx, q, func(ctx context.Context) (*github.Response, error) {
		found, resp, err := c.rest.Issues.ListByRepo(ctx, c.owner, c.name, options)
		if err == nil {
			page, next = found, resp.NextPage
		}
		return resp, err
	})
	return page, next, err
}

// ours reports whether the issue is the marker's, and not a pull request,
// which GitHub lists among the issues.
func ours(issue *github.Issue, marker string) bool {
	trusted := issue.GetUser().GetType() == "Bot" ||
		slices.Contains([]string{"OWNER", "MEMBER", "COLLABORATOR"}, issue.GetAuthorAssociation())
	return !issue.IsPullRequest() && trusted && strings.HasPrefix(issue.GetBody(), comment(marker))
}

func (c *Client) createIssue(ctx context.Context, r Review) (url string, err error) {
	request := &github.IssueRequest{Title: github.String(r.title()), Body: github.String(r.text())}
	if len(r.Labels) > 0 {
		request.Labels = &r.Labels
	}
	q := c.ours(call{op: "opening the review issue", method: http.MethodPost, path: "issues", needs: issues})
	err = c.do(ctx, q, func(ctx context.Context) (*github.Response, error) {
		issue, resp, err := c.rest.Issues.Create(ctx, c.owner, c.name, request)
		url = text.Line(issue.GetHTMLURL(), maxMessage)
		return resp, err
	})
	return url, err
}

func (c *Client) editIssue(ctx context.Context, number int, doing string, request *github.IssueRequest) (url string, err error) {
	q := c.ours(call{op: fmt.Sprintf("%s the review issue #%d", doing, number), method: http.MethodPatch,
		path: fmt.Sprintf("issues/%d", number), needs: issues, idempotent: true})
	err = c.do(ctx, q, func(ctx context.Context) (*github.Response, error) {
		issue, resp, err := c.rest.Issues.Edit(ctx, c.owner, c.name, number, request)
		url = text.Line(issue.GetHTMLURL(), maxMessage)
		return resp, err
	})
	return url, err
}

// closeIssue says why before it closes: an issue that was closed in silence is
// not found again, one with two comments does no harm.
func (c *Client) closeIssue(ctx context.Context, number int, why string) (string, error) {
	q := c.ours(call{op: fmt.Sprintf("commenting on the review issue #%d", number), method: http.MethodPost,
		path: fmt.Sprintf("issues/%d/comments", number), needs: issues})
	if why != "" {
		err := c.do(ctx, q, func(ctx context.Context) (*github.Response, error) {
			_, resp, err := c.rest.Issues.CreateComment(ctx, c.owner, c.name, number, &github.IssueComment{Body: github.String(why)})
			return resp, err
		})
		if err != nil {
			return "", err
		}
	}
	return c.editIssue(ctx, number, "closing", &github.IssueRequest{State: github.String("closed"), StateReason: github.String("completed")})
}
