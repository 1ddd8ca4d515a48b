package rank

import (
	"math/big"

	"github.com/org/ct-action/internal/parallel"
)

// sums ranks all rows by A and then by B. It empties held, which is by worker and
// class.
func sums[K key](held [][classes]chain[K]) Sums {
	workers := len(held)
	cutsA, cutsB := choose(held)
	free := make([]pool[K], workers)
	total := make([][classes]totals, workers)
	rankers := make([]ranker[K], workers)

	byA := newShelf(cutsA, free)
	moveTo(byA, held)

	byB := newShelf(cutsB, free)
	below := byA.below()
	parallel.Each(workers, len(cutsA.at), func(w, partition int) {
		rankers[w].rank(byA.take(partition), below[partition], func(class int, rows []row[K], f []uint64) {
			total[w][class].a.add(f)
			for i := range rows {
				rows[i] = row[K]{rows[i].carry, K(f[i])}
			}
			byB.put(w, class, rows)
			free[w].put(rows)
		})
	})

	tiesA := tiesOf(rankers)

	below = byB.below()
	parallel.Each(workers, len(cutsB.at), func(w, partition int) {
		rankers[w].rank(byB.take(partition), below[partition], func(class int, rows []row[K], f []uint64) {
			total[w][class].b.add(f)
			addProducts(&total[w][class].ab, f, rows)
		})
	})
	s := combined(total, below[len(below)-1])
	s.TiesA, s.TiesB = tiesA, tiesOf(rankers)-tiesA
	return s
}

// tiesOf is how many pairs tie, over everything ranked so far.
func tiesOf[K key](rankers []ranker[K]) (ties uint64) {
	for i := range rankers {
		ties += rankers[i].ties
	}
	return ties / 2
}

// moveTo puts all rows of held on the shelf.
func moveTo[K key](s *shelf[K], held [][classes]chain[K]) {
	var blocks [classes][][]row[K]
	for w := range held {
		for class := range classes {
			blocks[class] = append(blocks[class], held[w][class].take()...)
		}
	}
	for class, of := range blocks {
		parallel.Each(len(held), len(of), func(w, i int) {
			s.put(w, class, of[i])
			s.free[w].put(of[i])
			of[i] = nil
		})
	}
}

// choose makes the cuts by A and by B.
func choose[K key](held [][classes]chain[K]) (a, b *cuts[K]) {
	rows := 0
	for w := range held {
		rows += held[w][negative].rows() + held[w][positive].rows()
	}
	step, at := rows/sampled+1, 0
	var keysA, keysB []K
	for w := range held {
		for class := range classes {
			c := &held[w][class]
			for i := range len(c.full) + 1 {
				block := c.last
				if i < len(c.full) {
					block = c.full[i]
				}
				for ; at < len(block); at += step {
					keysA, keysB = append(keysA, block[at].key), append(keysB, block[at].carry)
				}
				at -= len(block)
			}
		}
	}
	return newCuts(keysA, rows), newCuts(keysB, rows)
}

// totals are one class's sums so far.
type totals struct{ a, b, ab total }

// A total is a sum of F, which fits 64 bits for 2³¹ rows of either class, and a sum of
// products.
type total struct {
	sum      uint64
	products Uint128
}

func (t *total) add(f []uint64) {
	so := *t
	for _, v := range f {
		so.sum += v
		so.products.AddProduct(v, v)
	}
	*t = so
}

// addProducts adds F_B·F_A, where f is F_B and the rows carry F_A.
func addProducts[K key](t *total, f []uint64, rows []row[K]) {
	products := t.products
	for i, v := range f {
		products.AddProduct(v, uint64(rows[i].carry))
	}
	t.products = products
}

func combined(workers [][classes]totals, rows [classes]uint64) Sums {
	of := func(class int) ClassSums {
		var a, b uint64
		var aa, bb, ab Uint128
		for _, w := range workers {
			t := &w[class]
			a, b = a+t.a.sum, b+t.b.sum
			aa.Add(t.a.products)
			bb.Add(t.b.products)
			ab.Add(t.ab.products)
		}
		return ClassSums{rows[class], new(big.Int).SetUint64(a), new(big.Int).SetUint64(b), aa.Int(), bb.Int(), ab.Int()}
	}
	return Sums{Positive: of(positive), Negative: of(negative)}
}
