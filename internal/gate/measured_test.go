package gate

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

// A measuredPolicy is what evidence.json says of a policy beyond the default one.
type measuredPolicy struct {
	EpsilonAuto    bool   `json:"epsilon_auto"`
	Confidence     string `json:"confidence"`
	PromoteIfPoint bool   `json:"promote_if_point"`
	HoldoutBudget  int    `json:"holdout_budget"`
	AllowBelow     bool   `json:"allow_below_chance"`
	Checks         []struct {
		Name       string              `json:"name"`
		Metric     string              `json:"metric"`
		Conditions []map[string]string `json:"conditions"` // one kind and its bound each
		Confidence string              `json:"confidence"`
		DryRun     bool                `json:"dry_run"`
		Segments   [][]string          `json:"segments"`
		Require    [][]string          `json:"require"` // of the first segments
		AllRows    bool                `json:"all_rows"`
		MinRows    int                 `json:"min_rows"`
		File       string              `json:"file"`
		Greater    bool                `json:"greater_is_better"`
	} `json:"checks"`
}

func (m measuredPolicy) into(t *testing.T, p *Policy) {
	t.Helper()
	p.EpsilonAuto, p.PromoteIfPoint, p.HoldoutBudget = m.EpsilonAuto, m.PromoteIfPoint, m.HoldoutBudget
	p.AllowBelowChance = m.AllowBelow
	p.Confidence = decimal(t, m.Confidence)
	if m.Checks != nil {
		p.Requirements = []Requirement{}
	}
	for _, c := range m.Checks {
		r := Requirement{
			Name: c.Name, Metric: c.Metric, Confidence: decimal(t, c.Confidence), DryRun: c.DryRun,
			AllRows: c.AllRows, MinRows: c.MinRows, File: c.File, GreaterIsBetter: c.Greater,
		}
		for _, condition := range c.Conditions {
			for kind, bound := range condition {
				r.Conditions = append(r.Conditions, Condition{ConditionKind(kind), decimal(t, bound)})
			}
		}
		for i, columns := range c.Segments {
			by := SegmentBy{Columns: columns}
			if i == 0 {
				by.Require = c.Require
			}
			r.Segments = append(r.Segments, by)
		}
		p.Requirements = append(p.Requirements, r)
	}
}

func decimal(t *testing.T, text string) metrics.Decimal {
	t.Helper()
	if text == "" {
		return metrics.Decimal{}
	}
	d, err := metrics.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A fake is evidence as if it had been measured: for each metric an estimate
// on all rows (key "") and on segments (key "contract=Two year, region=west").
type fake struct {
	Estimates map[string]map[string]fakeEstimate `json:"estimates"`
	Columns   map[string]map[string]int          `json:"columns"` // rows of each value; several columns are joined by a comma
	Order     map[string][]string                `json:"order"`   // the values as they are listed
}

type fakeEstimate struct {
	Champion      string   `json:"champion"`
	Challenger    string   `json:"challenger"`
	StandardError *float64 `json:"standard_error"` // of the difference; null: there is none
	ChampionError float64  `json:"champion_error"`
	Rows          int      `json:"rows"`
	Positives     *int     `json:"positives"`
	Warnings      []string `json:"warnings"`
}

func (f *fake) Estimate(r Requirement, s Segment) paired.Estimate {
	key := ""
	if s.Columns != nil {
		key = strings.Join(s.Columns, ",") + "=" + strings.Join(s.Values, ",")
	}
	given, ok := f.Estimates[r.Metric][key]
	if !ok {
		return paired.Estimate{Champion: metrics.Absent("not defined"), Challenger: metrics.Absent("not defined"), Positives: -1}
	}
	return given.estimate()
}

func (g fakeEstimate) estimate() paired.Estimate {
	e := paired.Estimate{Champion: rational0(g.Champion), Challenger: rational0(g.Challenger), Method: "fake", Rows: g.Rows, Positives: -1, Warnings: g.Warnings}
	if g.Positives != nil {
		e.Positives = *g.Positives
	}
	e.Effective = countingAlike(e)
	if g.StandardError != nil {
		e.Parts = []paired.Part{{Freedom: 1e9, VarDifference: *g.StandardError * *g.StandardError, VarChampion: g.ChampionError * g.ChampionError}}
	}
	return e
}

// countingAlike is of rows that have neither weights nor groups.
func countingAlike(e paired.Estimate) paired.Effective {
	if e.Positives < 0 {
		return paired.Effective{Rows: float64(e.Rows)}
	}
	return paired.Effective{Rows: float64(e.Rows), Positives: float64(e.Positives), Negatives: float64(e.Rows - e.Positives)}
}

// rational0 is a value, or an absent one with its reason.
func rational0(text string) metrics.Value {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return metrics.Absent(text)
	}
	return metrics.Exact(r)
}

func (f *fake) Segments(columns []string) (found []SegmentRows, ok bool) {
	key := strings.Join(columns, ",")
	rows, ok := f.Columns[key]
	for _, value := range f.Order[key] {
		found = append(found, SegmentRows{Segment{columns, strings.Split(value, ",")}, rows[value]})
	}
	return found, ok
}

// show is the verdict, and where there is more than the default checks, all that its
// findings say.
func (e example) show(t *testing.T) string {
	t.Helper()
	v := Judge(e.policy(t), e.evidence(t))
	text := show(v)
	if e.Measured == nil && e.Policy.Checks == nil {
		return text
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nmetrics passed: %v\n", text, v.MetricsPassed())
	for _, c := range v.Metrics() {
		fmt.Fprintf(&b, "\n%s of %s, dry run %v, allowed %v\n", c.Name, c.Metric, c.DryRun, c.Allowed)
		for _, f := range c.Findings {
			detail(&b, f)
		}
		for _, s := range c.NotJudged {
			fmt.Fprintf(&b, "  not judged: %s, %d rows\n", s.Segment, s.Rows)
		}
		for _, w := range c.Warnings {
			fmt.Fprintf(&b, "  warning: %s\n", w)
		}
	}
	fmt.Fprintln(&b, "\nexplained")
	for _, line := range Explain(v) {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	return b.String()
}

func detail(b *strings.Builder, f Finding) {
	fmt.Fprintf(b, "  %s: %s\n    reason    %s\n    found     %s, needed %s\n", f.Segment, f.Status, f.Reason, f.Found, f.Needed)
	fmt.Fprintf(b, "    change    %.4g ± %.4g, [%.4g, %.4g] at %.4g, p %.4g\n", f.Difference, f.StandardError, f.Interval[0], f.Interval[1], f.IntervalLevel, f.PValue)
	fmt.Fprintf(b, "    decided   confidence %.6g, rows %d of %d, to tell %d\n", f.Confidence, f.RowsNeeded, f.Rows, f.Tell.Rows)
	if f.Status == Inconclusive {
		fmt.Fprintf(b, "    power     shows %.4g, rows %v; tells %.4g, rows %v\n", f.Smallest, f.RowsNeededRange, f.Tell.Smallest, f.Tell.Range)
	}
	for _, c := range f.Conditions {
		fmt.Fprintf(b, "    %s %s %s: margin %.4g [%.4g, %.4g]\n", c.Kind, c.Limit, c.Status, c.Margin, c.Lower, c.Upper)
	}
}
