package scenarios_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os/exec"
	"time"
)

func (w *world) createModel() error {
	var answer struct {
		Model struct {
			Created int64 `json:"creation_timestamp"`
		} `json:"registered_model"`
	}
	err := w.server.Call("POST", "registered-models/create", map[string]string{"name": w.model}, &answer)
	w.created = answer.Model.Created
	return err
}

func (w *world) deleteModel() {
	// What is left behind harms nobody but a server that is kept.
	_ = w.server.Call("DELETE", "registered-models/delete", map[string]string{"name": w.model}, nil)
}

// change does to the registry what the change says.
func (w *world) change(c change) error {
	var fixes []surgery
	for _, v := range c.Versions {
		more, err := w.createVersion(v)
		if err != nil {
			return err
		}
		fixes = append(fixes, more...)
	}
	for alias, version := range c.Aliases {
		if err := w.server.Call("POST", "registered-models/alias", map[string]string{"name": w.model, "alias": alias, "version": version}, nil); err != nil {
			return err
		}
	}
	if err := w.setTags("registered-models/set-tag", "", c.Tags); err != nil {
		return err
	}
	for version, tags := range c.VersionTags {
		if err := w.setTags("model-versions/set-tag", version, tags); err != nil {
			return err
		}
	}
	for _, version := range c.Deleted {
		if err := w.server.Call("DELETE", "model-versions/delete", map[string]string{"name": w.model, "version": version}, nil); err != nil {
			return err
		}
		for alias, target := range c.Aliases {
			if target == version {
				fixes = append(fixes, surgery{
					"INSERT OR REPLACE INTO registered_model_aliases (name, alias, version) VALUES (?, ?, ?)",
					w.model, alias, version,
				})
			}
		}
	}
	return w.operate(fixes)
}

func (w *world) createVersion(v version) ([]surgery, error) {
	tags := map[string]string{}
	for key, value := range v.Run {
		value, err := w.template(value)
		if err != nil {
			return nil, err
		}
		tags[key] = value
	}
	run, err := w.server.CreateRun(tags)
	if err != nil {
		return nil, err
	}
	number, err := w.server.CreateVersion(w.model, "runs:/"+run+"/model", run)
	if err != nil {
		return nil, err
	}
	if err := w.setTags("model-versions/set-tag", number, v.Tags); err != nil {
		return nil, err
	}
	var fixes []surgery
	if v.Created != "" {
		age, err := duration(v.Created)
		if err != nil {
			return nil, err
		}
		at := time.Now().Add(-age).UnixMilli()
		fixes = append(fixes, surgery{"UPDATE model_versions SET creation_time = ? WHERE name = ? AND version = ?", at, w.model, number})
	}
	if v.Status != "" {
		fixes = append(fixes, surgery{"UPDATE model_versions SET status = ? WHERE name = ? AND version = ?", v.Status, w.model, number})
	}
	return fixes, nil
}

func (w *world) setTags(path, version string, tags map[string]string) error {
	for key, value := range tags {
		value, err := w.template(value)
		if err != nil {
			return err
		}
		body := map[string]string{"name": w.model, "key": key, "value": value}
		if version != "" {
			body["version"] = version
		}
		if err := w.server.Call("POST", path, body, nil); err != nil {
			return err
		}
	}
	return nil
}

// A surgery is one SQL statement and its values: for what no API call can set,
// such as a time of creation, a version that is not READY, an alias that
// dangles.
type surgery []any

const operate = `
import json, sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=60) as database:
    for statement, *values in json.load(sys.stdin):
        if database.execute(statement, values).rowcount != 1:
            sys.exit(f"{statement} {values}: no such row")
`

func (w *world) operate(fixes []surgery) error {
	if len(fixes) == 0 {
		return nil
	}
	text, err := json.Marshal(fixes)
	if err != nil {
		return err
	}
	cmd := exec.Command(w.python, "-I", "-S", "-c", operate, w.server.Database)
	cmd.Stdin = bytes.NewReader(text)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("changing the server's database: %w\n%s", err, text)
	}
	return nil
}

// read asks the server for one thing of the scenario's model.
func (w *world) read(path string, query url.Values, answer any) error {
	return w.server.Call("GET", path+"?"+query.Encode(), nil, answer)
}
