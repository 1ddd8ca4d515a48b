package evidence

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// tolerance is how far, relative to 1 or to the value where that is larger, the
// sums of an engine may be off: they are sums of floats in no fixed order.
const tolerance = 1e-9

// whole checks the segments against one another: one has all rows, and is moved to the
// front; none is there twice; and those by the same columns add up.
func (r *reader) whole(e *Sums) {
	seen := map[string]bool{}
	by := map[string][]segment{}
	for _, p := range e.segments {
		id := fmt.Sprintf("%q %q", p.columns, p.values)
		if seen[id] {
			r.problem(p.path+".segment", p.named(), "each segment once")
		}
		seen[id] = true
		by[fmt.Sprintf("%q", p.columns)] = append(by[fmt.Sprintf("%q", p.columns)], p)
	}
	at := slices.IndexFunc(e.segments, func(p segment) bool { return len(p.columns) == 0 })
	if at < 0 {
		r.problem("segments", "only parts of the holdout", `one item with "segment": {}, which is all rows`)
		return
	}
	all := e.segments[at]
	e.segments = slices.Insert(slices.Delete(e.segments, at, at+1), 0, all)
	for _, p := range e.segments {
		if segments := by[fmt.Sprintf("%q", p.columns)]; segments[0].path == p.path {
			r.addUp(all, segments)
		}
	}
}

// addUp checks that the segments by some columns add up to all rows.
func (r *reader) addUp(all segment, segments []segment) {
	rows, positives := 0, 0
	for _, p := range segments {
		rows, positives = rows+p.rows, positives+p.positives
	}
	columns := strings.Join(segments[0].columns, ", ")
	if rows != all.rows {
		r.problem("segments", fmt.Sprintf("by %s: %d rows together", columns, rows), "the %d of all rows: every row is in one segment", all.rows)
	}
	if all.positives >= 0 && positives != all.positives {
		r.problem("segments", fmt.Sprintf("by %s: %d positives together", columns, positives), "the %d of all rows", all.positives)
	}
	for _, metric := range slices.Sorted(maps.Keys(all.losses)) {
		r.meansAddUp(metric, columns, all, segments)
	}
}

func (r *reader) meansAddUp(metric, columns string, all segment, segments []segment) {
	for class, m := range all.losses[metric] {
		var parts []moments
		for _, p := range segments {
			of, ok := p.losses[metric]
			if !ok || m.rows == 0 {
				return
			}
			parts = append(parts, of[class])
		}
		champion, challenger := pooled(m.rows, parts)
		if !near(champion, m.champion) || !near(challenger, m.champion+m.difference) {
			r.problem("segments", fmt.Sprintf("%s by %s: means %v and %v together", metric, columns, champion, challenger),
				"%v and %v, as for all rows", m.champion, m.champion+m.difference)
		}
	}
}

func near(a, b float64) bool { return math.Abs(a-b) <= tolerance*max(1, math.Abs(b)) }

// named is a segment in words.
func (p segment) named() string {
	if len(p.columns) == 0 {
		return "all rows"
	}
	var texts []string
	for i, column := range p.columns {
		texts = append(texts, fmt.Sprintf("%s = %q", column, p.values[i]))
	}
	return strings.Join(texts, ", ")
}
