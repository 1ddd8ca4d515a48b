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
	e := ofCalibration(Estimate{Rows: s.Rows, Positives: positives(s)}, s)
	e.Champion, e.Challenger = metrics.Float(e.gaps.error[0]), metrics.Float(e.gaps.error[1])
	return e
}

func TestTry(t *testing.T) {
	rat := func(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }
	reps := 1000
	type res struct{ pass, fail, near bool }
	show := func(name string, prevalence, corr float64, rows int, models [2]scorer, contrast func(e Estimate) Contrast) {
		got := repeat(reps, uint64(rows), func(_ *drawing, r *rand.Rand) res {
			e := calibrationEstimate(drawCalibrated(prevalence, corr, rows, models, r))
			c := contrast(e)
			return res{c.Lower(0.95) > 0, c.Upper(0.95) < 0, c.calibrated.near != nil}
		})
		fmt.Printf("%-60s prev %.2f corr %.2f rows %6d: pass %.3f fail %.3f near %.2f\n", name, prevalence, corr, rows,
			share(got, func(r res) bool { return r.pass }), share(got, func(r res) bool { return r.fail }), share(got, func(r res) bool { return r.near }))
	}
	one, none := big.NewRat(1, 1), new(big.Rat)
	sup := func(by float64) func(Estimate) Contrast {
		return func(e Estimate) Contrast { return e.Contrast(-1, one, rat(-by)) }
	}
	loss := func(by float64) func(Estimate) Contrast {
		return func(e Estimate) Contrast { return e.NonInferiority(-1, one, rat(by)) }
	}
	thr := func(by float64) func(Estimate) Contrast {
		return func(e Estimate) Contrast { return e.AtThreshold(-1, rat(by)) }
	}
	_ = none
	sep := separation(0.83)
	for _, rows := range []int{500, 2000} {
		if rows > 2000 {
			reps = 300
		}
		for _, prev := range []float64{0.05, 0.3} {
			if float64(rows)*prev < 10 {
				continue
			}
			good, _ := bent(prev, sep, 0, bends[0])
			show("sup .005: calibrated, coarser", prev, 0.9, rows, [2]scorer{good, coarseScorer(prev, sep)}, sup(.005))
			sharp, _ := bent(prev, separation(0.9), 0, bends[0])
			show("sup .005: calibrated, sharper", prev, 0.9, rows, [2]scorer{good, sharp}, sup(.005))
			for _, b := range bends {
				if champ, ok := bent(prev, sep, 0.06, b); ok {
					chal, _ := bent(prev, sep, 0.055, b)
					show("sup .005 .06->.055 "+b.name, prev, 0.9, rows, [2]scorer{champ, chal}, sup(.005))
					show("sup .005 .06->0 POWER "+b.name, prev, 0.9, rows, [2]scorer{champ, good}, sup(.005))
				}
				for _, d := range []float64{.05} {
					if chal, ok := bent(prev, sep, d, b); ok {
						show(fmt.Sprint("loss 0->", d, b.name), prev, 0.9, rows, [2]scorer{good, chal}, loss(d))
						show(fmt.Sprint("loss 0->", d, b.name), prev, 1, rows, [2]scorer{good, chal}, loss(d))
						show(fmt.Sprint("threshold ", d, b.name), prev, 0.9, rows, [2]scorer{good, chal}, thr(d))
					}
				}
			}
			for _, d := range []float64{.02, .05} {
				show(fmt.Sprint("POWER loss 0->0 margin", d), prev, 0.9, rows, [2]scorer{good, good}, loss(d))
				show(fmt.Sprint("POWER loss 0->0 margin", d), prev, 0.99, rows, [2]scorer{good, good}, loss(d))
				show(fmt.Sprint("POWER threshold ", d), prev, 0.99, rows, [2]scorer{good, good}, thr(d))
			}
		}
	}
}

var _ testing.TB
