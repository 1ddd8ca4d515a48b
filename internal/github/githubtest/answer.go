package githubtest

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
)

// An Answer is one answer of the server; see Server.Fail.
type Answer struct {
	Status int
	Header map[string]string
	Body   string // JSON; "" is no body

	// Act lets the request be carried out before this answer is given in
	// place of the real one.
	Act bool
	// Cut closes the connection instead of answering.
	Cut bool
}

// SecondaryLimit is how GitHub refuses a client that asks too much at once.
// retryAfter is in seconds; "" sends none, as GitHub may.
func SecondaryLimit(retryAfter string) Answer {
	a := *says(http.StatusForbidden, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
		"https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits")
	if retryAfter != "" {
		a.Header = map[string]string{"Retry-After": retryAfter}
	}
	return a
}

// PrimaryLimit is how GitHub refuses a client whose hour's requests are spent.
// reset is the time of the next hour, in seconds since 1970.
func PrimaryLimit(reset int64) Answer {
	a := *says(http.StatusForbidden, "API rate limit exceeded for installation ID 1.",
		"https://docs.github.com/rest/overview/resources-in-the-rest-api#rate-limiting")
	a.Header = map[string]string{"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": strconv.FormatInt(reset, 10)}
	return a
}

// says is a refusal in the shape that GitHub gives all of them.
func says(status int, message, documentation string) *Answer {
	return answered(status, map[string]any{"message": message, "documentation_url": documentation, "status": strconv.Itoa(status)})
}

// invalid is GitHub's answer to a body that it can read and does not accept.
func invalid(resource, field, code, documentation string) *Answer {
	return answered(http.StatusUnprocessableEntity, map[string]any{
		"message":           "Validation Failed",
		"errors":            []map[string]any{{"resource": resource, "field": field, "code": code}},
		"documentation_url": documentation,
	})
}

func answered(status int, body any) *Answer {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // maps of ours
	}
	return &Answer{Status: status, Body: string(text)}
}

func (a *Answer) send(w http.ResponseWriter) {
	if a.Cut {
		panic(http.ErrAbortHandler)
	}
	for name, value := range a.headers() {
		w.Header().Set(name, value)
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write([]byte(a.Body)) // the client may be gone
}

func (a *Answer) headers() map[string]string {
	headers := maps.Clone(a.Header)
	if headers == nil {
		headers = map[string]string{}
	}
	headers["X-GitHub-Request-Id"] = "CAFE:1:1"
	if a.Body != "" {
		headers["Content-Type"] = "application/json; charset=utf-8"
	}
	return headers
}
