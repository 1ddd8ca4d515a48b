package mlflow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/mlflowtest"
	"github.com/org/ct-action/internal/promote"
)

// creator makes what this package deliberately cannot: models, versions, runs.
type creator struct {
	t      *testing.T
	server *mlflowtest.Server
}

func (c creator) post(path string, body any) {
	c.t.Helper()
	if err := c.server.Call("POST", path, body, nil); err != nil {
		c.t.Fatal(err)
	}
}

func (c creator) run(attempt string) string {
	c.t.Helper()
	id, err := c.server.CreateRun(map[string]string{promote.TagAttempt: attempt})
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

func (c creator) version(model, source, run string) string {
	c.t.Helper()
	number, err := c.server.CreateVersion(model, source, run)
	if err != nil {
		c.t.Fatal(err)
	}
	return number
}

// Every call of the package once, against the server it is written for.
func TestLive(t *testing.T) {
	t.Parallel()
	server := mlflowtest.Start(t)
	c, err := New(Config{TrackingURI: server.URI, Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	name := fmt.Sprintf("o'brien's churn %d", time.Now().UnixNano())
	make := creator{t, server}
	make.post("registered-models/create", map[string]any{"name": name})
	run := make.run("attempt-1")
	older, artifacts := make.run("attempt-0"), "runs:/"+run+"/model"
	first := make.version(name, "runs:/"+older+"/model", older)
	second := make.version(name, artifacts, run)
	make.version(name, "models:/"+name+"/"+second, run) // a copy, as copy_model_version makes it

	for _, m := range []promote.Move{
		{Kind: promote.SetAlias, Alias: "champion", Version: second},
		{Kind: promote.SetVersionTag, Version: second, Key: promote.TagQuarantined, Value: "false"},
		{Kind: promote.SetModelTag, Key: promote.TagState, Value: "{\"ü😀\": \"<a & b>\"}\n\x00"},
		{Kind: promote.SetModelTag, Key: promote.TagJournal, Value: strings.Repeat("😀", maxValue)},
		{Kind: promote.SetModelTag, Key: promote.TagJournal}, // a blank one is none
	} {
		for range 2 { // each is idempotent
			if err := c.Apply(ctx, name, m); err != nil {
				t.Errorf("%v", err)
			}
		}
	}
	make.post("runs/log-metric", map[string]any{"run_id": run, "key": "auc", "value": 0.8125, "timestamp": 1})
	make.post("runs/log-metric", map[string]any{"run_id": run, "key": "none", "value": "NaN", "timestamp": 1})

	make.post("runs/log-inputs", map[string]any{"run_id": run, "datasets": []any{map[string]any{
		"tags":    []map[string]string{{"key": "mlflow.data.context", "value": "training"}},
		"dataset": map[string]string{"name": "window", "digest": "0ff1ce00", "source_type": "local", "source": `{"uri": "data/window.csv"}`},
	}}})

	if err := c.LogText(ctx, run, "ct/decisions/d1.json", []byte(`{"outcome": "promoted"}`)); err != nil {
		t.Error(err)
	}
	if err := c.LogText(ctx, "nosuchrun", "ct/decisions/d1.json", []byte(`{}`)); !errors.Is(err, promote.ErrNotFound) {
		t.Errorf("%v, expected no such run", err)
	}
	checkModel(ctx, t, c, name, second)
	v, err := c.Version(ctx, name, second)
	if err != nil || v.Number != second || v.RunID != run || v.Source != artifacts || !v.Ready() || v.Quarantined() || v.Tags["quarantined"] != "false" {
		t.Errorf("version %+v, %v", v, err)
	}
	if all, err := c.Versions(ctx, name, 0); err != nil || len(all) != 3 || all[0].Number != first || all[1].Number != second || !all[2].Copied() {
		t.Errorf("versions %+v, %v", all, err)
	}
	if made, err := c.AttemptVersions(ctx, name, "attempt-1", 0); err != nil || len(made) != 1 || made[0].Number != second {
		t.Errorf("versions of the attempt %+v, %v", made, err)
	}
	if none, err := c.AttemptVersions(ctx, name, "attempt-1", 2); err != nil || len(none) != 0 {
		t.Errorf("versions above the newest %+v, %v", none, err)
	}
	if runs, made, err := c.Registered(ctx, "attempt-1"); err != nil || len(runs) == 0 || !slices.Contains(made, name+" v"+second) {
		t.Errorf("runs of the attempt %q, what they registered %q, %v", runs, made, err)
	}
	want := []promote.Dataset{{Name: "window", Digest: "0ff1ce00", Source: `{"uri": "data/window.csv"}`, Context: "training"}}
	if sets, err := c.Datasets(ctx, run); err != nil || !slices.Equal(sets, want) {
		t.Errorf("datasets %+v, %v, want %+v", sets, err, want)
	}
	if near, err := c.SimilarModels(ctx, strings.Replace(name, "churn", "chrun", 1)); err != nil || len(near) == 0 || near[0] != name {
		t.Errorf("similar models %q, %v", near, err)
	}
	checkMissing(ctx, t, c, name)
}

func checkModel(ctx context.Context, t *testing.T, c *Client, name, champion string) {
	t.Helper()
	m, err := c.Model(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != name || len(m.Aliases) != 1 || m.Aliases["champion"] != champion {
		t.Errorf("model %+v", m)
	}
	if len(m.Tags) != 2 || m.Tags[promote.TagJournal] != "" || m.Tags[promote.TagState] != "{\"ü😀\": \"<a & b>\"}\n" {
		t.Errorf("tags %q", m.Tags)
	}
	// The server's Date has whole seconds, and uvicorn renews it once a second
	// at best.
	if age := time.Since(m.Created); age < 0 || age > time.Hour || m.Date.Before(m.Created.Add(-10*time.Second)) {
		t.Errorf("created %s, answered %s", m.Created, m.Date)
	}
	if _, ok := m.Known("3"); !ok {
		t.Errorf("the answer does not tell of the newest version: %+v", m.Latest)
	}
}

// checkMissing asks for what is not there, and for what the server refuses.
func checkMissing(ctx context.Context, t *testing.T, c *Client, name string) {
	t.Helper()
	_, noModel := c.Model(ctx, "no such model")
	_, noVersion := c.Version(ctx, name, "99")
	_, noRun := c.Datasets(ctx, strings.Repeat("0", 32))
	noTarget := c.Apply(ctx, name, promote.Move{Kind: promote.SetAlias, Alias: "champion", Version: "99"})
	for _, err := range []error{noModel, noVersion, noRun, noTarget} {
		if !errors.Is(err, promote.ErrNotFound) || errors.Is(err, promote.ErrUnknownOutcome) {
			t.Errorf("got %v, want not found", err)
		}
	}
	reserved := c.Apply(ctx, name, promote.Move{Kind: promote.SetAlias, Alias: "latest", Version: "1"})
	if e := new(Error); !errors.As(reserved, &e) || e.Code != "INVALID_PARAMETER_VALUE" || errors.Is(reserved, promote.ErrNotFound) {
		t.Errorf("reserved alias: %v", reserved)
	}
	astray, err := New(Config{TrackingURI: c.tracking.base.String() + "/astray", Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := astray.Model(ctx, name); err == nil || !strings.Contains(err.Error(), "check the base path") {
		t.Errorf("wrong base path: %v", err)
	}
}
