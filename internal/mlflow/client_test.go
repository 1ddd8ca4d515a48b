package mlflow

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/promote"
)

const getChurn = "GET /api/2.0/mlflow/registered-models/get?name=churn"

// Numbers as strings, strings as numbers, nulls, unknown and missing fields:
// servers differ.
func TestModel(t *testing.T) {
	t.Parallel()
	f := newFake(t, step{want: getChurn, header: map[string]string{"Date": "Sun, 01 Mar 2026 12:00:00 GMT"}, body: `{
  "registered_model": {"name": "churn", "creation_timestamp": "1763600000123", "surprise": [1],
    "aliases": [{"alias": "champion", "version": 7}, {"alias": "previous", "version": "5"}],
    "tags": [{"key": "team", "value": "ml"}, {"key": "empty"}, {"key": "null", "value": null}],
    "latest_versions": [{"name": "churn", "version": "8", "status": "READY", "creation_timestamp": 1763700000456,
      "run_id": "", "source": "models:/m-1", "aliases": [{"alias": "x", "version": "8"}],
      "tags": [{"key": "quarantined", "value": "true"}]}]}}`})
	got, err := f.client().Model(t.Context(), "churn")
	if err != nil {
		t.Fatal(err)
	}
	want := promote.Model{
		Name:    "churn",
		Created: time.UnixMilli(1763600000123).UTC(),
		Aliases: map[string]string{"champion": "7", "previous": "5"},
		Tags:    map[string]string{"team": "ml", "empty": "", "null": ""},
		Latest: []promote.Version{{Number: "8", Source: "models:/m-1", Status: "READY",
			Created: time.UnixMilli(1763700000456).UTC(), Tags: map[string]string{"quarantined": "true"}}},
		Date: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := f.seen[0].Get("User-Agent"); got != "ct-action/test" {
		t.Errorf("user agent %q", got)
	}
}

func TestVersionsFollowsPagesAndTrustsNoFilter(t *testing.T) {
	t.Parallel()
	const path = "GET /api/2.0/mlflow/model-versions/search?filter="
	for name, test := range map[string]struct{ model, filter string }{
		"plain":        {"churn", `name = 'churn' AND version_number > 5`},
		"quote":        {"o'brien", `name = "o'brien" AND version_number > 5`},
		"double quote": {`a"b`, `name = 'a"b' AND version_number > 5`},
		"both":         {`a'b"c`, `version_number > 5`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quoted := strings.ReplaceAll(test.model, `"`, `\"`)
			f := newFake(t,
				step{want: path + test.filter + "&max_results=1000&order_by=version_number ASC",
					body: `{"model_versions":[{"name":"` + quoted + `","version":"10"},{"name":"other","version":"11"},{"name":"` + quoted + `","version":"5"}],"next_page_token":"p2"}`},
				step{want: path + test.filter + "&max_results=1000&order_by=version_number ASC&page_token=p2",
					body: `{"model_versions":[{"name":"` + quoted + `","version":"10"},{"name":"` + quoted + `","version":"9"}]}`})
			list, err := f.client().Versions(t.Context(), test.model, 5)
			if err != nil || len(list) != 2 || list[0].Number != "9" || list[1].Number != "10" {
				t.Errorf("got %+v, %v, want 9 and 10", list, err)
			}
		})
	}
}

func TestPagesThatDoNotEnd(t *testing.T) {
	t.Parallel()
	const path = "GET /api/2.0/mlflow/model-versions/search?filter=name = 'churn' AND version_number > 0&max_results=1000&order_by=version_number ASC"
	f := newFake(t,
		step{want: path, body: `{"next_page_token":"same"}`},
		step{want: path + "&page_token=same", body: `{"next_page_token":"same"}`})
	if _, err := f.client().Versions(t.Context(), "churn", 0); err == nil || !strings.Contains(err.Error(), "pages do not end") {
		t.Errorf("got %v", err)
	}
}

func TestAttemptVersions(t *testing.T) {
	t.Parallel()
	const search = "GET /api/2.0/mlflow/model-versions/search?filter=name = 'churn' AND version_number > 7&max_results=1000&order_by=version_number ASC"
	experiments := func(token string) string {
		return `POST /api/2.0/mlflow/experiments/search {"max_results":1000,` + token + `"view_type":"ACTIVE_ONLY"}`
	}
	runs := func(ids, token string) string {
		return `POST /api/2.0/mlflow/runs/search {"experiment_ids":[` + ids + `],"filter":"tags.\"ct.attempt\" = 'a1'","run_view_type":"ACTIVE_ONLY","max_results":1000` + token + `}`
	}
	f := newFake(t,
		step{want: search, body: `{"model_versions":[
			{"name":"churn","version":"8","run_id":"r1","source":"models:/m-1"},
			{"name":"churn","version":"9","run_id":"r1","source":"models:/churn/3"},
			{"name":"churn","version":"10","run_id":"","source":"models:/m-2"},
			{"name":"churn","version":"11","run_id":"stranger","source":"models:/m-3"},
			{"name":"churn","version":"12","run_id":"r2","source":"s3://bucket/m"}]}`},
		step{want: experiments(""), body: `{"experiments":[{"experiment_id":"0"},{"experiment_id":5}],"next_page_token":"e2"}`},
		step{want: runs(`"0","5"`, ""), body: `{"runs":[{"info":{"run_id":"r1"}}],"next_page_token":"q"}`},
		step{want: runs(`"0","5"`, `,"page_token":"q"`), body: `{}`},
		step{want: experiments(`"page_token":"e2",`), body: `{"experiments":[{"experiment_id":"6"}]}`},
		step{want: runs(`"6"`, ""), body: `{"runs":[{"info":{"run_id":"r2"}}]}`},
		step{want: search, body: `{}`}) // the second call: no versions, so no runs
	c := f.client()
	list, err := c.AttemptVersions(t.Context(), "churn", "a1", 7)
	if err != nil || len(list) != 2 || list[0].Number != "8" || list[1].Number != "12" {
		t.Errorf("got %+v, %v, want 8 and 12", list, err)
	}
	if list, err := c.AttemptVersions(t.Context(), "churn", "a1", 7); err != nil || list != nil {
		t.Errorf("got %+v, %v, want none", list, err)
	}
}

func TestRegistered(t *testing.T) {
	t.Parallel()
	versions := func(run string) string {
		return "GET /api/2.0/mlflow/model-versions/search?filter=run_id = '" + run + "'"
	}
	f := newFake(t,
		step{want: `POST /api/2.0/mlflow/experiments/search {"max_results":1000,"view_type":"ACTIVE_ONLY"}`, body: `{"experiments":[{"experiment_id":"0"}]}`},
		step{want: `POST /api/2.0/mlflow/runs/search {"experiment_ids":["0"],"filter":"tags.\"ct.attempt\" = 'a1'","run_view_type":"ACTIVE_ONLY","max_results":1000}`,
			body: `{"runs":[{"info":{"run_id":"r2"}},{"info":{"run_id":"r1"}}]}`},
		step{want: versions("r1"), body: `{"model_versions":[{"name":"churn-clf","version":"3","run_id":"r1"}]}`},
		step{want: versions("r2"), body: `{}`})
	runs, found, err := f.client().Registered(t.Context(), "a1")
	if err != nil || !reflect.DeepEqual(runs, []string{"r1", "r2"}) || !reflect.DeepEqual(found, []string{"churn-clf v3"}) {
		t.Errorf("got %q, %q, %v", runs, found, err)
	}
}

func TestDatasets(t *testing.T) {
	t.Parallel()
	f := newFake(t, step{want: "GET /api/2.0/mlflow/runs/get?run_id=r1", body: `{"run":{"info":{"run_id":"r1","experiment_id":3},
		"data":{"metrics":[{"key":"n","value":"NaN"}]},
		"inputs":{"dataset_inputs":[{"tags":[{"key":"mlflow.data.context","value":"training"}],"dataset":{"name":"window","digest":"d","source":"s"}}]}}}`})
	want := []promote.Dataset{{Name: "window", Digest: "d", Source: "s", Context: "training"}}
	if got, err := f.client().Datasets(t.Context(), "r1"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestSimilarModels(t *testing.T) {
	t.Parallel()
	f := newFake(t, step{want: "GET /api/2.0/mlflow/registered-models/search?max_results=1000",
		body: `{"registered_models":[{"name":"fraud"},{"name":"churn-clasifier"},{"name":"Churn-Classifier"},{"name":"churn-classifier-2"}],"next_page_token":"p2"}`},
		step{want: "GET /api/2.0/mlflow/registered-models/search?max_results=1000&page_token=p2", body: `{"registered_models":[{"name":"churn_classifier"},{"name":"churn-classifier"}]}`})
	got, err := f.client().SimilarModels(t.Context(), "churn-classifier")
	if want := []string{"Churn-Classifier", "churn-clasifier", "churn_classifier"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestLogText(t *testing.T) {
	t.Parallel()
	const asked = `POST /ajax-api/2.0/mlflow/upload-artifact?path=ct/decisions/d1.json&run_uuid=r1 {"outcome":"promoted"}`
	for name, c := range map[string]struct {
		step step
		want string // of the error; "" none
	}{
		"taken":       {step{}, ""},
		"no such run": {step{status: 404, body: `{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"Run with id=r1 not found"}`}, "the run was deleted for good"},
		"refused":     {step{status: 403, body: "Permission denied"}, "the permission EDIT"},
		"login page":  {step{body: "<html>sign in</html>"}, "login page"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.step.want = asked
			err := newFake(t, c.step).client().LogText(t.Context(), "r1", "ct/decisions/d1.json", []byte("{\n  \"outcome\": \"promoted\"\n}\n"))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, expected %q", err, c.want)
			}
		})
	}
}

// Apply must send what Request prints, for every kind of move.
func TestApplySendsWhatRequestPrints(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]promote.Move{
		`POST /api/2.0/mlflow/registered-models/alias {"name":"churn","alias":"champion","version":"8"}`: {
			Kind: promote.SetAlias, Alias: "champion", Version: "8"},
		`POST /api/2.0/mlflow/model-versions/set-tag {"name":"churn","version":"8","key":"quarantined","value":"false"}`: {
			Kind: promote.SetVersionTag, Version: "8", Key: "quarantined", Value: "false"},
		`POST /api/2.0/mlflow/registered-models/set-tag {"name":"churn","key":"ct.state","value":"{\"a\":\"<1 & 2>\n\"}"}`: {
			Kind: promote.SetModelTag, Key: "ct.state", Value: "{\"a\":\"<1 & \x002>\n\"}"},
		`POST /api/2.0/mlflow/registered-models/set-tag {"name":"churn","key":"k","value":""}`: {
			Kind: promote.SetModelTag, Key: "k"},
	} {
		t.Run(m.String(), func(t *testing.T) {
			t.Parallel()
			f := newFake(t, step{want: want, body: "{}"})
			c := f.client()
			if got := c.Request("churn", m); got != want {
				t.Errorf("Request:\ngot  %s\nwant %s", got, want)
			}
			if err := c.Apply(t.Context(), "churn", m); err != nil {
				t.Error(err)
			}
			if len(f.seen) != 1 || f.seen[0].Get("Content-Type") != "application/json" {
				t.Errorf("headers %v", f.seen)
			}
		})
	}
}

// Nothing leaves when the server would refuse it or cut it.
func TestRefusedBeforeSending(t *testing.T) {
	t.Parallel()
	c := newFake(t).client()
	long := strings.Repeat("é", maxValue)
	for want, err := range map[string]error{
		"5001 characters: expected at most 5000": c.Apply(t.Context(), "churn", promote.Move{Kind: promote.SetModelTag, Key: "k", Value: long + "x"}),
		"tag key of 0 characters":                c.Apply(t.Context(), "churn", promote.Move{Kind: promote.SetModelTag}),
		`version "v8": expected`:                 c.Apply(t.Context(), "churn", promote.Move{Kind: promote.SetAlias, Alias: "champion", Version: "v8"}),
		"empty alias":                            c.Apply(t.Context(), "churn", promote.Move{Kind: promote.SetAlias, Version: "8"}),
		"unknown kind":                           c.Apply(t.Context(), "churn", promote.Move{}),
	} {
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, promote.ErrUnknownOutcome) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := c.Version(t.Context(), "churn", "latest"); err == nil {
		t.Error("version latest was accepted")
	}
}

func TestRetriesOfWrites(t *testing.T) {
	t.Parallel()
	flip := promote.Move{Kind: promote.SetAlias, Alias: "champion", Version: "8"}
	const want = `POST /api/2.0/mlflow/registered-models/alias {"name":"churn","alias":"champion","version":"8"}`
	busy := step{want: want, status: 503, body: `{"error_code":"TEMPORARILY_UNAVAILABLE","message":"(sqlite3.OperationalError) database is locked"}`}
	cut := step{want: want, status: -1}
	fine := step{want: want, body: "{}"}
	race := step{want: want, status: 400, body: `{"error_code":"BAD_REQUEST","message":"(sqlite3.IntegrityError) UNIQUE constraint failed: registered_model_aliases.name"}`}
	gone := step{want: want, status: 404, body: `{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"Model Version (name=churn, version=8) not found"}`}
	wait := step{want: want, status: 429, header: map[string]string{"Retry-After": "0"}}
	for name, test := range map[string]struct {
		steps             []step
		unknown, notFound bool
		text              string // of the error, empty for none
	}{
		"429 with retry-after":           {[]step{wait, fine}, false, false, ""},
		"503, then well":                 {[]step{busy, fine}, false, false, ""},
		"cut, then well":                 {[]step{cut, fine}, false, false, ""},
		"lost the race for the row":      {[]step{race, fine}, false, false, ""},
		"lost it twice":                  {[]step{race, race}, false, false, "UNIQUE constraint"},
		"busy to the end":                {[]step{busy, busy, busy}, true, false, "(after 3 attempts)\nhint: another writer holds"},
		"cut to the end":                 {[]step{cut, cut, cut}, true, false, "setting alias champion to version 8 of churn: POST "},
		"throttled to the end":           {[]step{wait, wait, wait}, false, false, "HTTP 429"},
		"no such version":                {[]step{gone}, false, true, "dangles"},
		"cut, then no such version":      {[]step{cut, gone}, true, true, "RESOURCE_DOES_NOT_EXIST"},
		"an error in a 200":              {[]step{{want: want, body: `{"error_code":"X"}`}}, true, false, "JSON of another kind"},
		"a page in place of the outcome": {[]step{{want: want, body: "<html>"}}, true, false, "login page"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := newFake(t, test.steps...).client().Apply(t.Context(), "churn", flip)
			if (err == nil) != (test.text == "") || err != nil && !strings.Contains(err.Error(), test.text) {
				t.Fatalf("got %v, want %q", err, test.text)
			}
			if errors.Is(err, promote.ErrUnknownOutcome) != test.unknown || errors.Is(err, promote.ErrNotFound) != test.notFound {
				t.Errorf("unknown outcome %v, not found %v: %v", errors.Is(err, promote.ErrUnknownOutcome), errors.Is(err, promote.ErrNotFound), err)
			}
		})
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	c, err := New(Config{TrackingURI: "https://me:hunter22@host/mlflow/", RegistryURI: "https://registry.example.com", Getenv: getenv()})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.VersionURL("a b/c", "7"), "https://registry.example.com/#/models/a%20b%2Fc/versions/7"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := c.RunURL("abc"), "https://host/mlflow/#/runs/abc"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCredentialsAndHeaders(t *testing.T) {
	t.Parallel()
	user, password, token := "MLFLOW_TRACKING_USERNAME=ann", "MLFLOW_TRACKING_PASSWORD=pa:ss word\n", "MLFLOW_TRACKING_TOKEN=tok\n"
	for name, test := range map[string]struct {
		env  []string
		want string
	}{
		"none":                {nil, ""},
		"basic":               {[]string{user, password}, basic("ann", "pa:ss word")},
		"bearer":              {[]string{token}, "Bearer tok"},
		"basic before bearer": {[]string{user, password, token}, basic("ann", "pa:ss word")},
		"half of basic":       {[]string{user, token}, "Bearer tok"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, step{want: "GET /api/2.0/mlflow/runs/get?run_id=r1", body: oneRun})
			c := f.client(append(test.env, "MLFLOW_WORKSPACE=team-a")...)
			if _, err := c.Datasets(t.Context(), "r1"); err != nil {
				t.Fatal(err)
			}
			if got := f.seen[0].Get("Authorization"); got != test.want {
				t.Errorf("authorization %q, want %q", got, test.want)
			}
			if got := f.seen[0].Get("X-MLFLOW-WORKSPACE"); got != "team-a" {
				t.Errorf("workspace %q", got)
			}
		})
	}
	t.Run("in the URI, before all", func(t *testing.T) {
		t.Parallel()
		f := newFake(t, step{want: "GET /api/2.0/mlflow/runs/get?run_id=r1", body: oneRun})
		c := newClient(t, strings.Replace(f.url, "http://", "http://bob:p%40ss@", 1), user, password)
		if _, err := c.Datasets(t.Context(), "r1"); err != nil {
			t.Fatal(err)
		}
		if got := f.seen[0].Get("Authorization"); got != basic("bob", "p@ss") {
			t.Errorf("authorization %q", got)
		}
		if want := []string{"YW5uOnBhOnNzIHdvcmQ=", "p%40ss", "p@ss", "pa:ss word", "pa:ss word\n"}; !reflect.DeepEqual(c.Secrets(), want) {
			t.Errorf("secrets %q, want %q", c.Secrets(), want)
		}
	})
	t.Run("in the credentials file", func(t *testing.T) {
		t.Parallel()
		f := newFake(t, step{want: "GET /api/2.0/mlflow/runs/get?run_id=r1", body: oneRun})
		c, err := New(Config{TrackingURI: f.url, Getenv: getenv("HOME=/home/ann", "MLFLOW_TRACKING_USERNAME=env"),
			ReadFile: func(path string) ([]byte, error) {
				if path != "/home/ann/.mlflow/credentials" {
					t.Errorf("read %s", path)
				}
				return []byte("# ours\n[other]\nmlflow_tracking_password=no\n[mlflow]\nmlflow_tracking_username = file\nmlflow_tracking_password = s3=cret\n"), nil
			}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Datasets(t.Context(), "r1"); err != nil {
			t.Fatal(err)
		}
		if got := f.seen[0].Get("Authorization"); got != basic("env", "s3=cret") {
			t.Errorf("authorization %q", got)
		}
	})
}
