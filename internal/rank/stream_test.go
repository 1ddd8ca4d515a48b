package rank

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/parallel"
)

// A holdout is one made up for a test.
type holdout struct {
	positive []bool
	a, b     []float64
}

func made(n int, score func(*rand.Rand) float64) holdout {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	var h holdout
	for range n {
		h.positive = append(h.positive, r.Float64() < 0.3)
		h.a = append(h.a, score(r))
		h.b = append(h.b, score(r))
	}
	return h
}

// streamed deals the rows out to workers, in pieces.
func (h holdout) streamed(workers, piece int) Sums {
	s := NewStream(workers)
	for i, from := 0, 0; from < len(h.a); i, from = i+1, from+piece {
		to := min(from+piece, len(h.a))
		new(Classes).Split(h.positive[from:to], h.a[from:to], h.b[from:to], s.Worker(i%workers).Add)
	}
	return s.Sums()
}

func equal(t interface{ Fatalf(string, ...any) }, got, want Sums) {
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Fatalf("stream:\n%s\nplain:\n%s", g, w)
	}
}

func TestStreamIsPlain(t *testing.T) {
	t.Parallel()
	six := func(r *rand.Rand) float64 { return math.Round(r.Float64()*1e6) / 1e6 }
	of := func(values ...float64) func(*rand.Rand) float64 {
		return func(r *rand.Rand) float64 { return values[r.IntN(len(values))] }
	}
	for name, score := range map[string]func(*rand.Rand) float64{
		"full precision":   (*rand.Rand).Float64,
		"six decimals":     six,
		"one value":        of(0.5),
		"one wide value":   of(1.0 / 3),
		"two neighbours":   of(1.0/3, math.Nextafter(1.0/3, 1)),
		"zeros":            of(0, math.Copysign(0, -1), 1, 0.5),
		"half zeros":       func(r *rand.Rand) float64 { return max(0, r.Float64()-0.5) },
		"hundred values":   func(r *rand.Rand) float64 { return float64(r.IntN(100)) / 7 },
		"very small":       func(r *rand.Rand) float64 { return math.Exp(-50 * r.Float64()) },
		"logits":           func(r *rand.Rand) float64 { return r.NormFloat64() * 3 },
		"extremes":         of(math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 0),
		"mostly six":       func(r *rand.Rand) float64 { return six(r) + float64(r.IntN(1000)/999)/3e9 },
		"lumps and a tail": func(r *rand.Rand) float64 { return 0.5 + math.Pow(r.Float64(), 40)/2 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := made(100_003, score)
			want := plain(h.positive, h.a, h.b)
			equal(t, h.streamed(1, 100_003), want)
			equal(t, h.streamed(3, 1000), want)
			equal(t, Compare(h.positive, h.a, h.b), want)
		})
	}
}

// Rows that come sorted, or by class, are no worse than others.
func TestStreamOfSortedRows(t *testing.T) {
	t.Parallel()
	var h holdout
	for i := range 60_000 {
		h.positive = append(h.positive, i > 40_000)
		h.a = append(h.a, float64(i)/70_000)
		h.b = append(h.b, float64(60_000-i)/70_000)
	}
	equal(t, h.streamed(2, 5000), plain(h.positive, h.a, h.b))
}

func TestStreamOfOneClass(t *testing.T) {
	t.Parallel()
	for _, class := range []bool{false, true} {
		h := made(30_000, (*rand.Rand).Float64)
		for i := range h.positive {
			h.positive[i] = class
		}
		equal(t, h.streamed(2, 7000), plain(h.positive, h.a, h.b))
	}
	equal(t, holdout{}.streamed(2, 1), plain(nil, nil, nil))
}

func TestStreamOfAnything(t *testing.T) {
	t.Parallel()
	score := rapid.OneOf(
		rapid.Float64Range(-2, 2), rapid.Float64Range(0, 1e-300), rapid.SampledFrom([]float64{0, 0.25, 1, math.MaxFloat64}),
		rapid.Map(rapid.IntRange(0, 1e6), func(k int) float64 { return float64(k) / 1e6 }),
	)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "rows")
		h := holdout{
			rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "positive"),
			rapid.SliceOfN(score, n, n).Draw(t, "a"), rapid.SliceOfN(score, n, n).Draw(t, "b"),
		}
		workers, piece := rapid.IntRange(1, 3).Draw(t, "workers"), rapid.IntRange(1, 100).Draw(t, "piece")
		equal(t, h.streamed(workers, piece), plain(h.positive, h.a, h.b))
	})
}

func BenchmarkStream(b *testing.B) {
	for name, score := range map[string]func(*rand.Rand) float64{
		"six":  func(r *rand.Rand) float64 { return math.Round(r.Float64()*1e6) / 1e6 },
		"full": (*rand.Rand).Float64,
	} {
		h := made(10_000_000, score)
		half := len(h.a) / 2
		b.Run(name, func(b *testing.B) {
			for range b.N {
				s := NewStream(2)
				parallel.Each(2, 2, func(_, i int) {
					from, to := i*half, (i+1)*half
					new(Classes).Split(h.positive[from:to], h.a[from:to], h.b[from:to], s.Worker(i).Add)
				})
				b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "add-ms")
				s.Sums()
			}
		})
	}
}
