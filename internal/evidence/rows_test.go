package evidence

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/metrics"
)

// A segment has the rows that have its values, in their order, and there is one
// for all values that there are.
func TestRowsOfSegments(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "rows")
		s := metrics.Sample{Task: metrics.Binary, Rows: n, Positive: make([]bool, n)}
		for i := range n {
			s.Challenger.Values = append(s.Challenger.Values, float64(i))
		}
		for _, name := range []string{"a", "b"} {
			codes := rapid.SliceOfN(rapid.Uint32Range(0, 3), n, n).Draw(t, name)
			s.Segments = append(s.Segments, metrics.Category{Name: name, Codes: codes, Texts: []string{"x", "y", "", "x\x001:y"}})
		}
		columns := rapid.SampledFrom([][]string{{"a"}, {"b"}, {"a", "b"}, {"b", "a"}}).Draw(t, "columns")
		want := map[string][]float64{}
		for i := range n {
			key := ""
			for _, name := range columns {
				key += strconv.Quote(s.Segments[slices.Index([]string{"a", "b"}, name)].At(i))
			}
			want[key] = append(want[key], float64(i))
		}
		r := NewRows(s)
		found, ok := r.Segments(columns)
		if !ok || len(found) != len(want) {
			t.Fatalf("%v, expected %d segments", found, len(want))
		}
		for _, f := range found {
			key := ""
			for _, value := range f.Segment.Values {
				key += strconv.Quote(value)
			}
			got := r.rows(f.Segment).Challenger.Values
			if fmt.Sprint(got) != fmt.Sprint(want[key]) || f.Rows != len(got) {
				t.Fatalf("%s: %v, %d, expected %v", f.Segment, got, f.Rows, want[key])
			}
		}
	})
}
