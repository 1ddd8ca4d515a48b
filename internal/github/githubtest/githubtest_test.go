package githubtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A recorder is a test whose failures are wanted.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	failures []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) all() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.failures, "\n")
}

// ask sends a request as the kind and returns status, header and body.
func ask(t *testing.T, s *Server, kind Kind, method, path, body string) (int, http.Header, string) {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+string(kind))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

// A call that GitHub's description does not know fails the test that made it.
func TestUndescribedCallsFail(t *testing.T) {
	t.Parallel()
	const variables = "/repos/octo/churn/actions/variables"
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/repos/octo/churn/actions/vars", "", "GitHub's description has no such call"},
		{"PUT", variables + "/X", `{"name":"X","value":"1"}`, "GitHub's description has no such call"},
		{"GET", "/users/octo", "", "GitHub's description has no such call"},
		{"GET", variables + "?state=open", "", `no query parameter "state"`},
		{"GET", variables + "?per_page=many", "", "per_page"},
		{"GET", "/repos/octo/churn/issues?state=new", "", "state"},
		{"POST", variables, `{"name":"X"}`, `"value"`},
		{"POST", variables, `{"name":"X","value":1}`, "value"},
		{"POST", variables, `{"name":"X","value":"1","visibility":"all"}`, `no field "visibility"`},
		{"POST", variables, `[]`, "expected a JSON object"},
		{"POST", variables, ``, "body"},
		{"GET", variables + "/X", `{}`, "no body is described"},
		{"POST", "/repos/octo/churn/dispatches", `{"client_payload":{}}`, `"event_type"`},
		{"POST", "/repos/octo/churn/dispatches", `{"event_type":"` + strings.Repeat("x", 101) + `"}`, "event_type"},
		{"POST", "/repos/octo/churn/dispatches", `{"event_type":"x","client_payload":{"0":0,"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"10":0}}`, "at most 10 properties"},
		{"PATCH", "/repos/octo/churn/issues/1", `{"state":"gone"}`, "state"},
		{"PATCH", "/repos/octo/churn/issues/one", `{"state":"open"}`, "issue_number"},
	} {
		r := &recorder{TB: t}
		s := Start(r, Options{})
		if status, _, _ := ask(t, s, FineGrained, c.method, c.path, c.body); status != http.StatusNotFound {
			t.Errorf("%s %s: status %d", c.method, c.path, status)
		}
		if !strings.Contains(r.all(), c.want) {
			t.Errorf("%s %s %s: expected a failure with %q, got: %s", c.method, c.path, c.body, c.want, r.all())
		}
	}
}

// An answer that GitHub would not give fails the test that made it.
func TestUndescribedAnswersFail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answer Answer
		want   string // "" is no failure
	}{
		{SecondaryLimit("1"), ""},
		{PrimaryLimit(1), ""},
		{Answer{Status: 404, Body: `{"message":"Not Found"}`}, ""},
		{Answer{Status: 502}, ""},
		{Answer{Status: 418, Body: `{}`}, "no such status"},
		{Answer{Status: 409, Body: `{}`}, "no such status"},
		{Answer{Status: 403, Body: `{"message":1}`}, "message"},
		{Answer{Status: 403, Body: `<html>`}, "expected JSON"},
		{Answer{Status: 200, Body: `{"name":"X","value":"1"}`}, "created_at"},
		{Answer{Status: 200, Body: `{"name":"X","value":1,"created_at":"` + Epoch + `","updated_at":"` + Epoch + `"}`}, "value"},
		{Answer{Status: 200, Body: `{"name":"X","value":"1","created_at":"today","updated_at":"` + Epoch + `"}`}, "date-time"},
	} {
		r := &recorder{TB: t}
		s := Start(r, Options{})
		s.Fail("GET", "/X", 1, c.answer)
		if status, _, _ := ask(t, s, FineGrained, "GET", "/repos/octo/churn/actions/variables/X", ""); status != c.answer.Status {
			t.Errorf("status %d, expected %d", status, c.answer.Status)
		}
		if got := r.all(); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%+v: expected a failure with %q, got: %s", c.answer, c.want, got)
		}
	}
	r := &recorder{TB: t}
	s := Start(r, Options{})
	s.Fail("PATCH", "", 1, Answer{Status: 204, Body: "{}"})
	ask(t, s, FineGrained, "PATCH", "/repos/octo/churn/actions/variables/X", "{}")
	if !strings.Contains(r.all(), "expected no body") {
		t.Error(r.all())
	}
}

func TestVariablesComeInPages(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	for n := range 45 {
		s.SetVariable(fmt.Sprintf("v%02d", n), "x")
	}
	for _, c := range []struct {
		query string
		count int
		next  string
	}{
		{"", 10, "?page=2"},
		{"?per_page=100", 30, "?page=2&per_page=100"},
		{"?per_page=30&page=2", 15, ""},
		{"?per_page=30&page=3", 0, ""},
	} {
		status, header, body := ask(t, s, FineGrainedReader, "GET", "/repos/octo/churn/actions/variables"+c.query, "")
		var list struct {
			Total     int `json:"total_count"`
			Variables []struct{ Name string }
		}
		if err := json.Unmarshal([]byte(body), &list); err != nil || status != 200 || list.Total != 45 || len(list.Variables) != c.count {
			t.Errorf("%q: %d %d of %d (%v), expected %d of 45", c.query, status, len(list.Variables), list.Total, err, c.count)
		}
		if link := header.Get("Link"); !strings.Contains(link, c.next) || (c.next == "") != (link == "") {
			t.Errorf("%q: Link %q, expected %q", c.query, link, c.next)
		}
	}
	if s.Variables()["V00"] != "x" {
		t.Errorf("names are kept in upper case: %v", s.Variables())
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Permissions: map[string]string{"variables": "write", "issues": "read"}})
	for _, c := range []struct {
		kind                Kind
		method, path, body  string
		status              int
		message, documented string
	}{
		{JobToken, "GET", "actions/variables/X", "", 403, "Resource not accessible by integration", "https://docs.github.com/rest/actions/variables#get-a-repository-variable"},
		{JobToken, "GET", "issues", "", 200, "", ""},
		{JobToken, "POST", "issues", `{"title":"t"}`, 403, "Resource not accessible by integration", "https://docs.github.com/rest/issues/issues#create-an-issue"},
		{FineGrainedBare, "GET", "actions/variables/X", "", 403, "Resource not accessible by personal access token", ""},
		{FineGrainedReader, "GET", "actions/variables/X", "", 404, "Not Found", ""},
		{FineGrainedReader, "POST", "actions/variables", `{"name":"X","value":""}`, 403, "Resource not accessible by personal access token", ""},
		{AppToken, "POST", "actions/variables", `{"name":"GITHUB_X","value":""}`, 422, `Variable name cannot start with \"GITHUB_\" prefix.`, ""},
		{AppToken, "POST", "actions/variables", `{"name":"X","value":"` + strings.Repeat("x", 48*1024+1) + `"}`, 422, "too large", ""},
		{Outsider, "GET", "issues", "", 404, "Not Found", ""},
		{Expired, "GET", "issues", "", 401, "Bad credentials", ""},
		{"nobody", "GET", "issues", "", 401, "Bad credentials", ""},
	} {
		status, _, body := ask(t, s, c.kind, c.method, "/repos/octo/churn/"+c.path, c.body)
		if status != c.status || !strings.Contains(body, c.message) || !strings.Contains(body, c.documented) {
			t.Errorf("%s %s %s: %d %s, expected %d %s %s", c.kind, c.method, c.path, status, body, c.status, c.message, c.documented)
		}
	}
	if status, _, _ := ask(t, s, FineGrained, "GET", "/repos/octo/other/issues", ""); status != 404 {
		t.Errorf("another repository: %d", status)
	}
}

func TestFailuresAndCalls(t *testing.T) {
	t.Parallel()
	r := &recorder{TB: t}
	s := Start(r, Options{})
	s.Fail("GET", "/X", 1, Answer{Cut: true})
	s.Fail("", "/variables", 1, Answer{Status: 500, Act: true})
	const variables = "/repos/octo/churn/actions/variables"
	if status, _, err := ask(t, s, FineGrained, "GET", variables+"/X", ""); status != 0 {
		t.Errorf("%d %s, expected a cut connection", status, err)
	}
	if status, _, _ := ask(t, s, FineGrained, "POST", variables, `{"name":"x","value":"1"}`); status != 500 || s.Variables()["X"] != "1" {
		t.Errorf("%d, %v; expected 500, and it done", status, s.Variables())
	}
	s.Down(true)
	if status, _, err := ask(t, s, FineGrained, "GET", variables+"/X", ""); status != 0 || !strings.Contains(err, "refused") {
		t.Errorf("%d %s, expected a refused connection", status, err)
	}
	s.Down(false)
	ask(t, s, FineGrained, "GET", variables+"/X", "")
	ask(t, s, FineGrained, "GET", "/nowhere", "")
	want := []string{
		"GET /repos/octo/churn/actions/variables/X cut actions/get-repo-variable",
		"POST /repos/octo/churn/actions/variables 500 actions/create-repo-variable",
		"GET /repos/octo/churn/actions/variables/X 200 actions/get-repo-variable",
		"GET /nowhere 404 -",
	}
	if got := s.Calls(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if s.Token("none"); !strings.Contains(r.all(), `no token of kind "none"`) {
		t.Error(r.all())
	}
}

// Every operation that the description was cut down to is served, and none
// other is.
func TestOperationsAreServed(t *testing.T) {
	t.Parallel()
	described, err := Operations()
	if err != nil {
		t.Fatal(err)
	}
	var served []string
	for id := range operations {
		served = append(served, id)
	}
	slices.Sort(served)
	if !slices.Equal(served, described) {
		t.Errorf("served %q, described %q", served, described)
	}
}

// In a container 127.0.0.1 is not this machine, so the server can be asked to
// listen on every address, under a prefix and for another repository.
func TestOptions(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Listen: "0.0.0.0:0", BasePath: "/api/v3", Repository: "mona/model"})
	if url := s.URL(); !strings.HasPrefix(url, "http://127.0.0.1:") || !strings.HasSuffix(url, "/api/v3") {
		t.Error(url)
	}
	if status, _, body := ask(t, s, FineGrained, "GET", "/repos/mona/model/issues", ""); status != 200 || body != "[]" {
		t.Errorf("%d %s", status, body)
	}
}
