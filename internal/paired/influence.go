package paired

import (
	"math"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/rank"
)

// losses are what a metric is the mean of over rows (or, root, the root of that
// mean); nil where it is neither, or without predictions.
func losses(m metrics.Metric, s metrics.Sample, p metrics.Predictions, cut float64) (out []float64, root bool) {
	loss, root := m.Loss(s, p, cut)
	if loss == nil || !p.Present() {
		return nil, false
	}
	out = make([]float64, s.Rows)
	for i := range out {
		out[i] = loss(i)
	}
	return out, root
}

func square(x float64) float64 { return x * x }

func indicator(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// influence is what each row moves a metric's value by, to first order (the
// infinitesimal jackknife, Efron 1982): the sum of its squares is the delta
// method's variance. It adds up to 0. Without predictions it is 0.
func influence(m metrics.Metric, s metrics.Sample, p metrics.Predictions, cut float64) []float64 {
	if !p.Present() {
		return make([]float64, s.Rows)
	}
	l, root := losses(m, s, p, cut)
	switch {
	case root:
		return ofRoot(l, s.Weights)
	case l != nil:
		return ofMean(l, s.Weights)
	case m.Decision:
		return ofCounts(m, s, p, cut)
	}
	switch m.Name {
	case "auc":
		return ofAUC(s.Positive, p.Values, s.Weights)
	case "average_precision":
		return ofAveragePrecision(s.Positive, p.Values, s.Weights)
	case "auc_ovr":
		return ofAUCs(s, p)
	case "r2":
		return ofR2(s, p)
	case "macro_f1":
		return ofMacroF1(s, p)
	}
	panic("no influence of " + m.Name)
}

// ofMean is the influence on a weighted mean, taken from the first row's loss:
// where all are equal it is exactly 0.
func ofMean(l, weights []float64) []float64 {
	var sum, total float64
	for i := range l {
		sum += metrics.Weight(weights, i) * (l[i] - l[0])
		total += metrics.Weight(weights, i)
	}
	out := make([]float64, len(l))
	for i := range l {
		out[i] = metrics.Weight(weights, i) * (l[i] - l[0] - sum/total) / total
	}
	return out
}

// ofAUC is DeLong's: a row's placement, the share of the other class that it
// beats, less the mean. Weights count in the placement and for the row.
func ofAUC(positive []bool, scores, weights []float64) []float64 {
	if weights == nil {
		return ofPlacements(positive, scores)
	}
	var all, none, won float64
	f := make([]float64, len(scores)) // the weight of the other class that the row beats
	ranks := rank.Ascending(scores)
	for k := range ranks.Ends {
		p, n := tieWeights(ranks.Tie(k), positive, weights)
		for _, i := range ranks.Tie(k) {
			if positive[i] {
				f[i] = none + n/2
			} else {
				f[i] = all + p/2
			}
		}
		won += p * (none + n/2)
		all, none = all+p, none+n
	}
	auc := won / (all * none)
	for i, w := range weights {
		if positive[i] {
			f[i] = w * (f[i]/none - auc) / all
		} else {
			f[i] = w * (1 - f[i]/all - auc) / none
		}
	}
	return f
}

func ofPlacements(positive []bool, scores []float64) []float64 {
	f, _ := rank.Placements(positive, scores)
	var won, p float64
	for i := range f {
		won += indicator(positive[i]) * float64(f[i])
		p += indicator(positive[i])
	}
	n := float64(len(f)) - p
	auc := won / (2 * p * n)
	out := make([]float64, len(f))
	for i := range f {
		if positive[i] {
			out[i] = (float64(f[i])/(2*n) - auc) / p
		} else {
			out[i] = (1 - float64(f[i])/(2*p) - auc) / n
		}
	}
	return out
}

// ofAveragePrecision is the slope of Σ p·R/T over the ties, divided by the
// weight of all positives: p is the weight of a tie's positives, R of all that
// score at least as much, T of all rows that do. A row's weight counts in R and
// T of its own tie and of every lower one, a positive's also in p of its own.
func ofAveragePrecision(positive []bool, scores, weights []float64) []float64 {
	ranks := rank.Ascending(scores)
	ties := len(ranks.Ends)
	gains, precisions, slopes := make([]float64, ties), make([]float64, ties), make([]float64, ties) // slopes: p/T
	var sum, right, total float64
	for k := ties - 1; k >= 0; k-- {
		p, n := tieWeights(ranks.Tie(k), positive, weights)
		right, total = right+p, total+p+n
		if total > 0 {
			gains[k], precisions[k], slopes[k] = p, right/total, p/total
		}
		sum += gains[k] * precisions[k]
	}
	out := make([]float64, len(scores))
	var byRight, byTotal float64 // Σ p/T and Σ p·R/T² of this tie and the lower ones
	for k := range ranks.Ends {
		byRight += slopes[k]
		byTotal += slopes[k] * precisions[k]
		for _, i := range ranks.Tie(k) {
			slope := -byTotal
			if positive[i] {
				slope += precisions[k] + byRight - sum/right
			}
			out[i] = metrics.Weight(weights, int(i)) * slope / right
		}
	}
	return out
}

func ofAUCs(s metrics.Sample, p metrics.Predictions) []float64 {
	out, is := make([]float64, s.Rows), make([]bool, s.Rows)
	for k, scores := range p.ByClass {
		for i, class := range s.Class {
			is[i] = int(class) == k
		}
		for i, x := range ofAUC(is, scores, s.Weights) {
			out[i] += x / float64(len(p.ByClass))
		}
	}
	return out
}

func ofRoot(l, weights []float64) []float64 {
	var sum, total float64
	for i, x := range l {
		sum += metrics.Weight(weights, i) * x
		total += metrics.Weight(weights, i)
	}
	if sum == 0 { // perfect: no row can make it less
		return make([]float64, len(l))
	}
	out := ofMean(l, weights)
	for i := range out {
		out[i] /= 2 * math.Sqrt(sum/total)
	}
	return out
}

func ofR2(s metrics.Sample, p metrics.Predictions) []float64 {
	var total, mean, errors, spread float64
	for i, y := range s.Target {
		total += metrics.Weight(s.Weights, i)
		mean += metrics.Weight(s.Weights, i) * y
	}
	mean /= total
	for i, y := range s.Target {
		errors += metrics.Weight(s.Weights, i) * square(p.Values[i]-y)
		spread += metrics.Weight(s.Weights, i) * square(y-mean)
	}
	out := make([]float64, s.Rows)
	for i, y := range s.Target {
		out[i] = metrics.Weight(s.Weights, i) * (errors/spread*square(y-mean) - square(p.Values[i]-y)) / spread
	}
	return out
}

// ofMacroF1 adds each class's F1 = 2·TP/(actual + predicted); a class that is in
// neither is none.
func ofMacroF1(s metrics.Sample, p metrics.Predictions) []float64 {
	k := len(p.ByClass)
	right, both := make([]float64, k), make([]float64, k)
	for i, class := range s.Class {
		w, best := metrics.Weight(s.Weights, i), metrics.Argmax(p.ByClass, i)
		both[class] += w
		both[best] += w
		right[class] += w * indicator(best == int(class))
	}
	classes := 0.0
	for _, b := range both {
		classes += indicator(b > 0)
	}
	out := make([]float64, s.Rows)
	for i, class := range s.Class {
		w, best := metrics.Weight(s.Weights, i), metrics.Argmax(p.ByClass, i)
		for _, c := range []int{int(class), best} {
			if both[c] > 0 {
				out[i] += w * (indicator(best == int(class)) - 2*right[c]/both[c]) / both[c] / classes
			}
		}
	}
	return out
}

// ofCounts is a row's weight times the slope along its count.
func ofCounts(m metrics.Metric, s metrics.Sample, p metrics.Predictions, cut float64) []float64 {
	var counts metrics.Counts
	at := func(i int) (int, int) { return int(indicator(s.Positive[i])), int(indicator(p.Values[i] >= cut)) }
	for i := range s.Rows {
		t, y := at(i)
		counts[t][y] += metrics.Weight(s.Weights, i)
	}
	slopes, _ := m.Slopes(counts)
	out := make([]float64, s.Rows)
	for i := range out {
		t, y := at(i)
		out[i] = metrics.Weight(s.Weights, i) * slopes[t][y]
	}
	return out
}

// tieWeights adds up the weights of the rows of a tie.
func tieWeights(rows []int32, positive []bool, weights []float64) (p, n float64) {
	for _, i := range rows {
		if positive[i] {
			p += metrics.Weight(weights, int(i))
		} else {
			n += metrics.Weight(weights, int(i))
		}
	}
	return p, n
}
