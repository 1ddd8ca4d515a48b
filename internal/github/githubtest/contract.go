package githubtest

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

//go:embed testdata/api.github.com.json
var openapi []byte

// undescribed are the statuses that GitHub answers and does not describe, by
// operation; "" is any operation. Their bodies are GitHub's basic-error.
var undescribed = map[string][]int{
	"": {
		// "Bad credentials", expired installation tokens: description of apps/create-installation-access-token.
		http.StatusUnauthorized,
		// "Resource not accessible by integration" or "by personal access token", and the limits:
		// https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
		http.StatusForbidden,
		// private resources without access: the same page
		http.StatusNotFound,
		// secondary rate limits: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
		http.StatusTooManyRequests,
		// incidents
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
	},
	// "Server will return a 409 if variable already exists": github.com/cli/cli, pkg/cmd/variable/set/http.go
	"actions/create-repo-variable": {http.StatusConflict, http.StatusUnprocessableEntity},
	// a value over 48 KB, a name that is not allowed
	"actions/update-repo-variable": {http.StatusUnprocessableEntity},
	// a workflow without the workflow_dispatch trigger, an unknown ref or input:
	// https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event and its users' reports
	"actions/create-workflow-dispatch": {http.StatusUnprocessableEntity, http.StatusAccepted},
}

// A contract is GitHub's description of the operations that we use.
type contract struct {
	doc    *openapi3.T
	router routers.Router
}

// description is read once and only read.
var description = sync.OnceValues(func() (*contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(openapi)
	if err != nil {
		return nil, fmt.Errorf("testdata/api.github.com.json: %w", err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("testdata/api.github.com.json: %w", err)
	}
	return &contract{doc, router}, nil
})

// A matched request is one that the description knows.
type matched struct {
	id, documentation string
	parameters        map[string]string
	input             *openapi3filter.RequestValidationInput
	basicError        *openapi3.Schema
}

// Operations are the operations that the server knows, by GitHub's names.
func Operations() ([]string, error) {
	spec, err := description()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, item := range spec.doc.Paths.Map() {
		for _, op := range item.Operations() {
			ids = append(ids, op.OperationID)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// request finds the operation and validates the request against it, more
// strictly than OpenAPI does: unknown parameters and fields are mistakes.
func (c *contract) request(r *http.Request, body []byte) (*matched, error) {
	route, parameters, err := c.router.FindRoute(r)
	if err != nil {
		return nil, fmt.Errorf("GitHub's description has no such call: %w", err)
	}
	m := &matched{
		id: route.Operation.OperationID, parameters: parameters,
		basicError: c.doc.Components.Schemas["basic-error"].Value,
		input: &openapi3filter.RequestValidationInput{
			Request: r, PathParams: parameters, Route: route,
			Options: &openapi3filter.Options{
				MultiError: true, IncludeResponseStatus: true, SkipSettingDefaults: true,
				AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
			},
		},
	}
	if docs := route.Operation.ExternalDocs; docs != nil {
		m.documentation = docs.URL
	}
	err = openapi3filter.ValidateRequest(context.Background(), m.input)
	return m, errors.Join(err, unknownQuery(r.URL.Query(), route.Operation), unknownFields(body, route.Operation))
}

func unknownQuery(query url.Values, op *openapi3.Operation) error {
	var errs []error
	for name := range query {
		if op.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			errs = append(errs, fmt.Errorf("%s: no query parameter %q is described", op.OperationID, name))
		}
	}
	return errors.Join(errs...)
}

func unknownFields(body []byte, op *openapi3.Operation) error {
	if op.RequestBody == nil {
		if len(body) > 0 {
			return fmt.Errorf("%s: no body is described", op.OperationID)
		}
		return nil
	}
	var sent map[string]json.RawMessage
	if err := json.Unmarshal(body, &sent); err != nil {
		return fmt.Errorf("%s: expected a JSON object: %w", op.OperationID, err)
	}
	known := op.RequestBody.Value.Content.Get("application/json").Schema.Value.Properties
	var errs []error
	for name := range sent {
		if known[name] == nil {
			errs = append(errs, fmt.Errorf("%s: no field %q is described", op.OperationID, name))
		}
	}
	return errors.Join(errs...)
}

// answer validates an answer to the request.
func (m *matched) answer(a *Answer) error {
	if m.input.Route.Operation.Responses.Status(a.Status) == nil {
		return m.undescribedAnswer(a)
	}
	if a.Status == http.StatusNoContent && a.Body != "" {
		return errors.New("expected no body")
	}
	header := http.Header{}
	for name, value := range a.headers() {
		header.Set(name, value)
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: m.input, Status: a.Status, Header: header,
		Body: io.NopCloser(strings.NewReader(a.Body)), Options: m.input.Options,
	})
}

func (m *matched) undescribedAnswer(a *Answer) error {
	if !slices.Contains(undescribed[""], a.Status) && !slices.Contains(undescribed[m.id], a.Status) {
		return fmt.Errorf("%s: GitHub's description has no such status, and it is not among the undescribed ones", m.id)
	}
	if a.Body == "" {
		return nil
	}
	var body any
	if err := json.Unmarshal([]byte(a.Body), &body); err != nil {
		return fmt.Errorf("expected JSON: %w", err)
	}
	return m.basicError.VisitJSON(body)
}
