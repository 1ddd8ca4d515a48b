package paired

import (
	"math"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/rank"
)

// others are the metrics that are neither means of row losses nor built from
// shares of counts: the influence of each row, how the variance depends on the
// true value, and the name of the method. The influence of mcc comes from its
// slopes by each count.
var others = map[string]struct {
	influence func(metrics.Sample, metrics.Predictions) []float64
	curve     Curve
	method    string
}{
	"auc":               {ofAUC, Placements, "DeLong"},
	"auc_ovr":           {ofAUCs, Ranked, "DeLong"},
	"average_precision": {ofAveragePrecision, Ranked, "infinitesimal jackknife"},
	"macro_f1":          {ofMacroF1, Share, "delta method"},
	"mcc":               {nil, Correlation, "delta method"},
	"r2":                {ofR2, Flat, "delta method"},
}

// losses are the row losses of a metric that is their mean over the rows, or
// the root of that mean (root is then true). They are nil for any other metric,
// and without predictions.
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

// influence is how much each row moves a metric's value, to first order (the
// infinitesimal jackknife, Efron 1982). The influences add up to 0, and the sum
// of their squares is the delta method's variance. Without predictions they are
// all 0.
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
	return others[m.Name].influence(s, p)
}

// ofMean is the influence on a weighted mean. Losses are taken relative to the
// first row's, so that the influence is exactly 0 where all losses are equal.
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
// beats, less the mean. A row's weight counts in the placements of others and
// for the row itself.
func ofAUC(s metrics.Sample, p metrics.Predictions) []float64 {
	var positives, negatives, won float64
	f := make([]float64, s.Rows) // the weight of the other class that the row beats
	ranks := rank.Ascending(p.Values)
	for k := range ranks.Ends {
		yes, no := tieWeights(ranks.Tie(k), s)
		for _, i := range ranks.Tie(k) {
			if s.Positive[i] {
				f[i] = negatives + no/2
			} else {
				f[i] = positives + yes/2
			}
		}
		won += yes * (negatives + no/2)
		positives, negatives = positives+yes, negatives+no
	}
	auc := won / (positives * negatives)
	for i, is := range s.Positive {
		if w := metrics.Weight(s.Weights, i); is {
			f[i] = w * (f[i]/negatives - auc) / positives
		} else {
			f[i] = w * (1 - f[i]/positives - auc) / negatives
		}
	}
	return f
}

// ofAveragePrecision is the slope of Σ p·R/T over the ties, divided by the
// weight of all positives: p is the weight of a tie's positives, R that of all
// positives that score at least as much, and T that of all rows that do. A row's
// weight counts in R and T of its own tie and of every lower one; a positive's
// also counts in p of its own tie.
func ofAveragePrecision(s metrics.Sample, predictions metrics.Predictions) []float64 {
	ranks := rank.Ascending(predictions.Values)
	ties := len(ranks.Ends)
	gains, precisions, slopes := make([]float64, ties), make([]float64, ties), make([]float64, ties) // slopes: p/T
	var sum, right, total float64
	for k := ties - 1; k >= 0; k-- {
		p, n := tieWeights(ranks.Tie(k), s)
		right, total = right+p, total+p+n
		if total > 0 {
			gains[k], precisions[k], slopes[k] = p, right/total, p/total
		}
		sum += gains[k] * precisions[k]
	}
	out := make([]float64, s.Rows)
	var byRight, byTotal float64 // Σ p/T and Σ p·R/T² of this tie and the lower ones
	for k := range ranks.Ends {
		byRight += slopes[k]
		byTotal += slopes[k] * precisions[k]
		for _, i := range ranks.Tie(k) {
			slope := -byTotal
			if s.Positive[i] {
				slope += precisions[k] + byRight - sum/right
			}
			out[i] = metrics.Weight(s.Weights, int(i)) * slope / right
		}
	}
	return out
}

// ofAUCs is the mean of the influences on the AUC of each class against the
// others.
func ofAUCs(s metrics.Sample, p metrics.Predictions) []float64 {
	out := make([]float64, s.Rows)
	for k, scores := range p.ByClass {
		for i, x := range ofAUC(s.Versus(k), metrics.Predictions{Values: scores}) {
			out[i] += x / float64(len(p.ByClass))
		}
	}
	return out
}

func ofRoot(l, weights []float64) []float64 {
	square := mean(l, weights)
	if square == 0 { // perfect: no row can make it less
		return make([]float64, len(l))
	}
	out := ofMean(l, weights)
	for i := range out {
		out[i] /= 2 * math.Sqrt(square)
	}
	return out
}

func mean(of, weights []float64) float64 {
	var sum, total float64
	for i, x := range of {
		sum += metrics.Weight(weights, i) * x
		total += metrics.Weight(weights, i)
	}
	return sum / total
}

func ofR2(s metrics.Sample, p metrics.Predictions) []float64 {
	middle := mean(s.Target, s.Weights)
	var errors, spread float64
	for i, y := range s.Target {
		errors += metrics.Weight(s.Weights, i) * square(p.Values[i]-y)
		spread += metrics.Weight(s.Weights, i) * square(y-middle)
	}
	out := make([]float64, s.Rows)
	for i, y := range s.Target {
		out[i] = metrics.Weight(s.Weights, i) * (errors/spread*square(y-middle) - square(p.Values[i]-y)) / spread
	}
	return out
}

// ofMacroF1 is the mean over the classes of the influence on
// F1 = 2·TP/(actual + predicted). A class that is neither in the truth nor
// predicted does not count.
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

// ofCounts is each row's weight times the metric's slope by the count that the
// row belongs to.
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

// tieWeights adds up the weights of a tie's positives and negatives.
func tieWeights(tie []int32, s metrics.Sample) (positives, negatives float64) {
	for _, i := range tie {
		if w := metrics.Weight(s.Weights, int(i)); s.Positive[i] {
			positives += w
		} else {
			negatives += w
		}
	}
	return positives, negatives
}
