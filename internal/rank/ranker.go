package rank

import "slices"

// crowded is how many keys of a bucket are worth sorting.
const crowded = 16

// A ranker finds the F of the rows of one partition. It puts the keys of each class
// into buckets by their leading bits, about two buckets a row: the keys in other
// buckets need only be counted, and few are left to compare. None are left where
// each bucket is a single value, as with few digits or many ties.
type ranker[K key] struct {
	low   K
	shift int
	start [classes][]uint32 // of each bucket in keys; one more at the end
	count [classes][]uint32 // the memory of start
	keys  [classes][]K      // by bucket; not filled where shift is 0
	f     [blockRows]uint64
	ties  uint64 // rows of the other class that score the same, over all rows so far: each pair twice
}

// rank calls emit with each block of a partition and the F of its rows. below are
// the rows of each class in the partitions below.
func (r *ranker[K]) rank(blocks [classes][][]row[K], below [classes]uint64, emit func(class int, rows []row[K], f []uint64)) {
	r.divide(blocks)
	for class := range classes {
		other := 1 - class
		for _, rows := range blocks[class] {
			f := r.f[:len(rows)]
			if r.shift == 0 {
				r.exact(other, rows, 2*below[other], f)
			} else {
				r.compared(other, rows, 2*below[other], f)
			}
			emit(class, rows, f)
		}
	}
}

// divide chooses the buckets and fills them.
func (r *ranker[K]) divide(blocks [classes][][]row[K]) {
	low, high, n := ^K(0), K(0), 0
	for _, of := range blocks {
		for _, rows := range of {
			low, high = bounds(rows, low, high)
			n += len(rows)
		}
	}
	if n == 0 {
		return
	}
	r.low, r.shift = low, 0
	for uint64((high-low)>>r.shift) >= uint64(max(2*n, 4096)) {
		r.shift++
	}
	buckets := int((high-low)>>r.shift) + 1
	for class := range classes {
		r.fill(class, blocks[class], buckets)
	}
}

func bounds[K key](rows []row[K], low, high K) (K, K) {
	for i := range rows {
		low, high = min(low, rows[i].key), max(high, rows[i].key)
	}
	return low, high
}

// fill counts one class's keys by bucket, and sorts them into the buckets where a
// bucket has more than one value.
func (r *ranker[K]) fill(class int, blocks [][]row[K], buckets int) {
	r.count[class] = sized(r.count[class], buckets+2)
	start := r.count[class]
	clear(start)
	for _, rows := range blocks {
		r.countKeys(start[2:], rows)
	}
	for b := 1; b < len(start); b++ {
		start[b] += start[b-1]
	}
	if r.shift == 0 {
		r.start[class] = start[1:]
		return
	}
	keys := sized(r.keys[class], int(start[buckets+1]))
	r.keys[class] = keys
	for _, rows := range blocks {
		r.distribute(start[1:], keys, rows) // moves start[b+1] from where b begins to where it ends
	}
	r.start[class] = start
	for b := range buckets {
		if from, to := start[b], start[b+1]; to-from > crowded {
			slices.Sort(keys[from:to])
		}
	}
}

// sized is a slice of n entries of any content, in the old memory if that is enough.
func sized[T any](old []T, n int) []T {
	if n <= cap(old) {
		return old[:n]
	}
	return make([]T, n, n+n/4)
}

func (r *ranker[K]) countKeys(count []uint32, rows []row[K]) {
	low, shift := r.low, r.shift
	for i := range rows {
		count[(rows[i].key-low)>>shift]++
	}
}

func (r *ranker[K]) distribute(next []uint32, keys []K, rows []row[K]) {
	low, shift := r.low, r.shift
	for i := range rows {
		k := rows[i].key
		b := (k - low) >> shift
		keys[next[b]] = k
		next[b]++
	}
}

// exact finds F where each bucket is a single value: keys in earlier buckets are
// below it, and keys in the same bucket are equal to it.
func (r *ranker[K]) exact(other int, rows []row[K], base uint64, f []uint64) {
	start, low, ties := r.start[other], r.low, r.ties
	for i := range rows {
		b := rows[i].key - low
		below, upTo := uint64(start[b]), uint64(start[b+1])
		f[i] = base + below + upTo
		ties += upTo - below
	}
	r.ties = ties
}

// compared finds F where the keys of a bucket have to be compared.
func (r *ranker[K]) compared(other int, rows []row[K], base uint64, f []uint64) {
	start, keys, low, shift, ties := r.start[other], r.keys[other], r.low, r.shift, r.ties
	for i := range rows {
		k := rows[i].key
		b := (k - low) >> shift
		below, upTo := within(keys[start[b]:start[b+1]], k)
		f[i] = base + 2*uint64(start[b]) + uint64(below+upTo)
		ties += uint64(upTo - below)
	}
	r.ties = ties
}

// within counts the keys of a bucket that are below k, and those up to k.
func within[K key](bucket []K, k K) (below, upTo int) {
	if len(bucket) > crowded {
		below, _ = slices.BinarySearch(bucket, k)
		upTo = len(bucket)
		if k < ^K(0) {
			upTo, _ = slices.BinarySearch(bucket, k+1)
		}
		return below, upTo
	}
	for _, other := range bucket {
		if other <= k {
			upTo++
		}
		if other < k {
			below++
		}
	}
	return below, upTo
}
