package metrics

import (
	"fmt"
	"math"

	"github.com/org/ct-action/internal/text"
)

// Argmax is the class of the highest score in row i, the first of those that
// tie, as numpy's.
func Argmax(byClass [][]float64, i int) int {
	best := 0
	for k := range byClass {
		if byClass[k][i] > byClass[best][i] {
			best = k
		}
	}
	return best
}

// hit is 1 where the class is predicted right, else 0.
func hit(s Sample, p Predictions) func(int) float64 {
	return func(i int) float64 { return float64(index(Argmax(p.ByClass, i) == int(s.Class[i]))) }
}

// macroF1 is the plain mean of the F1 of each class that is there, in truth or
// among the predictions; a class that is only predicted has an F1 of 0.
func macroF1(s Sample, p Predictions) Value {
	byClass := p.ByClass
	right, actual, predicted := make([]total, len(byClass)), make([]total, len(byClass)), make([]total, len(byClass))
	for i, class := range s.Class {
		w, best := Weight(s.Weights, i), Argmax(byClass, i)
		actual[class].add(w)
		predicted[best].add(w)
		if best == int(class) {
			right[class].add(w)
		}
	}
	var each []Value
	for k := range byClass {
		below := actual[k].rat()
		if below.Add(below, predicted[k].rat()); below.Sign() > 0 {
			above := right[k].rat()
			each = append(each, ratio(above.Add(above, above), below))
		}
	}
	return meanOf(each)
}

// unprobable says why scores are no probabilities of classes. They are not rescaled
// to a sum of 1: a row whose sum is off by more than a rounding to three decimals
// makes the log loss absent.
func unprobable(s Sample, p Predictions) string {
	if len(p.ByClass) < 2 {
		return "one class only"
	}
	for i := range s.Rows {
		for k := range p.ByClass {
			if x := p.ByClass[k][i]; !(x >= 0 && x <= 1) {
				return fmt.Sprintf("score %v of class %s in row %d: expected a probability between 0 and 1", x, text.Quote(s.Classes[k], mostCell), i+1)
			}
		}
	}
	return unsummed(p.ByClass, s.Rows, 1e-3)
}

func logLossOfClass(s Sample, p Predictions) func(int) float64 {
	return func(i int) float64 { return Surprise(p.ByClass[s.Class[i]][i]) }
}

// oneVersusRest is the plain mean over the classes of the AUC of one against
// all others.
func oneVersusRest(s Sample, p Predictions) Value {
	byClass := p.ByClass
	if len(byClass) < 2 {
		return Absent("one class only")
	}
	// scikit-learn's tolerance is numpy.allclose(1, sum).
	if reason := unsummed(byClass, s.Rows, 1e-5); reason != "" {
		return Absent(reason)
	}
	each := make([]Value, len(byClass))
	for k := range byClass {
		if each[k] = auc(s.Versus(k), Predictions{Values: byClass[k]}); !each[k].Present() {
			return Absent(fmt.Sprintf("class %s against the rest: %s", text.Quote(s.Classes[k], mostCell), each[k].Reason()))
		}
	}
	return meanOf(each)
}

// unsummed names the first row whose scores do not add up to 1, within a
// tolerance.
func unsummed(byClass [][]float64, rows int, tolerance float64) string {
	for i := range rows {
		sum := 0.0
		for k := range byClass {
			sum += byClass[k][i]
		}
		if !(math.Abs(sum-1) <= 1e-8+tolerance*math.Abs(sum)) {
			return fmt.Sprintf("scores of row %d add up to %v: expected probabilities, which add up to 1 (write more of their digits)", i+1, sum)
		}
	}
	return ""
}
