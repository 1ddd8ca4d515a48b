package mlflow

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

// The page size is far below what MLflow allows (200,000) and what other servers of
// its API do (10,000): a page of versions with long tags stays at a few MB.
const (
	pageSize = 1000
	maxPages = 1000
)

// Model reads a registered model: its alias table, its tags, and what the same
// answer tells of the newest versions. The error matches promote.ErrNotFound
// when there is none. A prompt, which shares the name space, is an error.
func (c *Client) Model(ctx context.Context, name string) (promote.Model, error) {
	q := c.read("reading registered model "+text.Line(name, 100), "registered-models/get", url.Values{"name": {name}})
	var answer struct {
		Model *wireModel `json:"registered_model"`
	}
	resp, err := c.do(ctx, q, &answer)
	if err != nil {
		return promote.Model{}, err
	}
	if answer.Model == nil || answer.Model.Name == "" {
		return promote.Model{}, c.foreign(q, resp, nil)
	}
	m := answer.Model.model()
	if m.Prompt() {
		return promote.Model{}, &Error{Op: q.op, Method: q.method, URL: q.url(), Status: resp.StatusCode,
			Message: "a prompt and not a model", Hint: "prompts and models share one name space; give the name of a model"}
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		m.Date = date.UTC()
	}
	return m, nil
}

// Version reads one version. The error matches promote.ErrNotFound when there
// is none, or no such model.
func (c *Client) Version(ctx context.Context, name, version string) (promote.Version, error) {
	q := c.read(fmt.Sprintf("reading version %s of %s", text.Line(version, 30), text.Line(name, 100)),
		"model-versions/get", url.Values{"name": {name}, "version": {version}})
	if promote.VersionInt(version) == 0 {
		return promote.Version{}, c.unsent(q, fmt.Errorf("version %q: expected a whole number above 0", version))
	}
	var answer struct {
		Version *wireVersion `json:"model_version"`
	}
	resp, err := c.do(ctx, q, &answer)
	if err != nil {
		return promote.Version{}, err
	}
	if answer.Version == nil || answer.Version.Version == "" {
		return promote.Version{}, c.foreign(q, resp, nil)
	}
	return answer.Version.version(), nil
}

// Versions lists the versions of a model whose number is above the given one,
// in ascending order. None is not an error, and no proof either: under MLflow's
// basic auth a model that may not be read looks like one without versions, and
// so does a model that does not exist.
func (c *Client) Versions(ctx context.Context, name string, above int) ([]promote.Version, error) {
	filter := "version_number > " + strconv.Itoa(above)
	if q, ok := quoted(name); ok {
		filter = "name = " + q + " AND " + filter
	}
	q := c.read(fmt.Sprintf("searching versions of %s above %d", text.Line(name, 100), above),
		"model-versions/search", url.Values{
			"filter":      {filter},
			"order_by":    {"version_number ASC"},
			"max_results": {strconv.Itoa(pageSize)},
		})
	byNumber := map[int]promote.Version{}
	err := c.pages(func(token string) (string, error) {
		var page struct {
			Versions []wireVersion `json:"model_versions"`
			Next     string        `json:"next_page_token"`
		}
		setToken(q.query, token)
		if _, err := c.do(ctx, q, &page); err != nil {
			return "", err
		}
		// The answer is filtered again: the filter cannot express every name,
		// and some databases ignore case.
		for _, w := range page.Versions {
			if v := w.version(); w.Name == name && v.Int() > above {
				byNumber[v.Int()] = v
			}
		}
		return page.Next, nil
	}, q)
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(byNumber), func(a, b promote.Version) int { return cmp.Compare(a.Int(), b.Int()) }), nil
}

// SimilarModels returns up to three registered names that the given one may be
// a misspelling of, nearest first.
func (c *Client) SimilarModels(ctx context.Context, name string) ([]string, error) {
	q := c.read("listing registered models", "registered-models/search",
		url.Values{"max_results": {strconv.Itoa(pageSize)}})
	var names []string
	err := c.pages(func(token string) (string, error) {
		var page struct {
			Models []struct {
				Name string `json:"name"`
			} `json:"registered_models"`
			Next string `json:"next_page_token"`
		}
		setToken(q.query, token)
		if _, err := c.do(ctx, q, &page); err != nil {
			return "", err
		}
		for _, m := range page.Models {
			if m.Name != name {
				names = append(names, m.Name)
			}
		}
		return page.Next, nil
	}, q)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	near := text.Nearest(name, names)
	return near[:min(3, len(near))], nil
}

// read is a GET at the registry.
func (c *Client) read(op, path string, query url.Values) call {
	return call{op: op, at: c.registry, method: http.MethodGet, path: api + path, query: query, needs: "READ"}
}

// pages calls fetch until it returns no token. A server that never ends is an
// error, and so is one that gives the same token twice.
func (c *Client) pages(fetch func(token string) (next string, err error), q call) error {
	token := ""
	for range maxPages {
		next, err := fetch(token)
		if err != nil || next == "" {
			return err
		}
		if next == token {
			break
		}
		token = next
	}
	return c.unsent(q, fmt.Errorf("the server's pages do not end; expected a new next_page_token on each, and at most %d pages", maxPages))
}

func setToken(query url.Values, token string) {
	if token != "" {
		query.Set("page_token", token)
	}
}
