package paired

import (
	"math"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/rank"
)

// epsilon is scikit-learn's least probability in a log loss and least |target|
// in a MAPE.
const epsilon = 1.0 / (1 << 52)

// losses are what a metric is the mean of, row by row; nil where it is no mean,
// or without predictions.
func losses(m metrics.Metric, s metrics.Sample, p metrics.Predictions, cut float64) []float64 {
	loss := lossOf(m, s, p, cut)
	if loss == nil || !p.Present() {
		return nil
	}
	out := make([]float64, s.Rows)
	for i := range out {
		out[i] = loss(i)
	}
	return out
}

func lossOf(m metrics.Metric, s metrics.Sample, p metrics.Predictions, cut float64) func(i int) float64 {
	multiclass := s.Task == metrics.Multiclass
	switch m.Name {
	case "brier":
		return func(i int) float64 { return square(p.Values[i] - indicator(s.Positive[i])) }
	case "mae":
		return func(i int) float64 { return math.Abs(p.Values[i] - s.Target[i]) }
	case "mape":
		return func(i int) float64 { return math.Abs(p.Values[i]-s.Target[i]) / max(math.Abs(s.Target[i]), epsilon) }
	case "accuracy":
		if multiclass {
			return func(i int) float64 { return indicator(metrics.Argmax(p.ByClass, i) == int(s.Class[i])) }
		}
		return func(i int) float64 { return indicator((p.Values[i] >= cut) == s.Positive[i]) }
	case "log_loss":
		if multiclass {
			return func(i int) float64 { return surprise(p.ByClass[s.Class[i]][i]) }
		}
		return func(i int) float64 { return surprise(1 - math.Abs(indicator(s.Positive[i])-p.Values[i])) }
	}
	return nil
}

func square(x float64) float64 { return x * x }

func surprise(p float64) float64 { return -math.Log(min(max(p, epsilon), 1-epsilon)) }

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
	if l := losses(m, s, p, cut); l != nil {
		return ofMean(l, s.Weights)
	}
	switch m.Name {
	case "auc":
		return ofAUC(s.Positive, p.Values, s.Weights)
	case "average_precision":
		return ofAveragePrecision(s.Positive, p.Values, s.Weights)
	case "auc_ovr":
		return ofAUCs(s, p)
	case "rmse":
		return ofRMSE(s, p)
	case "r2":
		return ofR2(s, p)
	case "macro_f1":
		return ofMacroF1(s, p)
	}
	return ofConfusion(m, s, p, cut)
}

// ofMean is the influence on a weighted mean, taken from the first row's loss:
// where all are equal it is exactly 0.
func ofMean(l, weights []float64) []float64 {
	var sum, total float64
	for i := range l {
		sum += weight(weights, i) * (l[i] - l[0])
		total += weight(weights, i)
	}
	out := make([]float64, len(l))
	for i := range l {
		out[i] = weight(weights, i) * (l[i] - l[0] - sum/total) / total
	}
	return out
}

func weight(weights []float64, i int) float64 {
	if weights == nil {
		return 1
	}
	return weights[i]
}

// ofAUC is DeLong's: a row's placement, the share of the other class that it
// beats, less the mean. Weights count in the placement and for the row.
func ofAUC(positive []bool, scores, weights []float64) []float64 {
	if weights == nil {
		return ofPlacements(positive, scores)
	}
	var all, none, won float64
	f := make([]float64, len(scores)) // the weight of the other class that the row beats
	ranks := metrics.Ascending(scores)
	for k := range ranks.Ends {
		p, n := tally(ranks.Tie(k), positive, weights)
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
	f := rank.Placements(positive, scores)
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
	ranks := metrics.Ascending(scores)
	ties := len(ranks.Ends)
	gains, precisions, slopes := make([]float64, ties), make([]float64, ties), make([]float64, ties) // slopes: p/T
	var sum, right, total float64
	for k := ties - 1; k >= 0; k-- {
		p, n := tally(ranks.Tie(k), positive, weights)
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
			out[i] = weight(weights, int(i)) * slope / right
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

func ofRMSE(s metrics.Sample, p metrics.Predictions) []float64 {
	var sum, total float64
	out := make([]float64, s.Rows)
	for i := range out {
		out[i] = square(p.Values[i] - s.Target[i])
		sum += weight(s.Weights, i) * out[i]
		total += weight(s.Weights, i)
	}
	if sum == 0 { // perfect: no row can make it less
		return out
	}
	out = ofMean(out, s.Weights)
	for i := range out {
		out[i] /= 2 * math.Sqrt(sum/total)
	}
	return out
}

func ofR2(s metrics.Sample, p metrics.Predictions) []float64 {
	var total, mean, errors, spread float64
	for i, y := range s.Target {
		total += weight(s.Weights, i)
		mean += weight(s.Weights, i) * y
	}
	mean /= total
	for i, y := range s.Target {
		errors += weight(s.Weights, i) * square(p.Values[i]-y)
		spread += weight(s.Weights, i) * square(y-mean)
	}
	out := make([]float64, s.Rows)
	for i, y := range s.Target {
		out[i] = weight(s.Weights, i) * (errors/spread*square(y-mean) - square(p.Values[i]-y)) / spread
	}
	return out
}

// ofMacroF1 adds each class's F1 = 2·TP/(actual + predicted); a class that is in
// neither is none.
func ofMacroF1(s metrics.Sample, p metrics.Predictions) []float64 {
	k := len(p.ByClass)
	right, both := make([]float64, k), make([]float64, k)
	for i, class := range s.Class {
		w, best := weight(s.Weights, i), metrics.Argmax(p.ByClass, i)
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
		w, best := weight(s.Weights, i), metrics.Argmax(p.ByClass, i)
		for _, c := range []int{int(class), best} {
			if both[c] > 0 {
				out[i] += w * (indicator(best == int(class)) - 2*right[c]/both[c]) / both[c] / classes
			}
		}
	}
	return out
}

// ofConfusion is a row's weight times the slope along its cell of the
// confusion matrix. The metrics are shares, so that this adds up to 0 (Euler).
func ofConfusion(m metrics.Metric, s metrics.Sample, p metrics.Predictions, cut float64) []float64 {
	var cell [2][2]float64 // [truth][prediction]
	at := func(i int) (int, int) { return int(indicator(s.Positive[i])), int(indicator(p.Values[i] >= cut)) }
	for i := range s.Rows {
		t, y := at(i)
		cell[t][y] += weight(s.Weights, i)
	}
	slopes := slopesOf(m.Name, cell[1][1], cell[0][1], cell[1][0], cell[0][0])
	out := make([]float64, s.Rows)
	for i := range out {
		t, y := at(i)
		out[i] = weight(s.Weights, i) * slopes[t][y]
	}
	return out
}

// slopesOf are the partial derivatives by [truth][prediction]; NaN where the
// metric has none.
func slopesOf(name string, tp, fp, fn, tn float64) [2][2]float64 {
	switch name {
	case "precision":
		n := square(tp + fp)
		return [2][2]float64{{0, -tp / n}, {0, fp / n}}
	case "recall":
		n := square(tp + fn)
		return [2][2]float64{{0, 0}, {-tp / n, fn / n}}
	case "balanced_accuracy":
		p, n := 2*square(tp+fn), 2*square(tn+fp)
		return [2][2]float64{{fp / n, -tn / n}, {-tp / p, fn / p}}
	case "f1":
		n := square(2*tp + fp + fn)
		return [2][2]float64{{0, -2 * tp / n}, {-2 * tp / n, 2 * (fp + fn) / n}}
	case "mcc":
		return slopesOfMCC(tp, fp, fn, tn)
	}
	return [2][2]float64{{math.NaN(), math.NaN()}, {math.NaN(), math.NaN()}}
}

func slopesOfMCC(tp, fp, fn, tn float64) [2][2]float64 {
	p, n, yes, no := tp+fn, tn+fp, tp+fp, tn+fn
	root := math.Sqrt(p) * math.Sqrt(n) * math.Sqrt(yes) * math.Sqrt(no)
	mcc := (tp*tn - fp*fn) / root
	return [2][2]float64{
		{tp/root - mcc/2*(1/n+1/no), -fn/root - mcc/2*(1/n+1/yes)},
		{-fp/root - mcc/2*(1/p+1/no), tn/root - mcc/2*(1/p+1/yes)},
	}
}

// tally adds up the weights of the rows of a tie.
func tally(rows []int32, positive []bool, weights []float64) (p, n float64) {
	for _, i := range rows {
		if positive[i] {
			p += weight(weights, int(i))
		} else {
			n += weight(weights, int(i))
		}
	}
	return p, n
}
