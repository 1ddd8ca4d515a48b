package summary

import (
	"math/big"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

// A calibration is what stands beside an expected calibration error on all
// rows: the reliability diagram and Murphy's decomposition of the Brier score.
type calibration struct {
	Level       float64        `json:"level"`
	Champion    *diagram       `json:"champion"`
	Challenger  *diagram       `json:"challenger"`
	Reliability *murphysChange `json:"reliability_difference"`
	Resolution  *murphysChange `json:"resolution_difference"`
}

type diagram struct {
	Expected    float64      `json:"expected_if_calibrated"`
	Reliability float64      `json:"reliability"`
	Resolution  float64      `json:"resolution"`
	Uncertainty float64      `json:"uncertainty"`
	Bins        []diagramBin `json:"bins"`
}

type diagramBin struct {
	From     float64   `json:"from"`
	To       float64   `json:"to"`
	Rows     int       `json:"rows"`
	Weight   float64   `json:"weight"`
	Score    float64   `json:"mean_score"`
	Share    float64   `json:"positive_share"`
	Interval []float64 `json:"positive_share_interval"`
}

type murphysChange struct {
	Value         float64    `json:"value"`
	StandardError float64    `json:"standard_error"`
	Interval      [2]float64 `json:"interval"`
}

// calibrationOf is nil for a segment: 30 bins each would bury its numbers.
func calibrationOf(f gate.Finding) *calibration {
	if f.Calibration == nil || len(f.Segment.Columns) > 0 {
		return nil
	}
	c := f.Calibration
	return &calibration{
		paired.ReliabilityLevel, diagramOf(c.Champion, f.ChampionBias), diagramOf(c.Challenger, f.ChallengerBias),
		murphys(c.Reliability), murphys(c.Resolution),
	}
}

func diagramOf(d paired.Diagram, expected float64) *diagram {
	if len(d.Bins) == 0 || !finite(d.Reliability, d.Resolution, d.Uncertainty, expected) {
		return nil
	}
	out := &diagram{Expected: expected, Reliability: d.Reliability, Resolution: d.Resolution, Uncertainty: d.Uncertainty}
	for _, b := range d.Bins {
		out.Bins = append(out.Bins, diagramBin{b.From, b.To, b.Rows, b.Weight, b.Score, b.Share, []float64{b.Low, b.High}})
	}
	return out
}

func murphys(c paired.Change) *murphysChange {
	if !finite(c.Value, c.StandardError, c.Low, c.High) {
		return nil
	}
	return &murphysChange{c.Value, c.StandardError, [2]float64{c.Low, c.High}}
}

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
