package paired

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/org/ct-action/internal/metrics"
)

// A holdout is where the rows of a cell come from. Its row is what two models
// say of one row, champion first; of a numeric task it is the target and what
// the challenger predicts.
type holdout struct {
	rows       int
	prevalence float64
	fixed      bool // exactly the expected number of positive rows
	numeric    bool
	alone      bool // without a champion
	row        func(r *rand.Rand, positive bool) (champion, challenger float64)
}

func (h holdout) draw(d *drawing, r *rand.Rand) metrics.Sample {
	d.positive, d.scores = resized(d.positive, h.rows), resized(d.scores, 2)
	for m := range d.scores {
		d.scores[m] = resized(d.scores[m], h.rows)
	}
	for i := range d.positive {
		d.positive[i] = r.Float64() < h.prevalence
		if h.fixed {
			d.positive[i] = float64(i)+0.5 < float64(h.rows)*h.prevalence
		}
		d.scores[0][i], d.scores[1][i] = h.row(r, d.positive[i])
	}
	s := metrics.Sample{Task: metrics.Binary, Rows: h.rows, Positive: d.positive, Challenger: metrics.Predictions{Values: d.scores[1]}}
	switch {
	case h.numeric:
		s.Task, s.Positive, s.Target = metrics.Numeric, nil, d.scores[0]
	case !h.alone:
		s.Champion.Values = d.scores[0]
	}
	return s
}

// auc is Measure's estimate of a sample drawn, by the sums that sort fast: most
// of a simulation's time would be sorting. Signals from -32 to 32 become keys
// that are spread as the signals are.
func (h holdout) auc(d *drawing) Estimate {
	d.places = resized(d.places, 2)
	for m, signals := range d.scores {
		for i, x := range signals {
			if m == 0 && h.alone {
				x = 0
			}
			signals[i] = math.Float64frombits(math.Float64bits(1.5+min(max(x, -31), 31)/64) &^ (1<<indexBits - 1))
		}
		d.places[m] = d.placements(signals, resized(d.places[m], h.rows))
	}
	e := FromRanks(d.sums(1))
	if h.alone {
		e.Champion = metrics.Absent("no champion")
	}
	return e
}

// rises finds where a rising function is a value, between low and high.
func rises(f func(float64) float64, value, low, high float64) float64 {
	for range 45 {
		if middle := (low + high) / 2; f(middle) < value {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// A signal is how a score scatters within the classes: what the two models see
// of a negative row, and of a positive row where the models have these AUCs.
// Only the order of scores counts for an AUC.
type signal struct {
	name string
	row  func(aucs [2]float64, correlation float64) func(*rand.Rand, bool) (float64, float64)
}

// correlated are two normal numbers.
func correlated(r *rand.Rand, correlation float64) (float64, float64) {
	common := math.Sqrt(correlation) * r.NormFloat64()
	own := math.Sqrt(1 - correlation)
	return common + own*r.NormFloat64(), common + own*r.NormFloat64()
}

// binormal signals have the standard deviation 1 in negative rows and another
// in positive ones: an AUC of Φ(μ/√(1 + sd²)).
func binormal(name string, sd float64) signal {
	return signal{name, func(aucs [2]float64, correlation float64) func(*rand.Rand, bool) (float64, float64) {
		var mu [2]float64
		for m, auc := range aucs {
			mu[m] = math.Sqrt(1+sd*sd) * NormalQuantile(1-auc)
		}
		return func(r *rand.Rand, positive bool) (float64, float64) {
			a, b := correlated(r, correlation)
			if positive {
				a, b = mu[0]+sd*a, mu[1]+sd*b
			}
			return a, b
		}
	}}
}

// exponential signals, as of Hanley and McNeil (1982), whose standard error is
// theirs: a mean of 1 and of θ, an AUC of θ/(1 + θ). They are seen by their
// logarithms, which order rows alike.
var exponential = signal{"exponential", func(aucs [2]float64, correlation float64) func(*rand.Rand, bool) (float64, float64) {
	return func(r *rand.Rand, positive bool) (float64, float64) {
		a, b := correlated(r, correlation)
		a, b = math.Log(-math.Log(normalTail(a))), math.Log(-math.Log(normalTail(b)))
		if positive {
			a, b = a+math.Log(aucs[0]/(1-aucs[0])), b+math.Log(aucs[1]/(1-aucs[1]))
		}
		return a, b
	}
}}

const coarseSteps = 20

// coarseSignal is binormal with equal variances, seen through a score from 0 to
// 1 that is rounded to 0.05. Its AUC counts a tie as half a win, exactly, by the
// probabilities of the 21 scores.
var coarseSignal = signal{"scores of 0.05", func(aucs [2]float64, correlation float64) func(*rand.Rand, bool) (float64, float64) {
	var mu [2]float64
	for m, auc := range aucs {
		mu[m] = rises(coarseAUC, auc, 0, 12)
	}
	score := func(x, mu float64) float64 { return math.Round(coarseSteps*normalTail(mu/2-x)) / coarseSteps }
	return func(r *rand.Rand, positive bool) (float64, float64) {
		a, b := correlated(r, correlation)
		if positive {
			a, b = mu[0]+a, mu[1]+b
		}
		return score(a, mu[0]), score(b, mu[1])
	}
}}

func coarseAUC(mu float64) float64 {
	auc, below := 0.0, 0.0                    // share of the negatives with lower scores
	up := func(k int, mean float64) float64 { // P(score ≤ k steps)
		if k == coarseSteps {
			return 1
		}
		cut := mu/2 - NormalQuantile((float64(k)+0.5)/coarseSteps)
		return normalTail(mean - cut)
	}
	for k := range coarseSteps + 1 {
		p := up(k, mu)
		if k > 0 {
			p -= up(k-1, mu)
		}
		n := up(k, 0) - below
		auc += p * (below + n/2)
		below += n
	}
	return auc
}

// rates are a classifier's: how many of the positives and of the negatives it
// calls positive.
type rates struct{ ofPositives, ofNegatives float64 }

// decided are two classifiers, whose decisions are as correlated as the normal
// signals behind them.
func decided(models [2]rates, correlation float64) func(*rand.Rand, bool) (float64, float64) {
	var cuts [2][2]float64
	for m, of := range models {
		for class, rate := range []float64{of.ofNegatives, of.ofPositives} {
			cuts[class][m] = math.Inf(-1)
			if rate < 1 {
				cuts[class][m] = math.Inf(1)
				if rate > 0 {
					cuts[class][m] = NormalQuantile(rate)
				}
			}
		}
	}
	return func(r *rand.Rand, positive bool) (float64, float64) {
		a, b := correlated(r, correlation)
		cut := cuts[int(indicator(positive))]
		return indicator(a > cut[0]), indicator(b > cut[1])
	}
}

// value is a metric of the confusion matrix that a classifier has in all rows
// that there are.
func (of rates) value(metric string, prevalence float64) float64 {
	tp, fn := prevalence*of.ofPositives, prevalence*(1-of.ofPositives)
	fp, tn := (1-prevalence)*of.ofNegatives, (1-prevalence)*(1-of.ofNegatives)
	switch metric {
	case "accuracy":
		return tp + tn
	case "balanced_accuracy":
		return (of.ofPositives + 1 - of.ofNegatives) / 2
	case "f1":
		return 2 * tp / (2*tp + fp + fn)
	case "mcc":
		return (tp*tn - fp*fn) / math.Sqrt((tp+fn)*(tn+fp)*(tp+fp)*(tn+fn))
	case "precision":
		return tp / (tp + fp)
	case "recall":
		return of.ofPositives
	}
	panic("no metric of decisions: " + metric)
}

// classifier is one with a value of a metric. Of its errors as many are false
// alarms as are misses, so that it calls as many positive as there are; where
// only the positives count, or the classes count alike, its rates are alike.
func classifier(metric string, value, prevalence float64) rates {
	by := func(miss float64) rates {
		if metric == "accuracy" || metric == "recall" || metric == "balanced_accuracy" {
			return rates{1 - miss, miss}
		}
		return rates{1 - miss, miss * prevalence / (1 - prevalence)}
	}
	return by(rises(func(miss float64) float64 { return -by(miss).value(metric, prevalence) }, -value, 1e-9, 0.999*min(1, (1-prevalence)/prevalence)))
}

// averagePrecisionOf is ∫ precision d(recall) of a binormal signal, by the
// trapezoidal rule: to 1e-6.
func averagePrecisionOf(prevalence, separation float64) float64 {
	const step = 0.002
	sum, before, precision := 0.0, 0.0, 1.0
	for t := separation + 9; t > -9; t -= step {
		recall := normalTail(t - separation)
		now := prevalence * recall / (prevalence*recall + (1-prevalence)*normalTail(t))
		sum += (recall - before) * (precision + now) / 2
		before, precision = recall, now
	}
	return sum
}

// scored are the scores of a world's models.
func (w world) scored() func(*rand.Rand, bool) (float64, float64) {
	return func(r *rand.Rand, positive bool) (float64, float64) {
		a, b := correlated(r, w.correlation)
		if positive {
			a, b = a+w.separations[0], b+w.separations[1]
		}
		return w.score(0, a), w.score(1, b)
	}
}

// logLoss is a model's expected loss, by the trapezoidal rule.
func (w world) logLoss(model int) float64 {
	const step = 0.02
	sum := 0.0
	for z := -12.0; z <= 12; z += step {
		wrong, right := metrics.Surprise(1-w.score(model, z)), metrics.Surprise(w.score(model, z+w.separations[model]))
		sum += step * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) * ((1-w.prevalence)*wrong + w.prevalence*right)
	}
	return sum
}

func (w world) loss(metric string, model int) float64 {
	if metric == "brier" {
		return w.brier(model)
	}
	return w.logLoss(model)
}

// worse has a challenger whose loss is greater than the champion's by exactly a
// margin: one that is calibrated and discriminates worse, or one that overstates
// what it knows.
func (w world) worse(metric string, margin float64, overstates bool) world {
	w.separations = slices.Clone(w.separations)
	goal := w.loss(metric, 0) + margin
	if overstates {
		w.overstatement = rises(func(times float64) float64 { w.overstatement = times; return w.loss(metric, 1) }, goal, 1, 40)
	} else {
		w.separations[1] = -rises(func(less float64) float64 { w.separations[1] = -less; return w.loss(metric, 1) }, goal, -w.separations[0], 0)
	}
	if reached := w.loss(metric, 1); math.Abs(reached-goal) > 1e-6*goal {
		panic("no challenger of this world is worse by the margin")
	}
	return w
}
