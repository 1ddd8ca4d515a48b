package service

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// prom is what Prometheus 2.42 answered to such a query.
func prom(kind, result string) string {
	return `{"status":"success","data":{"resultType":"` + kind + `","result":` + result + `}}`
}

func gauge(t *testing.T, query, at string, handler http.HandlerFunc) (float64, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	g, err := NewGauge(Config{URL: server.URL + "/prom/?x=" + secret, Token: secret}, query, at)
	if err != nil {
		t.Fatal(err)
	}
	return g.Measure(t.Context())
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query, at, body string
		want            float64
	}{
		"vector":       {"up", "", prom("vector", `[{"metric":{"job":"x"},"value":[1796097680.619,"0.0125"]}]`), 0.0125},
		"scalar":       {"scalar(up)", "", prom("scalar", `[1796097680.635,"1"]`), 1},
		"not a number": {"0/0", "", prom("scalar", `[1796097680.647,"NaN"]`), math.NaN()},
		"infinite":     {"1/0", "", prom("vector", `[{"metric":{},"value":[1796097680.619,"+Inf"]}]`), math.Inf(1)},
		"pointer":      {"", "/rates/errors", `{"rates": {"errors": 0.25}}`, 0.25},
		"text":         {"", "/0", `["12.5"]`, 12.5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := gauge(t, c.query, c.at, func(w http.ResponseWriter, r *http.Request) {
				path := "/prom/"
				if c.query != "" {
					path = "/prom/api/v1/query"
				}
				if r.URL.Path != path || r.URL.Query().Get("query") != c.query || r.URL.Query().Get("x") != secret || r.Header.Get("Authorization") != "Bearer "+secret {
					t.Errorf("asked %s, Authorization %q", r.URL, r.Header.Get("Authorization"))
				}
				fmt.Fprint(w, c.body)
			})
			if err != nil || got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
				t.Errorf("%g, %v; expected %g", got, err, c.want)
			}
		})
	}
}

func TestMeasureFails(t *testing.T) {
	t.Parallel()
	two := `{"metric":{"job":"a"},"value":[1,"1"]}`
	for name, c := range map[string]struct {
		query       string
		handler     http.HandlerFunc
		misdirected bool
		want        string
	}{
		"no series":       {"nonesuch", says(200, prom("vector", "[]")), false, "no data: the query selects no series now"},
		"two series":      {"up", says(200, prom("vector", "["+two+","+two+"]")), false, "2 series; expected one\nhint: aggregate them, as sum(...) does"},
		"a range":         {"up[5m]", says(200, prom("matrix", "[]")), true, "the query gives a matrix; expected one number"},
		"no query":        {"sum(", says(400, `{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis"}`), true, "HTTP 400 Bad Request: {\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"invalid parameter \\\"query\\\": 1:5: parse error: unclosed left parenthesis\"}"},
		"busy":            {"up", says(503, "busy"), false, "HTTP 503 Service Unavailable: busy"},
		"a page":          {"up", says(200, "<html>"), true, "the answer is not JSON: an HTML page\nhint: bake-url is the address that answers with JSON"},
		"another JSON":    {"up", says(200, `{"version": 8}`), true, "not an answer of Prometheus: {\"version\": 8}\nhint: bake-url is the base address of Prometheus, without /api/v1/query"},
		"an array":        {"up", says(200, `[1]`), true, "not an answer of Prometheus: [1]"},
		"half a sample":   {"up", says(200, prom("scalar", "[1]")), true, "a sample of another form"},
		"no token":        {"up", says(401, secret), true, "HTTP 401 Unauthorized: ***\nhint: the service does not accept the credentials"},
		"pointer to none": {"", says(200, `{"b": 1}`), true, "no /a in the answer: it is an object with b\nhint: bake-pointer says where the number stands"},
		"null":            {"", says(200, `{"a": null}`), false, "no data: the value is null"},
		"words":           {"", says(200, `{"a": "fine\n::error::x"}`), true, `the value is "fine ::error::x"; expected a number`},
		"a list":          {"", says(200, `{"a": [1]}`), true, "the value is an array of 1; expected a number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := ""
			if c.query == "" {
				at = "/a"
			}
			got, err := gauge(t, c.query, at, c.handler)
			if err == nil || !math.IsNaN(got) {
				t.Fatalf("%g, %v; expected an error", got, err)
			}
			var m interface{ Misdirected() bool }
			if is := errors.As(err, &m) && m.Misdirected(); is != c.misdirected {
				t.Errorf("misdirected is %t, expected %t: %v", is, c.misdirected, err)
			}
			if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), secret) {
				t.Errorf("%q, expected %q", err, c.want)
			}
		})
	}
}

func TestNewGauge(t *testing.T) {
	t.Parallel()
	_, err := NewGauge(Config{URL: "ftp://x", Token: ""}, "", "a/b")
	if err == nil || !strings.Contains(err.Error(), "bake-url: not a URL with a host") || !strings.Contains(err.Error(), `bake-pointer: "a/b" is not a JSON pointer`) {
		t.Errorf("%v", err)
	}
	g, err := NewGauge(Config{URL: "https://prom.example/api/v1/query"}, "up", "")
	if err != nil || g.url.Path != "/api/v1/query" {
		t.Errorf("%v, %v", g, err)
	}
}
