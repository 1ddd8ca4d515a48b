package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// An Issue is an issue or a pull request of the repository.
type Issue struct {
	Number      int
	Title, Body string
	State       string // open or closed; "" is open
	StateReason string // completed, not_planned; "" for an open one
	Labels      []string
	Comments    []string
	PullRequest bool
	Author      string // "" is github-actions[bot]
	Association string // of the author: OWNER, NONE, …; "" is NONE, as for a bot
}

// fields are what a request may set.
type fields struct {
	Title, Body, State *string
	StateReason        *string `json:"state_reason"`
	Labels             *[]string
}

func (f fields) apply(i *Issue) {
	for _, set := range []struct{ from, to *string }{{f.Title, &i.Title}, {f.Body, &i.Body}, {f.State, &i.State}, {f.StateReason, &i.StateReason}} {
		if set.from != nil {
			*set.to = *set.from
		}
	}
	if f.Labels != nil {
		i.Labels = *f.Labels
	}
}

func (s *Server) add(i Issue) Issue {
	i.Number = len(s.issues) + 1
	if i.State == "" {
		i.State = "open"
	}
	if i.Author == "" {
		i.Author = "github-actions[bot]"
	}
	if i.Association == "" {
		i.Association = "NONE"
	}
	s.issues = append(s.issues, i)
	return i
}

// listIssues gives the newest first, pull requests among them, as GitHub does.
func (s *Server) listIssues(c call) *Answer {
	state := c.query.Get("state")
	if state == "" {
		state = "open"
	}
	var found []Issue
	for _, i := range s.issues {
		if (state == "all" || i.State == state) && labelled(i, c.query.Get("labels")) {
			found = append(found, i)
		}
	}
	slices.Reverse(found)
	if c.query.Get("direction") == "asc" {
		slices.Reverse(found)
	}
	from, to, link := c.page(len(found), 30, 100)
	list := []any{}
	for _, i := range found[from:to] {
		list = append(list, s.rendered(i))
	}
	a := answered(http.StatusOK, list)
	a.Header = link
	return a
}

func labelled(i Issue, labels string) bool {
	for _, label := range strings.FieldsFunc(labels, func(r rune) bool { return r == ',' }) {
		if !slices.Contains(i.Labels, label) {
			return false
		}
	}
	return true
}

// gone is the answer of a repository whose issues are switched off.
func (c call) gone() *Answer {
	return says(http.StatusGone, "Issues has been disabled in this repository.", c.documentation)
}

// unfitText is the answer to a title or body that is too long.
func (c call) unfitText(f fields) *Answer {
	switch {
	case f.Title != nil && len([]rune(*f.Title)) > 256:
		return invalid("Issue", "title", "custom", c.documentation)
	case f.Body != nil && len([]rune(*f.Body)) > 65536:
		return invalid("Issue", "body", "custom", c.documentation)
	}
	return nil
}

func (s *Server) createIssue(c call) *Answer {
	f := decode[fields](c)
	if s.options.IssuesDisabled {
		return c.gone()
	}
	if a := c.unfitText(f); a != nil {
		return a
	}
	var i Issue
	f.apply(&i)
	return answered(http.StatusCreated, s.rendered(s.add(i)))
}

// issue is the one that the path names, nil if there is none.
func (s *Server) issue(c call) *Issue {
	n, err := strconv.Atoi(c.parameters["issue_number"])
	if err != nil || n < 1 || n > len(s.issues) {
		return nil
	}
	return &s.issues[n-1]
}

func (s *Server) updateIssue(c call) *Answer {
	i := s.issue(c)
	if i == nil {
		return c.notFound()
	}
	f := decode[fields](c)
	if a := c.unfitText(f); a != nil {
		return a
	}
	f.apply(i)
	return answered(http.StatusOK, s.rendered(*i))
}

func (s *Server) createComment(c call) *Answer {
	i := s.issue(c)
	if i == nil {
		return c.notFound()
	}
	comment := decode[struct{ Body string }](c)
	i.Comments = append(slices.Clone(i.Comments), comment.Body)
	url := fmt.Sprintf("%s/issues/%d", s.api(), i.Number)
	return answered(http.StatusCreated, map[string]any{
		"id": len(i.Comments), "node_id": "IC_1", "body": comment.Body,
		"url": fmt.Sprintf("%s/comments/%d", url, len(i.Comments)), "issue_url": url,
		"html_url": fmt.Sprintf("%s#issuecomment-%d", s.page(*i), len(i.Comments)),
		"user":     s.user("github-actions[bot]"), "created_at": Epoch, "updated_at": Epoch,
	})
}

func (s *Server) api() string { return s.URL() + "/repos/" + s.options.Repository }

// page is where a person reads the issue.
func (s *Server) page(i Issue) string {
	kind := "issues"
	if i.PullRequest {
		kind = "pull"
	}
	return fmt.Sprintf("https://github.com/%s/%s/%d", s.options.Repository, kind, i.Number)
}

func (s *Server) rendered(i Issue) map[string]any {
	url := fmt.Sprintf("%s/issues/%d", s.api(), i.Number)
	labels := []any{}
	for n, label := range i.Labels {
		labels = append(labels, map[string]any{"id": n + 1, "name": label, "color": "ededed", "default": false})
	}
	fields := map[string]any{
		"id": i.Number, "node_id": fmt.Sprintf("I_%d", i.Number), "number": i.Number,
		"title": i.Title, "body": i.Body, "state": i.State, "locked": false,
		"url": url, "html_url": s.page(i), "repository_url": s.api(), "comments_url": url + "/comments",
		"events_url": url + "/events", "labels_url": url + "/labels{/name}",
		"user": s.user(i.Author), "author_association": i.Association, "labels": labels, "comments": len(i.Comments),
		"assignee": nil, "milestone": nil, "closed_at": nil, "created_at": Epoch, "updated_at": Epoch,
	}
	if i.StateReason != "" {
		fields["state_reason"] = i.StateReason
	}
	if i.State == "closed" {
		fields["closed_at"] = Epoch
	}
	if i.PullRequest {
		fields["pull_request"] = map[string]any{"url": s.api() + "/pulls/1", "html_url": s.page(i), "diff_url": s.page(i) + ".diff", "patch_url": s.page(i) + ".patch"}
	}
	return fields
}

func (s *Server) user(login string) map[string]any {
	kind := "User"
	if strings.HasSuffix(login, "[bot]") {
		kind = "Bot"
	}
	url := s.URL() + "/users/" + strings.NewReplacer("[", "%5B", "]", "%5D").Replace(login)
	user := map[string]any{
		"login": login, "id": 41898282, "node_id": "U_1", "type": kind, "site_admin": false, "gravatar_id": "",
		"avatar_url": "https://avatars.githubusercontent.com/in/15368?v=4", "html_url": "https://github.com/apps/github-actions", "url": url,
	}
	for field, tail := range map[string]string{
		"followers_url": "/followers", "following_url": "/following{/other_user}", "gists_url": "/gists{/gist_id}",
		"starred_url": "/starred{/owner}{/repo}", "subscriptions_url": "/subscriptions", "organizations_url": "/orgs",
		"repos_url": "/repos", "events_url": "/events{/privacy}", "received_events_url": "/received_events",
	} {
		user[field] = url + tail
	}
	return user
}
