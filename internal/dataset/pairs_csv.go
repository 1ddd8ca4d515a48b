package dataset

import (
	"runtime/debug"
	"slices"

	"github.com/org/ct-action/internal/evidence"
)

// csvPairs reads a CSV in chunks, with all workers.
func (f *file) csvPairs(p *pairs) error {
	t, err := f.csvText()
	if err != nil {
		return err
	}
	roles, err := p.roles(t.header)
	if err != nil {
		return err
	}
	if f.packed || p.quoted {
		debug.SetGCPercent(collectOften)
	}
	readers := make([]*csvChunk, len(p.collectors))
	for i := range readers {
		readers[i] = &csvChunk{into: &p.collectors[i], roles: roles, inOrder: slices.Equal(roles, []int{1, 2, 3})}
	}
	chunks, err := t.chunks(len(p.collectors), p.quoted, func(worker, chunk int, text []byte, quoted bool) error {
		r := readers[worker]
		r.number = p.chunks + chunk
		if quoted {
			return r.readQuoted(text)
		}
		return r.read(text)
	})
	p.chunks += chunks
	return err
}

// A csvChunk reads one chunk after another.
type csvChunk struct {
	roles   []int
	inOrder bool // the columns are label, champion, challenger
	batch   batch
	ready   [batchRows]evidence.Millionth
	into    *collector
	number  int
}

// read reads lines that have bytes behind them.
func (c *csvChunk) read(text []byte) error {
	for at, end := 0, len(text)-beyond; at < end; {
		if c.inOrder && c.into.millionths != nil {
			at = c.millionths(text, at, end)
		}
		if at == end {
			break
		}
		if at = c.row(text, at); at < 0 {
			return errPlain
		}
		if c.batch.rows == batchRows {
			if err := c.batch.flush(c.into, c.number); err != nil {
				return err
			}
		}
	}
	return c.batch.flush(c.into, c.number)
}

// readQuoted reads rows some of whose fields are in quotes.
func (c *csvChunk) readQuoted(text []byte) error {
	err := quotedRows(text, len(c.roles), func(row []string) error {
		b := &c.batch
		for i, role := range c.roles {
			ok := true
			switch role {
			case 2, 3:
				b.scores[role-2][b.rows], ok = parsed(row[i])
			case 1:
				b.positive[b.rows], ok = c.into.labels.is([]byte(row[i]))
			}
			if !ok {
				return errPlain
			}
		}
		if b.rows++; b.rows == batchRows {
			return b.flush(c.into, c.number)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.batch.flush(c.into, c.number)
}

// millionths reads lines of the usual form, a label of one byte that is known
// and two times 0. with 1 to 6 decimals, and returns where another begins.
func (c *csvChunk) millionths(text []byte, at, end int) int {
	labels, n := &c.into.labels.short, 0
	for at < end {
		label := &labels[text[at]]
		champion, challenger, length := usual((*[20]byte)(text[at:]))
		if length == 0 {
			champion, challenger, length = shorter(text[at:])
		}
		if length == 0 || !label.known {
			break
		}
		if n == len(c.ready) {
			c.into.millionths.Add(c.ready[:])
			n = 0
		}
		c.ready[n] = evidence.Millionth{Positive: label.positive, Champion: champion, Challenger: challenger}
		n++
		at += length
	}
	c.into.millionths.Add(c.ready[:n])
	return at
}

// row reads the line that begins at an offset of the text, and returns where the
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
	if short := c.into.labels.short[text[at]]; short.known && (text[at+1] == ',' || text[at+1] == '\n') {
		return short.positive, at + 1, true
	}
	end = fieldEnd(text, at)
	positive, ok = c.into.labels.is(text[at:end])
	return positive, end, ok
}
