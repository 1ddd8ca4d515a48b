package evidence

import (
	"fmt"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

// Rows is gate.Measured from the rows of a holdout that both versions scored. It
// measures each metric on each segment once, when it is first needed.
type Rows struct {
	sample metrics.Sample

	pieces map[string]map[string]piece // by the keys of column names and of values
	known  memory
}

// A piece is a segment's values and its rows.
type piece struct {
	values []string
	rows   []uint32
}

// NewRows measures on the rows of a sample.
func NewRows(s metrics.Sample) *Rows {
	return &Rows{sample: s, pieces: map[string]map[string]piece{}, known: memory{}}
}

// Own is a metric of the user's own, a number for each version.
type Own struct{ Champion, Challenger metrics.Value }

// WithOwn adds the metrics of the user's own to what was measured, by the
// Source of their requirements. They are known for all rows only.
func WithOwn(m gate.Measured, owned map[string]Own) gate.Measured { return withOwn{m, owned} }

type withOwn struct {
	gate.Measured
	owned map[string]Own
}

// Estimate implements gate.Measured.
func (w withOwn) Estimate(q gate.Requirement, s gate.Segment) paired.Estimate {
	if q.File == "" {
		return w.Measured.Estimate(q, s)
	}
	all := w.Measured.Estimate(gate.Requirement{Metric: gate.CheckAUC}, gate.Segment{}) // for its rows
	own := w.owned[q.Source()]
	if len(s.Columns) > 0 {
		reason := metrics.Absent("a number from a file is known for all rows only")
		own = Own{reason, reason}
	}
	return paired.Estimate{Champion: own.Champion, Challenger: own.Challenger, Rows: all.Rows, Positives: all.Positives}
}

// Estimate implements gate.Measured.
func (r *Rows) Estimate(q gate.Requirement, s gate.Segment) paired.Estimate {
	return r.known.once(q, s, func() paired.Estimate {
		rows := r.rows(s)
		if q.Metric == gate.CheckAUC || q.Metric == gate.CheckBrier {
			if both, ok := atOnce(rows); ok {
				r.known[memoryKey(gate.Requirement{Metric: gate.CheckAUC}, s)] = both.AUC
				r.known[memoryKey(gate.Requirement{Metric: gate.CheckBrier}, s)] = both.Brier
				return both.Estimate(q, gate.Segment{})
			}
		}
		m, known := metrics.Lookup(q.Metric)
		if !known {
			return absent(segment{rows: rows.Rows, positives: rows.Positives()}, fmt.Sprintf("unknown metric %q", q.Metric))
		}
		return paired.Measure(m, rows, q.DecisionThreshold)
	})
}

// Segments implements gate.Measured.
func (r *Rows) Segments(columns []string) ([]gate.SegmentRows, bool) {
	for _, name := range columns {
		if _, ok := r.column(name); !ok {
			return nil, false
		}
	}
	var found []gate.SegmentRows
	for _, p := range r.split(columns) {
		found = append(found, gate.SegmentRows{Segment: gate.Segment{Columns: columns, Values: p.values}, Rows: len(p.rows)})
	}
	slices.SortFunc(found, func(a, b gate.SegmentRows) int { return slices.Compare(a.Segment.Values, b.Segment.Values) })
	return found, true
}

func (r *Rows) column(name string) (metrics.Category, bool) {
	i := slices.IndexFunc(r.sample.Segments, func(c metrics.Category) bool { return c.Name == name })
	if i < 0 {
		return metrics.Category{}, false
	}
	return r.sample.Segments[i], true
}

// rows are those of a segment; none where the holdout has no such segment.
func (r *Rows) rows(s gate.Segment) metrics.Sample {
	if len(s.Columns) == 0 {
		return r.sample
	}
	p, ok := r.split(s.Columns)[segmentKey(s.Values)]
	if !ok {
		return metrics.Sample{Task: r.sample.Task}
	}
	return r.sample.Only(p.rows)
}

// split divides the rows by the values of columns that are there. It remembers
// the rows of each segment, 4 bytes each, because every check asks again.
func (r *Rows) split(columns []string) map[string]piece {
	key := segmentKey(columns)
	if pieces, done := r.pieces[key]; done {
		return pieces
	}
	categories := make([]metrics.Category, len(columns))
	for i, name := range columns {
		categories[i], _ = r.column(name)
	}
	pieces := map[string]piece{}
	for _, rows := range rowsByValue(categories) {
		p := piece{make([]string, len(columns)), rows}
		for i, c := range categories {
			p.values[i] = c.At(int(rows[0]))
		}
		pieces[segmentKey(p.values)] = p
	}
	r.pieces[key] = pieces
	return pieces
}

// rowsByValue groups the rows that have the same values in all columns. It
// compares codes, not texts, one column after the other.
func rowsByValue(columns []metrics.Category) [][]uint32 {
	number, numbers := slices.Clone(columns[0].Codes), len(columns[0].Texts) // of each row's values; how many there are
	for _, c := range columns[1:] {
		known := map[[2]uint32]uint32{}
		for row, code := range c.Codes {
			k := [2]uint32{number[row], code}
			n, found := known[k]
			if !found {
				n = uint32(len(known))
				known[k] = n
			}
			number[row] = n
		}
		numbers = len(known)
	}
	count := make([]int, numbers)
	for _, n := range number {
		count[n]++
	}
	found := make([][]uint32, numbers)
	for n := range found {
		found[n] = make([]uint32, 0, count[n])
	}
	for row, n := range number {
		found[n] = append(found[n], uint32(row))
	}
	return slices.DeleteFunc(found, func(rows []uint32) bool { return len(rows) == 0 })
}

// segmentKey joins texts, each with its length in front, so that different texts
// never have the same key.
func segmentKey(texts []string) string {
	var b strings.Builder
	for _, t := range texts {
		fmt.Fprintf(&b, "%d:%s", len(t), t)
	}
	return b.String()
}
