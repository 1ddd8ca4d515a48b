package parquetfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

var errRuns = errors.New("runs that the page does not hold")

// ErrWide means a column that the library would read as other numbers.
var ErrWide = errors.New("it is delta-packed in more bits than its type has, as DuckDB writes wide numbers with parquet_version v2, which cannot be read here\nwrite it with parquet_version v1, or as BIGINT")

// checkSize checks that a number of plain values fits into the size of the data.
func (c *Checker) checkSize(values int32, size int64) error {
	need := int64(values)
	switch t := c.column.Type(); t.Kind() {
	case parquet.Boolean:
		need = (need + 7) / 8
	case parquet.Int32, parquet.Float:
		need *= 4
	case parquet.Int64, parquet.Double:
		need *= 8
	case parquet.Int96:
		need *= 12
	case parquet.FixedLenByteArray:
		need *= int64(t.Length())
	}
	if need > size {
		return fmt.Errorf("%d values need %d bytes, expected at most the %d of the page", values, need, size)
	}
	return nil
}

// checkPlain checks that the data holds a number of plain values.
func (c *Checker) checkPlain(data []byte, values int32) (err error) {
	if c.column.Type().Kind() != parquet.ByteArray {
		return c.checkSize(values, int64(len(data)))
	}
	for range values {
		if _, data, err = prefixed(data); err != nil {
			return err
		}
	}
	return nil
}

// checkValues checks that the data holds as many values as are claimed.
func (c *Checker) checkValues(data []byte, d pageData) (err error) {
	switch d.encoding {
	case plainDictionary, format.RLEDictionary:
		if len(data) == 0 && d.present == 0 {
			return nil
		}
		if len(data) == 0 || data[0] > 32 {
			return errRuns
		}
		_, err = runs(data[1:], uint64(data[0]), d.present)
	case format.RLE:
		if data, _, err = prefixed(data); err == nil {
			_, err = runs(data, 1, d.present)
		}
	case format.DeltaBinaryPacked:
		width := 32
		if c.column.Type().Kind() == parquet.Int64 {
			width = 64
		}
		_, err = deltas(data, d.present, d.values, width)
	case format.DeltaLengthByteArray:
		_, err = deltas(data, d.present, d.values, 32)
	case format.DeltaByteArray:
		if data, err = deltas(data, d.present, d.values, 32); err == nil {
			_, err = deltas(data, d.present, d.values, 32)
		}
	default:
		return c.checkPlain(data, d.present)
	}
	return err
}

// prefixed splits data behind a section whose length stands before it.
func prefixed(data []byte) (first, rest []byte, err error) {
	if len(data) < 4 || uint64(binary.LittleEndian.Uint32(data)) > uint64(len(data)-4) {
		return nil, nil, errors.New("part of a page that is longer than the page")
	}
	end := 4 + int(binary.LittleEndian.Uint32(data))
	return data[4:end], data[end:], nil
}

// runs checks the hybrid of run lengths and bit-packed numbers, which must be n
// numbers of so many bits. Where they have one bit, it returns how many are 1.
// Bit-packed numbers come in groups of eight, so that the last run may hold more
// numbers than there are, or fewer than it claims.
func runs(data []byte, width uint64, n int32) (ones int32, err error) {
	want, total := uint64(n), uint64(0)
	for len(data) > 0 {
		head, k := binary.Uvarint(data)
		if k <= 0 || head>>1 > 1<<31 {
			return 0, errRuns
		}
		count, size := head>>1, (width+7)/8
		packed := head&1 == 1
		if packed {
			size, count = count*width, count*8
		}
		data = data[k:]
		switch {
		case packed && size > uint64(len(data))+64*width, !packed && size > uint64(len(data)):
			return 0, errRuns
		case (!packed || width == 0) && count > want-min(total, want)+7:
			return 0, errRuns
		}
		run := data[:min(size, uint64(len(data)))]
		if width == 1 && total < want {
			ones += count1(run, packed, min(count, want-total))
		}
		data, total = data[len(run):], total+count
	}
	if total < want {
		return 0, errRuns
	}
	return ones, nil
}

// count1 counts the ones of a run of n bits.
func count1(run []byte, packed bool, n uint64) (ones int32) {
	if !packed {
		return int32(n) * int32(run[0]&1)
	}
	for ; n >= 8 && len(run) > 0; n, run = n-8, run[1:] {
		ones += int32(bits.OnesCount8(run[0]))
	}
	if n > 0 && len(run) > 0 {
		ones += int32(bits.OnesCount8(run[0] & (1<<n - 1)))
	}
	return ones
}

// deltas checks delta-packed numbers, and returns the data behind them. There must
// be as many as there are values; some writers count the nulls too. DuckDB packs
// the deltas of 32-bit numbers in 33 bits where they need that many, and the library
// reads such numbers wrongly without an error.
func deltas(data []byte, least, most int32, bits int) (rest []byte, err error) {
	var head [4]uint64 // size of a block, its miniblocks, numbers, the first
	for i := range head {
		var k int
		if head[i], k = binary.Uvarint(data); k <= 0 {
			return nil, errRuns
		}
		data = data[k:]
	}
	block, miniblocks, total := head[0], head[1], head[2]
	if total < uint64(least) || total > uint64(most) || miniblocks == 0 || miniblocks > block || block > 1<<20 {
		return nil, errRuns
	}
	if bits == 32 && head[3]>>1 > math.MaxInt32 {
		return nil, ErrWide
	}
	for left := int64(total) - 1; left > 0; {
		_, k := binary.Uvarint(data) // the least delta
		if k <= 0 || miniblocks > uint64(len(data)-k) {
			return nil, errRuns
		}
		widths := data[k : k+int(miniblocks)]
		data = data[k+int(miniblocks):]
		for _, width := range widths {
			if left <= 0 {
				break // widths of miniblocks that are not there
			}
			if int(width) > bits {
				return nil, ErrWide
			}
			size := min(uint64(width)*(block/miniblocks)/8, uint64(len(data)))
			data, left = data[size:], left-int64(block/miniblocks)
		}
	}
	return data, nil
}
