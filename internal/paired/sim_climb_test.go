package paired

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSimulatedLooks measures what looking at a holdout does to what it says
// afterwards, and what the number of rows that a check names is worth. `make sim`
// runs it at full size and prints its tables.
func TestSimulatedLooks(t *testing.T) {
	s := simulation{t, 60, []int{2000}, 1 << 13, map[string][]both{}}
	if *full {
		s.repetitions, s.rows, s.large = 10_000, []int{2000, 10_000}, 1<<indexBits
	}
	s.climbing()
	s.rowsSaid()
}

// looks is how many challengers one holdout is asked about.
const looks = 32

// A climb is what came of choosing, look by look, what looks better.
type climb struct {
	value            float64 // AUC that the last one seems to gain over the champion
	passes, budgeted bool    // at 0.95, and at the share of a budget
	lost             float64 // AUC that it truly loses
}

// climbing lets somebody tune on reported differences: each challenger is the
// best one so far with a random change of its scores, which knows nothing of the
// truth, and is kept where the reported AUC went up. step is the size of a change
// in units of the scatter of the champion's own signal within a class. Each kept
// change makes the model truly worse.
func (s simulation) climbing() {
	lines := []string{fmt.Sprintf("### %d challengers, each the best so far and a random change, kept where the reported AUC went up", looks), "",
		"| rows | size of a change | the last one seems to gain | truly loses | passes at 0.95 | with `holdout-budget: 32` |",
		"|--:|--:|--:|--:|--:|--:|"}
	steps := []float64{0.02, 0.05, 0.1, 0.2}
	if !*full {
		steps = steps[1:2]
	}
	for _, rows := range s.rows {
		for _, step := range steps {
			climbs := s.climbs(rows, step)
			gained, lost := 0.0, 0.0
			for _, c := range climbs {
				gained, lost = gained+c.value, lost+c.lost
			}
			n := float64(len(climbs))
			passes, budgeted := share(climbs, func(c climb) bool { return c.passes }), share(climbs, func(c climb) bool { return c.budgeted })
			if rows == 2000 && step == 0.05 && (passes < 0.5 || budgeted > passes || gained < 0 || lost <= 0) {
				s.Errorf("%d rows, steps of %g: %.3f pass and %.3f under a budget, gain %.4f, loss %.4f: expected more than half to pass who gain nothing",
					rows, step, passes, budgeted, gained/n, lost/n)
			}
			lines = append(lines, fmt.Sprintf("| %d | %g | %+.4f | %.4f | %s | %s |", rows, step, gained/n, lost/n, percent(passes), percent(budgeted)))
		}
	}
	s.table(lines)
}

func (s simulation) climbs(rows int, step float64) []climb {
	w := equals(0.3, 0.9, 2)
	return repeat(min(s.repetitions, 1000), w.seed(rows)+math.Float64bits(step), func(d *drawing, r *rand.Rand) climb {
		d.draw(w, rows, r)
		signals := make([]float64, rows)
		for i, positive := range d.positive {
			signals[i] = r.NormFloat64()
			if positive {
				signals[i] += w.separations[0]
			}
		}
		d.rank(w, 0, signals)
		kept, best, tried := 0, slices.Clone(signals), make([]float64, rows)
		last := Contrast{}
		for range looks {
			for i := range tried {
				tried[i] = best[i] + step*r.NormFloat64()
			}
			d.rank(w, 1, tried)
			if c := d.auc(); c.Value > last.Value {
				best, tried, last, kept = tried, best, c, kept+1
			}
		}
		noise := 1 + float64(kept)*step*step
		return climb{
			value: last.Value, passes: kept > 0 && last.Lower(0.95) > 0, budgeted: kept > 0 && last.Lower(1-0.05/looks) > 0,
			lost: w.auc(0) - (1 - normalTail(w.separations[0]/math.Sqrt(2*noise))),
		}
	})
}

// rank gives a model the signals' order.
func (d *drawing) rank(w world, model int, signals []float64) {
	for i, x := range signals {
		d.scores[model][i] = w.score(0, x)
	}
	d.places[model] = d.placements(d.scores[model], d.places[model])
}

func (d *drawing) auc() Contrast {
	return FromRanks(d.sums(1)).Contrast(1, big.NewRat(1, 1), new(big.Rat))
}

// rowsSaid measures the power that a check really has with the number of rows
// that it named, where somebody goes and gets that many: of the inconclusive
// holdouts, the mean and the lowest tenth. RowsNeeded takes the difference seen
// for the true one, so that a lucky difference names too few.
func (s simulation) rowsSaid() {
	lines := []string{"### The power that the rows named have, promised 0.8", "",
		"| rows | positive | true difference | inconclusive | of them name a number | mean power there | lowest tenth | median of the smallest difference shown, over the true one |",
		"|--:|--:|:--|--:|--:|--:|--:|--:|"}
	sizes := []int{500, 2000}
	if !*full {
		sizes, s.repetitions = sizes[:1], 400
	}
	for _, rows := range sizes {
		for _, times := range []float64{0.5, 1, 2} {
			lines = append(lines, s.said(rows, times))
		}
	}
	s.table(lines)
}

// said is about a true difference of so many standard errors.
func (s simulation) said(rows int, times float64) string {
	w := equals(0.3, 0.9, 2)
	w.separations[1] = separation(w.auc(0) + times*s.deviations(w)[0]/math.Sqrt(float64(rows)))
	truth, deviation := w.auc(1)-w.auc(0), s.deviations(w)[0]
	z := NormalQuantile(1 - 0.95)
	at := func(n int) float64 { return 1 - normalTail(truth*math.Sqrt(float64(n))/deviation-z) }
	shown := (z + NormalQuantile(1-0.8)) * deviation / math.Sqrt(float64(rows)) // in truth
	var powers, shows []float64
	trials := s.trials(s.repetitions, w, rows)
	inconclusive := 0
	for _, t := range trials {
		auc := t[0]
		shows = append(shows, Contrast{StandardError: auc.standardError, Freedom: math.Inf(1)}.SmallestShown(0.95, 0.8)/shown)
		if auc.lower > 0 || auc.upper < 0 {
			continue
		}
		inconclusive++
		if auc.needed > 0 {
			powers = append(powers, at(auc.needed))
		}
	}
	slices.Sort(powers)
	slices.Sort(shows)
	mean := 0.0
	for _, p := range powers {
		mean += p / float64(len(powers))
	}
	tenth, half := powers[len(powers)/10], shows[len(shows)/2]
	if low, high := shows[len(shows)/20], shows[len(shows)-1-len(shows)/20]; low < 0.8 || high > 1.2 {
		s.Errorf("%d rows, %g standard errors: the smallest difference shown is %.3f to %.3f of the true one in nine of ten, expected within a fifth", rows, times, low, high)
	}
	if times < 1 && (tenth > 0.4 || mean > 0.75) {
		s.Errorf("%d rows, %g standard errors: mean power %.3f, lowest tenth %.3f: the number named has about the power that it names, expected less", rows, times, mean, tenth)
	}
	return fmt.Sprintf("| %d | %g %% | %s | %s | %s | %.2f | %.2f | %.2f |", rows, 100*w.prevalence, standardErrors(times),
		percent(float64(inconclusive)/float64(len(trials))), percent(float64(len(powers))/float64(max(1, inconclusive))), mean, tenth, half)
}

func standardErrors(times float64) string {
	return map[float64]string{0.5: "half a standard error", 1: "one standard error", 2: "two standard errors"}[times]
}
