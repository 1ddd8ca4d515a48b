package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"sync"

	"github.com/org/ct-action/internal/parallel"
)

const (
	chunkSize = 512 << 10 // bytes of a CSV that a worker takes at a time: they stay in a second-level cache
	longest   = 32 << 10  // of a line; the fast readers give longer ones up
	beyond    = 32        // bytes behind the text that may be looked at
)

var bom = []byte("\xef\xbb\xbf")

// errQuoted means that a field below the header is in quotes, which was not known
// before. A field in quotes may hold line breaks, so that the file has to be read
// from the start to know where its rows end.
var errQuoted = errors.New("quoted fields")

// A csvText is a CSV that is read by chunks of lines, on several threads.
type csvText struct {
	file   *file
	header []string
	length int  // bytes of the header line, with its end and without a byte order mark
	crlf   bool // lines may end so
}

// csvText reads the header, if it is one line of a usual length.
func (f *file) csvText() (*csvText, error) {
	head, err := f.text.Peek(longest) // behind the byte order mark
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errPlain
	}
	line, _, found := bytes.Cut(head, []byte("\n"))
	text, crlf := bytes.CutSuffix(line, []byte("\r"))
	if !found || len(text) == 0 || bytes.ContainsAny(text, "\r\x00") {
		return nil, errPlain
	}
	header, err := csv.NewReader(bytes.NewReader(text)).Read()
	if err != nil {
		return nil, errPlain
	}
	return &csvText{file: f, header: header, length: len(line) + 1, crlf: crlf}, nil
}

// A lineReader takes lines, each of which ends in LF, with some bytes behind
// the last; in a quoted text they are as they stand in the file.
type lineReader func(worker, chunk int, text []byte, quoted bool) error

// chunks hands all lines below the header out, and counts the chunks, which are
// numbered in the order of the file. A file that is compressed, or is known to
// have quoted fields, is read in turns; of others a worker reads what it likes.
func (t *csvText) chunks(workers int, quoted bool, read lineReader) (chunks int, err error) {
	if t.file.packed || quoted {
		return t.inTurns(workers, read)
	}
	return t.anywhere(workers, read)
}

// anywhere reads each chunk at its offset in the file. A chunk owns the lines that
// begin in it. No field may be in quotes: then a line break is the end of a row,
// wherever one begins to read.
func (t *csvText) anywhere(workers int, read lineReader) (chunks int, err error) {
	begin := int64(t.length)
	var mark [3]byte
	if n, _ := t.file.ReadAt(mark[:], 0); bytes.Equal(mark[:n], bom) {
		begin += int64(len(bom))
	}
	chunks = int((t.file.size - begin + chunkSize - 1) / chunkSize)
	buffers := make([][]byte, workers)
	return chunks, parallel.Try(workers, chunks, func(worker, chunk int) error {
		if buffers[worker] == nil {
			buffers[worker] = make([]byte, 1+chunkSize+longest+1+beyond)
		}
		text, err := t.lines(begin+int64(chunk)*chunkSize, buffers[worker])
		if err != nil {
			return err
		}
		return read(worker, chunk, text, false)
	})
}

// lines are the lines that begin in the chunk at an offset of the file. The byte
// before it tells whether a line begins with it.
func (t *csvText) lines(offset int64, buffer []byte) ([]byte, error) {
	n, err := t.file.ReadAt(buffer[:1+chunkSize+longest], offset-1)
	whole := offset-1+int64(n) == t.file.size
	if err != nil && !(whole && errors.Is(err, io.EOF)) { // an end elsewhere: somebody has cut it
		return nil, errPlain
	}
	if whole && buffer[n-1] != '\n' {
		buffer[n] = '\n'
		n++
	}
	text := buffer[:n]
	from := bytes.IndexByte(text[:min(1+chunkSize, n)], '\n') + 1
	if from == 0 || from == n {
		return buffer[:beyond], nil // the whole chunk is inside a line
	}
	to := n
	if n > chunkSize {
		end := bytes.IndexByte(text[chunkSize:], '\n')
		if end < 0 {
			return nil, errPlain // a line longer than the buffer
		}
		to = chunkSize + end + 1
	}
	if bytes.IndexByte(text[from:to], '"') >= 0 {
		return nil, errQuoted
	}
	return t.endInLF(buffer, from, to)
}

// endInLF turns CRLF into LF between two offsets of the buffer, and returns the
// result with the bytes behind it that may be looked at.
func (t *csvText) endInLF(buffer []byte, from, to int) ([]byte, error) {
	text := buffer[from:to]
	cr := bytes.IndexByte(text, '\r')
	if cr < 0 {
		return buffer[from : to+beyond], nil
	}
	n := 0
	for cr >= 0 {
		if !t.crlf || text[cr+1] != '\n' {
			return nil, errPlain
		}
		n += copy(buffer[from+n:], text[:cr])
		text = text[cr+1:]
		cr = bytes.IndexByte(text, '\r')
	}
	to = from + n + copy(buffer[from+n:], text)
	return buffer[from : to+beyond], nil
}

// inTurns reads the file from its begin: one worker reads, the others work on
// what they have read.
func (t *csvText) inTurns(workers int, read lineReader) (chunks int, err error) {
	if _, err := t.file.text.Discard(t.length); err != nil {
		return 0, errPlain
	}
	s := turns{text: t.file.text}
	err = parallel.Try(workers, workers, func(worker, _ int) error {
		buffer := make([]byte, chunkSize+1+beyond)
		for {
			text, chunk, err := s.next(buffer)
			if len(text) == 0 || err != nil {
				return err
			}
			quoted := bytes.IndexByte(text, '"') >= 0
			if !quoted {
				text, err = t.endInLF(buffer, 0, len(text))
			}
			if err == nil {
				err = read(worker, chunk, text, quoted)
			}
			if err != nil {
				s.stop()
				return err
			}
		}
	})
	return s.chunks, err
}

// turns is a text that workers read in turns.
type turns struct {
	text io.Reader

	sync.Mutex
	rest   []byte // of the last chunk: a row that goes on
	chunks int
	done   bool
}

func (s *turns) stop() {
	s.Lock()
	s.done, s.rest = true, nil
	s.Unlock()
}

// next reads whole rows; none at the end.
func (s *turns) next(buffer []byte) (text []byte, chunk int, err error) {
	s.Lock()
	defer s.Unlock()
	n := copy(buffer, s.rest)
	s.rest = s.rest[:0]
	if !s.done {
		more, err := io.ReadFull(s.text, buffer[n:chunkSize])
		n += more
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF): // of a file that was cut off, unpacking says something else
			s.done = true
			if n > 0 && buffer[n-1] != '\n' {
				buffer[n] = '\n'
				n++
			}
		case err != nil:
			s.done = true
			return nil, 0, errPlain
		}
	}
	if n == 0 {
		return nil, 0, nil
	}
	end := rowsEnd(buffer[:n])
	if end == 0 || s.done && end < n { // a row longer than the buffer, or a quote that does not end
		s.done = true
		return nil, 0, errPlain
	}
	s.rest = append(s.rest, buffer[end:n]...)
	s.chunks++
	return buffer[:end], s.chunks - 1, nil
}

// rowsEnd is where the last whole row of a text ends that begins with a row: at
// a line break before which there is an even number of quotes. A quote where none
// may be is found when the rows before it are read.
func rowsEnd(text []byte) int {
	end := bytes.LastIndexByte(text, '\n') + 1
	for quotes := bytes.Count(text[:end], []byte{'"'}); quotes%2 == 1 && end > 0; {
		before := bytes.LastIndexByte(text[:end-1], '\n') + 1
		quotes -= bytes.Count(text[before:end], []byte{'"'})
		end = before
	}
	return end
}

// quotedRows calls each with the rows of a text, which have so many fields.
func quotedRows(text []byte, fields int, each func(row []string) error) error {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.ReuseRecord = fields, true
	for {
		row, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return errPlain
		}
		if err := each(row); err != nil {
			return err
		}
	}
}
