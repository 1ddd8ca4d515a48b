package githubtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Epoch is the time of everything here.
const Epoch = "2026-03-01T12:00:00Z"

// Options of a server. The zero value is a repository octo/churn that a job
// token may not touch.
type Options struct {
	Listen     string // "" is 127.0.0.1:0
	BasePath   string // before /repos: "/api/v3" as on GitHub Enterprise Server
	Repository string // owner/name; "" is octo/churn

	// Permissions of the job token: contents, issues, actions, each read or
	// write, as in a workflow's `permissions:`.
	Permissions map[string]string

	IssuesDisabled bool
	Workflows      []string // file names that can be dispatched
}

// A Server is one GitHub with one repository. Its methods are safe for
// concurrent use.
type Server struct {
	tb      testing.TB
	options Options
	spec    *contract
	address string
	http    *http.Server

	mu                 sync.Mutex
	variables          map[string]string
	issues             []Issue
	dispatches         []Dispatch
	workflowDispatches []WorkflowDispatch
	calls              []string
	failures           []*failure
}

// A failure waits for the requests that it answers.
type failure struct {
	method, suffix string
	times          int
	answer         Answer
}

// Start serves until the test ends.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Repository == "" {
		o.Repository = "octo/churn"
	}
	spec, err := description()
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{tb: tb, options: o, spec: spec, variables: map[string]string{}}
	s.listen(o.Listen)
	tb.Cleanup(func() { s.http.Close() })
	return s
}

func (s *Server) listen(address string) {
	s.tb.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.address = listener.Addr().String()
	s.http = &http.Server{Handler: s}
	go func(server *http.Server) {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.tb.Errorf("githubtest: %v", err)
		}
	}(s.http)
}

// URL is what GITHUB_API_URL would be. A server that listens on all addresses
// is named by 127.0.0.1.
func (s *Server) URL() string {
	host, port, _ := net.SplitHostPort(s.address)
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port) + s.options.BasePath
}

// Down refuses connections until it is called with false. Not while another
// goroutine asks for the URL.
func (s *Server) Down(down bool) {
	s.tb.Helper()
	s.http.Close()
	if !down {
		s.listen(s.address)
	}
}

// Fail answers the next requests of the method whose path ends so; "" is any
// method. Fewer than 0 times is for ever. Failures are used in the order in
// which they were made.
func (s *Server) Fail(method, pathSuffix string, times int, answer Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, &failure{method, pathSuffix, times, answer})
}

// Calls are the requests so far: method, path, status, and GitHub's name of the
// operation. The status of a connection that was cut is "cut".
func (s *Server) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// ServeHTTP answers one request, as any http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.tb.Errorf("githubtest: %s %s: reading the request: %v", r.Method, r.URL.Path, err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	path, below := strings.CutPrefix(r.URL.Path, s.options.BasePath)
	if !below {
		s.tb.Errorf("githubtest: %s %s: expected a path below %s", r.Method, r.URL.Path, s.options.BasePath)
	}
	r.URL.Path, r.URL.RawPath = path, ""
	s.answer(r, body).send(w)
}

// answer finds the answer to a request and holds both to the description.
func (s *Server) answer(r *http.Request, body []byte) *Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	matched, err := s.spec.request(r, body)
	if err != nil {
		s.tb.Errorf("githubtest: %s %s: %v", r.Method, r.URL.RequestURI(), err)
		s.record(r, http.StatusNotFound, "-")
		return says(http.StatusNotFound, "Not Found", "https://docs.github.com/rest")
	}
	a := s.carryOut(r, body, matched)
	if a.Cut {
		s.calls = append(s.calls, fmt.Sprintf("%s %s cut %s", r.Method, r.URL.Path, matched.id))
		return a
	}
	s.record(r, a.Status, matched.id)
	if err := matched.answer(a); err != nil {
		s.tb.Errorf("githubtest: the answer %d to %s %s: %v\n%s", a.Status, r.Method, r.URL.Path, err, a.Body)
	}
	return a
}

func (s *Server) record(r *http.Request, status int, id string) {
	s.calls = append(s.calls, fmt.Sprintf("%s %s %d %s", r.Method, r.URL.Path, status, id))
}

// carryOut is what GitHub would do, unless a failure stands before it.
func (s *Server) carryOut(r *http.Request, body []byte, m *matched) *Answer {
	injected := s.injected(r)
	if injected != nil && !injected.Act {
		return injected
	}
	real := s.handle(r, body, m)
	if injected != nil {
		return injected
	}
	return real
}

func (s *Server) handle(r *http.Request, body []byte, m *matched) *Answer {
	op, ok := operations[m.id]
	if !ok {
		s.tb.Errorf("githubtest: %s is described and not served", m.id)
		return says(http.StatusNotFound, "Not Found", "https://docs.github.com/rest")
	}
	op.documentation = m.documentation
	if a := s.refusal(r, op); a != nil {
		return a
	}
	if !strings.EqualFold(m.parameters["owner"]+"/"+m.parameters["repo"], s.options.Repository) {
		return says(http.StatusNotFound, "Not Found", op.documentation)
	}
	return op.serve(s, call{body: body, query: r.URL.Query(), parameters: m.parameters, operation: op, url: s.URL() + r.URL.Path})
}

func (s *Server) injected(r *http.Request) *Answer {
	for _, f := range s.failures {
		if f.times != 0 && (f.method == "" || f.method == r.Method) && strings.HasSuffix(r.URL.Path, f.suffix) {
			f.times--
			answer := f.answer
			return &answer
		}
	}
	return nil
}

// Variables are the repository's variables, their names in upper case.
func (s *Server) Variables() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.variables)
}

// SetVariable is somebody else setting a variable.
func (s *Server) SetVariable(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.variables[strings.ToUpper(name)] = value
}

// Issues are the repository's issues and pull requests, oldest first.
func (s *Server) Issues() []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.issues)
}

// AddIssue is somebody else opening an issue; it returns the number.
func (s *Server) AddIssue(i Issue) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(i).Number
}

// Dispatches are the repository_dispatch events so far.
func (s *Server) Dispatches() []Dispatch {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.dispatches)
}

// WorkflowDispatches are the workflow_dispatch events so far.
func (s *Server) WorkflowDispatches() []WorkflowDispatch {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.workflowDispatches)
}
