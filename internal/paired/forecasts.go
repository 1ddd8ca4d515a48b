package paired

import (
	"math"

	"github.com/org/ct-action/internal/metrics"
)

// Forecasts are sums over the scores of rows, whatever their labels. Taken as
// forecasts they say how the Brier scores of both versions would scatter on
// other labels. Positives that are few and were spared by luck make the losses
// of a holdout look alike; the scores of all rows know better. The zero value
// has no rows. Sums over chunks add up to those of all rows.
type Forecasts struct {
	Rows float64
	// Σu, Σdu, Σd²u, Σd²u², Σd³u, Σd³u², Σd³u³, with u the mean of the two scores
	// and d = challenger − champion.
	pair [7]float64
	// Σp … Σp⁶ of the challenger's scores.
	powers [6]float64
}

// Count adds rows that are scored alike.
func (f *Forecasts) Count(champion, challenger, rows float64) {
	u, d, p := (champion+challenger)/2, challenger-champion, challenger
	du, p2 := d*u, p*p
	ddu, p4 := d*du, p2*p2
	f.Rows += rows
	f.pair[0] += rows * u
	f.pair[1] += rows * du
	f.pair[2] += rows * ddu
	f.pair[3] += rows * du * du
	f.pair[4] += rows * d * ddu
	f.pair[5] += rows * ddu * du
	f.pair[6] += rows * du * du * du
	f.powers[0] += rows * p
	f.powers[1] += rows * p2
	f.powers[2] += rows * p2 * p
	f.powers[3] += rows * p4
	f.powers[4] += rows * p4 * p
	f.powers[5] += rows * p4 * p2
}

// count adds rows, one by one.
func (f *Forecasts) count(champion, challenger []float64) {
	sums := *f // in registers, as far as there are any
	for i, p := range challenger {
		sums.Count(champion[i], p, 1)
	}
	*f = sums
}

// Add is the forecasts of the rows of both.
func (f Forecasts) Add(g Forecasts) Forecasts {
	f.Rows += g.Rows
	for i := range f.pair {
		f.pair[i] += g.pair[i]
	}
	for i := range f.powers {
		f.powers[i] += g.powers[i]
	}
	return f
}

// A Moment23 is a variance and a third central moment of a mean.
type Moment23 struct{ Variance, Third float64 }

// difference is what Brier's difference, challenger less champion, would scatter
// by: the loss of a row is (p−y)², so that the difference d·(2u − 2y) is linear
// in the label. Labels are drawn with the chance κu, κ such that there are as
// many positives as there were.
func (f Forecasts) difference(positives float64) Moment23 {
	n, s := f.Rows, f.pair
	if !(s[0] > 0) || n < 2 {
		return Moment23{}
	}
	k := positives / s[0]
	label := 4 * (k*s[2] - k*k*s[3]) / (n * n)
	row := 4 * (1 - k) * (1 - k) * (s[3] - s[1]*s[1]/n) / (n * (n - 1))
	return Moment23{max(0, label) + max(0, row), -8 * (k*s[4] - 3*k*k*s[5] + 2*k*k*k*s[6]) / (n * n * n)}
}

// challenger is the same of the challenger's Brier score alone, (1−2p)·y + p².
func (f Forecasts) challenger(positives float64) Moment23 {
	n, s := f.Rows, f.powers
	if !(s[0] > 0) || n < 2 {
		return Moment23{}
	}
	k := positives / s[0]
	// (1−2p)²·κp(1−κp), and the square of p² + (1−2p)κp = κp + (1−2κ)p².
	label := k*(s[0]-4*s[1]+4*s[2]) - k*k*(s[1]-4*s[2]+4*s[3])
	mean, rest := k*s[0]+(1-2*k)*s[1], 1-2*k
	row := k*k*s[1] + 2*k*rest*s[2] + rest*rest*s[3] - mean*mean/n
	// (1−2p)³·(κp − 3κ²p² + 2κ³p³), with (1−2p)³ = 1 − 6p + 12p² − 8p³.
	third := 0.0
	for i, a := range []float64{1, -6, 12, -8} {
		for j, b := range []float64{k, -3 * k * k, 2 * k * k * k} {
			third += a * b * s[i+j]
		}
	}
	return Moment23{max(0, label)/(n*n) + max(0, row)/(n*(n-1)), third / (n * n * n)}
}

// Forecast are both, given how many rows were positive.
func (f Forecasts) Forecast(positives int) [2]Moment23 {
	if fewer := min(positives, int(f.Rows)-positives); fewer >= plenty {
		return [2]Moment23{}
	}
	return [2]Moment23{f.difference(float64(positives)), f.challenger(float64(positives))}
}

// plenty is how many rows of each class make forecasts superfluous: what luck
// with labels does to a bound then is less than a hundredth of a standard error.
const plenty = 20_000

// forecast is that of a binary row loss; zero where there is none to be had.
func forecast(m metrics.Metric, s metrics.Sample) [2]Moment23 {
	if s.Task != metrics.Binary || s.Weights != nil || s.Groups != nil || m.Name != "brier" && m.Name != "log_loss" {
		return [2]Moment23{}
	}
	champion := orZeros(s.Champion.Values, s.Rows)
	if m.Name == "log_loss" {
		return forecastLogLoss(champion, s.Challenger.Values, positives(s))
	}
	var f Forecasts
	f.count(champion, s.Challenger.Values)
	return f.Forecast(positives(s))
}

// forecastLogLoss is what Forecasts are for Brier, row by row: −ln of the
// probability of the class that it was has no sums to keep.
func forecastLogLoss(champion, challenger []float64, positives int) [2]Moment23 {
	n := float64(len(challenger))
	if fewer := min(positives, len(challenger)-positives); fewer >= plenty || n < 2 {
		return [2]Moment23{}
	}
	var sum [2]float64
	for i := range challenger {
		sum[0] += (champion[i] + challenger[i]) / 2
		sum[1] += challenger[i]
	}
	var out [2]Moment23
	for which, total := range sum {
		if !(total > 0) {
			continue
		}
		var label, third, row, mean float64
		for i, score := range challenger {
			no, yes, chance := surprise(1-score), surprise(score), score
			if which == 0 {
				no, yes, chance = no-surprise(1-champion[i]), yes-surprise(champion[i]), (score+champion[i])/2
			}
			chance = min(chance*float64(positives)/total, 1)
			slope := yes - no
			variance, expected := chance*(1-chance), no+slope*chance
			label += slope * slope * variance
			third += slope * slope * slope * variance * (1 - 2*chance)
			row += expected * expected
			mean += expected
		}
		out[which] = Moment23{label/(n*n) + max(0, row-mean*mean/n)/(n*(n-1)), third / math.Pow(n, 3)}
	}
	return out
}
