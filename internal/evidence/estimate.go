package evidence

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

var _ gate.Measured = (*Sums)(nil)

// Segments lists the file's segments by exactly these columns.
func (e *Sums) Segments(columns []string) (found []gate.SegmentRows, ok bool) {
	for _, p := range e.segments[1:] {
		if values, same := p.valuesOf(columns); same {
			found = append(found, gate.SegmentRows{Segment: gate.Segment{Columns: columns, Values: values}, Rows: p.rows})
		}
	}
	slices.SortFunc(found, func(a, b gate.SegmentRows) int { return slices.Compare(a.Segment.Values, b.Segment.Values) })
	return found, len(found) > 0
}

// valuesOf are the segment's values in the order of columns; same is false where the
// segment is by other columns.
func (p segment) valuesOf(columns []string) (values []string, same bool) {
	if len(columns) != len(p.columns) {
		return nil, false
	}
	for _, column := range columns {
		at, found := slices.BinarySearch(p.columns, column)
		if !found {
			return nil, false
		}
		values = append(values, p.values[at])
	}
	return values, true
}

// Estimate is a metric on a segment's rows, or absent with what the file lacks.
func (e *Sums) Estimate(r gate.Requirement, s gate.Segment) paired.Estimate {
	return e.known.once(r, s, func() paired.Estimate { return e.measure(r, s) })
}

func (e *Sums) measure(r gate.Requirement, s gate.Segment) paired.Estimate {
	at := slices.IndexFunc(e.segments, func(p segment) bool {
		values, same := p.valuesOf(s.Columns)
		return same && slices.Equal(values, s.Values)
	})
	if at < 0 {
		return absent(segment{positives: e.segments[0].positives}, "the evidence file has no such segment")
	}
	p := e.segments[at]
	m, known := metrics.Lookup(r.Metric)
	switch {
	case r.File != "":
		return absent(p, "a metric of your own is a number from its own file, and the evidence file has none")
	case !known:
		return absent(p, fmt.Sprintf("unknown metric %q", r.Metric))
	case !slices.Contains(m.Tasks, e.task):
		return absent(p, fmt.Sprintf("not defined for a %s task, which the evidence file says this is", e.task))
	case p.rows == 0:
		return absent(p, "no rows")
	case m.Name == "auc":
		return p.auc(e.width)
	case m.Decision && e.task == metrics.Binary:
		return p.decided(m, r.DecisionThreshold, e.width)
	case m.Summed(e.task):
		return p.loss(m)
	}
	return absent(p, "no sums suffice for "+m.Name+": judge it from rows (predictions)")
}

func absent(p segment, reason string) paired.Estimate {
	v := metrics.Absent(reason)
	return paired.Estimate{Champion: v, Challenger: v, Rows: p.rows, Positives: p.positives}
}

// lacks is the absent estimate of a file that lacks a key.
func (p segment) lacks(key, why string) paired.Estimate {
	return absent(p, fmt.Sprintf("the evidence file has no %s.%s: %s", p.path, key, why))
}

// loss estimates a mean of row losses; for rmse its root, by the delta method.
func (p segment) loss(m metrics.Metric) paired.Estimate {
	found, ok := p.losses[m.Name]
	if !ok {
		return p.lacks("losses."+m.Name, "add the moments of its row losses")
	}
	e := means(p.rows, found)
	e.Curve, e.Tails = paired.CurveOf(m), p.forecast(m.Name)
	if p.cells == nil && e.Positives >= 0 {
		e.Warnings = append(e.Warnings, fmt.Sprintf("no %s.joint_histogram: with few positives a bound of a loss is bolder without the scores", p.path))
	}
	if m.Name != "rmse" {
		return e
	}
	e.Method = "delta method"
	champion, challenger := math.Sqrt(max(0, e.Champion.Float64())), math.Sqrt(max(0, e.Challenger.Float64()))
	e.Champion, e.Challenger = metrics.Float(champion), metrics.Float(challenger)
	if champion == 0 || challenger == 0 {
		e.Parts = nil // no slope at 0: no standard error
	}
	for i, q := range e.Parts {
		e.Parts[i] = rooted(q, champion, challenger)
	}
	return e
}

// forecast is how a binary loss scatters, from the scores themselves; zero where there
// is no histogram of them.
func (p segment) forecast(metric string) [2]paired.Moment23 {
	var champion, challenger, counts []float64
	for _, c := range p.cells {
		champion, challenger, counts = append(champion, c.champion), append(challenger, c.challenger), append(counts, float64(c.count))
	}
	return paired.ForecastOf(metric, champion, challenger, counts, p.positives)
}

// means pools the classes' moments into the estimate of a mean over rows.
func means(rows int, classes []moments) paired.Estimate {
	champion, challenger := pooled(rows, classes)
	var sums []paired.Moments
	for _, m := range classes {
		sums = append(sums, m.sums())
	}
	return paired.FromMoments(metrics.Float(champion), metrics.Float(challenger), sums...)
}

// pooled are the means over parts of the rows, put together.
func pooled(rows int, parts []moments) (champion, challenger float64) {
	for _, m := range parts {
		share := float64(m.rows) / float64(rows)
		champion, challenger = champion+share*m.champion, challenger+share*(m.champion+m.difference)
	}
	return champion, challenger
}

// sums are the plain sums behind the engine's means and covariances.
func (m moments) sums() paired.Moments {
	n := float64(m.rows)
	less := max(0, n-1)
	return paired.Moments{
		Rows: uint64(m.rows), D: n * m.difference, W: n * m.champion,
		DD: less*m.varDifference + n*m.difference*m.difference,
		DW: less*m.covariance + n*m.difference*m.champion,
		WW: less*m.varChampion + n*m.champion*m.champion,
	}
}

// rooted turns a covariance of means into that of their roots c and d. With g = 1/2c
// and h = 1/2d the difference is h·D + (h−g)·C, to first order.
func rooted(p paired.Part, c, d float64) paired.Part {
	g, h := 1/(2*c), 1/(2*d)
	k := h - g
	return paired.Part{
		Freedom:       p.Freedom,
		VarDifference: max(0, h*h*p.VarDifference+2*h*k*p.CovDifference+k*k*p.VarChampion),
		CovDifference: g * (h*p.CovDifference + k*p.VarChampion),
		VarChampion:   g * g * p.VarChampion,
	}
}

// A memory keeps estimates, because some are needed more than once: an AUC by its
// check, by package sanity and for the report.
type memory map[string]paired.Estimate

// once calls work for an estimate that is not kept yet.
func (m memory) once(q gate.Requirement, s gate.Segment, work func() paired.Estimate) paired.Estimate {
	key := memoryKey(q, s)
	if e, kept := m[key]; kept {
		return e
	}
	e := work()
	m[key] = e
	return e
}

// memoryKey has all that an estimate depends on.
func memoryKey(q gate.Requirement, s gate.Segment) string {
	threshold := ""
	if m, _ := metrics.Lookup(q.Metric); m.Decision {
		threshold = q.DecisionThreshold.String()
	}
	return strings.Join([]string{q.Metric, q.File, threshold, segmentKey(s.Columns), segmentKey(s.Values)}, "\x00")
}
