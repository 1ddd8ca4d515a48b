package summary

import (
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

// calibrationTables say of each check of an expected calibration error what
// chance has in it, and where the Brier score comes from.
func calibrationTables(checks []gate.Check) []string {
	var sections []string
	for _, c := range checks {
		for _, f := range c.Findings {
			if f.Calibration != nil && len(f.Segment.Columns) == 0 {
				sections = append(sections, calibrationTable(c, f))
			}
		}
	}
	return sections
}

func calibrationTable(c gate.Check, f gate.Finding) string {
	d, alone := f.Calibration, len(f.Calibration.Champion.Bins) == 0
	t := table{header: []string{plain(checkLabel(c)) + ", calibration", "Champion", "Challenger", "Change", level(paired.ReliabilityLevel) + " interval"}, align: "lrrrr"}
	signed := func(x float64) string { return minus(metrics.Signed(rational(x), leastPlaces)) }
	row := func(name string, champion, challenger float64, change *paired.Change) {
		cells := []string{name, "", decimal(challenger), "", ""}
		if !alone {
			cells[1] = decimal(champion)
		}
		if change != nil && finite(change.Value) {
			cells[3] = signed(change.Value)
			if finite(change.Low, change.High) {
				cells[4] = signed(change.Low) + " … " + signed(change.High)
			}
		}
		t.row(false, cells...)
	}
	row("expected of a calibrated model", f.ChampionBias, f.ChallengerBias, nil)
	row("reliability (less is better)", d.Champion.Reliability, d.Challenger.Reliability, &d.Reliability)
	row("resolution (more is better)", d.Champion.Resolution, d.Challenger.Resolution, &d.Resolution)
	return t.String()
}

func decimal(x float64) string {
	if !finite(x) {
		return "absent"
	}
	return minus(metrics.Fixed(rational(x), leastPlaces))
}
