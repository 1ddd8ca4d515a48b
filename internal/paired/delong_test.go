package paired

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/rank"
)

// drawRows are rows with both classes and many ties.
func drawRows(t *rapid.T) (positive []bool, a, b []float64) {
	n := rapid.IntRange(4, 40).Draw(t, "n")
	score := rapid.OneOf(rapid.Map(rapid.IntRange(0, 6), func(i int) float64 { return float64(i) / 4 }), rapid.Float64Range(-2, 2))
	positive = rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "positive")
	copy(positive, []bool{true, false, true, false})
	return positive, rapid.SliceOfN(score, n, n).Draw(t, "a"), rapid.SliceOfN(score, n, n).Draw(t, "b")
}

// DeLong's covariance is that of the placements, by its definition in floats.
func TestDeLongByDefinition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		positive, a, b := drawRows(t)
		e := FromRanks(rank.Compare(positive, a, b))
		if len(e.Parts) != 2 {
			t.Fatal("no covariance of two rows and more of each class")
		}
		for i, class := range []bool{true, false} {
			got := e.Parts[i]
			fa, _ := rank.Placements(positive, a)
			fb, _ := rank.Placements(positive, b)
			want := defined(positive, class, fa, fb)
			if math.Abs(got.VarDifference-want.VarDifference) > 1e-12 || math.Abs(got.CovDifference-want.CovDifference) > 1e-12 ||
				math.Abs(got.VarChampion-want.VarChampion) > 1e-12 || got.Freedom != want.Freedom {
				t.Fatalf("positive %v: %+v, by definition %+v", class, got, want)
			}
		}
		for _, p := range FromRanks(rank.Compare(positive, a, a)).Parts {
			if p.VarDifference != 0 || p.CovDifference != 0 {
				t.Fatal("identical models differ")
			}
		}
	})
}

func defined(positive []bool, class bool, fa, fb []uint64) Part {
	var d, a []float64
	others := 0.0
	for i, p := range positive {
		if p != class {
			others++
			continue
		}
		d, a = append(d, float64(fb[i])-float64(fa[i])), append(a, float64(fa[i]))
	}
	n := float64(len(d))
	covariance := func(x, y []float64) float64 {
		mx, my, sum := 0.0, 0.0, 0.0
		for i := range x {
			mx, my = mx+x[i]/n, my+y[i]/n
		}
		for i := range x {
			sum += (x[i] - mx) * (y[i] - my)
		}
		return sum / (n - 1) / n / (4 * others * others)
	}
	return Part{n - 1, covariance(d, d), covariance(d, a), covariance(a, a)}
}

func TestDeLongWithoutEvidence(t *testing.T) {
	t.Parallel()
	one := rank.Compare([]bool{true, true}, []float64{1, 2}, []float64{1, 2})
	for name, s := range map[string]rank.Sums{"one class": one, "no rows": rank.Compare(nil, nil, nil), "zero value": {}} {
		if e := FromRanks(s); e.Champion.Present() || e.Challenger.Present() || e.Parts != nil {
			t.Errorf("%s: %v, %v and %v, expected nothing", name, e.Champion, e.Challenger, e.Parts)
		}
	}
}
