package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

func (f *file) parquetHeader() (_ []string, err error) {
	defer f.recovered(&err)
	p, err := f.openParquet()
	if err != nil {
		return nil, err
	}
	return parquetNames(p), nil
}

func (f *file) parquetColumns(names []string) (_ [][]string, err error) {
	defer f.recovered(&err)
	p, err := f.openParquet()
	if err != nil {
		return nil, err
	}
	places, err := find(f.name, parquetNames(p), names)
	if err != nil {
		return nil, err
	}
	leaves, err := f.checkedColumns(p, places)
	if err != nil {
		return nil, err
	}
	values := make([][]string, len(leaves))
	for i, leaf := range leaves {
		if same := slices.Index(places[:i], places[i]); same >= 0 {
			values[i] = values[same]
			continue
		}
		if values[i], err = f.readColumn(p, leaf); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// openParquet reads the footer of the file: its columns and row groups.
func (f *file) openParquet() (*parquetFile, error) {
	// The library would allocate what a broken footer says it needs.
	var tail [8]byte
	if _, err := f.ReadAt(tail[:], f.size-8); err != nil || f.size < 12 || string(tail[4:]) != "PAR1" {
		return nil, fmt.Errorf("%s is a broken Parquet file: it begins with PAR1 but does not end with it, as if cut off", f.name)
	}
	n := int64(binary.LittleEndian.Uint32(tail[:4]))
	if n > f.size-12 {
		return nil, fmt.Errorf("%s is a broken Parquet file: footer of %d bytes in a file of %d bytes", f.name, n, f.size)
	}
	meta, err := f.readFooter(n)
	if err != nil {
		return nil, err
	}
	footer, err := plainFooter(meta)
	if err != nil {
		return nil, fmt.Errorf("%s is a broken Parquet file: footer: %w", f.name, err)
	}
	plain := withFooter{f.ReaderAt, f.size - 8 - n, footer}
	p, err := parquet.OpenFile(plain, plain.at+int64(len(footer)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("%s is a broken Parquet file: %w", f.name, err)
	}
	if p.NumRows() < 0 {
		return nil, fmt.Errorf("%s is a broken Parquet file: it claims %d rows", f.name, p.NumRows())
	}
	return &parquetFile{p, meta.RowGroups}, nil
}

func parquetNames(p *parquetFile) []string {
	var names []string
	for _, c := range p.Root().Columns() {
		names = append(names, c.Name())
	}
	return names
}

// checkedColumns are plainColumns whose pages have been looked through.
func (f *file) checkedColumns(p *parquetFile, places []int) ([]*parquet.Column, error) {
	columns, err := f.plainColumns(p, places)
	if err != nil {
		return nil, err
	}
	return columns, f.checkPages(p, columns)
}

// plainColumns returns the columns at these places, if each has one value a
// row.
func (f *file) plainColumns(p *parquetFile, places []int) ([]*parquet.Column, error) {
	all := p.Root().Columns()
	columns := make([]*parquet.Column, len(places))
	var problems []error
	for i, place := range places {
		c := all[place]
		switch {
		case !c.Leaf() || c.Repeated():
			problems = append(problems, fmt.Errorf("%s: column %s holds lists, maps or structs, expected one plain value a row", f.name, quote(c.Name())))
		case !readable[p.compression(c)]:
			problems = append(problems, fmt.Errorf("%s: column %s is compressed with %v, expected snappy, gzip, brotli, zstd, lz4_raw or none\nwrite the file with another compression", f.name, quote(c.Name()), p.compression(c)))
		case scaleOf(c.Type()) < 0 || scaleOf(c.Type()) > maxScale:
			problems = append(problems, fmt.Errorf("%s is a broken Parquet file: column %s has decimals of scale %d, expected 0 to %d", f.name, quote(c.Name()), scaleOf(c.Type()), maxScale))
		}
		columns[i] = c
	}
	if problems != nil {
		return nil, errors.Join(problems...)
	}
	return columns, nil
}

// readable are the compressions that the library has. It lacks LZO, and the
// frames that Hadoop put around LZ4.
var readable = map[format.CompressionCodec]bool{
	format.Uncompressed: true, format.Snappy: true, format.Gzip: true,
	format.Brotli: true, format.Zstd: true, format.Lz4Raw: true,
}

// compression returns how a column is packed: the first way that cannot be read,
// if there is one.
func (p *parquetFile) compression(c *parquet.Column) (codec format.CompressionCodec) {
	for _, g := range p.groups {
		if c.Index() < len(g.Columns) {
			if codec = g.Columns[c.Index()].MetaData.Codec; !readable[codec] {
				break
			}
		}
	}
	return codec
}

// isFloat16 reports whether a column holds half-precision floats, a type that
// the library hands out as two bytes.
func isFloat16(p *parquetFile, c *parquet.Column) bool {
	for _, e := range p.Metadata().Schema {
		if _, ok := e.LogicalType.Value.(*format.Float16Type); ok && e.Name == c.Name() {
			return true
		}
	}
	return false
}

// readColumn reads a column through all row groups.
func (f *file) readColumn(p *parquetFile, c *parquet.Column) ([]string, error) {
	write := textOf(c.Type())
	if isFloat16(p, c) {
		write = appendFloat16
	}
	var read column
	var text []byte
	for i, g := range p.groups {
		_, err := readChunk(f.pages(p, i, c), g.NumRows, func(v parquet.Value) {
			if text = text[:0]; !v.IsNull() {
				text = write(text, v)
			}
			read.addBytes(text)
		})
		if err != nil {
			return nil, fmt.Errorf("%s is a broken Parquet file: column %s, after row %d: %w", f.name, quote(c.Name()), len(read.ends), err)
		}
	}
	if n := int64(len(read.ends)); n != p.NumRows() {
		return nil, fmt.Errorf("%s is a broken Parquet file: row groups of %d rows, expected %d", f.name, n, p.NumRows())
	}
	return read.values(), nil
}

// recovered makes an error of a panic: the library panics on some broken files.
func (f *file) recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s is a broken Parquet file: %v", f.name, p)
	}
}
