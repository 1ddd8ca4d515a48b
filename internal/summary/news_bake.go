package summary

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/org/ct-action/internal/bake"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/text"
)

// phaseWords say what a measurement showed.
var phaseWords = map[bake.Phase]string{
	bake.Inconclusive: "said nothing",
	bake.Successful:   "good",
	bake.Failed:       "failed",
}

// bakeTitles end the title of a bake that was not successful.
var bakeTitles = map[bake.Phase]string{
	bake.Failed:       ", production was worse than it may be",
	bake.Inconclusive: ", production shows nothing certain",
}

// mostMeasurements is how many a summary lists; the document has all.
const mostMeasurements = 60

// bakeSection is what production showed, "" where it was not watched.
func bakeSection(r *loop.Report) string {
	if r.Bake == nil || len(r.Bake.Measurements) == 0 {
		return ""
	}
	t := table{header: []string{"After", "Measured", ""}, align: "rrl"}
	for i, m := range r.Bake.Measurements {
		if rest := len(r.Bake.Measurements) - mostMeasurements; i < rest && m.Phase == bake.Successful {
			continue // those that were good long ago
		}
		said := phaseWords[m.Phase]
		if m.Text != "" {
			said += ": " + plain(text.Shown(firstLine(m.Text), 300))
		}
		t.row(m.Phase == bake.Failed, plain(took(m.After)), bakeValue(m), said)
	}
	return details("What production showed: "+bakeCounts(r), bakeQuestion(r)+"\n\n"+t.String())
}

// bakeQuestion is what was measured, and what was expected.
func bakeQuestion(r *loop.Report) string {
	rules, what := r.Inputs.BakeRules(), r.Inputs.BakeQuery
	if what == "" {
		what = r.Inputs.BakePointer
	}
	said := "Measured " + code(what) + " at " + plain(r.Bake.Address) + "."
	if rules.Success.Given() {
		said += " Expected " + code(rules.Success.String()) + "."
	}
	if rules.Failure.Given() {
		said += " Failed at " + code(rules.Failure.String()) + "."
	}
	return said
}

// bakeCounts is how the measurements went, in words.
func bakeCounts(r *loop.Report) string {
	all := r.Bake.Measurements
	return fmt.Sprintf("%s measurements, %s failed, %s said nothing",
		text.Grouped(len(all)), text.Grouped(bake.Count(all, bake.Failed)), text.Grouped(bake.Count(all, bake.Inconclusive)))
}

// bakeValue is a value as people read it.
func bakeValue(m bake.Measurement) string {
	if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
		return "–"
	}
	return strconv.FormatFloat(m.Value, 'g', 5, 64)
}

// measuredLine is the last measurement, for the console.
func measuredLine(r *loop.Report) []string {
	if r.Bake == nil || len(r.Bake.Measurements) == 0 {
		return nil
	}
	m := r.Bake.Measurements[len(r.Bake.Measurements)-1]
	said := phaseWords[m.Phase]
	if m.Text != "" {
		said += ": " + text.Shown(firstLine(m.Text), mostText)
	}
	return []string{fmt.Sprintf("production after %s: %s (%s)", m.After.Round(time.Second), bakeValue(m), said)}
}
