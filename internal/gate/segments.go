package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/paired"
	"github.com/org/ct-action/internal/text"
)

// check judges all rows, the segments, or both, as the requirement says.
func (t test) check(e Evidence) Check {
	c := Check{Name: cmp.Or(t.Name, t.Metric), Metric: cmp.Or(t.Metric, "?"), DryRun: t.DryRun}
	if t.wrong != "" {
		c.Status, c.Found, c.Needed, c.Text = Absent, "no evidence", "a check that can be judged", t.gate+": "+t.wrong
		c.Findings = []Finding{t.nothing(Segment{}, t.wrong)}
		return c
	}
	all, parts := t.wholes(e), t.segments(e, &c)
	holm(all, parts, t.risk())
	for _, findings := range [][]Finding{all, parts} {
		for i := range findings {
			if findings[i].Reason == "" {
				t.conclude(&findings[i])
			}
		}
		slices.SortStableFunc(findings, worstFirst)
	}
	c.Findings = append(all, parts...)
	c.sum()
	c.Text = t.gate + ": " + t.text(all, parts, len(c.NotJudged))
	return c
}

func (t test) wholes(e Evidence) []Finding {
	if !t.onAllRows() {
		return nil
	}
	return []Finding{t.find(e, Segment{})}
}

// worstFirst orders by status, then by how far the worst condition is on the
// good side.
func worstFirst(a, b Finding) int {
	return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.margin(), b.margin()))
}

func (f Finding) margin() float64 {
	if len(f.Conditions) == 0 {
		return 0
	}
	return f.Conditions[0].Margin
}

// sum is what a check makes of its findings: the worst status, in the order
// failed, absent, inconclusive, passed. Without any there was no evidence.
func (c *Check) sum() {
	if len(c.Findings) == 0 {
		c.Status, c.Found, c.Needed = Absent, "no evidence", "a segment with enough rows"
		return
	}
	worst := slices.MinFunc(c.Findings, worstFirst)
	c.Status, c.Found, c.Needed = worst.Status, worst.Found, worst.Needed
	c.Allowed = c.Status == Inconclusive
	for _, f := range c.Findings {
		c.Allowed = c.Allowed && f.passes()
		for _, w := range f.Warnings {
			c.Warnings = append(c.Warnings, text.Line(w, mostText))
		}
	}
	c.Warnings = text.Once(c.Warnings)
}

// segments judges every value of every column, and lists those with too few
// rows in the check.
func (t test) segments(e Evidence, c *Check) []Finding {
	var parts []Finding
	for _, by := range t.Segments {
		found, lacking := columnRows(e, by)
		if lacking != "" {
			parts = append(parts, t.nothing(Segment{Columns: by.Columns}, lacking))
			continue
		}
		for _, s := range found {
			if by.Only && !slices.ContainsFunc(by.Require, func(values []string) bool { return slices.Equal(values, s.Segment.Values) }) {
				continue
			}
			if s.Rows < max(t.MinRows, 1) {
				c.NotJudged = append(c.NotJudged, s)
				continue
			}
			parts = append(parts, t.find(e, s.Segment))
		}
		for _, values := range by.Require {
			has := func(s SegmentRows) bool { return s.Rows > 0 && slices.Equal(s.Segment.Values, values) }
			if s := (Segment{by.Columns, values}); !slices.ContainsFunc(found, has) {
				parts = append(parts, t.nothing(s, "the holdout has no row of "+s.String()+", which the policy requires"))
			}
		}
	}
	return parts
}

// columnRows are the segments of one or several columns, or what is lacking.
func columnRows(e Evidence, by SegmentBy) (found []SegmentRows, lacking string) {
	if len(by.Columns) == 0 {
		return nil, "no column to make segments by"
	}
	found, ok := e.Measured.Segments(by.Columns)
	if ok {
		return found, ""
	}
	for _, column := range by.Columns {
		if _, ok := e.Measured.Segments([]string{column}); !ok {
			return nil, noColumn(column)
		}
	}
	return nil, "the holdout has no segments by " + Segment{Columns: by.Columns}.String()
}

func noColumn(name string) string {
	return fmt.Sprintf("the holdout has no column %q", text.Line(name, mostName))
}

// nothing is absent evidence, and why.
func (t test) nothing(s Segment, why string) Finding {
	f := Finding{Metric: t.Metric, GreaterIsBetter: t.sense > 0, Segment: s, Positives: -1}
	t.measure(&f, paired.Estimate{})
	f.Status, f.Found, f.Needed, f.Reason, f.Would = Absent, "no evidence", t.needed(f), why, why
	return f
}

// risk is the greatest chance of calling a check failed whose conditions all hold. It
// is 0 where no confidence is asked for: every failure then stands.
func (t test) risk() float64 {
	if t.confidence == nil {
		return 0
	}
	return 1 - float(t.confidence)
}

// holm leaves a condition failed only where its evidence of failure stands up to
// how many were looked at: Holm (1979), a simple sequentially rejective multiple
// test procedure. The others become inconclusive. A check fails by any condition
// on all rows or on any segment, so all of them are one family, and the chance
// that a check is called failed of which every condition holds is at most risk,
// however they depend on each other. Passing needs no correction, as every
// condition must pass.
func holm(all, parts []Finding, risk float64) {
	var family []*ConditionFinding
	for _, findings := range [][]Finding{all, parts} {
		for i := range findings {
			for j := range findings[i].Conditions {
				if c := &findings[i].Conditions[j]; c.Status != Absent {
					family = append(family, c)
				}
			}
		}
	}
	if risk == 0 || len(family) < 2 {
		return
	}
	slices.SortStableFunc(family, func(a, b *ConditionFinding) int { return cmp.Compare(a.failure, b.failure) })
	stands := true
	for i, c := range family {
		stands = stands && c.failure < risk/float64(len(family)-i)
		if !stands && c.Status == Failed {
			c.Status, c.cause = Inconclusive, "among "+familyOf(len(family), all, parts)+" one may miss it by chance (Holm)"
		}
	}
}

// familyOf says what a correction was made over: "4 segments", "all rows and 4
// segments", or more generally "10 comparisons".
func familyOf(n int, all, parts []Finding) string {
	switch segments := text.Count(len(parts), "segment"); {
	case n != len(all)+len(parts):
		return text.Count(n, "comparison")
	case len(all) > 0:
		return "all rows and " + segments
	default:
		return segments
	}
}

// mostName caps a column's or a segment's name in a text.
const mostName = 40

// String is the segment as people read it: "contract=Two year, region=west".
func (s Segment) String() string {
	if len(s.Columns) == 0 {
		return "all rows"
	}
	var parts []string
	for i, column := range s.Columns {
		part := text.Line(column, mostName)
		if i < len(s.Values) {
			value := text.Line(s.Values[i], mostName)
			if value == "" {
				value = "(missing)"
			}
			part += "=" + value
		}
		parts = append(parts, part)
	}
	return text.Clip(strings.Join(parts, ", "), 2*mostName)
}

// text sums a check up in one line. A check on all rows alone is its relation.
func (t test) text(all, parts []Finding, small int) string {
	if len(t.Segments) == 0 {
		return all[0].Reason
	}
	line := ""
	if len(all) > 0 {
		line = all[0].Reason + "; "
	}
	if len(parts) == 0 {
		return line + fmt.Sprintf("none of %s has %s rows", text.Count(small, "segment"), text.Grouped(max(t.MinRows, 1)))
	}
	missed := 0
	for _, f := range parts {
		if !f.passes() {
			missed++
		}
	}
	worst := fmt.Sprintf("%s: %s", parts[0].Segment, parts[0].Reason)
	if missed == 0 {
		return line + fmt.Sprintf("all %s pass, the closest %s", text.Count(len(parts), "segment"), worst)
	}
	return line + fmt.Sprintf("%d of %s did not pass, the worst %s", missed, text.Count(len(parts), "segment"), worst)
}

func (f Finding) passes() bool { return f.Status == Passed || f.Allowed }
