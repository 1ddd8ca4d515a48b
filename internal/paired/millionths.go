package paired

import (
	"math/big"
	"math/bits"
	"sync"

	"github.com/org/ct-action/internal/delong"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/parallel"
)

// Millionths is a Stream for scores that are all k/10⁶ with a whole k from 0 to
// 10⁶, as scores with six decimals are. It says the same, in a quarter of the
// memory and of the time: there are so few scores that rows are counted, not
// sorted.
//
// A row is held in 4 bytes. The first four bits of both its k, and its class,
// are told by the tile in which it lies; then whatever is looked up for the rows
// of a tile, by k, stays in a second-level cache.
type Millionths struct{ workers []MillionthsWorker }

// MaxMillionths is how many rows there may be: F, up to twice the rows, has 32
// bits.
const MaxMillionths = 1<<31 - 1

const (
	million    = 1_000_000
	bandBits   = 16                         // of k, in a row
	bands      = million>>bandBits + 1      // of the scores of a model
	tiles      = 2 << (2 * (20 - bandBits)) // class, band of the champion's k, band of the challenger's
	blockRows  = 256                        // of a block
	slabBlocks = 64
)

// A MillionthsWorker takes rows. One goroutine may use it at a time.
type MillionthsWorker struct {
	last [tiles][]uint32 // rows: the last bits of the champion's k, then of the challenger's
	full [tiles][][]uint32
	slab []uint32
}

// NewMillionths is a stream that as many threads as workers can add to at a time.
func NewMillionths(workers int) *Millionths {
	return &Millionths{make([]MillionthsWorker, max(workers, 1))}
}

// Worker is number i, from 0.
func (m *Millionths) Worker(i int) *MillionthsWorker { return &m.workers[i] }

// A Millionth is a row: its scores are Champion and Challenger times 10⁻⁶.
type Millionth struct {
	Champion, Challenger uint32
	Positive             bool
}

// Add takes rows. Nothing is kept of the slice.
func (w *MillionthsWorker) Add(rows []Millionth) {
	for i := range rows {
		r := &rows[i]
		class := uint32(0)
		if r.Positive {
			class = 1
		}
		tile := tileOf(class, r.Champion>>bandBits, r.Challenger>>bandBits)
		if len(w.last[tile]) == cap(w.last[tile]) {
			w.extend(tile)
		}
		w.last[tile] = append(w.last[tile], r.Champion&(1<<bandBits-1)|r.Challenger<<bandBits)
	}
}

// tileOf is the tile of a class and two bands.
func tileOf(class, champion, challenger uint32) uint32 {
	return (class<<8 | champion<<4 | challenger) % tiles
}

// extend is for a last block that is full, or not there yet.
func (w *MillionthsWorker) extend(tile uint32) {
	if w.last[tile] != nil {
		w.full[tile] = append(w.full[tile], w.last[tile])
	}
	if len(w.slab) == 0 {
		w.slab = make([]uint32, slabBlocks*blockRows)
	}
	w.last[tile], w.slab = w.slab[:0:blockRows], w.slab[blockRows:]
}

// each calls f with all rows of a tile, some at a time.
func (m *Millionths) each(tile uint32, f func(rows []uint32)) {
	for i := range m.workers {
		w := &m.workers[i]
		for _, rows := range w.full[tile] {
			f(rows)
		}
		f(w.last[tile])
	}
}

// rows of a tile.
func (m *Millionths) rows(tile uint32) (rows uint64) {
	for i := range m.workers {
		w := &m.workers[i]
		rows += uint64(len(w.full[tile])*blockRows + len(w.last[tile]))
	}
	return rows
}

// Rows is how many there are.
func (m *Millionths) Rows() (rows uint64) {
	for tile := range uint32(tiles) {
		rows += m.rows(tile)
	}
	return rows
}

// Estimates implements Rows.
func (m *Millionths) Estimates() (auc, brier Estimate) {
	found := counted[uint16](m)
	if found == nil {
		found = counted[uint32](m)
	}
	negative, positive := &found[0], &found[1]
	auc = FromSums(delong.Sums{Negative: negative.ranks(), Positive: positive.ranks()})
	brier = FromMoments(brierOf(found, 0), brierOf(found, 1), negative.moments(), positive.moments())
	var doubts []string
	if m.Rows() > 0 && negative.same() && positive.same() {
		doubts = append(doubts, identical)
	}
	settle(&auc, doubts)
	settle(&brier, doubts)
	return auc, brier
}

// counted finds the sums of all rows, or nothing where T is too narrow. What
// one model's scores say is known from how many rows have each; only the
// products of two models take a look at every row.
func counted[T width](m *Millionths) *[2]classSums {
	c := new(counts[T])
	c.rows = m
	scratch := make([][2]tallies, len(m.workers))
	parallel.Each(len(m.workers), 2*bands, func(worker, i int) {
		c.count(i%2, uint32(i/2), &scratch[worker])
	})
	if c.narrow {
		return nil
	}
	parallel.Each(len(m.workers), tiles, func(_, i int) { c.multiply(uint32(i)) })
	return &c.found
}

// counts are what counted works on.
type counts[T width] struct {
	rows *Millionths
	f    [2][2][bands]placements[T] // by model and class

	sync.Mutex // of what follows
	found      [2]classSums
	narrow     bool // T, for f
}

// count finds what one model says of the rows whose scores are in a band.
func (c *counts[T]) count(model int, band uint32, rows *[2]tallies) {
	var below [2]uint64
	for class := range uint32(2) {
		clear(rows[class][:])
		for own := range band + 1 {
			for other := range uint32(bands) {
				tile := tileOf(class, own, other)
				if model == 1 {
					tile = tileOf(class, other, own)
				}
				if own < band {
					below[class] += c.rows.rows(tile)
				} else {
					c.rows.each(tile, func(tiled []uint32) { rows[class].count(tiled, bandBits*model) })
				}
			}
		}
	}
	for class := range uint32(2) {
		other := 1 - class
		s := modelSums{class: class}
		wide := c.f[model][class][band].place(&s, band, &rows[class], &rows[other], below[other])
		c.Lock()
		c.found[class].by[model].merge(&s)
		c.narrow = c.narrow || !wide
		c.Unlock()
	}
}

// tallies are how many rows have each k of a band.
type tallies [1 << bandBits]uint32

func (t *tallies) count(rows []uint32, shift int) {
	for _, r := range rows {
		t[uint16(r>>shift)]++
	}
}

// placements are the F of one class's rows, by k of a band: what neighbours
// have at least, and what is above it. Two bytes to look up at random are twice
// as fast as four, and nearly always enough.
type placements[T width] struct {
	least [1 << bandBits / neighbours]uint32
	above [1 << bandBits]T
}

const neighbours = 64

type width interface{ uint16 | uint32 }

// place finds F and adds up what the rows say. below are the rows of the other
// class below the band. It reports whether T is wide enough.
func (p *placements[T]) place(s *modelSums, band uint32, own, other *tallies, below uint64) (wide bool) {
	wide, known := true, -1
	for i, rows := range own {
		f := 2*below + uint64(other[i])
		below += uint64(other[i])
		if rows == 0 {
			continue
		}
		if i/neighbours != known {
			known = i / neighbours
			p.least[known] = uint32(f)
		}
		above := f - uint64(p.least[known])
		p.above[i] = T(above)
		wide = wide && uint64(T(above)) == above
		s.add(uint64(rows), f, band<<bandBits+uint32(i))
	}
	return wide
}

func (p *placements[T]) of(k uint16) uint64 {
	return uint64(p.least[k/neighbours]) + uint64(p.above[k])
}

// multiply adds what the rows of a tile say of both models together.
func (c *counts[T]) multiply(tile uint32) {
	class, a, b := tile>>8, tile>>4%bands, tile%bands
	var s classSums
	c.rows.each(tile, func(rows []uint32) {
		s.f, s.losses = products(s.f, s.losses, rows, &c.f[0][class][a], &c.f[1][class][b], millionths(a<<bandBits, class), millionths(b<<bandBits, class))
	})
	c.Lock()
	defer c.Unlock()
	c.found[class].f.merge(s.f)
	c.found[class].losses.merge(s.losses)
}

// products adds the products of the two models' F and losses to sums. errorA
// and errorB are those of the lowest score of the band.
func products[T width](f, losses sum, rows []uint32, fa, fb *placements[T], errorA, errorB int64) (sum, sum) {
	for _, r := range rows {
		a, b := uint16(r), uint16(r>>bandBits)
		f.addProduct(fa.of(a), fb.of(b))
		errors := uint64((errorA + int64(a)) * (errorB + int64(b))) // both are of one sign
		losses.addProduct(errors, errors)
	}
	return f, losses
}

// millionths is the error of k in units of 10⁻⁶.
func millionths(k, class uint32) int64 { return int64(k) - million*int64(class) }

// classSums are exact sums over the rows of one class. A row's loss is its
// squared error, here in units of 10⁻¹².
type classSums struct {
	by        [2]modelSums
	f, losses sum // ΣF·F and Σloss·loss of the two models
}

type modelSums struct {
	class, rows uint32
	f           uint64
	ff, losses  sum // ΣF² and Σloss²
	brier       metrics.BrierSum
}

// add counts rows of one score.
func (s *modelSums) add(rows, f uint64, k uint32) {
	e := millionths(k, s.class)
	loss := uint64(e * e)
	s.rows += uint32(rows)
	s.f += rows * f
	s.ff.add(rows, f, f)
	s.losses.add(rows, loss, loss)
	s.brier.AddTimes(s.class == 1, float64(k)/million, rows)
}

func (s *modelSums) merge(t *modelSums) {
	s.rows += t.rows
	s.f += t.f
	s.ff.merge(t.ff)
	s.losses.merge(t.losses)
	s.brier.Merge(t.brier)
}

// ranks are what DeLong's comparison takes.
func (c *classSums) ranks() delong.ClassSums {
	champion, challenger := &c.by[0], &c.by[1]
	return delong.ClassSums{
		Rows: uint64(champion.rows),
		A:    new(big.Int).SetUint64(champion.f), B: new(big.Int).SetUint64(challenger.f),
		AA: champion.ff.int(), BB: challenger.ff.int(), AB: c.f.int(),
	}
}

// moments are those of the losses, of which nothing is rounded before the end.
func (c *classSums) moments() Moments {
	rows := c.by[0].rows
	if rows == 0 {
		return Moments{}
	}
	less := func(x, y *big.Int) *big.Int { return new(big.Int).Sub(x, y) }
	was, is, both := c.by[0].losses.int(), c.by[1].losses.int(), c.losses.int()
	dw := less(both, was)
	dd := less(less(is, both), dw)
	mean := c.by[0].brier.Value().Rat()
	change := c.by[1].brier.Value().Rat()
	change.Sub(change, mean)
	total := func(mean *big.Rat) float64 { f, _ := mean.Float64(); return f * float64(rows) }
	square := func(units *big.Int) float64 { f, _ := units.Float64(); return f / 1e24 }
	return Moments{Rows: uint64(rows), D: total(change), W: total(mean), DD: square(dd), DW: square(dw), WW: square(was)}
}

func brierOf(classes *[2]classSums, model int) metrics.Value {
	sum := classes[0].by[model].brier
	sum.Merge(classes[1].by[model].brier)
	return sum.Value()
}

// same reports whether the two models score every row alike. Two scores of a
// row are the same where their losses are.
func (c *classSums) same() bool { return c.moments().DD == 0 }

// A sum has 128 bits.
type sum struct{ high, low uint64 }

func (s *sum) addProduct(x, y uint64) {
	high, low := bits.Mul64(x, y)
	s.merge(sum{high, low})
}

// add adds times·x·y, which has no more than 128 bits, times having 32.
func (s *sum) add(times, x, y uint64) {
	high, low := bits.Mul64(x, y)
	carried, low := bits.Mul64(low, times)
	s.merge(sum{high*times + carried, low})
}

func (s *sum) merge(t sum) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, t.low, 0)
	s.high += t.high + carry
}

func (s sum) int() *big.Int {
	n := new(big.Int).SetUint64(s.high)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(s.low))
}
