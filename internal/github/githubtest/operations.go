package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxValue is the longest value of a variable, bytes.
const maxValue = 48 * 1024

// An operation is how one of GitHub's is served, and what it asks of a token.
type operation struct {
	permission, level string
	serve             func(*Server, call) *Answer
	documentation     string // GitHub's page, from its description
}

// A call is one request that may be carried out.
type call struct {
	operation
	body       []byte
	query      url.Values
	parameters map[string]string
	url        string
}

// operations by GitHub's own names.
var operations = map[string]operation{
	"actions/list-repo-variables":      {permission: "variables", level: "read", serve: (*Server).listVariables},
	"actions/get-repo-variable":        {permission: "variables", level: "read", serve: (*Server).getVariable},
	"actions/create-repo-variable":     {permission: "variables", level: "write", serve: (*Server).createVariable},
	"actions/update-repo-variable":     {permission: "variables", level: "write", serve: (*Server).updateVariable},
	"actions/create-workflow-dispatch": {permission: "actions", level: "write", serve: (*Server).dispatchWorkflow},
	"issues/list-for-repo":             {permission: "issues", level: "read", serve: (*Server).listIssues},
	"issues/create":                    {permission: "issues", level: "write", serve: (*Server).createIssue},
	"issues/update":                    {permission: "issues", level: "write", serve: (*Server).updateIssue},
	"issues/create-comment":            {permission: "issues", level: "write", serve: (*Server).createComment},
	"repos/create-dispatch-event":      {permission: "contents", level: "write", serve: (*Server).dispatch},
}

// page is the part of n things that the query asks for, and the Link header.
func (c call) page(n, usual, most int) (from, to int, link map[string]string) {
	size := number(c.query.Get("per_page"), usual)
	size = min(size, most)
	page := number(c.query.Get("page"), 1)
	from = min((page-1)*size, n)
	to = min(from+size, n)
	if to < n {
		q := url.Values{}
		for name, values := range c.query {
			q[name] = values
		}
		q.Set("page", strconv.Itoa(page+1))
		link = map[string]string{"Link": fmt.Sprintf(`<%s?%s>; rel="next"`, c.url, q.Encode())}
	}
	return from, to, link
}

func number(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// decode reads a body that the description has accepted.
func decode[T any](c call) T {
	var into T
	if err := json.Unmarshal(c.body, &into); err != nil {
		panic(fmt.Sprintf("githubtest: a body that is described and cannot be read: %v", err))
	}
	return into
}

func (c call) notFound() *Answer { return says(http.StatusNotFound, "Not Found", c.documentation) }

type variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func described(name, value string) map[string]any {
	return map[string]any{"name": name, "value": value, "created_at": Epoch, "updated_at": Epoch}
}

func (s *Server) listVariables(c call) *Answer {
	var names []string
	for name := range s.variables {
		names = append(names, name)
	}
	slices.Sort(names)
	from, to, link := c.page(len(names), 10, 30)
	list := []map[string]any{}
	for _, name := range names[from:to] {
		list = append(list, described(name, s.variables[name]))
	}
	a := answered(http.StatusOK, map[string]any{"total_count": len(names), "variables": list})
	a.Header = link
	return a
}

func (s *Server) getVariable(c call) *Answer {
	name := strings.ToUpper(c.parameters["name"])
	value, ok := s.variables[name]
	if !ok {
		return c.notFound()
	}
	return answered(http.StatusOK, described(name, value))
}

func (s *Server) createVariable(c call) *Answer {
	v := decode[variable](c)
	name := strings.ToUpper(v.Name)
	if _, ok := s.variables[name]; ok {
		return says(http.StatusConflict, "Already exists - Variable already exists", c.documentation)
	}
	if a := c.unfit(name, v.Value); a != nil {
		return a
	}
	s.variables[name] = v.Value
	return answered(http.StatusCreated, struct{}{})
}

func (s *Server) updateVariable(c call) *Answer {
	v := decode[variable](c)
	name := strings.ToUpper(c.parameters["name"])
	if _, ok := s.variables[name]; !ok {
		return c.notFound()
	}
	if a := c.unfit(name, v.Value); a != nil {
		return a
	}
	s.variables[name] = v.Value
	return &Answer{Status: http.StatusNoContent}
}

// unfit is the answer to a variable that cannot exist.
func (c call) unfit(name, value string) *Answer {
	switch {
	case strings.HasPrefix(name, "GITHUB_"):
		return says(http.StatusUnprocessableEntity, `Variable name cannot start with "GITHUB_" prefix.`, c.documentation)
	case len(value) > maxValue:
		return says(http.StatusUnprocessableEntity, "Variable value is too large.", c.documentation)
	}
	return nil
}

// A Dispatch is one repository_dispatch event.
type Dispatch struct {
	Repository string          `json:"-"`
	EventType  string          `json:"event_type"`
	Payload    json.RawMessage `json:"client_payload"` // nil if there was none
}

func (s *Server) dispatch(c call) *Answer {
	d := decode[Dispatch](c)
	d.Repository = c.parameters["owner"] + "/" + c.parameters["repo"]
	if len(d.Payload) >= 64*1024 {
		return invalid("RepositoryDispatchEvent", "client_payload", "too_large", c.documentation)
	}
	s.dispatches = append(s.dispatches, d)
	return &Answer{Status: http.StatusNoContent}
}

// A WorkflowDispatch is one workflow_dispatch event.
type WorkflowDispatch struct {
	Workflow string            `json:"-"` // file name
	Ref      string            `json:"ref"`
	Inputs   map[string]string `json:"inputs"`
}

func (s *Server) dispatchWorkflow(c call) *Answer {
	d := decode[WorkflowDispatch](c)
	d.Workflow = c.parameters["workflow_id"]
	if !slices.Contains(s.options.Workflows, d.Workflow) {
		return c.notFound()
	}
	s.workflowDispatches = append(s.workflowDispatches, d)
	return &Answer{Status: http.StatusNoContent}
}
