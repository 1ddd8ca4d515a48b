package dataset

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"math/bits"
	"slices"
	"strconv"
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
	rows    [batchRows]paired.Millionth
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
		if n == len(c.rows) {
			c.worker.millionths.Add(c.rows[:])
			n = 0
		}
		c.rows[n] = paired.Millionth{Positive: label.positive, Champion: champion, Challenger: challenger}
		n++
		at += length
	}
	c.worker.millionths.Add(c.rows[:n])
	return at
}

// usual reads a line with six decimals twice, behind a label of one byte. The
// length is 0 where it is none.
func usual(line *[20]byte) (champion, challenger uint32, length int) {
	const (
		start  = uint64(','|'0'<<8|'.'<<16) << 8
		middle = '0'*0x010101010101 | ','<<48 | '0'<<56
		finish = '.' | '0'*0x010101010101<<8 | '\n'<<56
	)
	// What is left are the values of the digits.
	a, b := binary.LittleEndian.Uint64(line[4:])^middle, binary.LittleEndian.Uint64(line[12:])^finish
	wrong := (binary.LittleEndian.Uint64(line[:])^start)&0xffffff00 |
		(a|(a+0x060606060606))&0xfffff0f0f0f0f0f0 | (b|(b+0x060606060606<<8))&0xfff0f0f0f0f0f0ff
	if wrong != 0 {
		return 0, 0, 0
	}
	return uint32(ofDigits(a << 16)), uint32(ofDigits(b << 8)), len(line)
}

// shorter reads a line with 1 to 6 decimals twice.
func shorter(line []byte) (champion, challenger uint32, length int) {
	champion, decimals := six(line, 1)
	at := 4 + decimals
	challenger, more := six(line, at)
	length = at + 3 + more + 1
	if decimals == 0 || more == 0 || line[length-1] != '\n' {
		return 0, 0, 0
	}
	return champion, challenger, length
}

// six reads a comma, 0. and up to 6 decimals as millionths; 0 decimals: it is
// something else.
func six(line []byte, at int) (k uint32, decimals int) {
	v := binary.LittleEndian.Uint64(line[at+3:])
	decimals = digits(v)
	if decimals > 6 || binary.LittleEndian.Uint32(line[at:])&0xffffff != ','|'0'<<8|'.'<<16 {
		return 0, 0
	}
	v = (v - '0'*each) & (1<<(8*decimals) - 1)
	return uint32(ofDigits(v << 16)), decimals // two zeros before them, and as many behind as they are short of 6
}

// long reads lines of a label of one byte that is known and two times 0. with
// 16 to 19 decimals, into what room the batch has, and returns where another
// begins.
func (c *csvChunk) long(text []byte, at, end int) int {
	labels, b := &c.worker.labels.short, &c.batch
	for ; at < end && b.rows < batchRows-1; b.rows++ {
		label := &labels[text[at]]
		champion, next := fraction(text, at+1)
		challenger, next := fraction(text, next)
		if !label.known || next == 0 || text[next] != '\n' {
			break
		}
		b.positive[b.rows], b.scores[0][b.rows], b.scores[1][b.rows] = label.positive, champion, challenger
		at = next + 1
	}
	return at
}

// fraction reads a comma, 0. and 16 to 19 decimals, and returns where they end;
// 0: it is something else, or nothing may be there.
func fraction(text []byte, at int) (x float64, end int) {
	field := (*[27]byte)(text[at:])
	first, second, third := binary.LittleEndian.Uint64(field[3:]), binary.LittleEndian.Uint64(field[11:]), binary.LittleEndian.Uint64(field[19:])
	more := digits(third)
	if at == 0 || more > 3 || noDigits(first)|noDigits(second) != 0 || binary.LittleEndian.Uint32(field[:])&0xffffff != ','|'0'<<8|'.'<<16 {
		return 0, 0
	}
	n := ofDigits(first-'0'*each)*tensUint[8] + ofDigits(second-'0'*each)
	n = n*tensUint[more] + ofDigits((third-'0'*each)<<(64-8*more))
	return quotient(n, 16+more), at + 19 + more
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

// number reads the number at a place of the text, up to a comma or the end of
// the line, where it returns. It knows 0. and 1 to 19 decimals; the rest is
// odd.
func number(text []byte, at int) (x float64, end int, ok bool) {
	if text[at] != '0' || text[at+1] != '.' {
		return odd(text, at)
	}
	n, decimals := eight(text, at+2)
	if decimals == 8 {
		more, k := eight(text, at+10)
		n, decimals = n*tensUint[k]+more, 8+k
		if k == 8 {
			more, k = eight(text, at+18)
			if k > 3 {
				return odd(text, at)
			}
			n, decimals = n*tensUint[k]+more, 16+k
		}
	}
	end = at + 2 + decimals
	if decimals == 0 || text[end] != ',' && text[end] != '\n' {
		return odd(text, at)
	}
	if decimals <= 15 { // n < 2⁵³, both are floats
		return float64(int64(n)) / tens[decimals], end, true
	}
	return quotient(n, decimals), end, true
}

// eight reads the digits at a place of the text, up to 8.
func eight(text []byte, at int) (n uint64, length int) {
	v := binary.LittleEndian.Uint64(text[at:])
	length = digits(v)
	return ofDigits((v - '0'*each) << (64 - 8*uint(length))), length
}

// Eight bytes of text are read as one word, the first in its lowest bits.
const each = 0x0101010101010101

// digits counts those at the start of a word.
func digits(word uint64) int {
	return bits.TrailingZeros64(noDigits(word)) / 8 // 8 where there is no other
}

// noDigits has a bit in every byte that is no digit, up to the first at least.
func noDigits(word uint64) uint64 {
	return ((word ^ '0'*each) | ((word + 6*each) ^ '0'*each)) & (0xf0 * each)
}

// ofDigits is the number of 8 digits, without a loop: it adds neighbours, then
// pairs, then fours.
func ofDigits(v uint64) uint64 {
	v = v*10 + v>>8
	return (v&0xff000000ff*(100+1000000<<32) + v>>16&0xff000000ff*(1+10000<<32)) >> 32
}

// odd reads any other number that strconv knows.
func odd(text []byte, at int) (x float64, end int, ok bool) {
	end = at
	for text[end] != ',' && text[end] != '\n' {
		end++
	}
	x, err := strconv.ParseFloat(strings.TrimSpace(string(text[at:end])), 64)
	return x, end, err == nil
}

// Powers of ten, all exact, and the 64 leading bits of one over each.
var (
	tens       [20]float64
	tensUint   [20]uint64
	reciprocal [20]uint64
)

func init() {
	for i, power := 0, uint64(1); i < len(tens); i, power = i+1, power*10 {
		tens[i], tensUint[i] = float64(power), power
		if i > 0 {
			reciprocal[i], _ = bits.Div64(1<<(bits.Len64(power)-1), 0, power)
		}
	}
}

// quotient is the float nearest to m/10^decimals, from 1 to 19 decimals. It
// multiplies, which leaves open whether the 62 or 63 first bits of the quotient
// are q or up to 2 more. Where that leaves the rounding open, it divides.
func quotient(m uint64, decimals int) float64 {
	if m == 0 {
		return 0
	}
	up := bits.LeadingZeros64(m)
	q, _ := bits.Mul64(m<<up, reciprocal[decimals])
	q >>= 1
	x := float64(int64(q))
	if x != float64(int64(q+2)) {
		return divided(m, decimals)
	}
	return x * math.Float64frombits(uint64(1023+2-bits.Len64(tensUint[decimals])-up)<<52)
}

// divided is quotient: 62 or 63 bits of it, with the last one set where there
// is a rest, round as the whole would.
func divided(m uint64, decimals int) float64 {
	d := tensUint[decimals]
	up, down := bits.LeadingZeros64(m), bits.LeadingZeros64(d)
	m <<= up
	q, rest := bits.Div64(m>>2, m<<62, d<<down)
	if rest != 0 {
		q |= 1
	}
	return float64(int64(q)) * math.Float64frombits(uint64(1023-62+down-up)<<52)
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }
