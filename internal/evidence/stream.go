package evidence

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
	"github.com/org/ct-action/internal/rank"
)

// A Stream measures AUC and Brier of two models on rows that come in pieces, on
// several threads. It gives the estimates of paired.Measure, for rows that would need
// too much memory as columns. Its own memory is that of a rank.Stream.
//
// Sums of floats are made chunk by chunk and added in the order of the chunks, so that
// the number of threads changes no digit.
type Stream struct {
	ranks   *rank.Stream
	workers []Worker
}

// A Worker takes rows. One goroutine may use it at a time.
type Worker struct {
	ranks   *rank.Worker
	chunks  []chunk
	brier   [2]metrics.BrierSum // champion, challenger
	classes rank.Classes
}

// A chunk is what is known of one stretch of rows.
type chunk struct {
	number int
	rows   int
	losses [2]paired.Moments // negative, positive
	scores paired.Forecasts
	odd    [2]oddity // of champion and challenger
	differ bool      // whether the two models score a row differently
}

// An oddity is the first score of a model that is not finite, the first that is no
// probability, and the number of those that are none.
type oddity struct {
	infinite, outside mark
	count             int // outside [0, 1]
}

type mark struct {
	row   int // from 1; 0: there is none
	score float64
}

// NewStream makes a stream to which that many workers can add at the same time.
func NewStream(workers int) *Stream {
	s := &Stream{rank.NewStream(workers), make([]Worker, max(workers, 1))}
	for i := range s.workers {
		s.workers[i].ranks = s.ranks.Worker(i)
	}
	return s
}

// Worker is number i, from 0.
func (s *Stream) Worker(i int) *Worker { return &s.workers[i] }

// Add takes rows of a chunk, which are positive[i], champion[i] and
// challenger[i]. Chunks are numbered by their place in the data; one worker
// gets all of a chunk, in order and before any other. Nothing is kept of the
// slices.
func (w *Worker) Add(number int, positive []bool, champion, challenger []float64) {
	if n := len(w.chunks); n == 0 || w.chunks[n-1].number != number {
		w.chunks = append(w.chunks, chunk{number: number})
	}
	c := &w.chunks[len(w.chunks)-1]
	c.odd[0].look(champion, c.rows)
	c.odd[1].look(challenger, c.rows)
	c.differ = c.differ || !slices.Equal(champion, challenger)
	c.rows += len(positive)
	w.classes.Split(positive, champion, challenger, func(positive bool, champion, challenger []float64) {
		class, truth := 0, 0.0
		if positive {
			class, truth = 1, 1
		}
		c.losses[class] = withSquares(c.losses[class], truth, champion, challenger)
		addScores(&c.scores, champion, challenger)
		w.brier[0].Add(positive, champion)
		w.brier[1].Add(positive, challenger)
		w.ranks.Add(positive, champion, challenger)
	})
}

// withSquares adds the squared errors of rows of one class.
func withSquares(m paired.Moments, truth float64, champion, challenger []float64) paired.Moments {
	challenger = challenger[:len(champion)]
	d, w, dd, dw, ww := m.D, m.W, m.DD, m.DW, m.WW
	for i := range champion {
		was, is := champion[i]-truth, challenger[i]-truth
		was *= was
		change := is*is - was
		d += change
		w += was
		dd += change * change
		dw += change * was
		ww += was * was
	}
	return paired.Moments{Rows: m.Rows + uint64(len(champion)), D: d, W: w, DD: dd, DW: dw, WW: ww}
}

// addScores adds rows, one by one.
func addScores(f *paired.Forecasts, champion, challenger []float64) {
	sums := *f // a local copy, which can be in registers
	for i, p := range challenger {
		sums.Count(champion[i], p, 1)
	}
	*f = sums
}

// look finds the first odd scores. after is how many rows of the chunk came before.
func (o *oddity) look(scores []float64, after int) {
	for i, s := range scores {
		if s >= 0 && s <= 1 {
			continue
		}
		o.count++
		if o.outside.row == 0 {
			o.outside = mark{after + i + 1, s}
		}
		if o.infinite.row == 0 && (math.IsNaN(s) || math.IsInf(s, 0)) {
			o.infinite = mark{after + i + 1, s}
		}
	}
}

// Measure implements Pairs.
func (s *Stream) Measure() AUCAndBrier {
	var chunks []chunk
	var sums [2]metrics.BrierSum
	for i := range s.workers {
		chunks = append(chunks, s.workers[i].chunks...)
		sums[0].Merge(s.workers[i].brier[0])
		sums[1].Merge(s.workers[i].brier[1])
	}
	slices.SortFunc(chunks, func(a, b chunk) int { return cmp.Compare(a.number, b.number) })
	all := joined(chunks)

	auc := paired.FromRanks(s.ranks.Sums())
	auc.Champion, auc.Challenger = all.odd[0].auc(auc.Champion), all.odd[1].auc(auc.Challenger)
	brier := paired.FromMoments(all.odd[0].brier(sums[0].Value()), all.odd[1].brier(sums[1].Value()), all.losses[0], all.losses[1])
	brier.Tails = all.scores.Forecast(brier.Positives)
	return AUCAndBrier{auc, brier}.doubted(paired.Doubts{
		Identical: !all.differ && all.rows > 0, Outside: [2]int{all.odd[0].count, all.odd[1].count},
	})
}

// joined puts chunks together, which are in order.
func joined(chunks []chunk) chunk {
	var all chunk
	for _, c := range chunks {
		for i := range all.odd {
			all.odd[i].infinite.or(c.odd[i].infinite, all.rows)
			all.odd[i].outside.or(c.odd[i].outside, all.rows)
			all.odd[i].count += c.odd[i].count
			all.losses[i] = all.losses[i].Add(c.losses[i])
		}
		all.scores = all.scores.Add(c.scores)
		all.differ = all.differ || c.differ
		all.rows += c.rows
	}
	return all
}

func (m *mark) or(next mark, after int) {
	if m.row == 0 && next.row > 0 {
		*m = mark{after + next.row, next.score}
	}
}

func (o oddity) auc(v metrics.Value) metrics.Value {
	if o.infinite.row == 0 {
		return v
	}
	return metrics.Absent(fmt.Sprintf("score %v in row %d: expected a finite number", o.infinite.score, o.infinite.row))
}

func (o oddity) brier(v metrics.Value) metrics.Value {
	if v = o.auc(v); o.infinite.row > 0 || o.outside.row == 0 {
		return v
	}
	return metrics.Absent(fmt.Sprintf("score %v in row %d: expected a probability between 0 and 1", o.outside.score, o.outside.row))
}
