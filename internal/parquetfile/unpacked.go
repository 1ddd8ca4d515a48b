package parquetfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// The library unpacks a page into memory that has the length which the page claims.
// Some codecs answer in other memory; where that has the same length, the library
// reads the first memory all the same, which holds zeros or the page before. This
// happens with every LZ4 page that is packed to more than a third. So the library
// unpacks nothing: it gets a footer that says that no column is packed, and reads
// pages that are unpacked here, where what comes out must have the claimed length.

// unpacks reports whether the pages of a column chunk are unpacked here: packed
// ones, and booleans, because the library takes the wrong bits of their runs.
func unpacks(meta *format.ColumnMetaData) bool {
	return meta.Codec != format.Uncompressed || meta.Type == format.Boolean
}

// UnpacksAll reports whether the pages of a column are unpacked here in every row
// group.
func (f *File) UnpacksAll(column *parquet.Column) bool {
	for i := range f.Groups {
		if !unpacks(f.meta(i, column)) {
			return false
		}
	}
	return true
}

// Pages are those of a column chunk that a Checker has gone through.
func (f *File) Pages(group int, column *parquet.Column) parquet.Pages {
	return f.open(group, column, false)
}

// CheckedPages are the pages of a column chunk, each of which is checked as it is
// read. UnpacksAll must hold for the column. After the last row, Complete tells
// whether these were all pages.
func (f *File) CheckedPages(group int, column *parquet.Column) parquet.Pages {
	return f.open(group, column, true)
}

// Complete reports whether all pages of a column chunk were read, and have as many
// values as the row group has rows. Pages that are read as they stand in the file
// have been counted by a Checker.
func Complete(pages parquet.Pages) bool {
	p, ok := pages.(*packedPages)
	return !ok || p.from.complete()
}

func (f *File) open(group int, column *parquet.Column, check bool) parquet.Pages {
	chunk := f.RowGroups()[group].ColumnChunks()[column.Index()].(*parquet.FileColumnChunk)
	meta := f.meta(group, column)
	if !unpacks(meta) {
		return chunk.Pages()
	}
	u := unpackers.Get().(*unpackedPages)
	u.file, u.codec, u.column = f, meta.Codec, column
	u.at, u.end = extent(meta)
	u.next, u.head, u.rest, u.page = u.at, nil, nil, packed{}
	u.checks, u.values, u.failed = check, 0, nil
	u.checker.column, u.checker.codec, u.checker.rows = column, meta.Codec, f.Groups[group].NumRows
	return &packedPages{chunk.PagesFrom(u), u}
}

// extent is where the pages of a column chunk begin and end.
func extent(meta *format.ColumnMetaData) (begin, end int64) {
	begin = meta.DataPageOffset
	if meta.DictionaryPageOffset != 0 {
		begin = meta.DictionaryPageOffset
	}
	return begin, begin + meta.TotalCompressedSize
}

// packedPages give back the memory that they were unpacked in when they are closed.
type packedPages struct {
	*parquet.FilePages
	from *unpackedPages
}

func (p *packedPages) Close() error {
	err := p.FilePages.Close()
	if p.from != nil {
		p.from.file = nil
		unpackers.Put(p.from)
		p.from = nil
	}
	return err
}

var unpackers = sync.Pool{New: func() any { return new(unpackedPages) }}

// unpackedPages are the pages of one column chunk as if they were not packed. They
// are read from the first byte on, once.
type unpackedPages struct {
	pageSource
	file    *File
	column  *parquet.Column
	at, end int64  // of the pages that are left in the file
	next    int64  // byte that is read next
	head    []byte // what is left of the header of the page before those
	page    packed // its data, size 0: none
	rest    []byte // what is left of them, where they are unpacked

	checks  bool // each page
	checker Checker
	claims  pageData // of the page
	values  int64    // of all pages so far
	failed  error    // what ended the reading, io.EOF too
}

// packed is the data of a page as it lies in the file.
type packed struct {
	data         []byte
	before, size int // bytes of levels, which are never packed; of all, unpacked
	plain        bool
}

// ReadAt reads the next bytes, and no others. It stops behind a header, so that the
// data can be unpacked straight into the reader's buffer. Once it has failed, it
// answers no bytes and the same error: io.ReadFull drops an error that comes with as
// many bytes as were asked for, and what was unpacked by then is not the page.
func (u *unpackedPages) ReadAt(p []byte, at int64) (n int, err error) {
	if u.failed == nil {
		n, u.failed = u.readNext(p, at)
	}
	if u.failed != nil {
		return 0, u.failed
	}
	return n, nil
}

func (u *unpackedPages) readNext(p []byte, at int64) (n int, err error) {
	if at != u.next {
		return 0, errors.New("page without the dictionary before it")
	}
	if len(u.head) == 0 && u.page.size == 0 && len(u.rest) == 0 {
		if err := u.read(); err != nil {
			return 0, err
		}
	}
	switch size := u.page.size; {
	case len(u.head) > 0:
		n = copy(p, u.head)
		u.head = u.head[n:]
	case size > 0 && len(p) >= size:
		n, u.page.size, err = size, 0, u.unpacked(p[:size])
	case size > 0:
		u.opened = sized(u.opened, int64(size))
		u.rest, u.page.size, err = u.opened, 0, u.unpacked(u.opened)
		fallthrough
	default:
		n = copy(p, u.rest)
		u.rest = u.rest[n:]
	}
	u.next += int64(n)
	return n, err
}

// read reads a page.
func (u *unpackedPages) read() error {
	if u.at >= u.end {
		return io.EOF
	}
	h, size, err := u.header(u.file, u.at, u.end)
	if err != nil {
		return err
	}
	u.at += int64(size)
	if u.checks {
		if u.claims, err = u.checker.claims(&h); err != nil {
			return err
		}
		u.values += int64(u.claims.counted())
	}
	data, err := u.data(u.file, &h, u.at, u.end)
	if err != nil {
		return err
	}
	u.at += int64(h.CompressedPageSize)
	if h.CRC != 0 && uint32(h.CRC) != crc32.ChecksumIEEE(data) {
		return errors.New("page whose bytes are not those of its checksum")
	}
	u.page = packed{data: data, size: int(h.UncompressedPageSize)}
	if v2 := h.DataPageHeaderV2; h.Type == format.DataPageV2 && v2.Valid {
		u.page.before = int(v2.V.RepetitionLevelsByteLength) + int(v2.V.DefinitionLevelsByteLength)
		u.page.plain = v2.V.IsCompressed.Valid && !v2.V.IsCompressed.V
	}
	u.page.plain = u.page.plain || u.codec == format.Uncompressed
	if u.page.size == 0 { // there is nothing to come back for
		if err := u.unpacked(nil); err != nil {
			return err
		}
	}
	if u.column.Type().Kind() == parquet.Boolean {
		if err := u.plainTruths(&h); err != nil {
			return err
		}
	}
	h.CRC, h.CompressedPageSize = 0, h.UncompressedPageSize
	u.head, err = thrift.Marshal(new(thrift.CompactProtocol), h)
	return err
}

// unpacked unpacks the page, and checks it where no Checker has.
func (u *unpackedPages) unpacked(into []byte) error {
	if err := u.unpack(into, u.page); err != nil || !u.checks {
		return err
	}
	return u.checker.look(into, u.claims)
}

// complete reports whether all pages were read, and have as many values as the
// row group has rows.
func (u *unpackedPages) complete() bool { return u.at == u.end && u.values == u.checker.rows }

// plainTruths turns a page of booleans in runs into one of plain bits. The library
// would begin each run at a new byte, and take one bit of eight.
func (u *unpackedPages) plainTruths(h *format.PageHeader) (err error) {
	v1, v2 := &h.DataPageHeader, &h.DataPageHeaderV2
	v1.Valid, v2.Valid = v1.Valid && h.Type == format.DataPage, v2.Valid && h.Type == format.DataPageV2
	if !(v1.Valid && v1.V.Encoding == format.RLE || v2.Valid && v2.V.Encoding == format.RLE) {
		return nil
	}
	u.opened = sized(u.opened, int64(u.page.size))
	if err := u.unpacked(u.opened); err != nil {
		return err
	}
	values, present := u.opened[u.page.before:], v2.V.NumValues-v2.V.NumNulls
	if v1.Valid {
		v1.V.Encoding, present = format.Plain, v1.V.NumValues
		if u.column.Optional() {
			var levels []byte
			if levels, values, err = prefixed(values); err == nil {
				present, err = runs(levels, 1, present)
			}
			if err != nil {
				return err
			}
		}
	} else {
		v2.V.Encoding = format.Plain
	}
	before := u.opened[:len(u.opened)-len(values)]
	if len(values) > 0 { // else all are null
		if values, _, err = prefixed(values); err != nil {
			return err
		}
	}
	bits, err := plainBits(values, int(present))
	u.rest, u.page.size = slices.Concat(before, bits), 0
	h.UncompressedPageSize = int32(len(u.rest))
	return err
}

// plainBits are the first n bits of the hybrid of run lengths and packed bits.
func plainBits(data []byte, n int) ([]byte, error) {
	bits, at := make([]byte, (n+7)/8), 0
	for at < n {
		head, k := binary.Uvarint(data)
		if k <= 0 || len(data) == k {
			return nil, errRuns
		}
		data = data[k:]
		count, packed := min(head>>1, uint64(n)), head&1 == 1
		if packed {
			count *= 8
		}
		for i := 0; i < int(count) && at < n; i, at = i+1, at+1 {
			place, shift := 0, 0
			if packed {
				place, shift = i/8, i%8
			}
			if place >= len(data) {
				return nil, errRuns
			}
			bits[at/8] |= data[place] >> shift & 1 << (at % 8)
		}
		if !packed {
			count = 8
		}
		data = data[min(int(count+7)/8, len(data)):]
	}
	return bits, nil
}

// A pageSource reads pages into memory that it uses again.
type pageSource struct {
	codec                format.CompressionCodec
	window, body, opened []byte
}

// header reads the header of the page at an offset, and how long it is.
func (s *pageSource) header(f *File, at, end int64) (h format.PageHeader, size int, err error) {
	for most := int64(1 << 10); ; most *= 16 {
		window := min(most, end-at)
		if s.window, err = f.bytes(s.window, at, window); err != nil {
			return h, 0, err
		}
		r := new(thrift.CompactProtocol).NewReaderFromBytes(s.window)
		h = format.PageHeader{}
		if err = thrift.NewDecoder(r).Decode(&h); err == nil || window == end-at {
			return h, r.(interface{ BytesRead() int }).BytesRead(), err
		}
	}
}

// data reads what is behind the header of a page, as it lies there.
func (s *pageSource) data(f *File, h *format.PageHeader, at, end int64) (_ []byte, err error) {
	if h.CompressedPageSize < 0 || at+int64(h.CompressedPageSize) > end || h.UncompressedPageSize < 0 || h.UncompressedPageSize > maxPage {
		return nil, pageSize(h, end-at)
	}
	s.body, err = f.bytes(s.body, at, int64(h.CompressedPageSize))
	return s.body, err
}

func pageSize(h *format.PageHeader, left int64) error {
	return fmt.Errorf("page of %d bytes, %d unpacked, with %d left in the column", h.CompressedPageSize, h.UncompressedPageSize, left)
}

// unpack unpacks a page to just the bytes that it claims.
func (s *pageSource) unpack(into []byte, p packed) error {
	if p.before < 0 || p.before > min(len(p.data), p.size) || p.plain && len(p.data) != p.size {
		return fmt.Errorf("page of %d bytes, %d unpacked, %d of them levels", len(p.data), p.size, p.before)
	}
	data := p.data[copy(into, p.data[:p.before]):]
	into = into[p.before:]
	if p.plain || len(data) == 0 && len(into) == 0 { // a page of nulls alone
		copy(into, data)
		return nil
	}
	if s.codec == format.Lz4Raw {
		n, err := lz4.UncompressBlock(data, into)
		if err != nil || n != len(into) {
			return fmt.Errorf("unpacking LZ4: %d bytes, expected %d (%v)", n, len(into), err)
		}
		return nil
	}
	opened, err := parquet.LookupCompressionCodec(s.codec).Decode(into, data)
	switch {
	case err != nil:
		return err
	case len(opened) != len(into):
		return fmt.Errorf("%d bytes unpacked, expected %d", len(opened), len(into))
	case len(into) > 0 && &opened[0] != &into[0]:
		copy(into, opened) // the codec has taken memory of its own
	}
	return nil
}
