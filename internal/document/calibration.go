package document

import (
	"slices"

	"github.com/org/ct-action/internal/gate"
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
	return &diagram{expected, d.Reliability, d.Resolution, d.Uncertainty, each(d.Bins, func(b paired.DiagramBin) diagramBin {
		return diagramBin{b.From, b.To, b.Rows, b.Weight, b.Score, b.Share, []float64{b.Low, b.High}}
	})}
}

func murphys(c paired.Change) *murphysChange {
	if !finite(c.Value, c.StandardError, c.Low, c.High) {
		return nil
	}
	return &murphysChange{c.Value, c.StandardError, [2]float64{c.Low, c.High}}
}

// finite reports whether all of the numbers can be written.
func finite(numbers ...float64) bool {
	return !slices.ContainsFunc(numbers, func(x float64) bool { return maybe(x) == nil })
}
