package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/paired"
)

const (
	chunkSize = 512 << 10 // bytes of a CSV that a worker takes at a time: they stay in a second-level cache
	longest   = 32 << 10  // of a line; the fast reader gives longer ones up
	beyond    = 32        // bytes behind the text that may be looked at
)

var bom = []byte("\xef\xbb\xbf")

// csvPairs reads chunks of a CSV on all workers. A chunk owns the lines that
// begin in it. No field below the header may be in quotes: then a line break is
// the end of a row, wherever one begins to read.
func (f *file) csvPairs(p *pairs) error {
	head := make([]byte, min(longest, f.size))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return errPlain
	}
	line, _, found := bytes.Cut(head, []byte("\n"))
	text, crlf := bytes.CutSuffix(bytes.TrimPrefix(line, bom), []byte("\r"))
	if !found || len(text) == 0 || bytes.ContainsAny(text, "\r\x00") {
		return errPlain
	}
	header, err := csv.NewReader(bytes.NewReader(text)).Read()
	if err != nil {
		return errPlain
	}
	roles, err := p.roles(header)
	if err != nil {
		return err
	}
	begin := int64(len(line) + 1)
	chunks := int((f.size - begin + chunkSize - 1) / chunkSize)
	readers := make([]*csvChunk, len(p.workers))
	for i := range readers {
		readers[i] = &csvChunk{worker: &p.workers[i], file: f, roles: roles, crlf: crlf, inOrder: slices.Equal(roles, []int{1, 2, 3}), buffer: make([]byte, 1+chunkSize+longest+1+beyond)}
	}
	err = p.each(chunks, func(worker, chunk int) error {
		r := readers[worker]
		r.number = p.chunks + chunk
		return r.read(begin + int64(chunk)*chunkSize)
	})
	p.chunks += chunks
	return err
}

// A csvChunk reads one chunk after another.
type csvChunk struct {
	file    *file
	roles   []int
	crlf    bool // lines may end so
	inOrder bool // the columns are label, champion, challenger
	buffer  []byte
	batch   batch
	worker  *worker
	number  int
}

// read reads the lines that begin in the chunk at an offset of the file.
func (c *csvChunk) read(offset int64) error {
	text, err := c.lines(offset)
	if err != nil {
		return err
	}
	for at, end := 0, len(text)-beyond; at < end; {
		if c.inOrder && c.worker.millionths != nil {
			at = c.millionths(text, at, end)
		} else if c.inOrder {
			at = c.long(text, at, end)
		}
		if at == end {
			break
		}
		if at = c.row(text, at); at < 0 {
			return errPlain
		}
		if c.batch.rows == batchRows {
			if err := c.batch.flush(c.worker, c.number); err != nil {
				return err
			}
		}
	}
	return c.batch.flush(c.worker, c.number)
}

// lines are the lines that begin in the chunk, each with an LF behind it, and
// some bytes more. The byte before the chunk tells whether a line begins with
// it.
func (c *csvChunk) lines(offset int64) ([]byte, error) {
	n, err := c.file.ReadAt(c.buffer[:1+chunkSize+longest], offset-1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errPlain
	}
	if offset-1+int64(n) == c.file.size && c.buffer[n-1] != '\n' {
		c.buffer[n] = '\n'
		n++
	}
	text := c.buffer[:n]
	from := bytes.IndexByte(text[:min(1+chunkSize, n)], '\n') + 1
	if from == 0 || from == n {
		return c.buffer[:beyond], nil // the whole chunk is inside a line
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
		return nil, errPlain
	}
	if to = c.endInLF(from, to); to < 0 {
		return nil, errPlain
	}
	return c.buffer[from : to+beyond], nil
}

// endInLF makes LF of CRLF in a part of the buffer, and returns where it now
// ends; -1: there is another CR.
func (c *csvChunk) endInLF(from, to int) int {
	text := c.buffer[from:to]
	cr := bytes.IndexByte(text, '\r')
	if cr < 0 {
		return to
	}
	n := 0
	for cr >= 0 {
		if !c.crlf || text[cr+1] != '\n' {
			return -1
		}
		n += copy(c.buffer[from+n:], text[:cr])
		text = text[cr+1:]
		cr = bytes.IndexByte(text, '\r')
	}
	return from + n + copy(c.buffer[from+n:], text)
}

// millionths reads lines of the usual form, a label of one byte that is known
// and two times 0. with 1 to 6 decimals, and returns where another begins.
func (c *csvChunk) millionths(text []byte, at, end int) int {
	labels, n := &c.worker.labels.short, 0
	for at < end {
		label := &labels[text[at]]
		champion, challenger, length := usual((*[20]byte)(text[at:]))
		if length == 0 {
			champion, challenger, length = shorter(text[at:])
		}
		if length == 0 || !label.known {
			break
		}
		if n == len(c.worker.rows) {
			c.worker.millionths.Add(c.worker.rows[:])
			n = 0
		}
		c.worker.rows[n] = paired.Millionth{Positive: label.positive, Champion: champion, Challenger: challenger}
		n++
		at += length
	}
	c.worker.millionths.Add(c.worker.rows[:n])
	return at
}

// long reads lines of a label of one byte that is known and two times 0. with
// 16 to 19 decimals, and returns where another begins. It leaves room for that
// one in the batch.
func (c *csvChunk) long(text []byte, at, end int) int {
	labels, b := &c.worker.labels.short, &c.batch
	for ; at < end && b.rows < batchRows-1; b.rows++ {
		label := &labels[text[at]]
		if !label.known { // nor is a line break, behind which the text may end
			break
		}
		champion, next := fraction(text, at+1)
		challenger, next := fraction(text, next)
		if next == 0 || text[next] != '\n' {
			break
		}
		b.positive[b.rows], b.scores[0][b.rows], b.scores[1][b.rows] = label.positive, champion, challenger
		at = next + 1
	}
	return at
}

// row reads the line that begins at a place of the text, and returns where the
// next one does; -1: not for the fast reader.
func (c *csvChunk) row(text []byte, at int) int {
	if text[at] == '\n' {
		return at + 1 // blank
	}
	b := &c.batch
	last := len(c.roles) - 1
	for i, role := range c.roles {
		ok := true
		switch role {
		case 2, 3:
			b.scores[role-2][b.rows], at, ok = number(text, at)
		case 1:
			b.positive[b.rows], at, ok = c.label(text, at)
		default:
			at = fieldEnd(text, at)
		}
		if !ok || (i == last) != (text[at] == '\n') {
			return -1
		}
		at++
	}
	b.rows++
	return at
}

func (c *csvChunk) label(text []byte, at int) (positive bool, end int, ok bool) {
	if short := c.worker.labels.short[text[at]]; short.known && (text[at+1] == ',' || text[at+1] == '\n') {
		return short.positive, at + 1, true
	}
	end = fieldEnd(text, at)
	positive, ok = c.worker.labels.is(text[at:end])
	return positive, end, ok
}

func fieldEnd(text []byte, at int) int {
	for text[at] != ',' && text[at] != '\n' {
		at++
	}
	return at
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }
