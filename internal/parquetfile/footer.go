package parquetfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// readFooter decodes a footer of n bytes. It checks the lengths of lists, because the
// library makes room for a list before it reads it, and a file of a few bytes may
// claim a list of two billion elements.
func (f *File) readFooter(n int64) (m format.FileMetaData, err error) {
	footer, err := f.bytes(nil, f.size-8-n, n)
	if err != nil {
		return m, err
	}
	r := footerReader{BytesReader: new(thrift.CompactProtocol).NewReaderFromBytes(footer), size: len(footer)}
	err = thrift.NewDecoder(r).Decode(&m)
	return m, err
}

// A footerReader knows how many bytes there are.
type footerReader struct {
	thrift.BytesReader
	size int
}

// ReadList refuses lists of more elements than bytes are left.
func (r footerReader) ReadList() (thrift.List, error) {
	l, err := r.BytesReader.ReadList()
	left := r.size - r.BytesReader.(interface{ BytesRead() int }).BytesRead()
	if err == nil && (l.Size < 0 || int(l.Size) > left) {
		err = fmt.Errorf("list of %d elements in the last %d bytes", l.Size, left)
	}
	return l, err
}

// plainFooter is the footer of a file none of whose columns is packed.
func plainFooter(m format.FileMetaData) ([]byte, error) {
	groups := slices.Clone(m.RowGroups)
	for i := range groups {
		chunks := slices.Clone(groups[i].Columns)
		for j := range chunks {
			if meta := &chunks[j].MetaData; unpacks(meta) {
				meta.Codec = format.Uncompressed
				meta.TotalCompressedSize = math.MaxInt64 // an unpackedPages ends by itself
			}
		}
		groups[i].Columns = chunks
	}
	m.RowGroups = groups
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), m)
	if err != nil {
		return nil, err
	}
	return append(binary.LittleEndian.AppendUint32(footer, uint32(len(footer))), "PAR1"...), nil
}

// withFooter is a file with another footer.
type withFooter struct {
	io.ReaderAt
	at     int64
	footer []byte
}

func (w withFooter) ReadAt(p []byte, at int64) (int, error) {
	if at < w.at {
		return w.ReaderAt.ReadAt(p, at)
	}
	n := copy(p, w.footer[min(at-w.at, int64(len(w.footer))):])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
