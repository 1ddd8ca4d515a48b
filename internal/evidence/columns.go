package evidence

import (
	"sync/atomic"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/parallel"
)

const (
	pieceRows = 4096 // that a thread takes at a time, and the fewest for which threads pay
	threads   = 4    // of atOnce; on fewer processors they take turns
)

// atOnce gives AUC and Brier score as paired.Measure does, on several threads, for
// many rows. ok is false where Measure must do it: for few rows, rows with weights or
// groups, a task that is not binary, and columns that are missing or differ in length.
func atOnce(s metrics.Sample) (both AUCAndBrier, ok bool) {
	champion, challenger := s.Champion.Values, s.Challenger.Values
	if s.Task != metrics.Binary || s.Rows < pieceRows || s.Weights != nil || s.Groups != nil ||
		len(s.Positive) != s.Rows || len(champion) != s.Rows || len(challenger) != s.Rows {
		return AUCAndBrier{}, false
	}
	return ofColumns(s.Positive, champion, challenger, threads).Measure(), true
}

func ofColumns(positive []bool, champion, challenger []float64, workers int) Pairs {
	pieces := (len(positive) + pieceRows - 1) / pieceRows
	each := func(add func(worker, piece, from, to int)) {
		parallel.Each(workers, pieces, func(worker, piece int) {
			add(worker, piece, piece*pieceRows, min((piece+1)*pieceRows, len(positive)))
		})
	}
	millionths := NewMillionths(workers)
	var other atomic.Bool // a score is not a millionth
	each(func(worker, _, from, to int) {
		if !other.Load() && !millionths.Worker(worker).AddScores(positive[from:to], champion[from:to], challenger[from:to]) {
			other.Store(true)
		}
	})
	if !other.Load() && len(positive) <= MaxMillionths {
		return millionths
	}
	s := NewStream(workers)
	each(func(worker, piece, from, to int) {
		s.Worker(worker).Add(piece, positive[from:to], champion[from:to], challenger[from:to])
	})
	return s
}
