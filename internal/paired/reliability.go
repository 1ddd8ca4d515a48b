package paired

import (
	"math"

	"github.com/org/ct-action/internal/metrics"
)

// ReliabilityLevel is the two-sided level of every interval of a Calibration.
const ReliabilityLevel = 0.95

// A Calibration is the reliability diagram of both models, and its summary in
// numbers. Without a champion, the champion's diagram has no bins.
type Calibration struct {
	Champion, Challenger Diagram

	// The challenger's less the champion's, NaN without a champion.
	Reliability, Resolution Change
}

// A Change is a difference with its standard error and its interval at
// ReliabilityLevel; NaN where there is none.
type Change struct{ Value, StandardError, Low, High float64 }

// A Diagram is one model's scores in bins, and Murphy's (1973) decomposition of
// the Brier score of the bins' means: reliability − resolution + uncertainty.
// What chance adds to the three is subtracted, as Ferro and Fricker (2012,
// Quarterly Journal of the Royal Meteorological Society 138) do, so that the first
// two may be below 0.
type Diagram struct {
	Bins        []DiagramBin // those that have rows
	Reliability float64      // mean squared gap of score and share: less is better
	Resolution  float64      // how far the shares of the bins lie apart: more is better
	Uncertainty float64      // of the labels; no model changes it
}

// A DiagramBin has the scores in (From, To]; the first bin includes 0.
type DiagramBin struct {
	From, To  float64
	Rows      int
	Weight    float64 // equal to Rows where rows have no weights
	Score     float64 // mean
	Share     float64 // of positives
	Low, High float64 // Wilson's interval of Share, with Kish's number of rows where they are weighted
}

// calibrationOf draws both diagrams and compares them.
func calibrationOf(s metrics.Sample) *Calibration {
	champion, reliabilityA, resolutionA := diagram(s, s.Champion)
	challenger, reliabilityB, resolutionB := diagram(s, s.Challenger)
	none := Change{math.NaN(), math.NaN(), math.NaN(), math.NaN()}
	c := &Calibration{champion, challenger, none, none}
	if s.Champion.Present() {
		c.Reliability = change(challenger.Reliability-champion.Reliability, scattered(s, reliabilityA, reliabilityB))
		c.Resolution = change(challenger.Resolution-champion.Resolution, scattered(s, resolutionA, resolutionB))
	}
	return c
}

func change(value float64, parts []Part) Change {
	deviation, freedom := scatter(parts, 0)
	reach := deviation * studentQuantile((1-ReliabilityLevel)/2, freedom)
	if deviation == 0 {
		reach = 0
	}
	return Change{value, deviation, value - reach, value + reach}
}

// A bin has the sums over the rows of one bin, or over all rows.
type bin struct {
	rows                               int
	weight, squares, scores, positives float64 // Σw, Σw², Σw·score, Σw·label
}

func (t *bin) add(w, score, label float64) {
	t.rows++
	t.weight += w
	t.squares += w * w
	t.scores += w * score
	t.positives += w * label
}

func (t bin) share() float64 { return t.positives / t.weight }
func (t bin) gap() float64   { return (t.scores - t.positives) / t.weight }

// noise is the estimated variance of the share; 0 for a single row, of which it is
// not known.
func (t bin) noise() float64 {
	kish := t.squares / (t.weight * t.weight) // 1/n where all weigh the same
	if t.rows < 2 || !(kish < 1) {
		return 0
	}
	return t.share() * (1 - t.share()) * kish / (1 - kish)
}

// diagram is a model's diagram, with each row's influence on the reliability and on
// the resolution. An influence is the row's share of the weight, times the slopes by
// the sums of its bin, less the value itself, so that influences add up to 0.
func diagram(s metrics.Sample, p metrics.Predictions) (d Diagram, reliability, resolution []float64) {
	reliability, resolution = make([]float64, s.Rows), make([]float64, s.Rows)
	if !p.Present() {
		return d, reliability, resolution
	}
	var of [metrics.Bins]bin
	var all bin
	for i, score := range p.Values {
		w, label := metrics.Weight(s.Weights, i), indicator(s.Positive[i])
		of[metrics.Bin(score)].add(w, score, label)
		all.add(w, score, label)
	}
	var rel, res, noise float64
	for b, t := range of {
		if t.rows == 0 {
			continue
		}
		d.Bins = append(d.Bins, t.bin(b))
		part := t.weight / all.weight
		rel += part * square(t.gap())
		res += part * square(t.share()-all.share())
		noise += part * t.noise()
	}
	d.Reliability = rel - noise
	d.Resolution = res - noise + all.noise()
	d.Uncertainty = all.share()*(1-all.share()) + all.noise()
	for i, score := range p.Values {
		t, label, w := of[metrics.Bin(score)], indicator(s.Positive[i]), metrics.Weight(s.Weights, i)/all.weight
		reliability[i] = w * (2*t.gap()*(score-label) - square(t.gap()) - rel)
		resolution[i] = w * (2*(t.share()-all.share())*label - square(t.share()) + square(all.share()) - res)
	}
	return d, reliability, resolution
}

func (t bin) bin(b int) DiagramBin {
	low, high := wilson(t.share(), t.weight*t.weight/t.squares)
	return DiagramBin{
		From: float64(b) / metrics.Bins, To: float64(b+1) / metrics.Bins, Rows: t.rows, Weight: t.weight,
		Score: t.scores / t.weight, Share: t.share(), Low: low, High: high,
	}
}

// wilson is the score interval of a share of n rows (Wilson 1927).
func wilson(share, n float64) (low, high float64) {
	z := NormalQuantile((1 - ReliabilityLevel) / 2)
	middle := (share + z*z/(2*n)) / (1 + z*z/n)
	reach := z / (1 + z*z/n) * math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	return max(0, middle-reach), min(1, middle+reach)
}
