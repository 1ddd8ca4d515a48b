// Package parquetfile stands between a Parquet file and parquet-go, the library that
// reads it. The library believes what a file says of itself: it allocates what a
// broken page claims, however small the file is, and doubles a buffer for LZ4 until
// the memory runs out. It was also seen to hand out wrong values without an error
// (docs/dependencies.md).
//
// Open reads the footer. A Checker goes through the pages of a column before the
// library sees them, and Pages does so page by page as they are read: the bytes,
// values, runs and sizes that a page claims must be in it, and the values must add
// up to the rows of the footer. Pages are unpacked here, not by the library. Text
// says how a value is written.
//
// The library panics on some broken files, so whoever reads pages or values must
// recover.
// Errors name neither the file nor the column, which the caller knows.
package parquetfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// A File is a Parquet file whose footer has been read.
type File struct {
	*parquet.File                   // believes that no page is packed
	Groups        []format.RowGroup // as they are in the file
	source        io.ReaderAt
	size          int64 // bytes
}

// Open reads the footer of a file of so many bytes: its columns and row groups.
func Open(source io.ReaderAt, size int64) (*File, error) {
	// The library would allocate what a broken footer says it needs.
	var tail [8]byte
	if _, err := source.ReadAt(tail[:], size-8); err != nil || size < 12 || string(tail[4:]) != "PAR1" {
		return nil, errors.New("it begins with PAR1 but does not end with it, as if cut off")
	}
	n := int64(binary.LittleEndian.Uint32(tail[:4]))
	if n > size-12 {
		return nil, fmt.Errorf("footer of %d bytes in a file of %d bytes", n, size)
	}
	f := &File{source: source, size: size}
	meta, err := f.readFooter(n)
	if err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	footer, err := plainFooter(meta)
	if err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	f.Groups = meta.RowGroups
	plain := withFooter{source, size - 8 - n, footer}
	f.File, err = parquet.OpenFile(plain, plain.at+int64(len(footer)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	if f.NumRows() < 0 {
		return nil, fmt.Errorf("it claims %d rows", f.NumRows())
	}
	return f, nil
}

// Names are those of the columns, in the order of the file.
func (f *File) Names() []string {
	var names []string
	for _, c := range f.Root().Columns() {
		names = append(names, c.Name())
	}
	return names
}

// meta is what the footer says of a column chunk.
func (f *File) meta(group int, column *parquet.Column) *format.ColumnMetaData {
	return &f.Groups[group].Columns[column.Index()].MetaData
}

// Compression returns how a column is packed, and whether that can be read. Where
// row groups differ, it is the first compression that cannot.
func (f *File) Compression(column *parquet.Column) (codec format.CompressionCodec, readable bool) {
	for i, g := range f.Groups {
		if column.Index() < len(g.Columns) {
			if codec = f.meta(i, column).Codec; !codecs[codec] {
				return codec, false
			}
		}
	}
	return codec, true
}

// codecs are the compressions that the library has. It lacks LZO, and the
// frames that Hadoop put around LZ4.
var codecs = map[format.CompressionCodec]bool{
	format.Uncompressed: true, format.Snappy: true, format.Gzip: true,
	format.Brotli: true, format.Zstd: true, format.Lz4Raw: true,
}

// bytes reads a stretch of the file, into the memory of the buffer where that
// is enough.
func (f *File) bytes(buffer []byte, at, n int64) ([]byte, error) {
	buffer = sized(buffer, n)
	_, err := f.source.ReadAt(buffer, at)
	return buffer, err
}

// sized is a buffer of n bytes, in the same memory where that is enough.
func sized(buffer []byte, n int64) []byte {
	if int64(cap(buffer)) < n {
		return make([]byte, n)
	}
	return buffer[:n]
}
