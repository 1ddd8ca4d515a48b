package paired

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/org/ct-action/internal/metrics"
)

// A clustered world has rows of groups, or rows with weights. Each model's
// signal is as in a world, and part of it, intra, belongs to the group: what
// models share of a group, and what each has of its own.
type clusteredWorld struct {
	groups, holding int     // groups: all, and those that hold positives; 0: rows are not grouped
	rows, positives int     // exactly so many
	tail            float64 // Pareto's index of the sizes of groups, or of weights; 0: all equal
	weightless      int     // positives whose weight is lost
	lost            float64 // what is left of such a weight
	intra           float64 // correlation within a group
	gain            float64 // of the challenger's separation
}

func pareto(r *rand.Rand, index float64) float64 {
	if index == 0 {
		return 1
	}
	return math.Pow(1-r.Float64(), -1/index)
}

// spread shares rows among groups, at least one each.
func (w clusteredWorld) spread(rows, groups int, r *rand.Rand) []int {
	shares, all := make([]float64, groups), 0.0
	for g := range shares {
		shares[g] = pareto(r, w.tail)
		all += shares[g]
	}
	sizes, share, done := make([]int, groups), 0.0, 0
	for g := range sizes {
		share += shares[g] / all
		to := int(math.Round(share * float64(rows-groups)))
		sizes[g], done = 1+to-done, to
	}
	return sizes
}

func (w clusteredWorld) draw(r *rand.Rand) metrics.Sample {
	s := metrics.Sample{Task: metrics.Binary, Rows: w.rows}
	if w.groups == 0 {
		for i := range w.rows {
			s.Weights = append(s.Weights, pareto(r, w.tail))
			if i < w.weightless {
				s.Weights[i] *= w.lost
			}
			w.unit(&s, int(indicator(i < w.positives)), 1, r)
		}
		return s
	}
	positives, negatives := w.spread(w.positives, w.holding, r), w.spread(w.rows-w.positives, w.groups, r)
	for g, n := range negatives {
		p := 0
		if g < w.holding {
			p = positives[g]
		}
		w.unit(&s, p, n+p, r)
		for range n + p {
			s.Groups = append(s.Groups, uint32(g))
		}
	}
	return s
}

// unit draws a group's rows.
func (w clusteredWorld) unit(s *metrics.Sample, positives, rows int, r *rand.Rand) {
	const correlation = 0.7
	of, own := math.Sqrt(w.intra), math.Sqrt(1-w.intra)
	var group [3]float64 // shared by the models, the champion's, the challenger's
	for k := range group {
		group[k] = of * r.NormFloat64()
	}
	world := world{prevalence: float64(w.positives) / float64(w.rows), separations: []float64{separation(0.83), separation(0.83) + w.gain}}
	for i := range rows {
		isPositive := i < positives
		shared := group[0] + own*r.NormFloat64()
		s.Positive = append(s.Positive, isPositive)
		for k, values := range []*[]float64{&s.Champion.Values, &s.Challenger.Values} {
			signal := math.Sqrt(correlation)*shared + math.Sqrt(1-correlation)*(group[1+k]+own*r.NormFloat64())
			*values = append(*values, world.score(k, signal+indicator(isPositive)*world.separations[k]))
		}
	}
}

// leastGroups is the gate's guard for superiority.
const leastGroups = 3

// guarded reports whether the gate calls it inconclusive for want of rows.
func guarded(e Effective) bool {
	return min(e.Positives, e.Negatives) < Fewest || e.Groups > 0 && min(e.PositiveGroups, e.NegativeGroups) < leastGroups
}

// superior is how often a check of superiority at 0.95 passes, by AUC and Brier
// score, and how often the guard lets it.
func (s simulation) superior(w clusteredWorld) (passed [2]float64, judged float64) {
	auc, _ := metrics.Lookup("auc")
	brier, _ := metrics.Lookup("brier")
	seed := uint64(w.groups*1_000_003 + w.holding*10_007 + w.rows*101 + w.positives + w.weightless*17)
	type trial struct{ auc, brier, judged bool }
	trials := repeat(s.repetitions, seed^math.Float64bits(w.tail+8*w.intra), func(_ *drawing, r *rand.Rand) trial {
		sample := w.draw(r)
		byAUC, byBrier := Measure(auc, sample, half), Measure(brier, sample, half)
		if guarded(byAUC.Effective) {
			return trial{}
		}
		clears := func(c Contrast) bool { return c.StandardError > 0 && c.Lower(0.95) > 0 }
		return trial{clears(byAUC.Contrast(1, one, none)), clears(byBrier.Contrast(-1, one, none)), true}
	})
	passed[0] = share(trials, func(t trial) bool { return t.auc })
	passed[1] = share(trials, func(t trial) bool { return t.brier })
	return passed, share(trials, func(t trial) bool { return t.judged })
}

func (s simulation) clusteredTable(head, columns string, worlds []clusteredWorld, name func(clusteredWorld) string) {
	lines := []string{"### " + head + ": how often a `confidence: 0.95` check of superiority passes", "",
		columns + " judged | AUC, equal models | Brier score | AUC, better (0.83 → 0.90) | Brier score |"}
	rule := "|"
	for _, c := range lines[2][1:] {
		if c == '|' {
			rule += "--:|"
		}
	}
	lines = append(lines, rule)
	for _, w := range worlds {
		equal, judged := s.superior(w)
		for metric, passes := range equal {
			s.within(name(w)+" "+metricNames[metric]+": passing equal models", passes, 0, 0.05+s.error3(0.05))
		}
		better := w
		better.gain = separation(0.90) - separation(0.83)
		fewer := s
		fewer.repetitions = max(s.repetitions/5, 20)
		power, _ := fewer.superior(better)
		lines = append(lines, fmt.Sprintf("%s %s | %s | %s | %s | %s |", name(w), percent(judged), percent(equal[0]), percent(equal[1]), percent(power[0]), percent(power[1])))
	}
	s.table(lines)
}

// TestSimulationOfGroups holds the promise of a confidence to rows that weights
// and groups make less than they seem.
func TestSimulationOfGroups(t *testing.T) {
	s := simulation{T: t, repetitions: 60}
	switch {
	case *full:
		s.repetitions = 10_000
	case raced:
		s.repetitions = 20
	}
	size := func(tail float64) string {
		if tail == 0 {
			return "equal"
		}
		return fmt.Sprintf("Pareto %g", tail)
	}
	var worlds []clusteredWorld
	for _, tail := range []float64{0, 1.5} {
		for _, intra := range []float64{0, 0.1, 0.5} {
			if !*full && intra == 0.1 {
				continue
			}
			for _, holding := range []int{2, 3, 4, 10, 400} {
				positives := max(60, holding)
				worlds = append(worlds, clusteredWorld{groups: 400, holding: holding, rows: 400 + 2*positives, positives: positives, tail: tail, intra: intra})
			}
			for _, groups := range []int{2, 3, 5, 8, 15} {
				worlds = append(worlds, clusteredWorld{groups: groups, holding: groups, rows: 400, positives: 100, tail: tail, intra: intra})
			}
		}
	}
	s.clusteredTable("Rows of groups", "| groups | with positives | sizes | within-group correlation | rows | positive |", worlds, func(w clusteredWorld) string {
		return fmt.Sprintf("| %d | %d | %s | %g | %d | %d |", w.groups, w.holding, size(w.tail), w.intra, w.rows, w.positives)
	})
	worlds = []clusteredWorld{
		{rows: 300, positives: 12, weightless: 10},
		{rows: 300, positives: 12, weightless: 10, lost: 1e-6},
	}
	for _, tail := range []float64{1.5, 2, 3} {
		for _, positives := range []int{30, 200} {
			worlds = append(worlds, clusteredWorld{rows: 600, positives: positives, tail: tail})
		}
	}
	s.clusteredTable("Rows with weights", "| weights | positive | of which weigh nothing | rows |", worlds, func(w clusteredWorld) string {
		lost := fmt.Sprint(w.weightless)
		if w.lost > 0 {
			lost += fmt.Sprintf(" (%g)", w.lost)
		}
		return fmt.Sprintf("| %s | %d | %s | %d |", size(w.tail), w.positives, lost, w.rows)
	})
}
