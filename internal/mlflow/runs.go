package mlflow

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

type wireRun struct {
	Info struct {
		ID string `json:"run_id"`
	} `json:"info"`
	Inputs struct {
		Datasets []struct {
			Tags    []pair `json:"tags"`
			Dataset struct {
				Name   string `json:"name"`
				Digest string `json:"digest"`
				Source string `json:"source"`
			} `json:"dataset"`
		} `json:"dataset_inputs"`
	} `json:"inputs"`
}

// datasetContext is the tag of an input that says what the run used it for.
const datasetContext = "mlflow.data.context"

// Datasets are what a run logged with mlflow.log_input. The error matches
// promote.ErrNotFound when there is no such run; a version may carry a run id that
// never existed.
func (c *Client) Datasets(ctx context.Context, runID string) ([]promote.Dataset, error) {
	q := call{op: "reading run " + text.Line(runID, 60), at: c.tracking, method: http.MethodGet,
		path: api + "runs/get", query: url.Values{"run_id": {runID}}, needs: "READ"}
	var answer struct {
		Run *wireRun `json:"run"`
	}
	resp, err := c.do(ctx, q, &answer)
	if err != nil {
		return nil, err
	}
	if answer.Run == nil || answer.Run.Info.ID == "" {
		return nil, c.foreign(q, resp, nil)
	}
	var datasets []promote.Dataset
	for _, in := range answer.Run.Inputs.Datasets {
		datasets = append(datasets, promote.Dataset{
			Name: in.Dataset.Name, Digest: in.Dataset.Digest, Source: in.Dataset.Source, Context: tagMap(in.Tags)[datasetContext],
		})
	}
	return datasets, nil
}

// LogText writes a small JSON text among a run's artifacts. It uses the POST of the
// MLflow UI, which works with every artifact store. The artifact API itself writes
// with PUT, and only to a store that the server proxies.
func (c *Client) LogText(ctx context.Context, runID, path string, content []byte) error {
	q := call{op: "logging " + text.Line(path, 200) + " with run " + text.Line(runID, 60), at: c.tracking, method: http.MethodPost,
		path: "/ajax-api/2.0/mlflow/upload-artifact", query: url.Values{"run_uuid": {runID}, "path": {path}},
		body: json.RawMessage(content), write: true, needs: "EDIT"}
	resp, body, err := c.send(ctx, q)
	if err == nil && html(resp, body) {
		return c.foreign(q, resp, body)
	}
	return err
}

// AttemptVersions lists the versions above the given number that the attempt's
// training registered, ascending: those whose run carries the tag ct.attempt
// with that value. A copied version carries the run of its original and does
// not count. The runs are only searched when there are versions to match.
func (c *Client) AttemptVersions(ctx context.Context, name, attempt string, above int) ([]promote.Version, error) {
	all, err := c.Versions(ctx, name, above)
	if err != nil {
		return nil, err
	}
	fresh := slices.DeleteFunc(all, func(v promote.Version) bool { return v.Copied() || v.RunID == "" })
	if len(fresh) == 0 {
		return nil, nil
	}
	runs, err := c.attemptRuns(ctx, attempt)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(fresh, func(v promote.Version) bool { return !runs[v.RunID] }), nil
}

// mostRuns is how many runs of an attempt are asked for what they registered.
const mostRuns = 10

// Registered are the runs of an attempt, by id and sorted, and the versions of
// any model that come from the first of them, such as "churn v3".
func (c *Client) Registered(ctx context.Context, attempt string) (runs, versions []string, err error) {
	found, err := c.attemptRuns(ctx, attempt)
	if err != nil {
		return nil, nil, err
	}
	runs = slices.Sorted(maps.Keys(found))
	for _, run := range runs[:min(len(runs), mostRuns)] {
		value, ok := quoted(run)
		if !ok {
			continue
		}
		q := c.read("searching versions of run "+text.Line(run, 60), "model-versions/search", url.Values{"filter": {"run_id = " + value}})
		var page struct {
			Versions []wireVersion `json:"model_versions"`
		}
		if _, err := c.do(ctx, q, &page); err != nil {
			return runs, versions, err
		}
		for _, w := range page.Versions {
			versions = append(versions, w.Name+" "+promote.Label(w.version().Number))
		}
	}
	return runs, versions, nil
}

// attemptRuns is the set of runs tagged with the attempt, in any experiment:
// the training script is free to choose its own.
func (c *Client) attemptRuns(ctx context.Context, attempt string) (map[string]bool, error) {
	value, ok := quoted(attempt)
	q := c.search("searching runs of attempt "+text.Line(attempt, 100), "runs/search")
	if !ok || attempt == "" {
		return nil, c.unsent(q, fmt.Errorf("attempt %q: expected a name without quotes", attempt))
	}
	runs := map[string]bool{}
	list := c.search("listing experiments", "experiments/search")
	err := c.pages(func(token string) (string, error) {
		list.body = experimentSearch{MaxResults: pageSize, PageToken: token, View: "ACTIVE_ONLY"}
		var page struct {
			Experiments []struct {
				ID jsonText `json:"experiment_id"`
			} `json:"experiments"`
			Next string `json:"next_page_token"`
		}
		if _, err := c.do(ctx, list, &page); err != nil || len(page.Experiments) == 0 {
			return "", err
		}
		var ids []jsonText
		for _, e := range page.Experiments {
			ids = append(ids, e.ID)
		}
		filter := `tags."` + promote.TagAttempt + `" = ` + value
		return page.Next, c.runsWhere(ctx, q, ids, filter, runs)
	}, list)
	return runs, err
}

// runsWhere adds the runs of the experiments that match the filter.
func (c *Client) runsWhere(ctx context.Context, q call, experiments []jsonText, filter string, found map[string]bool) error {
	return c.pages(func(token string) (string, error) {
		q.body = runSearch{Experiments: experiments, Filter: filter, View: "ACTIVE_ONLY", MaxResults: pageSize, PageToken: token}
		var page struct {
			Runs []wireRun `json:"runs"`
			Next string    `json:"next_page_token"`
		}
		if _, err := c.do(ctx, q, &page); err != nil {
			return "", err
		}
		for _, r := range page.Runs {
			found[r.Info.ID] = true
		}
		return page.Next, nil
	}, q)
}

type experimentSearch struct {
	MaxResults int    `json:"max_results"`
	PageToken  string `json:"page_token,omitempty"`
	View       string `json:"view_type"`
}

type runSearch struct {
	Experiments []jsonText `json:"experiment_ids"`
	Filter      string     `json:"filter"`
	View        string     `json:"run_view_type"`
	MaxResults  int        `json:"max_results"`
	PageToken   string     `json:"page_token,omitempty"`
}

// search is a POST at the tracking server that only reads.
func (c *Client) search(op, path string) call {
	return call{op: op, at: c.tracking, method: http.MethodPost, path: api + path, needs: "READ"}
}
