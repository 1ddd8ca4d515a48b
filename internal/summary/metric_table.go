package summary

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
)

// mostSegments is how many segments one table shows, the worst first.
const mostSegments = 40

// metricSections compare the two versions: a table of what was measured on all
// rows, one of each check's segments, and what is to be known about them. A
// report without any metric has none: a tick, a rollback, a failure before
// scoring.
func metricSections(r *loop.Report) []string {
	checks := metricChecks(r)
	sections := append(metricsTable(r, checks), calibrationTables(checks)...)
	for _, c := range checks {
		sections = append(sections, segmentTable(r, c), unjudgedSegments(r, c, plain))
	}
	return append(sections, footnotes(r, checks))
}

// metricsTable has all rows, and below it how its intervals are drawn.
func metricsTable(r *loop.Report, checks []gate.Check) []string {
	var shown []measurement
	for _, c := range checks {
		for _, m := range measurementsOf(r, c) {
			if len(m.finding.Segment.Columns) == 0 {
				shown = append(shown, m)
			}
		}
	}
	t := comparison{lead: []string{"Metric"}, interval: intervalHeader(shown), scales: scalesOf(shown), alone: r.Champion.Version == "" && !r.IsJudge()}
	lines := t.table(r)
	for _, m := range shown {
		t.row(lines, r.Gated, m, plain(checkLabel(m.check)))
	}
	legend := ""
	if !t.alone {
		legend = drawnAs(shown, t.scales)
	}
	return []string{lines.String(), legend}
}

// drawnAs says what the tracks of a table mean, and which of them are to one
// scale; empty where there are none.
func drawnAs(rows []measurement, scales map[string]scale) string {
	var units []string
	labels := map[string][]string{}
	tracks := ""
	for _, m := range rows {
		d, ok := m.drawing()
		if !ok {
			continue
		}
		unit := m.unit()
		tracks += scales[unit].track(d)
		if labels[unit] == nil {
			units = append(units, unit)
		}
		if label := plain(metricLabel(m.check)); !slices.Contains(labels[unit], label) {
			labels[unit] = append(labels[unit], label)
		}
	}
	text := "Intervals are drawn to one scale"
	if len(units) > 1 {
		var groups []string
		for _, unit := range units {
			groups = append(groups, "one for "+inWords(labels[unit]))
		}
		text = "Intervals are drawn to scale, " + strings.Join(first(groups, 5, ""), ", ")
	}
	var signs []string
	for _, sign := range []struct{ sign, means string }{{"0", "no change"}, {"┊", "what is needed"}, {"Ø", "no change, and what is needed"}} {
		if strings.Contains(tracks, sign.sign) {
			signs = append(signs, "`"+sign.sign+"` "+sign.means)
		}
	}
	if len(signs) == 0 { // nothing but points on 0
		return ""
	}
	return text + ": " + strings.Join(signs, "; ") + "."
}

// inWords is "AUC, Brier and F1".
func inWords(names []string) string {
	last := len(names) - 1
	if last < 1 || last >= 5 {
		return strings.Join(first(names, 5, ""), ", ")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// segmentTable is a check's segments, the worst first. Those that passed are
// folded.
func segmentTable(r *loop.Report, c gate.Check) string {
	var shown, passed []measurement
	for _, f := range c.Findings {
		switch m := measured(r, c, f); {
		case len(f.Segment.Columns) == 0:
		case f.Status == gate.Passed:
			passed = append(passed, m)
		default:
			shown = append(shown, m)
		}
	}
	all := text.Count(len(shown)+len(passed), "segment")
	scales := scalesOf(append(slices.Clone(shown), passed...)) // two tables, but one picture
	folded := segmentRows(r, passed, scales)
	switch {
	case len(shown) == 0:
		return details(fmt.Sprintf("%s: passed in %s", markup(checkLabel(c)), all), folded)
	case len(passed) > 0:
		folded = "\n\n" + details(text.Count(len(passed), "segment")+" passed", folded)
	}
	return fmt.Sprintf("**%s: did not pass in %s of %s.**\n\n", plain(checkLabel(c)), text.Grouped(len(shown)), all) + segmentRows(r, shown, scales) + folded
}

// segmentRows is a table of segments; nothing where there is none.
func segmentRows(r *loop.Report, shown []measurement, scales map[string]scale) string {
	t := comparison{lead: []string{"Segment", "Rows"}, interval: intervalHeader(shown), scales: scales}
	lines := t.table(r)
	lines.left = max(0, len(shown)-mostSegments)
	for _, m := range shown[:len(shown)-lines.left] {
		t.row(lines, r.Gated, m, plain(segmentText(m.finding.Segment)), text.Grouped(m.finding.Rows))
	}
	return lines.String()
}

// A comparison is how a table compares champion and challenger: what leads its
// rows, the heading of its intervals (none: no such column), what they are drawn
// to, and whether the challenger is alone.
type comparison struct {
	lead     []string
	interval string
	scales   map[string]scale // of the intervals
	alone    bool
}

func (c comparison) table(r *loop.Report) *table {
	who := "Challenger"
	if r.Mode == inputs.ModeRelease {
		who = "Quarantined"
	}
	t := &table{header: slices.Clone(c.lead), align: "l" + strings.Repeat("r", len(c.lead)-1)}
	column := func(align, header string) { t.header, t.align = append(t.header, header), t.align+align }
	if !c.alone {
		column("r", strings.TrimSpace("Champion "+numbered(r.Champion.Version)))
	}
	column("r", strings.TrimSpace(who+" "+numbered(r.Challenger.Version)))
	if !c.alone {
		column("r", "Change")
		if c.interval != "" {
			column("l", c.interval)
		}
	}
	column("r", "Needed")
	column("c", "")
	return t
}

// numbered is "v8" from outside, nothing where there is no version.
func numbered(number string) string {
	if number == "" {
		return ""
	}
	return version(number)
}

// row is a measurement; lead is escaped already.
func (c comparison) row(t *table, gated bool, m measurement, lead ...string) {
	cells := slices.Clone(lead)
	if !c.alone {
		cells = append(cells, cell(m.champion))
	}
	cells = append(cells, cell(m.challenger))
	if !c.alone {
		cells = append(cells, minus(m.change))
		if c.interval != "" {
			cells = append(cells, intervalCell(m, c.scales[m.unit()], c.interval == differing))
		}
	}
	needed := plain(negative.ReplaceAllString(m.needed(), "$1−"))
	if c.interval != "" { // a wide table: what belongs together stays on one line
		needed = unbroken.Replace(needed)
	}
	t.row(gated && m.blocks, append(cells, needed, m.mark(gated))...)
}

// negative finds the sign of a bound: "≥ -0.01".
var negative = regexp.MustCompile(`([≥≤><] )-`)

// unbroken ties a relation to its number.
var unbroken = strings.NewReplacer("≥ ", "≥\u00a0", "≤ ", "≤\u00a0", "&gt; ", "&gt;\u00a0", "&lt; ", "&lt;\u00a0")

// cell is a metric's number. An absent one leaves its reason to the list of
// what blocked.
func cell(number string) string {
	if strings.HasPrefix(number, "absent") {
		return "absent"
	}
	return minus(plain(number))
}

// mark is how it went; what a check only reports decides nothing, so it has no
// sign.
func (m measurement) mark(gated bool) string {
	if !m.check.DryRun || !gated {
		return statusMark(gated, m.status)
	}
	if len(m.finding.Conditions) == 0 {
		return "reported"
	}
	return "reported: " + strings.TrimLeft(statusMark(true, m.status), "✅❌❔ ")
}

// differing heads intervals that are not all of the same level.
const differing = "Interval"

// intervalHeader is "95% interval"; empty where no row has one.
func intervalHeader(rows []measurement) string {
	switch common, some := commonLevel(rows); {
	case !some:
		return ""
	case common == 0:
		return differing
	default:
		return level(common) + " interval"
	}
}

// intervalCell is the track and, below it, its numbers.
func intervalCell(m measurement, s scale, levels bool) string {
	if !m.finding.HasInterval() {
		return ""
	}
	low, high := m.ends()
	text := minus(low) + " … " + minus(high)
	if levels {
		text += " (" + level(m.finding.IntervalLevel) + ")"
	}
	if d, ok := m.drawing(); ok {
		if line := s.track(d); line != "" {
			text = "`" + line + "`<br>" + text
		}
	}
	return text
}

// unjudgedSegments names the segments that have too few rows; escape makes a
// text fit for where it is shown.
func unjudgedSegments(r *loop.Report, c gate.Check, escape func(string) string) string {
	if len(c.NotJudged) == 0 {
		return ""
	}
	var names []string
	for _, s := range c.NotJudged {
		names = append(names, fmt.Sprintf("%s (%s)", escape(segmentText(s.Segment)), text.Grouped(s.Rows)))
	}
	few := "too few rows"
	if least := requirement(r, c.Name).MinRows; least > 0 {
		few = "fewer than " + text.Count(least, "row")
	}
	return fmt.Sprintf("%s, not judged (%s): %s.", escape(checkLabel(c)), few, strings.Join(first(names, 5, ""), ", "))
}

// A footnote is a warning about what was measured, and where it applies.
type footnote struct{ places, warning string }

// footnotesOf has each warning once.
func footnotesOf(r *loop.Report, checks []gate.Check) []footnote {
	var notes []footnote
	places := map[string][]string{}
	for _, c := range checks {
		for _, m := range measurementsOf(r, c) {
			for _, w := range m.warnings() {
				if places[w] == nil {
					notes = append(notes, footnote{warning: w})
				}
				if at := placeOf(m); !slices.Contains(places[w], at) {
					places[w] = append(places[w], at)
				}
			}
		}
	}
	for i := range notes {
		notes[i].places = strings.Join(first(places[notes[i].warning], 3, ""), "; ")
	}
	return notes
}

func footnotes(r *loop.Report, checks []gate.Check) string {
	var lines []string
	for _, n := range footnotesOf(r, checks) {
		lines = append(lines, "⚠️ "+plain(n.places)+": "+paragraph(n.warning))
	}
	return bullets(lines)
}

// placeOf is "AUC" or "AUC in contract = Two year".
func placeOf(m measurement) string {
	if at := segmentText(m.finding.Segment); at != "" && m.found {
		return checkLabel(m.check) + " in " + at
	}
	return checkLabel(m.check)
}

// settling says in words that a difference which did not suffice may be luck,
// and how many rows would tell; empty where the interval leaves no such doubt.
// An inconclusive check says itself what would settle it.
func settling(m measurement) string {
	f := m.finding
	better := f.Difference > 0 == f.GreaterIsBetter && f.Difference != 0
	if m.status != gate.Failed || f.Confidence > 0 || !m.finding.HasInterval() || !better || f.Interval[0]*f.Interval[1] > 0 {
		return ""
	}
	line := fmt.Sprintf("%s cannot tell %s from luck", text.Count(f.Rows, "row"), minus(m.change))
	if smallest := m.smallestTold(); smallest != "" {
		line += ": they show " + smallest + " with power 0.8"
	}
	if f.Tell.Rows > f.Rows {
		line += "; " + gate.RowsWould(f.Tell.Rows, f.Tell.Range)
	}
	return line + "."
}

// smallestTold is the smallest difference that the rows tell from none.
func (m measurement) smallestTold() string {
	f := m.finding
	smallest := f.Tell.Smallest
	if !(smallest > 0 && finite(smallest)) {
		return ""
	}
	if f.Difference < 0 {
		smallest = -smallest
	}
	return minus(metrics.Signed(rational(smallest), leastPlaces))
}

// settlements are the sentences of a check: its own, or its segments', the
// worst first.
func settlements(r *loop.Report, c gate.Check) string {
	var texts []string
	for _, m := range measurementsOf(r, c) {
		text := settling(m)
		if at := segmentText(m.finding.Segment); text != "" && at != "" {
			text = at + ": " + text
		}
		if text != "" {
			texts = append(texts, plain(text))
		}
	}
	return strings.Join(first(texts, 3, ""), " ")
}
