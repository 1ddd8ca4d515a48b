package rank

// A key is a score, in bits that order as the scores do.
type key interface{ uint32 | uint64 }

// A row is one row of the holdout while it is sorted by key; carry moves with it.
// In the first sort the key is A's score and carry is B's. In the second the key is
// B's score and carry is F of A, which is to be multiplied by F of B.
type row[K key] struct{ key, carry K }

// blockRows is how many rows a block holds: 4 KiB of wide ones.
const blockRows = 256

// A chain is a list of rows that grows by blocks, so that growing copies nothing.
type chain[K key] struct {
	last []row[K]
	full [][]row[K]
}

// room is the next rows of the chain, up to n, for the caller to fill.
func (c *chain[K]) room(free *pool[K], n int) []row[K] {
	if len(c.last) == cap(c.last) {
		c.extend(free)
	}
	from := len(c.last)
	c.last = c.last[:min(from+n, cap(c.last))]
	return c.last[from:]
}

// extend adds a block where the last one is full, or there is none.
func (c *chain[K]) extend(free *pool[K]) {
	if c.last != nil {
		c.full = append(c.full, c.last)
	}
	c.last = free.get()
}

func (c *chain[K]) rows() int { return len(c.full)*blockRows + len(c.last) }

// take empties the chain and returns its blocks.
func (c *chain[K]) take() [][]row[K] {
	blocks := c.full
	if len(c.last) > 0 {
		blocks = append(blocks, c.last)
	}
	*c = chain[K]{}
	return blocks
}

// A pool keeps the blocks that one worker has emptied for reuse, so that rows that
// are moved are not in memory twice. New blocks are cut from slabs: the runtime keeps
// one record for each slab and not for each block, which saves 2 % of the memory.
type pool[K key] struct {
	free [][]row[K]
	slab []row[K]
}

const slabBlocks = 32

func (p *pool[K]) get() []row[K] {
	if n := len(p.free); n > 0 {
		block := p.free[n-1]
		p.free = p.free[:n-1]
		return block
	}
	if len(p.slab) == 0 {
		p.slab = make([]row[K], slabBlocks*blockRows)
	}
	block := p.slab[:0:blockRows]
	p.slab = p.slab[blockRows:]
	return block
}

func (p *pool[K]) put(block []row[K]) { p.free = append(p.free, block[:0]) }
