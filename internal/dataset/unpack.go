package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
)

const (
	gzipMagic = "\x1f\x8b"
	zstdMagic = "\x28\xb5\x2f\xfd"
)

// maxWindow is the most memory that unpacking zstd takes: what zstd itself
// takes without being told otherwise.
const maxWindow = 128 << 20

// unpack replaces f.text by a reader of what is inside it, where that is compressed.
func (f *file) unpack(head []byte) (bool, error) {
	switch {
	case bytes.HasPrefix(head, []byte(gzipMagic)):
		z, err := gzip.NewReader(f.text)
		if err != nil {
			return false, fileError(f.name, inWords(err))
		}
		z.Multistream(false)
		f.text = bufio.NewReaderSize(unpacking{members{z, f.text}}, 1<<16)
	case bytes.HasPrefix(head, []byte(zstdMagic)):
		z, err := zstd.NewReader(f.text, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return false, fileError(f.name, inWords(err))
		}
		f.closers = append(f.closers, func() error { z.Close(); return nil })
		f.text = bufio.NewReaderSize(unpacking{z}, 1<<16)
	default:
		return false, nil
	}
	return true, nil
}

// An unpacking is a decompressor whose errors are in our words.
type unpacking struct{ io.Reader }

func (u unpacking) Read(to []byte) (int, error) {
	n, err := u.Reader.Read(to)
	return n, inWords(err)
}

// inWords says what to do about a compressed file that does not end where it should.
// None of its errors is io.ErrUnexpectedEOF, which io.ReadFull says of a whole file.
func inWords(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the compressed file is cut off\nwrite or copy it again")
	case errors.Is(err, errBehind), errors.Is(err, zstd.ErrMagicMismatch): // that the first bytes are zstd's is known
		return errors.New("something else follows the compressed data\nwrite or copy the file again, with nothing behind them")
	}
	return err
}

var errBehind = errors.New("no gzip data")

// members reads gzip data that follow one another as one text. A gzip.Reader does so
// too, but says the same of a member that was cut off and of a few bytes that are none.
type members struct {
	*gzip.Reader
	file *bufio.Reader
}

func (m members) Read(to []byte) (n int, err error) {
	for n == 0 && err == nil {
		n, err = m.Reader.Read(to)
		if errors.Is(err, io.EOF) {
			err = m.next()
		}
	}
	return n, err
}

// next begins the next member; the end of the file is io.EOF.
func (m members) next() error {
	head, err := m.file.Peek(len(gzipMagic))
	switch {
	case len(head) == 0:
		return err
	case string(head) != gzipMagic:
		return errBehind
	}
	err = m.Reset(m.file)
	m.Multistream(false)
	return err
}
