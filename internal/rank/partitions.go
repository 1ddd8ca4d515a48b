package rank

import "slices"

const (
	partitionRows = 8192  // aimed at, so that ranking a partition fits a second-level cache
	maxPartitions = 1024  // with more, the last blocks of all partitions would fill the memory
	sampled       = 16384 // rows from which the cuts are chosen
	cells         = 1 << 15
)

// cuts divide the keys into partitions of about equally many rows: partition p holds
// the keys from at[p-1] up to but without at[p]. A value with enough rows to fill a
// partition has one for itself.
//
// They are chosen from a sample of the rows. A poor sample makes the sort slower
// and changes no result.
type cuts[K key] struct {
	at    []K // ascending; the last is above all keys
	first [cells]uint16
	low   K // where the first cell begins
	shift int
}

func newCuts[K key](sample []K, rows int) *cuts[K] {
	c := &cuts[K]{}
	partitions := min(rows/partitionRows, maxPartitions)
	slices.Sort(sample)
	for i := 1; i < partitions; i++ {
		v := sample[i*len(sample)/partitions]
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

// index makes find fast: it finds the first partition of each cell of keys. The cells
// begin at the third cut, because the bits of 0 are so far from those of the next
// score that nearly all cells would be empty otherwise.
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
	partition := 0
	for cell := 1; cell < cells; cell++ {
		for c.at[partition] <= c.low+K(cell)<<c.shift && partition < last {
			partition++
		}
		c.first[cell] = uint16(partition)
	}
}

// find is the partition of a key.
func (c *cuts[K]) find(k K) int {
	cell := K(0)
	if k > c.low {
		cell = min((k-c.low)>>c.shift, cells-1)
	}
	partition := int(c.first[cell])
	for c.at[partition] <= k {
		partition++
	}
	return partition
}

// A shelf holds rows by partition and class, one chain for each worker that puts
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

// put adds rows of one class.
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

// take removes the rows of a partition from the shelf and returns them.
func (s *shelf[K]) take(partition int) (blocks [classes][][]row[K]) {
	for w := range s.chains {
		for class := range classes {
			blocks[class] = append(blocks[class], s.chains[w][class][partition].take()...)
		}
	}
	return blocks
}

// below counts, for every partition, the rows of each class in the partitions below it.
func (s *shelf[K]) below() [][classes]uint64 {
	counts := make([][classes]uint64, len(s.cuts.at)+1)
	for partition := range s.cuts.at {
		counts[partition+1] = counts[partition]
		for w := range s.chains {
			for class := range classes {
				counts[partition+1][class] += uint64(s.chains[w][class][partition].rows())
			}
		}
	}
	return counts
}
