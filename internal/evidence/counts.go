package evidence

import (
	"math/big"
	"sync"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
	"github.com/org/ct-action/internal/parallel"
	"github.com/org/ct-action/internal/rank"
)

// counted finds the sums of all rows, or nil where T is too narrow. The sums of one
// model need only the number of rows with each score; only the products of two
// models need a look at every row.
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

// counts is the working memory of counted.
type counts[T width] struct {
	rows *Millionths
	f    [2][2][bands]placements[T] // by model and class

	sync.Mutex // of what follows
	found      [2]classSums
	narrow     bool // whether T is too narrow for f
}

// count finds one model's sums over the rows whose scores are in a band.
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
		t[uint16(r>>(shift&31))]++ // the mask spares a comparison
	}
}

// placements are the F of one class's rows, by k of a band: the least F of each run
// of neighbours, and how far each is above it. Random lookups of two bytes are twice
// as fast as of four, and two bytes are nearly always enough.
type placements[T width] struct {
	least [1 << bandBits / neighbours]uint32
	above [1 << bandBits]T
}

const neighbours = 64

type width interface{ uint16 | uint32 }

// place finds F and adds the rows to the sums. below is the number of rows of the
// other class below the band. It reports whether T is wide enough.
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
		s.ties += uint64(rows) * uint64(other[i])
	}
	return wide
}

func (p *placements[T]) of(k uint16) uint64 {
	return uint64(p.least[k/neighbours]) + uint64(p.above[k])
}

// multiply adds the products of both models over the rows of a tile.
func (c *counts[T]) multiply(tile uint32) {
	class, a, b := tile>>8, tile>>4%bands, tile%bands
	var s classSums
	c.rows.each(tile, func(rows []uint32) {
		s.f, s.losses = products(s.f, s.losses, rows, &c.f[0][class][a], &c.f[1][class][b], millionths(a<<bandBits, class), millionths(b<<bandBits, class))
	})
	c.Lock()
	defer c.Unlock()
	c.found[class].f.Add(s.f)
	c.found[class].losses.Add(s.losses)
}

// products adds the products of the two models' F and losses to sums. errorA
// and errorB are those of the lowest score of the band.
func products[T width](f, losses rank.Uint128, rows []uint32, fa, fb *placements[T], errorA, errorB int64) (_, _ rank.Uint128) {
	for _, r := range rows {
		a, b := uint16(r), uint16(r>>bandBits)
		f.AddProduct(fa.of(a), fb.of(b))
		errors := uint64((errorA + int64(a)) * (errorB + int64(b))) // both are of one sign
		losses.AddProduct(errors, errors)
	}
	return f, losses
}

// millionths is the error of k in units of 10⁻⁶.
func millionths(k, class uint32) int64 { return int64(k) - million*int64(class) }

// classSums are exact sums over the rows of one class. A row's loss is its
// squared error, here in units of 10⁻¹².
type classSums struct {
	by        [2]modelSums
	f, losses rank.Uint128 // ΣF·F and Σloss·loss of the two models
}

type modelSums struct {
	class, rows uint32
	f           uint64
	ties        uint64       // with rows of the other class
	ff, losses  rank.Uint128 // ΣF² and Σloss²
	brier       metrics.BrierSum
}

// add counts rows of one score.
func (s *modelSums) add(rows, f uint64, k uint32) {
	e := millionths(k, s.class)
	loss := uint64(e * e)
	s.rows += uint32(rows)
	s.f += rows * f
	s.ff.AddProducts(rows, f, f)
	s.losses.AddProducts(rows, loss, loss)
	s.brier.AddTimes(s.class == 1, float64(k)/million, rows)
}

func (s *modelSums) merge(t *modelSums) {
	s.rows += t.rows
	s.f += t.f
	s.ties += t.ties
	s.ff.Add(t.ff)
	s.losses.Add(t.losses)
	s.brier.Merge(t.brier)
}

// ranks are the sums for DeLong's comparison.
func (c *classSums) ranks() rank.ClassSums {
	champion, challenger := &c.by[0], &c.by[1]
	return rank.ClassSums{
		Rows: uint64(champion.rows),
		A:    new(big.Int).SetUint64(champion.f), B: new(big.Int).SetUint64(challenger.f),
		AA: champion.ff.Int(), BB: challenger.ff.Int(), AB: c.f.Int(),
	}
}

// moments are those of the losses. Nothing is rounded before the end.
func (c *classSums) moments() paired.Moments {
	rows := c.by[0].rows
	if rows == 0 {
		return paired.Moments{}
	}
	less := func(x, y *big.Int) *big.Int { return new(big.Int).Sub(x, y) }
	was, is, both := c.by[0].losses.Int(), c.by[1].losses.Int(), c.losses.Int()
	dw := less(both, was)
	dd := less(less(is, both), dw)
	mean := c.by[0].brier.Value().Rat()
	change := c.by[1].brier.Value().Rat()
	change.Sub(change, mean)
	total := func(mean *big.Rat) float64 { f, _ := mean.Float64(); return f * float64(rows) }
	square := func(units *big.Int) float64 { f, _ := units.Float64(); return f / 1e24 }
	return paired.Moments{Rows: uint64(rows), D: total(change), W: total(mean), DD: square(dd), DW: square(dw), WW: square(was)}
}

func brierOf(classes *[2]classSums, model int) metrics.Value {
	sum := classes[0].by[model].brier
	sum.Merge(classes[1].by[model].brier)
	return sum.Value()
}

// same reports whether the two models score every row alike. Two scores of a
// row are the same where their losses are.
func (c *classSums) same() bool { return c.moments().DD == 0 }
