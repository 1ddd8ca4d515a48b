package evidence

import (
	"fmt"
	"math"
	"math/big"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

// decided is a metric of predictions at a threshold, by the delta method on the
// joint counts.
func (p part) decided(metric string, threshold metrics.Decimal, width float64) paired.Estimate {
	joint, reason := p.counts(threshold, width)
	if reason != "" {
		return absent(p, reason)
	}
	var champion, challenger [2][2]float64 // by truth and prediction
	eachCell(joint, func(truth, a, b int, n float64) {
		champion[truth][a] += n
		challenger[truth][b] += n
	})
	counts := paired.Decisions{}
	eachCell(joint, func(truth, a, b int, n float64) { counts[truth][a][b] = n })
	hits := p.hits(joint)
	hits.Curve, hits.Proportion = paired.CurveOf(metric), paired.ProportionOf(metric, counts)
	if metric == "accuracy" {
		return hits
	}
	_, slopeA, okA := ofCounts(metric, champion)
	_, slopeB, okB := ofCounts(metric, challenger)
	e := paired.Estimate{Champion: value(metric, champion), Challenger: value(metric, challenger), Method: "delta method", Rows: p.rows, Positives: p.positives, Effective: hits.Effective, Curve: hits.Curve, Proportion: hits.Proportion, Warnings: hits.Warnings}
	if !e.Champion.Present() || !e.Challenger.Present() {
		return e
	}
	if !okA || !okB {
		e.Warnings = append(e.Warnings, metric+" divides 0 by 0 for one of the versions: it counts as 0")
	}
	if p.rows > 1 && (metric != "mcc" || okA && okB) { // without slopes there is no standard error
		e.Parts = []paired.Part{covary(joint, slopeA, slopeB, float64(p.rows))}
	}
	return e
}

// value is a metric of the counts by [truth][prediction], as from rows: exact,
// and absent where it divides 0 by 0 and has no meaning.
func value(metric string, n [2][2]float64) metrics.Value {
	c := metrics.Confusion{TN: n[0][0], FP: n[0][1], FN: n[1][0], TP: n[1][1]}
	switch metric {
	case "precision":
		return c.Precision()
	case "recall":
		return c.Recall()
	case "f1":
		return c.F1()
	case "balanced_accuracy":
		return c.BalancedAccuracy()
	case "mcc":
		return c.MCC()
	}
	return metrics.Absent("no sums suffice for " + metric)
}

func eachCell(joint [2][2][2]int, visit func(truth, a, b int, n float64)) {
	for i := range 8 {
		visit(i>>2, i>>1&1, i&1, float64(joint[i>>2][i>>1&1][i&1]))
	}
}

// counts are the joint counts at a threshold, or why there are none.
func (p part) counts(threshold metrics.Decimal, width float64) (joint [2][2][2]int, reason string) {
	if p.confusion != nil && p.confusion.threshold.Rat().Cmp(threshold.Rat()) == 0 {
		return p.confusion.counts, ""
	}
	if p.cells != nil && width == 0 {
		at, _ := threshold.Rat().Float64()
		for _, c := range p.cells {
			joint[class(c)][says(c.champion >= at)][says(c.challenger >= at)] += c.count
		}
		return joint, ""
	}
	if p.confusion != nil {
		return joint, fmt.Sprintf("%s.confusion is at a decision threshold of %s: %s needed", p.path, p.confusion.threshold, threshold)
	}
	return joint, fmt.Sprintf("the evidence file has no %s.confusion: count the rows by label and both predictions at %s", p.path, threshold)
}

func says(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// hits is the accuracy, a mean over rows as a loss is.
func (p part) hits(joint [2][2][2]int) paired.Estimate {
	var classes [2]paired.Moments
	var champion, challenger int64
	eachCell(joint, func(truth, a, b int, n float64) {
		w, d := 1-float64(a^truth), float64(a^truth)-float64(b^truth)
		classes[truth] = classes[truth].Add(paired.Moments{Rows: uint64(n), D: n * d, W: n * w, DD: n * d * d, DW: n * d * w, WW: n * w})
		champion, challenger = champion+int64(n*w), challenger+int64(n*(w+d))
	})
	rows := int64(p.rows)
	return paired.FromMoments(metrics.Exact(big.NewRat(champion, rows)), metrics.Exact(big.NewRat(challenger, rows)), classes[0], classes[1])
}

// covary is the covariance of two functions of counts whose slopes are known: a
// row moves each by the slope in its cell. The slopes' mean over the rows is 0,
// as a metric does not change when all counts double (Euler).
func covary(joint [2][2][2]int, slopeA, slopeB [2][2]float64, n float64) paired.Part {
	var dd, dc, cc float64
	eachCell(joint, func(truth, a, b int, rows float64) {
		c := slopeA[truth][a]
		d := slopeB[truth][b] - c
		dd, dc, cc = dd+rows*d*d, dc+rows*d*c, cc+rows*c*c
	})
	k := n / (n - 1)
	return paired.Part{Freedom: n - 1, VarDifference: dd * k, CovDifference: dc * k, VarChampion: cc * k}
}

// ofCounts is a metric of the counts by [truth][prediction] and its slopes with
// respect to each; ok is false where it divides 0 by 0, which scikit-learn
// answers with 0.
func ofCounts(metric string, n [2][2]float64) (value float64, slopes [2][2]float64, ok bool) {
	tn, fp, fn, tp := n[0][0], n[0][1], n[1][0], n[1][1]
	switch metric {
	case "precision":
		return share(tp, fp, [2][2]float64{{0, 0}, {0, 1}}, [2][2]float64{{0, 1}, {0, 0}})
	case "recall":
		return share(tp, fn, [2][2]float64{{0, 0}, {0, 1}}, [2][2]float64{{0, 0}, {1, 0}})
	case "f1":
		return share(2*tp, fp+fn, [2][2]float64{{0, 0}, {0, 2}}, [2][2]float64{{0, 1}, {1, 0}})
	case "balanced_accuracy":
		sensitivity, s, okS := share(tp, fn, [2][2]float64{{0, 0}, {0, 1}}, [2][2]float64{{0, 0}, {1, 0}})
		specificity, t, okT := share(tn, fp, [2][2]float64{{1, 0}, {0, 0}}, [2][2]float64{{0, 1}, {0, 0}})
		for i := range 4 {
			slopes[i/2][i%2] = (s[i/2][i%2] + t[i/2][i%2]) / 2
		}
		return (sensitivity + specificity) / 2, slopes, okS && okT
	case "mcc":
		return matthews(tn, fp, fn, tp)
	}
	return math.NaN(), slopes, false
}

// share is good / (good + bad), where dGood and dBad say what one more row in
// each cell adds to either.
func share(good, bad float64, dGood, dBad [2][2]float64) (value float64, slopes [2][2]float64, ok bool) {
	all := good + bad
	if all == 0 {
		return 0, slopes, false
	}
	for i := range 4 {
		slopes[i/2][i%2] = (dGood[i/2][i%2]*bad - dBad[i/2][i%2]*good) / (all * all)
	}
	return good / all, slopes, true
}

// matthews is (tp·tn − fp·fn) / √((tp+fp)(tp+fn)(tn+fp)(tn+fn)).
func matthews(tn, fp, fn, tp float64) (value float64, slopes [2][2]float64, ok bool) {
	saysYes, isYes, isNo, saysNo := tp+fp, tp+fn, tn+fp, tn+fn
	root := math.Sqrt(saysYes) * math.Sqrt(isYes) * math.Sqrt(isNo) * math.Sqrt(saysNo)
	if root == 0 {
		return 0, slopes, false
	}
	value = (tp*tn - fp*fn) / root
	slopes[0][0] = tp/root - value/2*(1/isNo+1/saysNo)
	slopes[0][1] = -fn/root - value/2*(1/isNo+1/saysYes)
	slopes[1][0] = -fp/root - value/2*(1/isYes+1/saysNo)
	slopes[1][1] = tn/root - value/2*(1/isYes+1/saysYes)
	return value, slopes, true
}
