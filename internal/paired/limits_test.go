package paired

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/metrics"
)

// limits are what statsmodels and scipy, or R, say of one-sided limits.
type limits struct {
	Proportions []struct {
		X, N, Level    float64
		ClopperPearson [2]float64 `json:"clopper_pearson"`
		Wilson         [2]float64
	}
	Pairs []struct {
		Pairs [4]float64 // both, first alone, second alone, neither
		Level float64
		Tango [2]float64
	}
}

// TestLimits holds the limits of proportions to other programs'.
func TestLimits(t *testing.T) {
	t.Parallel()
	for file, tolerance := range map[string]float64{"limits.json": 1e-9, "limits_r.json": 2e-9} { // R: see its script
		var want limits
		text, err := os.ReadFile("testdata/" + file)
		if err == nil {
			err = json.Unmarshal(text, &want)
		}
		if err != nil {
			t.Fatal(err)
		}
		same := func(what string, level float64, low, high float64, want [2]float64) {
			t.Helper()
			if !(math.Abs(low-want[0]) < tolerance && math.Abs(high-want[1]) < tolerance) {
				t.Errorf("%s: %s at %v: %v to %v, expected %v", file, what, level, low, high, want)
			}
		}
		for _, w := range want.Proportions {
			p := Proportion{Hits: w.X, Trials: w.N}
			same(fmt.Sprintf("Clopper-Pearson, %v of %v", w.X, w.N), w.Level, p.lower(1-w.Level), p.upper(1-w.Level), w.ClopperPearson)
			if w.X > 0 && w.X < w.N {
				c := Contrast{Value: w.X / w.N, Freedom: math.Inf(1), under: scored{curve: Share, challenger: w.X / w.N, factor: 1 / w.N, sense: 1}}
				same(fmt.Sprintf("Wilson, %v of %v", w.X, w.N), w.Level, c.Lower(w.Level), c.Upper(w.Level), w.Wilson)
			}
		}
		for _, w := range want.Pairs {
			n := w.Pairs[0] + w.Pairs[1] + w.Pairs[2] + w.Pairs[3]
			p := Proportion{Trials: n, OnlyChallenger: w.Pairs[1], OnlyChampion: w.Pairs[2]}
			c := Contrast{Value: (w.Pairs[1] - w.Pairs[2]) / n, Freedom: math.Inf(1), under: tango{p, 1, 0}}
			low, high := c.Lower(w.Level), c.Upper(w.Level)
			same(fmt.Sprintf("Tango, %v", w.Pairs), w.Level, max(low, -1), min(high, 1), w.Tango)
		}
	}
}

// An exact bound is above the truth no more often than it says, whatever the
// truth and the number of trials: added up over all outcomes, not simulated.
func TestExactBoundKeepsItsPromise(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "trials")
		truth := rapid.Float64Range(0.01, 0.999).Draw(t, "truth")
		overlap := rapid.Bool().Draw(t, "overlap")
		wrong := 0.0
		for hits := range n + 1 {
			p := Proportion{Hits: float64(hits), Trials: float64(n), Overlap: overlap}
			chance := math.Exp(logChoose(n, hits) + float64(hits)*math.Log(truth) + float64(n-hits)*math.Log1p(-truth))
			passes := p.lower(0.05) > p.value(truth)
			if passes {
				wrong += chance
			}
			if tail := p.atLeast(p.value(truth)); passes != (tail < 0.05) && math.Abs(tail-0.05) > 1e-9 {
				t.Fatalf("%d of %d against %v: the bound says %v, the p-value %v", hits, n, truth, passes, tail)
			}
		}
		if wrong > 0.05+1e-9 {
			t.Fatalf("%d trials, truth %v: passes wrongly with chance %v", n, truth, wrong)
		}
	})
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// rows are those in which the versions say so; -1 stands for either.
func (d Decisions) rows(truth, champion, challenger int) float64 {
	sum := 0.0
	for t := range 2 {
		for a := range 2 {
			for b := range 2 {
				if (truth < 0 || truth == t) && (champion < 0 || champion == a) && (challenger < 0 || challenger == b) {
					sum += d[t][a][b]
				}
			}
		}
	}
	return sum
}

// The proportion behind F1 is Jaccard's index, of which it is a function.
func TestProportionsAreTheMetrics(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var d Decisions
		for i := range 8 {
			d[i>>2][i>>1&1][i&1] = float64(rapid.IntRange(0, 9).Draw(t, "rows"))
		}
		c := metrics.Counts{{d.rows(0, -1, 0), d.rows(0, -1, 1)}, {d.rows(1, -1, 0), d.rows(1, -1, 1)}}
		was := metrics.Counts{{d.rows(0, 0, -1), d.rows(0, 1, -1)}, {d.rows(1, 0, -1), d.rows(1, 1, -1)}}
		for _, name := range []string{"recall", "accuracy", "precision", "f1"} {
			m, _ := metrics.Lookup(name)
			p, want, before := ProportionOf(m, d), m.OfCounts(c).Float64(), m.OfCounts(was).Float64()
			if p.Trials > 0 && !(math.Abs(p.value(p.Hits/p.Trials)-want) < 1e-12) {
				t.Fatalf("%s of %v: %v, expected %v", name, d, p, want)
			}
			if sameRows := name == "recall" || name == "accuracy"; sameRows == math.IsNaN(p.OnlyChampion) {
				t.Fatalf("%s of %v: %v", name, d, p)
			} else if sameRows && p.Trials > 0 && !(math.Abs((p.OnlyChallenger-p.OnlyChampion)/p.Trials-(want-before)) < 1e-12) {
				t.Fatalf("%s of %v: %v, expected a difference of %v", name, d, p, want-before)
			}
		}
	})
}

// The variance of a placement is checked against its integral, by many points.
func TestPlacementVariance(t *testing.T) {
	t.Parallel()
	for _, b := range []float64{1 / 1.5, 1, 1.1, 1.5} {
		for _, auc := range []float64{0.5, 0.6, 0.83, 0.95, 0.99, 0.9999} {
			a := -NormalQuantile(auc) * math.Sqrt(1+b*b)
			const step = 1e-3
			first, second := 0.0, 0.0
			for z := -9.0; z < 9; z += step {
				density := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) * step
				u := normalTail(-(a + b*z))
				first, second = first+density*u, second+density*u*u
			}
			if got, want := placementVariance(auc, b), second-first*first; !(math.Abs(got-want) < 1e-10) || math.Abs(first-auc) > 1e-10 {
				t.Errorf("AUC %v, standard deviation %v: %v, expected %v (of AUC %v)", auc, b, got, want, first)
			}
		}
	}
}
