// Package sanity finds evidence that contradicts itself.
//
// A metric can be computed without an error from wrong scores: those of the other
// class, of rows in another order, of another column. Such values can be compared
// like any others, and the worse model wins. They show themselves in that no model
// trained for these labels scores like that:
//
//	below chance   an AUC that lies below a half by more than its noise
//	unrelated      two models of which one ranks the rows and the other does
//	               not, and whose scores have nothing in common within either
//	               class
//
// Such evidence counts as absent everywhere: in the gate, with and without a
// registry, and in the performance trigger. The input allow-below-chance turns this
// off, for a champion whose world has changed or a baseline of random numbers.
//
// A model whose scores are constant is no contradiction, and an AUC of about a
// half alone is none either, because some models have learnt nothing.
package sanity

import (
	"fmt"
	"math"
	"math/big"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

const (
	// beyond is how many standard errors count as more than noise: of 700 models
	// that have learnt nothing, one lies that far below a half.
	beyond = 3.0

	// related is the least correlation, within a class, of two models' ranks
	// that counts as something in common. Models of the same features share
	// several times as much.
	related = 0.2
)

// Remedy is what to do about a contradiction, for the end of a message.
const Remedy = "such scores are of another class, or of other rows: check positive-class, the columns of scores and the order of the rows; allow-below-chance: true judges them all the same"

// BelowChance says that an AUC lies below a half by more than three standard
// errors. It is empty where the AUC does not, or is absent. The standard error is
// the larger of the AUC's own (0 or NaN where it is not known) and that of scores that
// have learnt nothing, sqrt((P+N+1)/(12·P·N)) (Mann and Whitney 1947), which needs
// the number of rows of both classes (negative where it is not known).
func BelowChance(whose string, auc metrics.Value, positives, negatives int, standardError float64) string {
	if !auc.Present() {
		return ""
	}
	noise := chance(positives, negatives)
	if standardError > noise { // not where it is NaN
		noise = standardError
	}
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

// Contradictions are what speaks against the AUCs of two models on the same rows,
// one line each. The estimate is one of AUC, or of AUC one-vs-rest. Fewer
// contradictions can be found without a champion, or without a covariance.
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

// challenger is the standard error of the challenger's value alone, widened by what
// binned scores may hide of that value.
func challenger(e paired.Estimate) float64 {
	alone := e.Contrast(1, new(big.Rat), new(big.Rat))
	return alone.StandardError + alone.Off/beyond
}

// champion is the standard error of the champion's value alone, found by putting the
// champion in the place of the challenger.
func champion(e paired.Estimate) float64 {
	alone := paired.Estimate{Challenger: e.Champion, ChallengerBlur: e.ChampionBlur, Rows: e.Rows}
	for _, p := range e.Parts {
		alone.Parts = append(alone.Parts, paired.Part{Freedom: p.Freedom, VarDifference: p.VarChampion})
	}
	return challenger(alone)
}

// unrelated reports whether one model has skill, the other shows none, and their ranks
// do not correlate within a class. Two models of the same rows and features do share
// something within each class, even where one of them has lost its skill.
func unrelated(auc paired.Estimate) bool {
	if !auc.Champion.Present() || !auc.Challenger.Present() || auc.Positives < 0 {
		return false
	}
	noise := beyond * chance(auc.Positives, auc.Rows-auc.Positives)
	champion, challenger := auc.Champion.Float64()-0.5, auc.Challenger.Float64()-0.5
	weak, strong := min(champion, challenger), max(champion, challenger)
	if math.Abs(weak) > noise || !(strong > 2*noise) {
		return false
	}
	shown := false // that little is in common, and not only that the rows are too few to see it
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
