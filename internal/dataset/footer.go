package dataset

import (
	"fmt"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// readFooter decodes a footer of n bytes with an eye on the lengths of lists,
// for which the library makes room before it reads them: a file of a few bytes
// may claim lists of two billion.
func (f *file) readFooter(n int64) (m format.FileMetaData, err error) {
	footer, err := f.bytes(nil, f.size-8-n, n)
	if err != nil {
		return m, fileError(f.name, err)
	}
	r := footerReader{BytesReader: new(thrift.CompactProtocol).NewReaderFromBytes(footer), size: len(footer)}
	if err := thrift.NewDecoder(r).Decode(&m); err != nil {
		return m, fmt.Errorf("%s is a broken Parquet file: footer: %w", f.name, err)
	}
	return m, nil
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
