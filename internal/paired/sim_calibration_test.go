package paired

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/org/ct-action/internal/metrics"
)

// A scorer is one model of a world of calibration: a calibrated posterior of
// its separation, then bent.
type scorer struct {
	separation float64
	bend       func(p float64) float64
}

// A bend takes a calibrated score and how much, and gives one that is
// calibrated no more.
type bend struct {
	name string
	by   func(p, much float64) float64
}

var bends = []bend{
	{"all scores too high", func(p, much float64) float64 { return logistic(logit(p) + much) }},
	{"overstates", func(p, much float64) float64 { return logistic(logit(p) * (1 + much)) }},
	{"up and down by bins", func(p, much float64) float64 { // which keeps every score in its bin
		b := metrics.Bin(p)
		if b%2 == 0 {
			return p + (float64(b+1)/metrics.Bins-p)*min(much, 0.999)
		}
		return p + (math.Nextafter(float64(b)/metrics.Bins, 1)-p)*min(much, 0.999)
	}},
}

func logit(p float64) float64    { return math.Log(p / (1 - p)) }
func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// posterior is the calibrated score of a signal.
func posterior(prevalence, mu, signal float64) float64 {
	return 1 / (1 + math.Exp(-mu*(signal-mu/2))*(1-prevalence)/prevalence)
}

// trueError is a scorer's expected calibration error on all rows that there
// could be, by the trapezoidal rule.
func (s scorer) trueError(prevalence float64) float64 {
	const step = 0.001
	var gaps [metrics.Bins]float64
	for z := -8.0; z <= 8+s.separation; z += step {
		negative, positive := (1-prevalence)*density(z)*step, prevalence*density(z-s.separation)*step
		score := s.bend(posterior(prevalence, s.separation, z))
		gaps[metrics.Bin(score)] += negative*score - positive*(1-score)
	}
	sum := 0.0
	for _, g := range gaps {
		sum += math.Abs(g)
	}
	return sum
}

// bent is the scorer whose true error is as wanted; ok is false where the bend
// cannot make it.
func bent(prevalence, separation, want float64, b bend) (s scorer, ok bool) {
	of := func(much float64) scorer {
		return scorer{separation, func(p float64) float64 { return b.by(p, much) }}
	}
	if want == 0 {
		return scorer{separation, func(p float64) float64 { return p }}, true
	}
	low, high := 0.0, 4.0
	if of(high).trueError(prevalence) < want {
		return s, false
	}
	for range 40 {
		if middle := (low + high) / 2; of(middle).trueError(prevalence) < want {
			low = middle
		} else {
			high = middle
		}
	}
	return of((low + high) / 2), true
}

// coarse is calibrated: the share of positives of all signals whose posterior
// is rounded to the same decimal.
func coarseScorer(prevalence, separation float64) scorer {
	var rows, positives [11]float64
	for z := -8.0; z <= 8+separation; z += 0.001 {
		k := int(math.Round(10 * posterior(prevalence, separation, z)))
		positive := prevalence * density(z-separation)
		rows[k] += positive + (1-prevalence)*density(z)
		positives[k] += positive
	}
	return scorer{separation, func(p float64) float64 { k := int(math.Round(10 * p)); return positives[k] / rows[k] }}
}

// drawCalibrated draws rows that two scorers see.
func drawCalibrated(prevalence, correlation float64, rows int, models [2]scorer, r *rand.Rand) metrics.Sample {
	s := metrics.Sample{Task: metrics.Binary, Rows: rows, Positive: make([]bool, rows)}
	s.Champion.Values, s.Challenger.Values = make([]float64, rows), make([]float64, rows)
	common, own := math.Sqrt(correlation), math.Sqrt(1-correlation)
	for i := range rows {
		s.Positive[i] = r.Float64() < prevalence
		base := common * r.NormFloat64()
		for m, scores := range [][]float64{s.Champion.Values, s.Challenger.Values} {
			signal := base + own*r.NormFloat64() + indicator(s.Positive[i])*models[m].separation
			scores[i] = models[m].bend(posterior(prevalence, models[m].separation, signal))
		}
	}
	return s
}

func calibrationEstimate(s metrics.Sample) Estimate {
	e := ofCalibration(Estimate{Rows: s.Rows, Positives: s.Positives()}, s)
	e.Champion, e.Challenger = metrics.Float(e.gaps.error[0]), metrics.Float(e.gaps.error[1])
	return e
}

// A calibrationCell is two models, what is asked of them, and whether it is so.
type calibrationCell struct {
	asked       string
	truth       string
	prevalence  float64
	correlation float64
	models      [2]scorer
	contrast    func(Estimate) Contrast
	so          bool // what is asked holds: passing is power, not a mistake
}

// TestCalibrationSimulation holds the bounds of a calibration error to worlds
// whose true errors are known.
func TestCalibrationSimulation(t *testing.T) {
	t.Parallel()
	s := simulation{T: t, repetitions: 150}
	sizes, prevalences := []int{500}, []float64{0.3}
	switch {
	case *full:
		s.repetitions = 10_000
		sizes, prevalences = []int{200, 500, 2000, 10_000}, []float64{0.02, 0.1, 0.3, 0.5}
	case raced:
		s.repetitions = 40
	}
	lines := []string{"### Expected calibration error: how often a check at `confidence: 0.95` passes", "",
		"| rows | positive | asked | the truth | correlation | passes wrongly | passes rightly | fails |", "|--:|--:|---|---|--:|--:|--:|--:|"}
	for _, rows := range sizes {
		for _, prevalence := range prevalences {
			if float64(rows)*prevalence < 10 { // inconclusive, whatever the bounds
				continue
			}
			for _, c := range calibrationCells(prevalence) {
				lines = append(lines, s.calibration(c, rows))
			}
		}
	}
	s.table(lines)
}

func (s simulation) calibration(c calibrationCell, rows int) string {
	type outcome struct{ passes, fails bool }
	found := repeat(s.repetitions, uint64(rows)+math.Float64bits(c.prevalence), func(_ *drawing, r *rand.Rand) outcome {
		drawn := c.contrast(calibrationEstimate(drawCalibrated(c.prevalence, c.correlation, rows, c.models, r)))
		return outcome{drawn.Lower(0.95) > 0, drawn.Upper(0.95) < 0}
	})
	passes, fails := share(found, func(o outcome) bool { return o.passes }), share(found, func(o outcome) bool { return o.fails })
	at := fmt.Sprintf("%d rows, %g %% positive, %s, %s", rows, 100*c.prevalence, c.asked, c.truth)
	wrongly, rightly := percent(passes), "–"
	if c.so {
		wrongly, rightly = rightly, wrongly
		s.within(at+": fails what is so", fails, 0, 0.05+s.error3(0.05))
	} else {
		s.within(at+": passes wrongly", passes, 0, 0.05+s.error3(0.05))
	}
	return fmt.Sprintf("| %d | %g %% | %s | %s | %g | %s | %s | %s |", rows, 100*c.prevalence, c.asked, c.truth, c.correlation, wrongly, rightly, percent(fails))
}

// calibrationCells are at the edge of what is asked, and inside it. What no
// bend can make of scores of this prevalence is left out.
func calibrationCells(prevalence float64) []calibrationCell {
	const margin = 0.03
	rat := func(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }
	better := func(e Estimate) Contrast { return e.Contrast(-1, big.NewRat(1, 1), rat(-0.005)) }
	loss := func(e Estimate) Contrast { return e.NonInferiority(-1, big.NewRat(1, 1), rat(margin)) }
	threshold := func(e Estimate) Contrast { return e.AtThreshold(-1, rat(margin)) }
	const asksBetter, asksLoss, asksThreshold = "`min-absolute-change: 0.005`", "`max-absolute-regression: 0.03`", "`threshold: 0.03`"

	mu := separation(0.83)
	good, _ := bent(prevalence, mu, 0, bends[0])
	sharp, _ := bent(prevalence, separation(0.9), 0, bends[0])
	cells := []calibrationCell{
		{asksBetter, "both calibrated, the challenger coarser", prevalence, 0.9, [2]scorer{good, coarseScorer(prevalence, mu)}, better, false},
		{asksBetter, "both calibrated, the challenger sharper", prevalence, 0.9, [2]scorer{good, sharp}, better, false},
		{asksLoss, "both calibrated", prevalence, 0.9, [2]scorer{good, good}, loss, true},
		{asksLoss, "both calibrated", prevalence, 0.99, [2]scorer{good, good}, loss, true},
		{asksThreshold, "calibrated", prevalence, 0.9, [2]scorer{good, good}, threshold, true},
	}
	for _, b := range bends {
		if worse, ok := bent(prevalence, mu, margin, b); ok {
			cells = append(cells,
				calibrationCell{asksLoss, "worse by the margin: " + b.name, prevalence, 0.9, [2]scorer{good, worse}, loss, false},
				calibrationCell{asksLoss, "worse by the margin: " + b.name, prevalence, 1, [2]scorer{good, worse}, loss, false},
				calibrationCell{asksThreshold, "at it: " + b.name, prevalence, 0.9, [2]scorer{good, worse}, threshold, false},
				calibrationCell{asksBetter, "worse by 0.03: " + b.name, prevalence, 0.9, [2]scorer{good, worse}, better, false})
		}
		was, ok := bent(prevalence, mu, 0.08, b)
		is, _ := bent(prevalence, mu, 0.075, b)
		if ok {
			cells = append(cells,
				calibrationCell{asksBetter, "0.08 against 0.075: " + b.name, prevalence, 0.9, [2]scorer{was, is}, better, false},
				calibrationCell{asksBetter, "0.08 against 0: " + b.name, prevalence, 0.9, [2]scorer{was, good}, better, true})
		}
	}
	return cells
}
