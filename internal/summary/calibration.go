package summary

import (
	"math/big"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

// calibrationTables say of each check of an expected calibration error what
// chance has in it, and where the Brier score comes from.
func calibrationTables(r *loop.Report, checks []gate.Check) []string {
	var sections []string
	for _, c := range checks {
		for _, f := range c.Findings {
			if f.Calibration != nil && len(f.Segment.Columns) == 0 {
				sections = append(sections, calibrationTable(r, c, f))
			}
		}
	}
	return sections
}

func calibrationTable(r *loop.Report, c gate.Check, f gate.Finding) string {
	d := f.Calibration
	t := comparison{lead: []string{plain(checkLabel(c)) + ", calibration"}, interval: level(paired.ReliabilityLevel) + " interval", alone: len(d.Champion.Bins) == 0}
	out := &table{header: []string{t.lead[0], "Champion", "Challenger", "Change", t.interval}, align: "lrrrr"}
	row := func(name string, champion, challenger float64, change *paired.Change) {
		cells := []string{name, "", decimal(challenger), "", ""}
		if !t.alone {
			cells[1] = decimal(champion)
		}
		if change != nil && finite(change.Value) {
			cells[3] = minus(metrics.Signed(rational(change.Value), leastPlaces))
			if finite(change.Low, change.High) {
				cells[4] = minus(metrics.Signed(rational(change.Low), leastPlaces)) + " … " + minus(metrics.Signed(rational(change.High), leastPlaces))
			}
		}
		out.row(false, cells...)
	}
	row("expected of a calibrated model", f.ChampionBias, f.ChallengerBias, nil)
	row("reliability (less is better)", d.Champion.Reliability, d.Challenger.Reliability, &d.Reliability)
	row("resolution (more is better)", d.Champion.Resolution, d.Challenger.Resolution, &d.Resolution)
	return out.String()
}

func decimal(x float64) string {
	r := new(big.Rat).SetFloat64(x)
	if r == nil {
		return "absent"
	}
	return minus(metrics.Fixed(r, leastPlaces))
}
