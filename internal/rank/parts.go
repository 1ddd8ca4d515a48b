package rank

import "slices"

const (
	partRows = 8192  // aimed at: what is needed to rank a part fits a second-level cache
	maxParts = 1024  // more, and each part's last block alone would fill the memory
	sampled  = 16384 // rows that the cuts are chosen by
	cells    = 1 << 15
)

// cuts divide the keys into parts of about as many rows each: part p holds the
// keys from at[p-1] up to but without at[p]. A value that fills a part has one
// for itself.
//
// They are chosen by a sample. How good it is decides how fast it goes, and
// nothing else.
type cuts[K key] struct {
	at    []K // ascending; the last is above all keys
	first [cells]uint16
	low   K // where the first cell begins
	shift int
}

func newCuts[K key](sample []K, rows int) *cuts[K] {
	c := &cuts[K]{}
	parts := min(rows/partRows, maxParts)
	slices.Sort(sample)
	for i := 1; i < parts; i++ {
		v := sample[i*len(sample)/parts]
		if n := len(c.at); n > 0 && v == c.at[n-1] {
			v++
		}
		if n := len(c.at); n == 0 || v > c.at[n-1] {
			c.at = append(c.at, v)
		}
	}
	c.at = append(c.at, ^K(0))
	c.index()
	return c
}

// index makes find fast: of the key's cell it tells the first part. The cells
// begin at the third cut, as 0 is far from the next score in bits and would
// leave nearly all cells without any.
func (c *cuts[K]) index() {
	last := len(c.at) - 2
	if last < 2 {
		c.low = ^K(0) // all keys are in the first cell
		return
	}
	c.low = c.at[2]
	for (c.at[last]-c.low)>>c.shift >= cells {
		c.shift++
	}
	part := 0
	for cell := 1; cell < cells; cell++ {
		for c.at[part] <= c.low+K(cell)<<c.shift && part < last {
			part++
		}
		c.first[cell] = uint16(part)
	}
}

// find is the part of a key.
func (c *cuts[K]) find(k K) int {
	cell := K(0)
	if k > c.low {
		cell = min((k-c.low)>>c.shift, cells-1)
	}
	part := int(c.first[cell])
	for c.at[part] <= k {
		part++
	}
	return part
}

// A shelf holds rows by part and class, one chain for each worker that puts
// rows there.
type shelf[K key] struct {
	cuts   *cuts[K]
	chains [][classes][]chain[K] // by worker
	free   []pool[K]             // by worker
}

func newShelf[K key](c *cuts[K], free []pool[K]) *shelf[K] {
	s := &shelf[K]{cuts: c, chains: make([][classes][]chain[K], len(free)), free: free}
	for w := range s.chains {
		for class := range classes {
			s.chains[w][class] = make([]chain[K], len(c.at))
		}
	}
	return s
}

// put files rows of one class.
func (s *shelf[K]) put(worker, class int, rows []row[K]) {
	chains, free, cuts := s.chains[worker][class], &s.free[worker], s.cuts
	for _, r := range rows {
		c := &chains[cuts.find(r.key)]
		if len(c.last) == cap(c.last) {
			c.extend(free)
		}
		c.last = append(c.last, r)
	}
}

// take is the rows of a part, which leave the shelf.
func (s *shelf[K]) take(part int) (blocks [classes][][]row[K]) {
	for w := range s.chains {
		for class := range classes {
			blocks[class] = append(blocks[class], s.chains[w][class][part].take()...)
		}
	}
	return blocks
}

// below counts, for every part, the rows of each class in the parts below it.
func (s *shelf[K]) below() [][classes]uint64 {
	counts := make([][classes]uint64, len(s.cuts.at)+1)
	for part := range s.cuts.at {
		counts[part+1] = counts[part]
		for w := range s.chains {
			for class := range classes {
				counts[part+1][class] += uint64(s.chains[w][class][part].rows())
			}
		}
	}
	return counts
}
