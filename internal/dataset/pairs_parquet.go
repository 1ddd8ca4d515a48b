package dataset

import (
	"errors"
	"io"
	"math"
	"runtime/debug"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"github.com/org/ct-action/internal/parallel"
	"github.com/org/ct-action/internal/parquetfile"
)

// parquetPairs reads row groups with all workers, three columns in step.
func (f *file) parquetPairs(p *pairs) error {
	file, err := f.openParquet()
	if err != nil {
		return errPlain
	}
	roles, err := p.roles(file.Names())
	if err != nil {
		return err
	}
	var indexes [3]int
	for index, role := range roles {
		if role > 0 {
			indexes[role-1] = index
		}
	}
	leaves, err := f.plainColumns(file, indexes[:])
	if err != nil || leaves[0].Type().Kind() == parquet.FixedLenByteArray || !isFloat(leaves[1].Type().Kind()) || !isFloat(leaves[2].Type().Kind()) {
		return errPlain
	}
	if !p.checked[f.name] {
		// Pages that have to be unpacked are checked as they are read.
		unpacked := slices.DeleteFunc(slices.Clone(leaves), func(c *parquet.Column) bool { return file.UnpacksAll(c) })
		if err := f.checkPages(file, unpacked); err != nil {
			return errPlain
		}
		p.checked[f.name] = true
	}
	if p.rows += file.NumRows(); p.rows > manyRows {
		debug.SetGCPercent(collectOften)
	}
	groups := file.Groups
	readers := make([]groupReader, len(p.collectors))
	err = parallel.Try(len(p.collectors), len(groups), func(worker, i int) (err error) {
		defer f.recovered(&err)
		g := &readers[worker]
		g.into, g.write, g.number = &p.collectors[worker], file.Text(leaves[0]), p.chunks+i
		for c, leaf := range leaves {
			g.columns[c].begin(file.CheckedPages(i, leaf))
			defer g.columns[c].pages.Close()
		}
		return g.read(groups[i].NumRows)
	})
	p.chunks += len(groups)
	if err != nil {
		return errPlain
	}
	return nil
}

// A groupReader reads one row group after another.
type groupReader struct {
	columns [3]pageReader
	into    *collector
	write   parquetfile.Text
	number  int
}

// A pageReader holds what is left of the current page of a column.
type pageReader struct {
	pages    parquet.Pages
	page     parquet.Page
	positive []bool    // of a column of labels
	scores   []float64 // of one of scores
	buffer   []float64 // the memory of scores
	table    []float64 // of a dictionary of scores
	labels   []bool    // the memory of positive
}

// begin turns to the pages of another row group.
func (c *pageReader) begin(pages parquet.Pages) {
	c.pages, c.page, c.positive, c.scores = pages, nil, nil, nil
}

func (g *groupReader) read(rows int64) error {
	label, champion, challenger := &g.columns[0], &g.columns[1], &g.columns[2]
	for rows > 0 {
		if len(label.positive) == 0 {
			if err := g.nextLabels(label); err != nil {
				return err
			}
		}
		for _, c := range []*pageReader{champion, challenger} {
			if len(c.scores) == 0 {
				if err := c.nextScores(); err != nil {
					return err
				}
			}
		}
		n := min(len(label.positive), len(champion.scores), len(challenger.scores), batchRows)
		if err := g.into.add(g.number, label.positive[:n], champion.scores[:n], challenger.scores[:n]); err != nil {
			return err
		}
		label.positive, champion.scores, challenger.scores = label.positive[n:], champion.scores[n:], challenger.scores[n:]
		rows -= int64(n)
	}
	if rows < 0 {
		return errPlain
	}
	for _, c := range g.columns {
		parquet.Release(c.page)
		if !parquetfile.Complete(c.pages) {
			return errPlain // the plain reader checks all pages beforehand, and says what is wrong
		}
	}
	return nil
}

// next reads a page, once the one before is used up.
func (c *pageReader) next() (err error) {
	if c.page != nil {
		parquet.Release(c.page)
	}
	if c.page, err = c.pages.ReadPage(); err != nil || c.page.NumNulls() > 0 {
		return errPlain
	}
	return nil
}

func (c *pageReader) nextScores() error {
	if err := c.next(); err != nil {
		return err
	}
	data, dictionary := c.page.Data(), c.page.Dictionary()
	if dictionary == nil {
		c.scores, c.buffer = doubles(c.page.Type().Kind(), data, c.buffer)
		return nil
	}
	var table []float64
	values, indexes := dictionary.Page().Data(), data.Int32()
	table, c.table = doubles(dictionary.Type().Kind(), values, c.table)
	c.buffer = c.buffer[:0]
	for _, index := range indexes {
		c.buffer = append(c.buffer, table[index])
	}
	c.scores = c.buffer
	return nil
}

func isFloat(kind parquet.Kind) bool { return kind == parquet.Double || kind == parquet.Float }

// doubles are the values of a page as a CSV of them would say them: of floats of
// 32 bits, the numbers of their shortest digits, in a buffer that it returns too.
func doubles(kind parquet.Kind, data encoding.Values, buffer []float64) (values, used []float64) {
	if kind == parquet.Double {
		return data.Double(), buffer
	}
	buffer = buffer[:0]
	for _, x := range data.Float() {
		buffer = append(buffer, double(x))
	}
	return buffer, buffer
}

// double is the number of the shortest digits that read as x. Where a number of
// up to six digits does, no other number is so short: two
// numbers of six digits are always two different float32.
func double(x float32) float64 {
	if k := math.Round(float64(x) * 1e6); k >= 1 && k <= 1e6 && float32(k/1e6) == x {
		return k / 1e6
	}
	var digits [32]byte
	number, _ := strconv.ParseFloat(string(strconv.AppendFloat(digits[:0], float64(x), 'g', -1, 32)), 64) // never fails
	return number
}

func (g *groupReader) nextLabels(c *pageReader) error {
	if err := c.next(); err != nil {
		return err
	}
	data, dictionary := c.page.Data(), c.page.Dictionary()
	if dictionary == nil {
		return g.plainLabels(c)
	}
	table := make([]bool, dictionary.Len())
	for i := range table {
		var ok bool
		if table[i], ok = g.into.labels.is(g.write(nil, dictionary.Index(int32(i)))); !ok {
			return errPlain
		}
	}
	c.labels = c.labels[:0]
	for _, index := range data.Int32() {
		c.labels = append(c.labels, table[index])
	}
	c.positive = c.labels
	return nil
}

// plainLabels writes every label as text. That is slow, and rare: writers give a
// column of few different values a dictionary.
func (g *groupReader) plainLabels(c *pageReader) error {
	var values [256]parquet.Value
	var text []byte
	c.labels = c.labels[:0]
	for reader := c.page.Values(); ; {
		n, err := reader.ReadValues(values[:])
		for _, v := range values[:n] {
			text = g.write(text[:0], v)
			positive, ok := g.into.labels.is(text)
			if !ok {
				return errPlain
			}
			c.labels = append(c.labels, positive)
		}
		switch {
		case errors.Is(err, io.EOF):
			c.positive = c.labels
			return nil
		case err != nil || n == 0:
			return errPlain
		}
	}
}
