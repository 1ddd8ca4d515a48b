// Package sanity says when evidence contradicts itself.
//
// A metric can be computed without an error from scores that do not mean what
// they should: the probability of the other class, the rows of another order,
// another column. Two such values compare as well as any two, and the worse
// model wins. What gives them away is that no model of what the labels say
// answers like that:
//
//	below chance   an AUC that lies below a half by more than its noise
//	unrelated      two models of which one ranks the rows and the other does
//	               not, and whose scores have nothing in common within either
//	               class
//
// Such evidence is absent, whoever looks at it: the gate, with and without a
// registry, and the performance trigger. allow-below-chance is for who knows
// better: a champion that the world has turned against, a baseline of random
// numbers.
//
// A model whose scores are constant is no contradiction, and an AUC of about a
// half alone is none either: there are models that have learnt nothing.
package sanity

import (
	"fmt"
	"math"
	"math/big"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

const (
	// beyond is how many standard errors are more than noise: of 700 models that
	// have learnt nothing, one lies that far below a half.
	beyond = 3.0

	// related is the least correlation, within a class, of two models' ranks
	// that counts as something in common. Models of the same features share
	// several times as much.
	related = 0.2
)

// Remedy is what to do about a contradiction, for the end of a message.
const Remedy = "such scores are of another class, or of other rows: check positive-class, the columns of scores and the order of the rows; allow-below-chance: true judges them all the same"

// BelowChance says that an AUC lies below a half by more than three standard
// errors, and is empty where it does not, or is absent. standardError is the
// AUC's own, where it is known, else 0 or NaN. It counts where it is larger
// than that of scores that have learnt nothing, sqrt((P+N+1)/(12·P·N)) (Mann
// and Whitney 1947), which needs both classes' rows; negative counts are not
// known.
func BelowChance(whose string, auc metrics.Value, positives, negatives int, standardError float64) string {
	if !auc.Present() {
		return ""
	}
	noise := max(chance(positives, negatives), zeroNaN(standardError))
	below := (0.5 - auc.Float64()) / noise
	if noise == 0 || !(below > beyond) {
		return ""
	}
	return fmt.Sprintf("%s's AUC %s lies %.0f standard errors below 0.5",
		whose, metrics.Fixed(auc.Rat(), 4), math.Floor(below))
}

// chance is the standard error of an AUC of scores that have learnt nothing; 0
// where a class has no rows or is not counted.
func chance(positives, negatives int) float64 {
	if positives <= 0 || negatives <= 0 {
		return 0
	}
	p, n := float64(positives), float64(negatives)
	return math.Sqrt((p + n + 1) / (12 * p * n))
}

func zeroNaN(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return x
}

// Contradictions are what two models' AUCs on the same rows hold against each
// other and themselves, one line each. The estimate is one of AUC, or of AUC
// one-vs-rest; one without a champion, or without a covariance, says less.
func Contradictions(auc paired.Estimate) []string {
	var found []string
	negatives := auc.Rows - auc.Positives
	for _, of := range []struct {
		whose string
		value metrics.Value
		error float64
	}{
		{"champion", auc.Champion, champion(auc)},
		{"challenger", auc.Challenger, challenger(auc)},
	} {
		if text := BelowChance(of.whose, of.value, auc.Positives, negatives, of.error); text != "" {
			found = append(found, text)
		}
	}
	if len(found) == 0 && unrelated(auc) {
		found = append(found, fmt.Sprintf(
			"the champion's scores (AUC %s) have nothing in common with the challenger's (AUC %s) in either class",
			metrics.Fixed(auc.Champion.Rat(), 4), metrics.Fixed(auc.Challenger.Rat(), 4)))
	}
	return found
}

// challenger is the standard error of the challenger's value alone. What binned
// scores hide of the value widens it, so that it must lie beyond both.
func challenger(e paired.Estimate) float64 {
	alone := e.Contrast(1, new(big.Rat), new(big.Rat))
	return alone.StandardError + alone.Off/beyond
}

// champion is that of the champion's: the challenger's of an estimate in which
// it stands in that place.
func champion(e paired.Estimate) float64 {
	alone := paired.Estimate{Challenger: e.Champion, ChallengerBlur: e.ChampionBlur, Rows: e.Rows}
	for _, p := range e.Parts {
		alone.Parts = append(alone.Parts, paired.Part{Freedom: p.Freedom, VarDifference: p.VarChampion})
	}
	return challenger(alone)
}

// unrelated reports whether one model has skill, the other none that shows, and
// their ranks do not correlate. Two models with skill always share something
// through the class; so do two models of the same rows and features, within
// each class, of which one has lost its skill.
func unrelated(auc paired.Estimate) bool {
	if !auc.Champion.Present() || !auc.Challenger.Present() || auc.Positives < 0 {
		return false
	}
	noise := beyond * chance(auc.Positives, auc.Rows-auc.Positives)
	weak, strong := auc.Champion.Float64()-0.5, auc.Challenger.Float64()-0.5
	if weak > strong {
		weak, strong = strong, weak
	}
	if math.Abs(weak) > noise || !(strong > 2*noise) {
		return false
	}
	shown := false // that there is little in common, and not only too few rows to see it
	for _, p := range auc.Parts {
		r := correlation(p)
		reach := beyond / math.Sqrt(p.Freedom)
		if !(math.Abs(r) <= reach) { // a constant score correlates with nothing: NaN
			return false
		}
		shown = shown || math.Abs(r)+reach < related
	}
	return shown
}

// correlation is that of the two models' placements in a part.
func correlation(p paired.Part) float64 {
	covariance := p.CovDifference + p.VarChampion
	return covariance / math.Sqrt(p.VarChampion*p.VarChallenger())
}
