package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/org/ct-action/internal/jsonpointer"
	"github.com/org/ct-action/internal/retry"
)

// A Gauge measures one number of production: by a PromQL query at a server with the HTTP
// API of Prometheus, or at a JSON pointer in the answer of any address. It is safe for
// concurrent use.
type Gauge struct {
	endpoint
	query   string              // PromQL; "" reads the pointer
	pointer jsonpointer.Pointer // the number's place
}

// instant is where Prometheus answers a query for one moment
// (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries).
const instant = "/api/v1/query"

// NewGauge checks the configuration without touching the network. URL is the base
// address of Prometheus where there is a query, else the one that answers with JSON.
func NewGauge(cfg Config, query, at string) (*Gauge, error) {
	g := &Gauge{endpoint: asked(http.MethodGet, "bake", "metrics.json", cfg), query: query}
	if err := errors.Join(g.address(cfg.URL, strings.TrimSpace(cfg.Token)), pointer(&g.pointer, "bake-pointer", at)); err != nil {
		return nil, err
	}
	if query != "" {
		g.path = ""
		if !strings.HasSuffix(g.url.Path, instant) {
			g.url = g.url.JoinPath(instant)
		}
		values := g.url.Query()
		values.Set("query", query)
		g.url.RawQuery = values.Encode()
	}
	once := retry.Policy{Attempts: 1, PerCall: limit, Total: limit, MaxBody: maxBody}
	g.http = retry.NewClient(once, cfg.Transport)
	return g, nil
}

// Measure asks once, within 10 s. The value may be NaN or infinite, as Prometheus
// answers for a ratio of nothing. No data, and more than one series, are errors, and so
// is any answer of another form. Errors are as those of Client.ModelInfo: a query that
// is none, an address and a token that are wrong have the method Misdirected.
func (g *Gauge) Measure(ctx context.Context) (float64, error) {
	body, err := g.send(ctx)
	if err != nil {
		return math.NaN(), g.failure(err)
	}
	value, err := g.read(body)
	if err != nil {
		return math.NaN(), g.failure(err)
	}
	return value, nil
}

func (g *Gauge) read(body []byte) (float64, error) {
	a, err := g.decode(body)
	if err != nil {
		return 0, err
	}
	if g.query != "" {
		return g.series(body)
	}
	value, ok := g.pointer.Get(a.document)
	if !ok {
		return 0, misdirected{fmt.Errorf("no %s in the answer: %s\nhint: bake-pointer says where the number stands", g.pointer, a.around(g.pointer))}
	}
	return g.numeral(value)
}

// A promAnswer is what Prometheus says to an instant query.
type promAnswer struct {
	Status string
	Data   struct {
		ResultType string
		Result     json.RawMessage
	}
	Error string
}

// series is the one value of a scalar, or of a vector with one series.
func (g *Gauge) series(body []byte) (float64, error) {
	var said promAnswer
	var vector []struct{ Value []any }
	var sample []any
	if err := json.Unmarshal(body, &said); err != nil || said.Status != "success" {
		return 0, misdirected{fmt.Errorf("not an answer of Prometheus: %s\nhint: bake-url is the base address of Prometheus, without %s", g.quote(body), instant)}
	}
	switch said.Data.ResultType {
	case "vector":
		if err := json.Unmarshal(said.Data.Result, &vector); err != nil {
			return 0, misdirected{fmt.Errorf("a vector of another form: %s", g.quote(body))}
		}
		switch len(vector) {
		case 0:
			return 0, errors.New("no data: the query selects no series now")
		case 1:
			sample = vector[0].Value
		default:
			return 0, fmt.Errorf("%d series; expected one\nhint: aggregate them, as sum(...) does", len(vector))
		}
	case "scalar":
		if err := json.Unmarshal(said.Data.Result, &sample); err != nil {
			return 0, misdirected{fmt.Errorf("a scalar of another form: %s", g.quote(body))}
		}
	default:
		return 0, misdirected{fmt.Errorf("the query gives a %s; expected one number, as an instant vector of one series or a scalar", g.shown(said.Data.ResultType))}
	}
	if len(sample) != 2 {
		return 0, misdirected{fmt.Errorf("a sample of another form: %s", g.quote(body))}
	}
	return g.numeral(sample[1])
}

// numeral is a JSON number, or a text that is one, as Prometheus writes samples.
func (g *Gauge) numeral(value any) (float64, error) {
	var written string
	switch v := value.(type) {
	case nil:
		return 0, errors.New("no data: the value is null")
	case json.Number:
		written = v.String()
	case string:
		written = v
	default:
		return 0, misdirected{fmt.Errorf("the value is %s; expected a number", kind(value))}
	}
	f, err := strconv.ParseFloat(written, 64)
	if err != nil {
		return 0, misdirected{fmt.Errorf("the value is %q; expected a number", g.shown(written))}
	}
	return f, nil
}
