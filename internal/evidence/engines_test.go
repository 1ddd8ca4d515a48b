package evidence_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/evidence"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/pythontest"
)

// A run is one call of an engine's script.
type run struct {
	Table             string     `json:"table"`
	Out               string     `json:"out"`
	Segments          [][]string `json:"segments"`
	Bin               float64    `json:"bin,omitempty"`
	HoldoutSHA256     string     `json:"holdout_sha256,omitempty"`
	DecisionThreshold string     `json:"decision_threshold,omitempty"`
}

// odd is a column's name that a script has to quote.
const odd = "re\"g`i.o/n"

var digest = strings.Repeat("0123456789abcdef", 4)

// TestEngines runs both scripts of examples/engines on rows that Go judges too,
// and holds the verdicts equal.
func TestEngines(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"duckdb", "spark"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := drawn(2000)
			table := writeTable(t, dir, "good.csv", s, nil)
			by := [][]string{{"contract"}, {odd}, {"contract", odd}}
			refused := map[string]string{"label": "2", "champion": "", "challenger": "1.5"}
			runs := []run{
				{Table: table, Out: filepath.Join(dir, "distinct"), Segments: by, HoldoutSHA256: digest},
				{Table: table, Out: filepath.Join(dir, "bins"), Segments: [][]string{}, Bin: 1.0 / 64, DecisionThreshold: "0.3"},
				{Table: table, Out: filepath.Join(dir, "no column"), Segments: [][]string{{"plan"}}},
			}
			for _, column := range []string{"label", "champion", "challenger"} {
				bad := writeTable(t, dir, "bad "+column+".csv", s, map[string]string{column: refused[column]})
				runs = append(runs, run{Table: bad, Out: filepath.Join(dir, "bad "+column), Segments: [][]string{}})
			}
			execute(t, engine, dir, runs)
			expectVerdict(t, output(t, runs[0].Out), s)
			expectBins(t, output(t, runs[1].Out), s)
			for i, want := range []string{"plan", "1 have no label", "1 no champion score", "1 no challenger score"} {
				expectRefusal(t, runs[2+i].Out, want)
			}
		})
	}
}

// execute runs a script; a Python without the engine is a failure.
func execute(t *testing.T, engine, dir string, runs []run) {
	t.Helper()
	content, err := json.Marshal(runs)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "runs.json"), content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	pythontest.Run(t, "testdata/engines.py", engine, filepath.Join(dir, "runs.json"))
}

// drawn are rows of which the challenger ranks a little better: ties, scores of
// 0 and 1, a rare segment and missing values among them.
func drawn(rows int) metrics.Sample {
	random := rand.New(rand.NewPCG(5, 9))
	s := metrics.Sample{Task: metrics.Binary, Rows: rows}
	contract := metrics.Category{Name: "contract", Texts: []string{"Month-to-month", "One year", "Two year"}}
	region := metrics.Category{Name: odd, Texts: []string{"", "north, \"old\"", "south"}}
	score := func(positive bool, gap float64) float64 {
		x := 0.35 + 0.2*random.NormFloat64()
		if positive {
			x += gap
		}
		return min(1, max(0, math.Round(x*1e4)/1e4))
	}
	for i := range rows {
		positive := random.Float64() < 0.3
		s.Positive = append(s.Positive, positive)
		champion := score(positive, 0.2)
		s.Champion.Values = append(s.Champion.Values, champion)
		s.Challenger.Values = append(s.Challenger.Values, math.Round((0.7*champion+0.3*score(positive, 0.3))*1e4)/1e4)
		contract.Codes = append(contract.Codes, uint32(i*i%7)%3)
		region.Codes = append(region.Codes, random.Uint32N(3))
	}
	s.Segments = []metrics.Category{contract, region}
	return s
}

// writeTable writes the rows as CSV; replaced are texts for the first row.
func writeTable(t *testing.T, dir, name string, s metrics.Sample, replaced map[string]string) string {
	t.Helper()
	header := []string{"label", "champion", "challenger", "contract", odd}
	records := [][]string{header}
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	for i := range s.Rows {
		records = append(records, []string{map[bool]string{false: "0", true: "1"}[s.Positive[i]],
			number(s.Champion.Values[i]), number(s.Challenger.Values[i]), s.Segments[0].At(i), s.Segments[1].At(i)})
	}
	for column, text := range replaced {
		records[1][slices.Index(header, column)] = text
	}
	path := filepath.Join(dir, name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // WriteAll has flushed
	if err := csv.NewWriter(f).WriteAll(records); err != nil {
		t.Fatal(err)
	}
	return path
}

// output is what a script wrote, held to the schema.
func output(t *testing.T, path string) *evidence.Sums {
	t.Helper()
	if why, err := os.ReadFile(path + ".refused"); err == nil {
		t.Fatalf("%s: %s", filepath.Base(path), why)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	valid(t, schema(t), path, data)
	e, err := evidence.Parse(filepath.Base(path), data)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func expectRefusal(t *testing.T, path, want string) {
	t.Helper()
	why, err := os.ReadFile(path + ".refused")
	if err != nil || !strings.Contains(string(why), want) {
		t.Errorf("%s: %q (%v), expected a refusal that says %q", filepath.Base(path), why, err, want)
	}
	if _, err := os.Stat(path); err == nil {
		t.Errorf("%s: written all the same", filepath.Base(path))
	}
}

// policy asks for all that the scripts have sums for, in all rows and segments.
func policy() gate.Policy {
	decimal := metrics.MustDecimal
	by := []gate.SegmentBy{{Columns: []string{"contract"}}, {Columns: []string{odd}}, {Columns: []string{odd, "contract"}}}
	return gate.Policy{Confidence: decimal("0.95"), Limits: gate.Limits{CooldownDays: 7}, Requirements: []gate.Requirement{
		{Name: "auc", Metric: "auc", Conditions: []gate.Condition{{Kind: gate.MinAbsoluteChange, Limit: decimal("0.005")}, {Kind: gate.Threshold, Limit: decimal("0.7")}}, Segments: by, AllRows: true},
		{Name: "brier", Metric: "brier", Conditions: []gate.Condition{{Kind: gate.MaxRelativeRegression, Limit: decimal("0.02")}}, Segments: by, AllRows: true},
		{Name: "log_loss", Metric: "log_loss", Conditions: []gate.Condition{{Kind: gate.MaxAbsoluteRegression, Limit: decimal("0.002")}}},
		{Name: "recall", Metric: "recall", DecisionThreshold: decimal("0.5"), Conditions: []gate.Condition{{Kind: gate.MaxAbsoluteRegression, Limit: decimal("0.02")}}, Segments: by[:1], MinRows: 100},
		{Name: "f1", Metric: "f1", DecisionThreshold: decimal("0.4"), Conditions: []gate.Condition{{Kind: gate.Threshold, Limit: decimal("0.3")}}},
	}}
}

// expectVerdict holds every number of the verdict to the one from rows.
func expectVerdict(t *testing.T, e *evidence.Sums, s metrics.Sample) {
	t.Helper()
	if rows := e.Estimate(gate.Requirement{Metric: "auc"}, gate.Segment{}).Rows; e.HoldoutSHA256 != digest || rows != s.Rows {
		t.Errorf("digest %q, %d rows", e.HoldoutSHA256, rows)
	}
	about := gate.Evidence{Champion: "7", Challenger: "8", Holdout: gate.Holdout{SHA256: digest, Recorded: digest}}
	fromSums, fromRows := about, about
	fromSums.Measured, fromRows.Measured = e, evidence.NewRows(s)
	a, b := gate.Judge(policy(), fromSums), gate.Judge(policy(), fromRows)
	if len(a.Checks) != len(b.Checks) || a.Passed() != b.Passed() {
		t.Fatalf("%d checks, passed %v; from rows %d, %v", len(a.Checks), a.Passed(), len(b.Checks), b.Passed())
	}
	statuses := map[gate.Status]int{}
	for i, c := range a.Checks {
		w := b.Checks[i]
		if c.Name != w.Name || c.Status != w.Status || c.Text != w.Text || len(c.Findings) != len(w.Findings) || len(c.NotJudged) != len(w.NotJudged) {
			t.Errorf("%s %s %q\nfrom rows %s %s %q", c.Name, c.Status, c.Text, w.Name, w.Status, w.Text)
			continue
		}
		for j, f := range c.Findings {
			statuses[f.Status]++
			expectFinding(t, c.Name+" "+f.Segment.String(), f, w.Findings[j])
		}
	}
	if statuses[gate.Passed] == 0 || statuses[gate.Inconclusive] == 0 || statuses[gate.Absent] > 0 {
		t.Errorf("statuses %v: the data tells nothing apart", statuses)
	}
}

func expectFinding(t *testing.T, what string, got, want gate.Finding) {
	t.Helper()
	if got.Status != want.Status || got.Segment.String() != want.Segment.String() || got.Rows != want.Rows || got.Positives != want.Positives || got.Reason != want.Reason {
		t.Errorf("%s: %s %s %d %d %q, from rows %s %s %d %d %q", what, got.Status, got.Segment, got.Rows, got.Positives, got.Reason,
			want.Status, want.Segment, want.Rows, want.Positives, want.Reason)
	}
	if d := got.RowsNeeded - want.RowsNeeded; d < -1 || d > 1 {
		t.Errorf("%s: %d rows needed, from rows %d", what, got.RowsNeeded, want.RowsNeeded)
	}
	near(t, what+" champion", got.Champion.Float64(), want.Champion.Float64())
	near(t, what+" challenger", got.Challenger.Float64(), want.Challenger.Float64())
	near(t, what+" standard error", got.StandardError, want.StandardError)
	for i, c := range got.Conditions {
		w := want.Conditions[i]
		near(t, fmt.Sprint(what, " ", c.Kind, " lower"), c.Lower, w.Lower)
		near(t, fmt.Sprint(what, " ", c.Kind, " upper"), c.Upper, w.Upper)
		near(t, fmt.Sprint(what, " ", c.Kind, " p"), c.PValue, w.PValue)
	}
}

// expectBins holds binned AUCs to the bound that they state, and a threshold's
// metrics to the rows: bins do not touch them.
func expectBins(t *testing.T, e *evidence.Sums, s metrics.Sample) {
	t.Helper()
	rows := evidence.NewRows(s)
	q := gate.Requirement{Metric: "auc"}
	expectWider(t, "auc", e.Estimate(q, gate.Segment{}), rows.Estimate(q, gate.Segment{}))
	q = gate.Requirement{Metric: "precision", DecisionThreshold: metrics.MustDecimal("0.3")}
	got, want := e.Estimate(q, gate.Segment{}), rows.Estimate(q, gate.Segment{})
	near(t, "precision", got.Challenger.Float64(), want.Challenger.Float64())
	if q.DecisionThreshold = metrics.MustDecimal("0.5"); e.Estimate(q, gate.Segment{}).Challenger.Present() {
		t.Error("precision at 0.5 from counts at 0.3")
	}
}
