package gate

import (
	"fmt"
	"math/big"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
)

// byChance warns where the values themselves are compared and chance alone would
// give a calibrated model more than half of one.
func (t test) byChance(f Finding) []string {
	if t.confidence != nil || f.ChallengerBias == 0 {
		return nil
	}
	var warnings []string
	for _, of := range []struct {
		version string
		value   metrics.Value
		bias    float64
	}{{"champion", f.Champion, f.ChampionBias}, {"challenger", f.Challenger, f.ChallengerBias}} {
		if of.value.Present() && of.bias > of.value.Float64()/2 {
			warnings = append(warnings, fmt.Sprintf("of the %s's %s %s, %s is expected of a calibrated model on %s: compare under a confidence, which takes that off",
				of.version, t.label, metrics.Fixed(of.value.Rat(), printedPlaces), fixed(of.bias), text.Count(f.Rows, "row")))
		}
	}
	return warnings
}

// lessChance says what the numbers of a condition have lost: "; ECE after what
// a calibrated model is expected to have: challenger 0.0512 − 0.0497".
func lessChance(d demand, f Finding) string {
	if f.ChallengerBias == 0 {
		return ""
	}
	text := fmt.Sprintf("; less what is expected of a calibrated model: challenger %s − %s", metrics.Fixed(f.Challenger.Rat(), printedPlaces), fixed(f.ChallengerBias))
	if d.compares() {
		text += fmt.Sprintf(", champion %s − %s", metrics.Fixed(f.Champion.Rat(), printedPlaces), fixed(f.ChampionBias))
	}
	return text
}

func fixed(x float64) string { return metrics.Fixed(new(big.Rat).SetFloat64(x), printedPlaces) }
