package parquetfile

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// maxPage is far more than the megabyte that writers put in a page.
const maxPage = 1 << 30 // bytes, unpacked

// plainDictionary is how old files name the encoding of a dictionary and of the
// pages that refer to it.
const plainDictionary = format.Encoding(2)

// A Checker checks one column chunk after another, before the library sees them.
type Checker struct {
	pageSource
	column *parquet.Column
	rows   int64 // of the row group
	page   int   // from 0
}

// Check goes through all pages of a column in a row group. Where a page cannot be
// what it claims, the error says which one, from 1, and why; ErrWide is about the
// whole column.
func (c *Checker) Check(f *File, group int, column *parquet.Column) error {
	err := c.check(f, group, column)
	if err == nil || errors.Is(err, ErrWide) {
		return err
	}
	return fmt.Errorf("page %d of row group %d: %w", c.page+1, group+1, err)
}

func (c *Checker) check(f *File, group int, column *parquet.Column) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	c.column, c.rows, c.page = column, f.Groups[group].NumRows, 0
	if column.Index() >= len(f.Groups[group].Columns) {
		return errors.New("there is none")
	}
	meta := f.meta(group, column)
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

// checkPage checks the page whose data begins at an offset, and returns how many
// values it has, nulls included. A packed page is always unpacked: where one comes
// out too short, the library would read what was in the memory before.
func (c *Checker) checkPage(f *File, h *format.PageHeader, at, end int64) (values int32, err error) {
	d, err := c.claims(h)
	if err != nil || d.unknown {
		return 0, err
	}
	fixed := c.column.Type().Kind() != parquet.ByteArray && (d.encoding == format.Plain || d.encoding == format.ByteStreamSplit)
	if fixed && !d.packed && !d.levels && d.definition == 0 { // its size says enough
		if h.CompressedPageSize < 0 || at+int64(h.CompressedPageSize) > end {
			return 0, pageSize(h, end-at)
		}
		return d.counted(), c.checkSize(d.present, int64(h.CompressedPageSize)-int64(d.before()))
	}
	data, err := c.data(f, h, at, end)
	if err != nil {
		return 0, err
	}
	page := data
	if d.packed {
		c.opened = sized(c.opened, int64(h.UncompressedPageSize))
		page, err = c.opened, c.unpack(c.opened, packed{data: data, before: d.before(), size: len(c.opened)})
	}
	if err == nil {
		err = c.look(page, d)
	}
	return d.counted(), err
}

// A pageData is what a page claims of its data.
type pageData struct {
	encoding               format.Encoding
	values, present        int32 // nulls included; not null, as far as is known
	repetition, definition int32 // bytes of levels that are never packed
	levels, runs           bool  // there are levels before the values, in runs
	packed                 bool  // all but those bytes
	dictionary             bool
	unknown                bool // a page of another kind, which the library passes over or refuses
}

func (d pageData) before() int { return int(d.repetition) + int(d.definition) }

// counted is how many rows of the column are in the page.
func (d pageData) counted() int32 {
	if d.dictionary || d.unknown {
		return 0
	}
	return d.values
}

// claims is what a page says of itself, if that is possible.
func (c *Checker) claims(h *format.PageHeader) (d pageData, err error) {
	packed := c.codec != format.Uncompressed
	switch {
	case h.Type == format.DictionaryPage && h.DictionaryPageHeader.Valid:
		v := h.DictionaryPageHeader.V
		if v.Encoding != format.Plain && v.Encoding != plainDictionary {
			return d, fmt.Errorf("dictionary of the encoding %v", v.Encoding)
		}
		d = pageData{encoding: format.Plain, values: v.NumValues, present: v.NumValues, packed: packed, dictionary: true}
	case h.Type == format.DataPage && h.DataPageHeader.Valid:
		v := h.DataPageHeader.V
		d = pageData{encoding: v.Encoding, values: v.NumValues, present: v.NumValues, levels: c.column.Optional(), runs: v.DefinitionLevelEncoding == format.RLE, packed: packed}
	case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid:
		v := h.DataPageHeaderV2.V
		d = pageData{
			encoding: v.Encoding, values: v.NumValues, present: v.NumValues - v.NumNulls, repetition: v.RepetitionLevelsByteLength, definition: v.DefinitionLevelsByteLength,
			packed: packed && (!v.IsCompressed.Valid || v.IsCompressed.V),
		}
		before := int64(d.repetition) + int64(d.definition)
		if d.repetition < 0 || d.definition < 0 || before > int64(min(h.CompressedPageSize, h.UncompressedPageSize)) || v.NumNulls < 0 || v.NumNulls > v.NumValues || int64(v.NumValues) > c.rows {
			return d, fmt.Errorf("%d values, %d of them null, with levels of %d bytes in a page of %d bytes, in a row group of %d rows", v.NumValues, v.NumNulls, before, h.CompressedPageSize, c.rows)
		}
		if packed && !d.packed && h.CompressedPageSize != h.UncompressedPageSize {
			return d, fmt.Errorf("page of %d bytes that is not packed, %d unpacked", h.CompressedPageSize, h.UncompressedPageSize)
		}
	default:
		return pageData{unknown: true}, nil
	}
	if d.values < 0 || int64(d.values) > c.rows && !d.dictionary {
		return d, fmt.Errorf("%d values in a row group of %d rows", d.values, c.rows)
	}
	return d, nil
}

// look checks all that a page claims against its unpacked data.
func (c *Checker) look(page []byte, d pageData) (err error) {
	if d.unknown {
		return nil
	}
	if c.column.Optional() && d.definition > 0 {
		if _, err := runs(page[d.repetition:d.before()], 1, d.values); err != nil {
			return err
		}
	}
	data := page[d.before():]
	if d.levels {
		var levels []byte
		if levels, data, err = prefixed(data); err == nil && d.runs {
			d.present, err = runs(levels, 1, d.values)
		}
		if err != nil {
			return err
		}
	}
	return c.checkValues(data, d)
}
