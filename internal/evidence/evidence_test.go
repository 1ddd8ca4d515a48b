package evidence_test

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/evidence"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
)

// TestAsFromRows holds what both engines wrote to the rows that they read.
func TestAsFromRows(t *testing.T) {
	t.Parallel()
	rows := evidence.NewRows(sample(t))
	half := metrics.MustDecimal("0.5")
	for _, file := range []string{"duckdb", "spark"} {
		e := parsed(t, file)
		segments := []gate.Segment{{}}
		found, ok := e.Segments([]string{"contract"})
		if !ok || len(found) != 2 {
			t.Fatalf("%s: segments %v", file, found)
		}
		for _, s := range found {
			segments = append(segments, s.Segment)
		}
		for _, s := range segments {
			for _, metric := range summed(metrics.Binary) {
				q := gate.Requirement{Metric: metric, DecisionThreshold: half}
				a, b := e.Estimate(q, s), rows.Estimate(q, s)
				if len(a.Parts) == 0 || len(a.Parts) != len(b.Parts) {
					t.Errorf("%s %s %v: %d parts, %d from rows: %s", file, metric, s, len(a.Parts), len(b.Parts), a.Champion.Reason())
					continue
				}
				near(t, file+" "+metric+" champion", a.Champion.Float64(), b.Champion.Float64())
				near(t, file+" "+metric+" challenger", a.Challenger.Float64(), b.Challenger.Float64())
				for i := range a.Parts {
					near(t, file+" "+metric+" freedom", a.Parts[i].Freedom, b.Parts[i].Freedom)
					near(t, file+" "+metric+" var difference", a.Parts[i].VarDifference, b.Parts[i].VarDifference)
					near(t, file+" "+metric+" covariance", a.Parts[i].CovDifference, b.Parts[i].CovDifference)
					near(t, file+" "+metric+" var champion", a.Parts[i].VarChampion, b.Parts[i].VarChampion)
				}
			}
		}
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9*math.Abs(want)+1e-15) {
		t.Errorf("%s: %v, from rows %v", what, got, want)
	}
}

func parsed(t *testing.T, file string) *evidence.Sums {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	e, err := evidence.Parse(file, data)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func sample(t *testing.T) metrics.Sample {
	t.Helper()
	f, err := os.Open("testdata/predictions.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	s := metrics.Sample{Task: metrics.Binary, Rows: len(records) - 1}
	contract := metrics.Category{Name: "contract", Texts: []string{"Month-to-month", "Two year"}}
	for _, r := range records[1:] {
		a, _ := strconv.ParseFloat(r[1], 64)
		b, _ := strconv.ParseFloat(r[2], 64)
		s.Positive = append(s.Positive, r[0] == "1")
		s.Champion.Values, s.Challenger.Values = append(s.Champion.Values, a), append(s.Challenger.Values, b)
		code := uint32(0)
		if r[3] == "Two year" {
			code = 1
		}
		contract.Codes = append(contract.Codes, code)
	}
	s.Segments = []metrics.Category{contract}
	return s
}

// good is a small file without a fault.
const good = `{"schema": 1, "task": "binary", "segments": [{"segment": {}, "rows": 3, "positives": 1,
	"joint_histogram": [[0, 0.1, 0.2, 2], [1, 0.5, 0.5, 1]],
	"losses": {"brier": {"negatives": {"champion": 0.2, "difference": 0, "var_champion": 1, "var_difference": 1, "cov_difference_champion": 0},
	"positives": {"champion": 0.25, "difference": 0, "var_champion": 0, "var_difference": 0, "cov_difference_champion": 0}}}}]}`

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	if _, err := evidence.Parse("e.json", []byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"schema": 1`, `"schema": 2`, "schema: 2: expected 1"},
		{`"rows": 3, `, ``, "segments[0].rows: missing"},
		{`"rows": 3`, `"rows": -3`, "segments[0].rows: -3: expected a whole number"},
		{`0.2, 2]`, `0.2, -2]`, "joint_histogram[0]"},
		{`0.2, 2]`, `0.2, 3]`, "counts add up to 3 negatives"},
		{`0.2, 2]`, `null, 2]`, "all numbers"},
		{`"cov_difference_champion": 0`, `"cov_difference_champion": 2`, "a covariance matrix"},
		{`"champion": 0.2`, `"champion": NaN`, "NaN and Infinity are not JSON"},
		{`"champion": 0.2`, `"champion": 1e999`, "a finite number"},
		{`"segment": {}`, `"segment": {"a": "b"}`, "which is all rows"},
		{`"task"`, `"Task": "x", "task"`, "Task: unknown key"},
		{`"task"`, `"Task": "x", "task"`, "; the nearest is task"},
		{`"task"`, `"tusk"`, "task: missing: expected the keys "},
	} {
		_, err := evidence.Parse("e.json", []byte(strings.Replace(good, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s → %s: %v, expected %q", c.old, c.new, err, c.want)
		}
	}
}
