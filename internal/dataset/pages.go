package dataset

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/org/ct-action/internal/parallel"
)

// The library believes what a page says of itself: it allocates what a run of
// a broken page claims, however little the file has, and doubles a buffer for
// LZ4 until the memory ends. So all pages of the wanted columns are looked
// through before the library sees them: what they claim must be in them. That
// also makes the number of rows in the footer one that memory can be made for.

// maxPage is far more than the megabyte that writers put in a page.
const maxPage = 1 << 30 // bytes, unpacked

// plainDictionary is how old files name the encoding of a dictionary and of the
// pages that refer to it.
const plainDictionary = format.Encoding(2)

// checkPages looks through all pages of these columns. Column chunks are
// looked through in parallel; the error is that of the first in the file.
func (f *file) checkPages(p *parquetFile, columns []*parquet.Column) error {
	groups := p.groups
	n := len(groups) * len(columns)
	problems := make([]error, n)
	checkers := make([]chunkChecker, runtime.GOMAXPROCS(0))
	parallel.Each(len(checkers), n, func(worker, i int) {
		c, group, column := &checkers[worker], i/len(columns), columns[i%len(columns)]
		if err := c.check(f, column, &groups[group]); errors.Is(err, errWide) {
			problems[i] = fmt.Errorf("%s: column %s: %w", f.name, quote(column.Name()), err)
		} else if err != nil {
			problems[i] = fmt.Errorf("%s is a broken Parquet file: column %s, page %d of row group %d: %w", f.name, quote(column.Name()), c.page+1, group+1, err)
		}
	})
	for _, err := range problems {
		if err != nil {
			return err
		}
	}
	return nil
}

// A chunkChecker looks through one column chunk after another.
type chunkChecker struct {
	pageSource
	column *parquet.Column
	rows   int64 // of the row group
	page   int   // from 0
}

func (c *chunkChecker) check(f *file, column *parquet.Column, group *format.RowGroup) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	c.column, c.rows, c.page = column, group.NumRows, 0
	if column.Index() >= len(group.Columns) {
		return errors.New("there is none")
	}
	meta := &group.Columns[column.Index()].MetaData
	c.codec = meta.Codec
	at, end := extent(meta)
	if at < 0 || meta.TotalCompressedSize < 0 || end > f.size {
		return fmt.Errorf("bytes %d to %d of a file of %d bytes", at, end, f.size)
	}
	var values int64
	for ; at < end; c.page++ {
		header, size, err := c.header(f, at, end)
		if err != nil {
			return err
		}
		at += int64(size)
		n, err := c.checkPage(f, &header, at, end)
		if err != nil {
			return err
		}
		at += int64(header.CompressedPageSize)
		if values += int64(n); values > c.rows {
			return fmt.Errorf("more values than the %d rows of the row group", c.rows)
		}
	}
	if values != c.rows {
		return fmt.Errorf("no more values after %d, expected %d rows in the row group", values, c.rows)
	}
	return nil
}

// bytes reads a stretch of the file, into the memory of the buffer where that
// is enough.
func (f *file) bytes(buffer []byte, at, n int64) ([]byte, error) {
	buffer = sized(buffer, n)
	_, err := f.ReadAt(buffer, at)
	return buffer, err
}

func sized(buffer []byte, n int64) []byte {
	if int64(cap(buffer)) < n {
		return make([]byte, n)
	}
	return buffer[:n]
}

// checkPage looks through the page whose data is at an offset, and returns how
// many values it has, nulls included.
func (c *chunkChecker) checkPage(f *file, h *format.PageHeader, at, end int64) (values int32, err error) {
	if h.CompressedPageSize < 0 || at+int64(h.CompressedPageSize) > end || h.UncompressedPageSize < 0 || h.UncompressedPageSize > maxPage {
		return 0, fmt.Errorf("page of %d bytes, %d unpacked, with %d left in the column", h.CompressedPageSize, h.UncompressedPageSize, end-at)
	}
	switch {
	case h.Type == format.DictionaryPage && h.DictionaryPageHeader.Valid:
		d := h.DictionaryPageHeader.V
		if d.Encoding != format.Plain && d.Encoding != plainDictionary {
			return 0, fmt.Errorf("dictionary of the encoding %v", d.Encoding)
		}
		return 0, c.checkData(f, h, at, pageData{encoding: format.Plain, values: d.NumValues, present: d.NumValues, packed: true})
	case h.Type == format.DataPage && h.DataPageHeader.Valid:
		d := h.DataPageHeader.V
		return d.NumValues, c.checkData(f, h, at, pageData{encoding: d.Encoding, values: d.NumValues, present: d.NumValues, levels: c.column.Optional(), packed: true})
	case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid:
		return h.DataPageHeaderV2.V.NumValues, c.checkV2(f, h, at)
	}
	return 0, nil // the library has the words
}

// checkV2 looks through a page of version 2: its levels are never packed.
func (c *chunkChecker) checkV2(f *file, h *format.PageHeader, at int64) (err error) {
	d := h.DataPageHeaderV2.V
	repetition, definition := d.RepetitionLevelsByteLength, d.DefinitionLevelsByteLength
	before := int64(repetition) + int64(definition)
	if repetition < 0 || definition < 0 || before > int64(min(h.CompressedPageSize, h.UncompressedPageSize)) || d.NumNulls < 0 || d.NumNulls > d.NumValues || int64(d.NumValues) > c.rows {
		return fmt.Errorf("%d values, %d of them null, with levels of %d bytes in a page of %d bytes, in a row group of %d rows", d.NumValues, d.NumNulls, before, h.CompressedPageSize, c.rows)
	}
	if c.column.Optional() && definition > 0 {
		if c.body, err = f.bytes(c.body, at+int64(repetition), int64(definition)); err != nil {
			return err
		}
		if _, err := runs(c.body, 1, d.NumValues); err != nil {
			return err
		}
	}
	values := *h
	values.CompressedPageSize -= int32(before)
	values.UncompressedPageSize -= int32(before)
	return c.checkData(f, &values, at+before, pageData{encoding: d.Encoding, values: d.NumValues, present: d.NumValues - d.NumNulls, packed: !d.IsCompressed.Valid || d.IsCompressed.V})
}

// A pageData is what a page claims of its data.
type pageData struct {
	encoding        format.Encoding
	values, present int32 // nulls included; not null, as far as is known
	levels          bool  // there are levels before the values
	packed          bool  // where the column is
}

// checkData looks through the data of a page: not at all, where its size says
// enough. What is packed is always unpacked: of a page that comes out too short,
// the library would read what was in the memory before.
func (c *chunkChecker) checkData(f *file, h *format.PageHeader, at int64, d pageData) (err error) {
	if d.values < 0 || int64(d.values) > c.rows && h.Type != format.DictionaryPage {
		return fmt.Errorf("%d values in a row group of %d rows", d.values, c.rows)
	}
	d.packed = d.packed && c.codec != format.Uncompressed
	if !d.packed && !d.levels && c.column.Type().Kind() != parquet.ByteArray && (d.encoding == format.Plain || d.encoding == format.ByteStreamSplit) {
		return c.checkSize(d.present, int64(h.CompressedPageSize))
	}
	if c.body, err = f.bytes(c.body, at, int64(h.CompressedPageSize)); err != nil {
		return err
	}
	data := c.body
	if d.packed {
		c.opened = sized(c.opened, int64(h.UncompressedPageSize))
		if err = c.unpack(c.opened, packed{data: data, size: len(c.opened)}); err != nil {
			return err
		}
		data = c.opened
	}
	if d.levels {
		var levels []byte
		if levels, data, err = prefixed(data); err != nil {
			return err
		}
		if h.DataPageHeader.V.DefinitionLevelEncoding == format.RLE {
			if d.present, err = runs(levels, 1, d.values); err != nil {
				return err
			}
		}
	}
	return c.checkValues(data, d)
}
