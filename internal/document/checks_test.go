package document

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/org/ct-action/internal/gate"
)

// TestSegmentOrder writes a segment's columns in their order.
func TestSegmentOrder(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(segmentOf(gate.Segment{Columns: []string{"z", "a", "\""}, Values: []string{"<1>", "2"}}))
	if want := `{"z":"\u003c1\u003e","a":"2","\"":""}`; err != nil || string(text) != want {
		t.Errorf("%v: got %s, want %s", err, text, want)
	}
}

// TestNoInterval writes null for what is no interval.
func TestNoInterval(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for name, test := range map[string]struct {
		interval [2]float64
		written  bool
	}{
		"an interval": {[2]float64{-0.1, 0.2}, true}, "no number": {[2]float64{nan, nan}, false}, "half": {[2]float64{0, nan}, false},
		"infinite": {[2]float64{math.Inf(-1), 0}, false}, "swapped": {[2]float64{0.2, 0.1}, false},
	} {
		d := findingOf(gate.Check{}, gate.Finding{Interval: test.interval, IntervalLevel: 0.95})
		if got := d.Interval != nil; got != test.written {
			t.Errorf("%s: %v is written as %v", name, test.interval, d.Interval)
		}
	}
}
