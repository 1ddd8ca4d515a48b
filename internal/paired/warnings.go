package paired

import (
	"fmt"
	"slices"

	"github.com/org/ct-action/internal/metrics"
)

// least is how many rows of a class an interval takes to be trusted.
const least = 10

// few warns of too little evidence.
func few(e Estimate) []string {
	var warnings []string
	if e.Rows < 2*least {
		warnings = append(warnings, fmt.Sprintf("%d rows: too few for the interval to be trusted, at least %d needed", e.Rows, 2*least))
	}
	if e.Positives < 0 {
		return warnings
	}
	for _, class := range []struct {
		name string
		rows int
	}{{"positive", e.Positives}, {"negative", e.Rows - e.Positives}} {
		if class.rows < least {
			warnings = append(warnings, fmt.Sprintf("%d %s rows: too few for the interval to be trusted, at least %d needed", class.rows, class.name, least))
		}
	}
	return warnings
}

const identical = "identical predictions: champion and challenger cannot be told apart on these rows"

func improbable(n int, model string) string {
	return fmt.Sprintf("%d scores of the %s are outside [0, 1]: no probabilities", n, model)
}

// doubts are what the rows themselves say against an interval.
func doubts(m metrics.Metric, s metrics.Sample) []string {
	var warnings []string
	if s.Champion.Present() && same(s.Champion, s.Challenger) {
		warnings = append(warnings, identical)
	}
	if s.Groups != nil {
		if _, groups := groupOf(s.Groups); groups < 2*least {
			warnings = append(warnings, fmt.Sprintf("%d groups: too few for the interval to be trusted, at least %d needed", groups, 2*least))
		}
	}
	if s.Task != metrics.Binary {
		return warnings
	}
	for _, of := range []struct {
		name   string
		scores []float64
	}{{"champion", s.Champion.Values}, {"challenger", s.Challenger.Values}} {
		if n := outside(of.scores); n > 0 {
			warnings = append(warnings, improbable(n, of.name))
		}
		if n := tying(of.scores); (m.Name == "auc" || m.Name == "average_precision") && 2*n > len(of.scores) {
			warnings = append(warnings, fmt.Sprintf("%d of %d scores of the %s tie with another", n, len(of.scores), of.name))
		}
	}
	return warnings
}

func same(p, q metrics.Predictions) bool {
	return slices.Equal(p.Values, q.Values) && slices.EqualFunc(p.ByClass, q.ByClass, slices.Equal[[]float64])
}

func outside(scores []float64) int {
	n := 0
	for _, x := range scores {
		if !(x >= 0 && x <= 1) {
			n++
		}
	}
	return n
}

// tying counts the rows that share their score with another.
func tying(scores []float64) int {
	sorted := slices.Sorted(slices.Values(scores))
	n := 0
	for i, x := range sorted {
		if i > 0 && sorted[i-1] == x || i+1 < len(sorted) && sorted[i+1] == x {
			n++
		}
	}
	return n
}
