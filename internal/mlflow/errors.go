package mlflow

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/retry"
	"github.com/org/ct-action/internal/text"
)

// maxMessage caps what a server may say in our log, in characters.
const maxMessage = 400

// An Error is one operation that did not work.
type Error struct {
	Op      string // what was being done: "setting alias champion to version 8 of churn"
	Method  string
	URL     string // without credentials and query
	Status  int    // 0: no answer, or nothing was sent
	Code    string // MLflow's error_code, empty if the answer was not MLflow's
	Message string // the server's words, or ours; one line
	Hint    string // what to do next; may be empty

	cause  error
	unsure bool
	absent bool
}

// Error is one line, and the hint on a line of its own.
func (e *Error) Error() string {
	text := e.Op + ": " + e.Method + " " + e.URL
	if e.Status != 0 {
		text += fmt.Sprintf(": HTTP %d", e.Status)
	}
	if e.Code != "" {
		text += " " + e.Code
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Hint != "" {
		text += "\nhint: " + e.Hint
	}
	return text
}

// Unwrap is the cause where there was no answer, such as context.Canceled.
func (e *Error) Unwrap() error { return e.cause }

// Is matches promote.ErrNotFound and promote.ErrUnknownOutcome.
func (e *Error) Is(target error) bool {
	switch target {
	case promote.ErrNotFound:
		return e.absent
	case promote.ErrUnknownOutcome:
		return e.unsure
	}
	return false
}

// unsent is an operation that was given up before anything was sent.
func (c *Client) unsent(q call, cause error) *Error {
	words := strings.ReplaceAll(cause.Error(), "\n", "; ") // several joined
	return &Error{Op: q.op, Method: q.method, URL: q.url(), Message: c.said(words), cause: cause}
}

// unanswered is an operation whose last attempt had no answer.
func (c *Client) unanswered(q call, sent *retry.Call, err error) *Error {
	err = retry.Cause(err)
	return &Error{Op: q.op, Method: q.method, URL: q.url(),
		Message: c.said(err.Error()) + sent.Again(),
		Hint:    network.For(q.at.base.Hostname(), err),
		cause:   retry.Worded(c.scrub(err.Error()), err),
		unsure:  q.write && sent.Unsure,
	}
}

// refused is an answer whose status is not 2xx.
func (c *Client) refused(q call, sent *retry.Call, resp *http.Response, body []byte) *Error {
	e := &Error{Op: q.op, Method: q.method, URL: q.url(), Status: resp.StatusCode, unsure: q.write && sent.Unsure}
	var envelope struct {
		Code    jsonText `json:"error_code"`
		Message jsonText `json:"message"`
	}
	if err := json.Unmarshal(body, &envelope); err == nil && envelope.Code != "" {
		e.Code = text.Line(c.scrub(string(envelope.Code)), 60)
		e.Message = c.said(string(envelope.Message))
	} else {
		e.Message = c.said(plain(resp, body))
	}
	e.absent = e.Code == "RESOURCE_DOES_NOT_EXIST" && q.asksFor(e.Message)
	e.Hint = c.refusalHint(q, e, resp)
	e.Message += sent.Again()
	return e
}

// What MLflow and its relatives call the things that a call can ask for, at the
// beginning of the message that says there is none.
var (
	namesModel = regexp.MustCompile(`(?i)^(registered ?model|model ?version|routine or model)\b`)
	namesRun   = regexp.MustCompile(`(?i)^run\b`)
)

// asksFor reports whether a message that something does not exist is about what
// the call asks for. The same code tells of a workspace, an experiment or a path
// that does not exist, and nothing about the model follows from that.
func (q call) asksFor(message string) bool {
	if !strings.HasPrefix(q.path, api+"model") && !strings.HasPrefix(q.path, api+"registered-models/") {
		return namesRun.MatchString(message)
	}
	return namesModel.MatchString(message)
}

// foreign is a 2xx answer that MLflow would not have given. After a write it
// leaves open whether an MLflow behind it has acted.
func (c *Client) foreign(q call, resp *http.Response, body []byte) *Error {
	e := &Error{Op: q.op, Method: q.method, URL: q.url(), Status: resp.StatusCode, unsure: q.write}
	e.Message = "this does not look like an MLflow server: expected MLflow's JSON, got " + kind(resp, body)
	e.Hint = "check the address; it is the one under which the MLflow UI opens, base path included"
	if html(resp, body) {
		e.Hint = "the page may be a login page of a proxy before MLflow: the proxy needs credentials that MLflow's variables can carry, or a way in for machines; otherwise check the address and its base path"
	}
	return e
}

// said is a text of the server on one line, cut, and without secrets.
func (c *Client) said(s string) string { return text.Line(c.scrub(s), maxMessage) }
