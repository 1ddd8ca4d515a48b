package paired

import (
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/rank"
)

// A world is where rows come from: a row is positive with a probability, and
// each model sees a noisy signal of its own, normal with variance 1 about 0, or
// about the model's separation in a positive row. Signals of a row are
// correlated within its class. A model's score is the posterior probability
// that follows from its signal, so that it is calibrated.
type world struct {
	prevalence    float64
	correlation   float64
	separations   []float64 // one a model, the champion's first
	overstatement float64   // of the challenger: what its signal adds to the log odds, times this; 0: calibrated
	fixed         bool      // exactly the expected number of positive rows
}

// equals are models of the same AUC, 0.83, and the same Brier score.
func equals(prevalence, correlation float64, models int) world {
	return world{prevalence: prevalence, correlation: correlation, separations: slices.Repeat([]float64{separation(0.83)}, models)}
}

// unlike are two models of the same Brier score by different ways: a challenger
// that ranks better, AUC 0.86, and overstates what it knows.
func unlike(prevalence, correlation float64) world {
	w := equals(prevalence, correlation, 2)
	w.separations[1] = separation(0.86)
	low, high := 1.0, 4.0
	for range 50 {
		w.overstatement = (low + high) / 2
		if w.brier(1) > w.brier(0) {
			high = w.overstatement
		} else {
			low = w.overstatement
		}
	}
	return w
}

// separation is that of a model with this AUC, Φ(μ/√2).
func separation(auc float64) float64 { return math.Sqrt2 * NormalQuantile(1-auc) }

func (w world) auc(model int) float64 { return 1 - normalTail(w.separations[model]/math.Sqrt2) }

// seed is another one for each world and number of rows.
func (w world) seed(rows int) uint64 {
	seed := uint64(rows)
	for _, x := range append([]float64{w.prevalence, w.correlation, w.overstatement}, w.separations...) {
		seed = seed*0x9e3779b97f4a7c15 + math.Float64bits(x)>>11
	}
	if w.fixed {
		seed++
	}
	return seed
}

// brier is a model's expected loss, by the trapezoidal rule.
func (w world) brier(model int) float64 {
	const step = 0.005
	sum := 0.0
	for z := -12.0; z <= 12; z += step {
		wrong, right := w.score(model, z), 1-w.score(model, z+w.separations[model])
		sum += step * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) * ((1-w.prevalence)*wrong*wrong + w.prevalence*right*right)
	}
	return sum
}

// indexBits is what a score leaves free in its last bits for a row's number.
const indexBits = 16

// score is the posterior, rounded to 37 bits.
func (w world) score(model int, signal float64) float64 {
	mu, times := w.separations[model], 1.0
	if model > 0 && w.overstatement != 0 {
		times = w.overstatement
	}
	odds := math.Exp(-times*mu*(signal-mu/2)) * (1 - w.prevalence) / w.prevalence
	return math.Float64frombits(math.Float64bits(1/(1+odds)) &^ (1<<indexBits - 1))
}

// A drawing is rows from a world, and room to work in.
type drawing struct {
	positive []bool
	scores   [][]float64 // by model
	places   [][]uint64  // of the scores
	keys     []uint64
	spread   []uint64
	starts   []int
}

func (d *drawing) draw(w world, rows int, r *rand.Rand) {
	d.positive = resized(d.positive, rows)
	d.scores, d.places = resized(d.scores, len(w.separations)), resized(d.places, len(w.separations))
	for m := range d.scores {
		d.scores[m] = resized(d.scores[m], rows)
	}
	common, own := math.Sqrt(w.correlation), math.Sqrt(1-w.correlation)
	for i := range d.positive {
		d.positive[i] = r.Float64() < w.prevalence
		if w.fixed {
			d.positive[i] = float64(i)+0.5 < float64(rows)*w.prevalence
		}
		base := common * r.NormFloat64()
		for m, mu := range w.separations {
			signal := base + own*r.NormFloat64()
			if d.positive[i] {
				signal += mu
			}
			d.scores[m][i] = w.score(m, signal)
		}
	}
	for m := range d.scores {
		d.places[m] = d.placements(d.scores[m], resized(d.places[m], rows))
	}
}

func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// placements are rank.Placements, with a row's number in its key.
func (d *drawing) placements(scores []float64, f []uint64) []uint64 {
	const mask = 1<<indexBits - 1
	d.keys = resized(d.keys, len(scores))
	for i, s := range scores {
		d.keys[i] = math.Float64bits(s) | uint64(i)
	}
	d.sortKeys()
	var positives, negatives uint64
	for keys := d.keys; len(keys) > 0; {
		tied, p := 0, uint64(0)
		for tied < len(keys) && keys[tied]&^mask == keys[0]&^mask {
			if d.positive[keys[tied]&mask] {
				p++
			}
			tied++
		}
		n := uint64(tied) - p
		for _, k := range keys[:tied] {
			if i := k & mask; d.positive[i] {
				f[i] = 2*negatives + n
			} else {
				f[i] = 2*positives + p
			}
		}
		positives, negatives, keys = positives+p, negatives+n, keys[tied:]
	}
	return f
}

// sortKeys spreads keys over as many buckets as there are, in order, and
// leaves what little is out of order to insertion: most of a simulation's time
// would be sorting.
func (d *drawing) sortKeys() {
	n := len(d.keys)
	d.spread, d.starts = resized(d.spread, n), resized(d.starts, n+1)
	clear(d.starts)
	low := slices.Min(d.keys)
	scale := float64(n) / (float64(slices.Max(d.keys)-low) * (1 + 1e-9))
	bucket := func(k uint64) int { return int(float64(k-low) * scale) }
	for _, k := range d.keys {
		d.starts[bucket(k)+1]++
	}
	for i := range n {
		d.starts[i+1] += d.starts[i]
	}
	for _, k := range d.keys {
		b := bucket(k)
		d.spread[d.starts[b]] = k
		d.starts[b]++
	}
	for i, k := range d.spread {
		j := i
		for ; j > 0 && d.spread[j-1] > k; j-- {
			d.spread[j] = d.spread[j-1]
		}
		d.spread[j] = k
	}
	d.keys, d.spread = d.spread, d.keys
}

// sums are rank.Compare of the champion and another model.
func (d *drawing) sums(model int) rank.Sums {
	type class struct{ rows, a, b, aa, bb, ab uint64 }
	var classes [2]class
	for i, isPositive := range d.positive {
		c := &classes[0]
		if isPositive {
			c = &classes[1]
		}
		a, b := d.places[0][i], d.places[model][i]
		c.rows++
		c.a, c.b, c.aa, c.bb, c.ab = c.a+a, c.b+b, c.aa+a*a, c.bb+b*b, c.ab+a*b
	}
	big := func(x uint64) *big.Int { return new(big.Int).SetUint64(x) }
	of := func(c class) rank.ClassSums {
		return rank.ClassSums{Rows: c.rows, A: big(c.a), B: big(c.b), AA: big(c.aa), BB: big(c.bb), AB: big(c.ab)}
	}
	return rank.Sums{Negative: of(classes[0]), Positive: of(classes[1])}
}

// evidence is about AUC and Brier score of the champion and another model, for
// the better being positive.
func (d *drawing) evidence(model int) (auc, brier Contrast) {
	var classes [2]Moments
	for i, isPositive := range d.positive {
		if isPositive {
			classes[1].add((1-d.scores[0][i])*(1-d.scores[0][i]), (1-d.scores[model][i])*(1-d.scores[model][i]))
		} else {
			classes[0].add(d.scores[0][i]*d.scores[0][i], d.scores[model][i]*d.scores[model][i])
		}
	}
	all, one, none := classes[0].Add(classes[1]), big.NewRat(1, 1), new(big.Rat)
	n := float64(all.Rows)
	losses := FromMoments(metrics.Float(all.W/n), metrics.Float((all.W+all.D)/n), classes[0], classes[1])
	return FromRanks(d.sums(model)).Contrast(1, one, none), losses.Contrast(-1, one, none)
}

// repeat runs a trial on many drawings, each with a seed of its own: results do
// not depend on the number of threads.
func repeat[T any](repetitions int, seed uint64, trial func(*drawing, *rand.Rand) T) []T {
	results := make([]T, repetitions)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Add(1)
		go func() {
			defer workers.Done()
			var d drawing
			for i := next.Add(1) - 1; i < int64(repetitions); i = next.Add(1) - 1 {
				results[i] = trial(&d, rand.New(rand.NewPCG(seed, uint64(i))))
			}
		}()
	}
	workers.Wait()
	return results
}

// TestDrawing holds the simulation's own short ways to the package they stand
// for, and its worlds to their closed forms.
func TestDrawing(t *testing.T) {
	t.Parallel()
	w := world{prevalence: 0.1, correlation: 0.9, separations: []float64{separation(0.83), separation(0.86)}}
	var d drawing
	d.draw(w, 60_000, rand.New(rand.NewPCG(1, 2)))
	auc, brier := d.evidence(1)
	if want := FromRanks(rank.Compare(d.positive, d.scores[0], d.scores[1])).Contrast(1, big.NewRat(1, 1), new(big.Rat)); !reflect.DeepEqual(auc, want) {
		t.Errorf("%+v, by rank.Compare %+v", auc, want)
	}
	for name, c := range map[string]struct {
		Contrast
		want float64
	}{"AUC": {auc, w.auc(1) - w.auc(0)}, "Brier score": {brier, w.brier(0) - w.brier(1)}} {
		if !(math.Abs(c.Value-c.want) < 4*c.StandardError) || !(c.StandardError < c.want) {
			t.Errorf("%s: better by %g ± %g, by its closed form %g", name, c.Value, c.StandardError, c.want)
		}
	}
}
