package summary

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestTrack(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for _, test := range []struct {
		name                       string
		low, estimate, high, bound float64
		want                       string
	}{
		{"bound inside", -0.0031, 0.0019, 0.0069, 0.005, "··├─────●───┊─┤··"},
		{"bound below", 0.0101, 0.0159, 0.0217, 0.005, "··┊···├───●───┤··"},
		{"bound above", -0.0121, -0.0088, -0.0055, 0, "··├──●───┤····┊··"},
		{"bound far below", 10, 11, 12, -1000, "┊·······├──●──┤··"},
		{"bound far above", 10, 11, 12, 1000, "··├──●──┤·······┊"},
		{"bound just below", 1, 2, 3, 0.9999, "·┊├─────●─────┤··"},
		{"bound at an end", 0, 1, 2, 0, "··├─────●─────┤··"},
		{"bound at the estimate", 0, 1, 2, 1, "··├─────●─────┤··"},
		{"a point on its bound", 0, 0, 0, 0, "········●········"},
		{"a point above its bound", 1, 1, 1, 0, "··┊···········●··"},
		{"no number", nan, 0, 1, 0, ""},
		{"no bound", 0, 0, 1, nan, ""},
		{"infinite", -1, 0, inf, 0, ""},
		{"too wide", -math.MaxFloat64, 0, math.MaxFloat64, 0, ""},
		{"swapped", 1, 0, -1, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := track(test.low, test.estimate, test.high, test.bound); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestTrackTrue holds the order of the marks against that of the numbers.
func TestTrackTrue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := func(name string) float64 {
			return rapid.OneOf(rapid.Float64Range(-1, 1), rapid.Float64Range(-1e-9, 1e-9), rapid.Float64Range(-1e12, 1e12)).Draw(t, name)
		}
		estimate, bound := at("estimate"), at("bound")
		low, high := estimate-math.Abs(at("below")), estimate+math.Abs(at("above"))
		line := track(low, estimate, high, bound)
		if utf8.RuneCountInString(line) != trackWidth || strings.Count(line, "●") != 1 {
			t.Fatalf("%q", line)
		}
		cells := []rune(line)
		place := func(mark rune) int {
			for i, c := range cells {
				if c == mark {
					return i
				}
			}
			return -1
		}
		mark, middle := place('┊'), place('●')
		if mark < 0 && (bound < low || bound > high) {
			t.Fatalf("%q hides a bound %v outside of %v to %v", line, bound, low, high)
		}
		if mark < 0 {
			return // hidden by a mark that it is equal to, or by the estimate between two ends
		}
		ends := map[rune]float64{'├': low, '┤': high}
		for c, x := range ends {
			if i := place(c); i >= 0 && compareFloats(bound, x) != 0 && compareFloats(float64(mark), float64(i)) != compareFloats(bound, x) {
				t.Fatalf("%s: bound %v beside %c %v", line, bound, c, x)
			}
		}
		if (bound < low || bound > high) && compareFloats(float64(mark), float64(middle)) != compareFloats(bound, estimate) {
			t.Fatalf("%s: bound %v beside the estimate %v", line, bound, estimate)
		}
	})
}
