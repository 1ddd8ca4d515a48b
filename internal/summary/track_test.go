package summary

import (
	"math"
	"math/big"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/org/ct-action/internal/gate"
	"pgregory.net/rapid"
)

// drawnRow is a measurement of AUC whose track has that interval; no bound
// where it is NaN.
func drawnRow(low, estimate, high, bound float64) measurement {
	f := gate.Finding{Metric: "auc", Difference: estimate, Interval: [2]float64{low, high}, IntervalLevel: 0.95}
	if !math.IsNaN(bound) {
		f.Conditions = []gate.ConditionFinding{{Condition: gate.Condition{Kind: gate.MinAbsoluteChange}, Change: rational(bound)}}
	}
	return measurement{check: gate.Check{Name: "auc", Metric: "auc"}, finding: f, found: true}
}

func tracksOf(rows ...measurement) []string {
	scales, lines := scalesOf(rows), []string{}
	for _, m := range rows {
		d, ok := m.drawing()
		line := ""
		if ok {
			line = scales[m.unit()].track(d)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestTrack(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, test := range []struct {
		name                       string
		low, estimate, high, bound float64
		want                       string
	}{
		{"bound inside", -0.0031, 0.0019, 0.0069, 0.005, "···├────0──●────┊──┤···"},
		{"bound below", 0.0101, 0.0159, 0.0217, 0.005, "···0···┊··├────●───┤···"},
		{"bound 0", -0.0121, -0.0088, -0.0055, 0, "···├───●────┤······Ø···"},
		{"bound 0 inside", -2, 1, 2, 0, "···├───────Ø───●───┤···"},
		{"bound far below", 10, 11, 12, -1000, "┊··0············├─●┤···"},
		{"bound far above", 10, 11, 12, 1000, "···0············├─●┤··┊"},
		{"bound at an end", -2, 0.5, 2, -2, "···├───────0─●─────┤···"},
		{"bound at the estimate", -1, 1, 2, 1, "···├────0─────●────┤···"},
		{"no bound", -1, 0, 1, nan, "···├───────●───────┤···"},
		{"a point on its bound", 0, 0, 0, 0, "···········●···········"},
		{"a point above its bound", 1, 1, 1, 0, "···Ø···············●···"},
		{"no number", nan, 0, 1, 0, ""},
		{"infinite", -1, 0, math.Inf(1), 0, ""},
		{"too wide", -math.MaxFloat64, 0, math.MaxFloat64, 0, ""},
		{"swapped", 1, 0, -1, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := tracksOf(drawnRow(test.low, test.estimate, test.high, test.bound))[0]; got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestOneScale: two intervals of a table look as different as they are, and two
// units do not share a scale.
func TestOneScale(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	wide, narrow, error := drawnRow(-0.02, 0, 0.02, nan), drawnRow(-0.005, 0.001, 0.005, nan), drawnRow(-500, -250, 0, 0)
	error.finding.Metric, error.check.Metric, error.check.Name = "rmse", "rmse", "rmse"
	want := []string{"···├───────●───────┤···", "·········├─0●┤·········", "···├───────●───────┤···"}
	got := tracksOf(wide, narrow, error)
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("row %d:\ngot  %s\nwant %s", i, got[i], want[i])
		}
	}
	rows := []measurement{wide, narrow, error}
	if got, want := drawnAs(rows, scalesOf(rows)), "Intervals are drawn to scale, one for AUC, one for RMSE: `0` no change."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTrackTrue holds the order of the marks against that of the numbers, and
// 0 to one cell of all rows.
func TestTrackTrue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := func(name string) float64 {
			return rapid.OneOf(rapid.Float64Range(-1, 1), rapid.Float64Range(-1e-9, 1e-9), rapid.Float64Range(-1e12, 1e12)).Draw(t, name)
		}
		var rows []measurement
		for range rapid.IntRange(1, 4).Draw(t, "rows") {
			estimate, bound := at("estimate"), math.NaN()
			if rapid.Bool().Draw(t, "has a bound") {
				bound = at("bound")
			}
			rows = append(rows, drawnRow(estimate-math.Abs(at("below")), estimate, estimate+math.Abs(at("above")), bound))
		}
		zero := -1
		for i, line := range tracksOf(rows...) {
			cells := []rune(line)
			if utf8.RuneCountInString(line) != trackWidth || strings.Count(line, "●") != 1 {
				t.Fatalf("%q", line)
			}
			d, _ := rows[i].drawing()
			values := map[rune]*big.Rat{'0': new(big.Rat), 'Ø': new(big.Rat), '┊': d.bound, '├': rational(d.low), '●': rational(d.estimate), '┤': rational(d.high)}
			var shown []rune
			for at, sign := range cells {
				if values[sign] == nil {
					continue
				}
				if sign == '0' || sign == 'Ø' {
					if zero >= 0 && at != zero {
						t.Fatalf("0 in cell %d and in %d", zero, at)
					}
					zero = at
				}
				if n := len(shown); n > 0 && values[shown[n-1]].Cmp(values[sign]) > 0 {
					t.Fatalf("%s: %c before %c in %+v", line, shown[n-1], sign, d)
				}
				shown = append(shown, sign)
			}
			if d.bound != nil && !strings.ContainsAny(line, "┊Ø") && (d.bound.Cmp(values['├']) < 0 || d.bound.Cmp(values['┤']) > 0) {
				t.Fatalf("%s hides a bound outside of its interval: %+v", line, d)
			}
			if d.bound == nil && strings.ContainsAny(line, "┊Ø") {
				t.Fatalf("%s has a bound that there is not", line)
			}
		}
	})
}
