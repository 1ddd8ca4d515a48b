package evidence

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/metrics"
)

// millionthsOf measures rows of scores in millionths, dealt out to workers in pieces.
func millionthsOf(positive []bool, champion, challenger []uint32, workers, piece int) AUCAndBrier {
	m := NewMillionths(workers)
	for i, is := range positive {
		m.Worker(i / piece % workers).Add([]Millionth{{Champion: champion[i], Challenger: challenger[i], Positive: is}})
	}
	return m.Measure()
}

// agrees holds what was counted to Measure.
func agrees(t rapid.TB, positive []bool, champion, challenger []uint32, workers, piece int) {
	t.Helper()
	s := metrics.Sample{Task: metrics.Binary, Rows: len(positive), Positive: positive}
	s.Champion.Values, s.Challenger.Values = []float64{}, []float64{}
	for i := range positive {
		s.Champion.Values = append(s.Champion.Values, float64(champion[i])/1e6)
		s.Challenger.Values = append(s.Challenger.Values, float64(challenger[i])/1e6)
	}
	both := millionthsOf(positive, champion, challenger, workers, piece)
	isMeasure(t, s, both)
}

func TestMillionthsIsMeasure(t *testing.T) {
	t.Parallel()
	for name, score := range map[string]func(*rand.Rand) uint32{
		"even":       func(r *rand.Rand) uint32 { return r.Uint32N(1e6 + 1) },
		"one value":  func(*rand.Rand) uint32 { return 500_000 },
		"two values": func(r *rand.Rand) uint32 { return 65_535 + r.Uint32N(2) },
		"crowded":    func(r *rand.Rand) uint32 { return 500_000 + r.Uint32N(3) }, // F of neighbours is far apart
		"ends":       func(r *rand.Rand) uint32 { return 1e6 * r.Uint32N(2) },
		"rare":       func(r *rand.Rand) uint32 { return r.Uint32N(1000) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			var positive []bool
			var a, b []uint32
			for range 100_000 {
				positive = append(positive, r.Float64() < 0.3)
				a = append(a, score(r))
				b = append(b, score(r))
			}
			agrees(t, positive, a, b, 1, 100_000)
			agrees(t, positive, a, b, 3, 700)
			agrees(t, positive, a, a, 2, 1000)
		})
	}
}

func TestMillionthsOfAnything(t *testing.T) {
	t.Parallel()
	score := rapid.OneOf(rapid.Uint32Range(0, 1e6), rapid.SampledFrom([]uint32{0, 1, 65_535, 65_536, 500_000, 999_999, 1e6}))
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(r, "rows")
		positive := rapid.SliceOfN(rapid.Bool(), n, n).Draw(r, "positive")
		a, b := rapid.SliceOfN(score, n, n).Draw(r, "champion"), rapid.SliceOfN(score, n, n).Draw(r, "challenger")
		agrees(r, positive, a, b, rapid.IntRange(1, 3).Draw(r, "workers"), rapid.IntRange(1, 100).Draw(r, "piece"))
	})
}
