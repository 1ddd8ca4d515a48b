package paired

import (
	"slices"

	"github.com/org/ct-action/internal/metrics"
)

// Forecasts are sums over the scores of rows, without their labels. If the scores
// are taken as probabilities, they say how the Brier scores of both versions would
// scatter on other rows. This matters where positives are few: the losses of a holdout
// may look alike only by luck with its labels, which the scores of all rows do not
// depend on. The zero value has no rows. Sums over chunks add up to those of all rows.
type Forecasts struct {
	Rows float64
	// Σpᵃdᵇ for the pairs that terms lists, with p the champion's score and
	// d = challenger − champion.
	pair [len(terms)]float64
	// Σq … Σq⁶ of the challenger's scores.
	powers [6]float64
}

// terms are the exponents a and b of the Σpᵃdᵇ that moments up to the third order
// need.
var terms = [...][2]int{{1, 0}, {0, 2}, {1, 1}, {1, 2}, {2, 2}, {0, 4}, {1, 3}, {2, 3}, {3, 3}, {1, 4}, {2, 4}, {1, 5}, {0, 6}}

// of is Σpᵃdᵇ.
func (f *Forecasts) of(a, b int) float64 { return f.pair[slices.Index(terms[:], [2]int{a, b})] }

// Count adds rows that are scored alike.
func (f *Forecasts) Count(champion, challenger, rows float64) {
	p, d, q := champion, challenger-champion, challenger
	pd, dd := p*d, d*d
	pdd := pd * d
	q2 := q * q
	q4 := q2 * q2
	f.Rows += rows
	for i, term := range [...]float64{
		p, dd, pd, pdd, pd * pd, dd * dd, pdd * d, pd * pdd, pd * pd * pd, pdd * dd, pdd * pdd, pdd * dd * d, dd * dd * dd,
	} {
		f.pair[i] += rows * term
	}
	for i, term := range [...]float64{q, q2, q2 * q, q4, q4 * q, q4 * q2} {
		f.powers[i] += rows * term
	}
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

// difference is how the difference of the Brier scores, challenger less champion,
// scatters where labels follow the champion's scores: each is positive with
// probability κp, where κ makes the expected number of positives the one seen. The
// loss of a row is (p−y)², so that the difference d(d+2p) − 2dy is linear in the
// label. Its mean over labels is m = d² + 2(1−κ)pd, and its variance is
// v = 4d²κp(1−κp).
func (f Forecasts) difference(positives float64) Moment23 {
	n, s := f.Rows, f.of
	if !(s(1, 0) > 0) || n < 2 {
		return Moment23{}
	}
	k := positives / s(1, 0)
	g := 2 * (1 - k)
	return moments23(n,
		s(0, 2)+g*s(1, 1),
		s(0, 4)+2*g*s(1, 3)+g*g*s(2, 2),
		s(0, 6)+3*g*s(1, 5)+3*g*g*s(2, 4)+g*g*g*s(3, 3),
		4*(k*s(1, 2)-k*k*s(2, 2)),
		4*(k*s(1, 4)+k*g*s(2, 3)-k*k*s(2, 4)-k*k*g*s(3, 3)),
		-8*(k*s(1, 3)-3*k*k*s(2, 3)+2*k*k*k*s(3, 3)),
	)
}

// moments23 are those of a mean of n rows whose value scatters in two ways: with the
// row's label (mean m, variance v, third moment t), and with m from row to row. The
// arguments are Σm, Σm², Σm³, Σv, Σvm and Σt.
func moments23(n, m, mm, mmm, v, vm, t float64) Moment23 {
	mean := m / n
	rows, labels := max(0, mm-n*mean*mean), max(0, v)
	third := t + 3*(vm-mean*v) + mmm - 3*mean*mm + 2*n*mean*mean*mean
	return Moment23{labels/(n*n) + rows/(n*(n-1)), third / (n * n * n)}
}

// challenger is the same of the challenger's Brier score alone, q² + (1−2q)y,
// where labels follow its scores: m = κq + (1−2κ)q², v = (1−2q)²κq(1−κq).
func (f Forecasts) challenger(positives float64) Moment23 {
	n, s := f.Rows, f.powers
	if !(s[0] > 0) || n < 2 {
		return Moment23{}
	}
	k := positives / s[0]
	// Polynomials in q, by their coefficients from that of q up.
	m := []float64{k, 1 - 2*k}
	v := times([]float64{1, -4, 4}, []float64{k, -k * k})
	t := times([]float64{1, -6, 12, -8}, []float64{k, -3 * k * k, 2 * k * k * k})
	shift := func(of []float64) []float64 { return append([]float64{0}, of...) }
	mm := shift(times(m, m))
	sum := func(of []float64) (total float64) {
		for i, c := range of {
			total += c * s[i]
		}
		return total
	}
	return moments23(n, sum(m), sum(mm), sum(shift(times(mm, m))), sum(v), sum(shift(times(v, m))), sum(t))
}

// times is the product of two polynomials.
func times(a, b []float64) []float64 {
	product := make([]float64, len(a)+len(b)-1)
	for i, x := range a {
		for j, y := range b {
			product[i+j] += x * y
		}
	}
	return product
}

// Forecast gives the moments of the difference and of the challenger's Brier score,
// from the number of rows that were positive. They are zero where both classes have
// plenty of rows.
func (f Forecasts) Forecast(positives int) [2]Moment23 {
	if !NeedsForecasts(int(f.Rows), positives) {
		return [2]Moment23{}
	}
	return [2]Moment23{f.difference(float64(positives)), f.challenger(float64(positives))}
}

// plenty is how many rows of each class make forecasts superfluous: luck with labels
// then changes a bound by less than a hundredth of a standard error.
const plenty = 20_000

// NeedsForecasts reports whether a class has so few rows that luck with their
// labels matters.
func NeedsForecasts(rows, positives int) bool { return min(positives, rows-positives) < plenty }

// ForecastOf is Forecast for a binary row loss, brier or log_loss. counts[i] rows have
// the scores champion[i] and challenger[i]; one row each where counts is nil. It is
// zero for any other metric.
func ForecastOf(metric string, champion, challenger, counts []float64, positives int) [2]Moment23 {
	switch metric {
	case "brier":
		var f Forecasts
		for i, score := range challenger {
			f.Count(champion[i], score, metrics.Weight(counts, i))
		}
		return f.Forecast(positives)
	case "log_loss":
		return forecastLogLoss(champion, challenger, counts, positives)
	}
	return [2]Moment23{}
}

// tails are the moments of a loss: for two classes from the forecasts, for any other
// task from the rows' influences, of which only the sample skewness is known. They are
// zero where rows have weights or groups.
func tails(m metrics.Metric, s metrics.Sample) [2]Moment23 {
	switch {
	case s.Weights != nil || s.Groups != nil || CurveOf(m) != Flat || m.Name == "ece":
		return [2]Moment23{}
	case s.Task == metrics.Binary:
		return ForecastOf(m.Name, orZeros(s.Champion.Values, s.Rows), s.Challenger.Values, nil, s.Positives())
	}
	champion, challenger := influence(m, s, s.Champion, 0), influence(m, s, s.Challenger, 0)
	var of [2]Moment23
	for i, b := range challenger {
		for which, x := range [2]float64{b - champion[i], b} {
			of[which].Variance += x * x
			of[which].Third += x * x * x
		}
	}
	return of
}

// forecastLogLoss does for log loss what Forecasts do for Brier. It goes row by row,
// because the moments of a logarithm are no sums of powers of the scores.
func forecastLogLoss(champion, challenger, counts []float64, positives int) [2]Moment23 {
	n := 0.0
	for i := range challenger {
		n += metrics.Weight(counts, i)
	}
	if !NeedsForecasts(int(n), positives) || n < 2 {
		return [2]Moment23{}
	}
	var out [2]Moment23
	for which, chances := range [][]float64{champion, challenger} {
		total := 0.0
		for i, chance := range chances {
			total += metrics.Weight(counts, i) * chance
		}
		if !(total > 0) {
			continue
		}
		var m, mm, mmm, v, vm, t float64
		for i, score := range challenger {
			no, yes := metrics.Surprise(1-score), metrics.Surprise(score)
			if which == 0 {
				no, yes = no-metrics.Surprise(1-champion[i]), yes-metrics.Surprise(champion[i])
			}
			rows, chance, slope := metrics.Weight(counts, i), min(chances[i]*float64(positives)/total, 1), yes-no
			variance, mean := slope*slope*chance*(1-chance), no+slope*chance
			m, mm, mmm = m+rows*mean, mm+rows*mean*mean, mmm+rows*mean*mean*mean
			v, vm, t = v+rows*variance, vm+rows*variance*mean, t+rows*slope*variance*(1-2*chance)
		}
		out[which] = moments23(n, m, mm, mmm, v, vm, t)
	}
	return out
}
