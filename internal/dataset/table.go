package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/metrics"
)

// Table reads columns of texts and of numbers: the texts that Columns returns,
// each once with a code a row, and the numbers that metrics.Scores reads from
// them, to the bit. So a float32 is the number of its shortest digits (0.1,
// not 0.10000000149), as a CSV of it would say; two that differ stay in order.
// A row takes 4 bytes a text and 8 a number, beside each different text once.
//
// Cells that are blank or no number are one error for each column and part, in
// rows counted from 1 in that part, all columns at once; booleans, dates and
// times are no numbers. NaN and infinities are.
func (d Dir) Table(path string, categories, numbers []string) (metrics.Table, error) {
	return d.table(path, categories, numbers, d.csvTable)
}

// A csvReader reads a part that is open into a table.
type csvReader func(part string, f *file, into *table) error

func (d Dir) table(path string, categories, numbers []string, csv csvReader) (metrics.Table, error) {
	parts, err := d.alike(path)
	if err != nil {
		return metrics.Table{}, err
	}
	t := newTable(categories, numbers)
	var problems []error
	for _, part := range parts {
		if err := d.tablePart(part, t, csv); err != nil {
			if problems = append(problems, err); len(problems) == badRowsShown {
				break
			}
		}
	}
	if problems != nil {
		return metrics.Table{}, errors.Join(problems...)
	}
	return t.done(), nil
}

func (d Dir) tablePart(part string, into *table, csv csvReader) error {
	f, err := d.open(part)
	if err != nil {
		return err
	}
	defer f.Close()
	into.bad = make([]metrics.BadScores, len(into.numbers))
	if f.parquet {
		err = f.parquetTable(into)
	} else {
		err = csv(part, f, into)
	}
	if err != nil {
		return err
	}
	return into.problems(f.name)
}

// csvTable reads a CSV in chunks, on several threads. A file with something that this
// fast reader does not know is read again from the start, by the plain reader.
func (d Dir) csvTable(part string, f *file, into *table) error {
	rows := into.rows()
	err := f.chunkedTable(into, false)
	if errors.Is(err, errQuoted) {
		into.truncate(rows)
		err = f.chunkedTable(into, true)
	}
	if !errors.Is(err, errPlain) {
		return err
	}
	into.truncate(rows)
	if f, err = d.open(part); err != nil {
		return err
	}
	defer f.Close()
	return plainTable(part, f, into)
}

// A table grows by rows. All slices have one entry a column.
type table struct {
	texts   []texts
	names   []string // of the columns of numbers
	numbers [][]float64
	bad     []metrics.BadScores // of the part that is being read
}

func newTable(categories, numbers []string) *table {
	t := &table{names: numbers, numbers: make([][]float64, len(numbers)), bad: make([]metrics.BadScores, len(numbers))}
	for _, name := range categories {
		t.texts = append(t.texts, texts{Category: metrics.Category{Name: name}, codes: map[string]uint32{}})
	}
	return t
}

// columns names all columns, those of texts first.
func (t *table) columns() []string {
	var names []string
	for _, c := range t.texts {
		names = append(names, c.Name)
	}
	return append(names, t.names...)
}

func (t *table) problems(file string) error {
	var problems []error
	for i := range t.bad {
		if err := t.bad[i].Err(); err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				problems = append(problems, fmt.Errorf("%s: column %s: %s", file, quote(t.names[i]), line))
			}
		}
	}
	return errors.Join(problems...)
}

func (t *table) done() metrics.Table {
	done := metrics.Table{Rows: t.rows(), Numbers: t.numbers}
	for _, c := range t.texts {
		done.Categories = append(done.Categories, c.Category)
	}
	return done
}

func (t *table) rows() int {
	switch {
	case len(t.numbers) > 0:
		return len(t.numbers[0])
	case len(t.texts) > 0:
		return len(t.texts[0].Codes)
	}
	return 0
}

// texts is a category that grows.
type texts struct {
	metrics.Category
	codes map[string]uint32 // by text
}

func (c *texts) add(text []byte) {
	code, ok := c.codes[string(text)] // does not allocate
	if !ok {
		code = c.put(string(text))
	}
	c.Codes = append(c.Codes, code)
}

func (c *texts) put(text string) uint32 {
	code := uint32(len(c.Texts))
	c.codes[text], c.Texts = code, append(c.Texts, text)
	return code
}

// join takes over the texts of a window, and gives the window's rows the codes that
// these texts have here.
func (c *texts) join(window texts) {
	codes := make([]uint32, len(window.Texts))
	for i, text := range window.Texts {
		code, ok := c.codes[text]
		if !ok {
			code = c.put(text)
		}
		codes[i] = code
	}
	for i, code := range window.Codes {
		window.Codes[i] = codes[code]
	}
}

// rowsPerSweep is how many rows of a CSV are read before the garbage collector is
// run. By itself it would wait until the texts of rows already read take as much
// memory as the columns; a run is quick, as columns hold no pointers.
const rowsPerSweep = 1 << 20

// plainTable reads a CSV with encoding/csv. Its errors say what is wrong, and where.
func plainTable(_ string, f *file, into *table) error {
	if err := f.makeRoom(into); err != nil {
		return err
	}
	row := 0
	return f.csvRows(into.columns(), func(cells []string, indexes []int) {
		if row++; row%rowsPerSweep == 0 {
			runtime.GC()
		}
		for i := range into.texts {
			into.texts[i].add([]byte(cells[indexes[i]]))
		}
		for i, index := range indexes[len(into.texts):] {
			into.numbers[i] = append(into.numbers[i], into.bad[i].Read(row, cells[index]))
		}
	})
}

// makeRoom makes room for as many rows as a CSV has line breaks, so that no
// column is copied as it grows. How many there are in a compressed one is not
// known before it is read.
func (f *file) makeRoom(into *table) error {
	if f.packed {
		return nil
	}
	rows, err := f.countLines()
	for i := range into.texts {
		into.texts[i].Codes = slices.Grow(into.texts[i].Codes, rows)
	}
	for i := range into.numbers {
		into.numbers[i] = slices.Grow(into.numbers[i], rows)
	}
	return err
}

func (f *file) countLines() (lines int, err error) {
	var buffer [1 << 16]byte
	for at := int64(0); at < f.size; {
		n, err := f.ReadAt(buffer[:min(int64(len(buffer)), f.size-at)], at)
		if n == 0 || err != nil && !errors.Is(err, io.EOF) {
			return 0, fileError(f.name, err)
		}
		lines += bytes.Count(buffer[:n], []byte{'\n'})
		at += int64(n)
	}
	return lines, nil
}

// A column collects values one after the other. All of its texts share one
// piece of memory: a million short values are three allocations that grow, not
// a million, and none keeps the rest of its row alive.
type column struct {
	text strings.Builder
	ends []int // of each value, in text
}

func (c *column) add(value []byte) {
	c.text.Write(value)
	c.ends = append(c.ends, c.text.Len())
}

func (c *column) values() []string {
	text, start := c.text.String(), 0
	values := make([]string, len(c.ends))
	for i, end := range c.ends {
		values[i] = text[start:end]
		start = end
	}
	return values
}
