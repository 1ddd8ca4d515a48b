package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/org/ct-action/internal/retry"
	"github.com/org/ct-action/internal/state"
	"github.com/org/ct-action/internal/text"
)

// maxMessage caps what GitHub, or something before it, may say in our log, in
// characters.
const maxMessage = 400

// An Error is one operation that did not work, or was not sent.
type Error struct {
	Op      string // what was being done: "setting the repository variable CT_STATE_CHURN"
	Method  string // empty where nothing was sent
	URL     string // without query
	Status  int    // as GitHub answered it; 0: no answer
	Message string // GitHub's words, or ours; one line
	Hint    string // what to do next; may be empty

	kind  error // state.ErrAbsent, state.ErrRefused, ErrName, or nil
	cause error
}

// Error is one line, and the hint on lines of its own.
func (e *Error) Error() string {
	text := e.Op
	if e.Method != "" {
		text += ": " + e.Method + " " + e.URL
	}
	if e.Status != 0 {
		text += fmt.Sprintf(": HTTP %d", e.Status)
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Hint != "" {
		text += "\nhint: " + e.Hint
	}
	return text
}

// Is matches state.ErrAbsent, state.ErrRefused and ErrName.
func (e *Error) Is(target error) bool { return e.kind != nil && target == e.kind }

// Unwrap is the cause where there was no answer, such as context.Canceled.
func (e *Error) Unwrap() error { return e.cause }

// failed reports whether the error is GitHub's own answer of that status.
func failed(err error, status int) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == status && e.kind != nil
}

func (c *Client) newError(q call) *Error {
	return &Error{Op: q.op, Method: q.method, URL: c.rest.BaseURL.String() + q.path}
}

// answered is an answer whose status is not 2xx.
func (c *Client) answered(q call, sent *retry.Call, answer *github.ErrorResponse) error {
	e := c.newError(q)
	e.Status = original(answer.Response)
	e.Message = c.said(words(answer))
	if answer.Message == "" {
		e.Hint = "this does not look like GitHub's API: check GITHUB_API_URL (a GitHub Enterprise Server has its API below /api/v3) and what stands between, such as a proxy"
	} else {
		e.kind = kind(q, answer.Response.StatusCode)
		e.Hint = c.statusHint(q, answer)
	}
	e.Message += sent.Again() + unknown(q, sent)
	return e
}

// original is the status that GitHub answered; see limits.
func original(resp *http.Response) int {
	number, _, _ := strings.Cut(resp.Status, " ")
	if status, err := strconv.Atoi(number); err == nil {
		return status
	}
	return resp.StatusCode
}

// kind tells the three answers apart.
func kind(q call, status int) error {
	switch {
	case status == http.StatusNotFound && q.mayLack:
		return state.ErrAbsent
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound:
		return state.ErrRefused
	case status == http.StatusConflict:
		return errConflict
	}
	return nil
}

// errConflict is the kind of an answer that a variable exists already.
var errConflict = errors.New("it is there already")

// words are GitHub's message and what it says of each field.
func words(answer *github.ErrorResponse) string {
	if answer.Message == "" {
		return http.StatusText(answer.Response.StatusCode)
	}
	text := answer.Message
	for _, e := range answer.Errors {
		said := e.Message
		if said == "" {
			said = strings.TrimSpace(e.Field + " " + e.Code)
		}
		text += "; " + said
	}
	return text
}

// foreign is a 2xx answer that GitHub would not have given.
func (c *Client) foreign(q call, status int) error {
	e := c.newError(q)
	e.Status = status
	e.Message = "expected GitHub's JSON, got something else"
	e.Hint = "check GITHUB_API_URL (a GitHub Enterprise Server has its API below /api/v3) and what stands between, such as a proxy's login page"
	return e
}

// unanswered is an operation whose last attempt had no answer.
func (c *Client) unanswered(q call, sent *retry.Call, err error) error {
	err = retry.Cause(err)
	e := c.newError(q)
	e.Message = c.said(err.Error()) + sent.Again() + unknown(q, sent)
	e.cause = retry.Worded(c.said(err.Error()), err)
	if !errors.Is(err, context.Canceled) {
		e.Hint = "no answer from GitHub: https://www.githubstatus.com tells whether it is down, GITHUB_API_URL where it was looked for"
	}
	return e
}

// unknown warns of the second issue or event that repeating it could make.
func unknown(q call, sent *retry.Call) string {
	if q.idempotent || !sent.Unsure || q.method == http.MethodGet {
		return ""
	}
	return "; it may have been carried out all the same, so it was not repeated"
}

// said is a text of GitHub's on one line, cut, and without the token.
func (c *Client) said(s string) string {
	return text.Line(c.scrub(s), maxMessage)
}

// quoted shows a name that somebody gave.
func quoted(s string) string { return strconv.Quote(text.Line(s, 100)) }
