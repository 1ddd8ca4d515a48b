package dataset

import (
	"runtime"
	"slices"

	"github.com/parquet-go/parquet-go"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/parallel"
	"github.com/org/ct-action/internal/parquetfile"
)

// A rowGroup is a stretch of a Parquet file that is read by itself.
type rowGroup struct {
	rows   int
	before int    // rows of the file that come before it
	read   *table // a window of the whole table
	err    error
}

// parquetTable reads the row groups in parallel, each into its own window of the
// table. Their texts are then joined in the order of the file, so that nothing
// depends on which group was read first.
func (f *file) parquetTable(into *table) (err error) {
	defer f.recovered(&err)
	p, leaves, err := f.checkedColumns(into.columns())
	if err != nil {
		return err
	}
	groups, err := f.groupsOf(p)
	if err != nil {
		return err
	}
	into.divide(groups)
	parallel.Each(runtime.GOMAXPROCS(0), len(groups), func(_, i int) {
		groups[i].err = f.readGroup(p, i, &groups[i], leaves)
	})
	for i := range groups {
		if groups[i].err != nil { // the first in the file
			return groups[i].err
		}
		into.join(groups[i].read)
		groups[i].read = nil
	}
	return nil
}

func (f *file) groupsOf(p *parquetfile.File) ([]rowGroup, error) {
	var groups []rowGroup
	rows := int64(0)
	for _, g := range p.Groups {
		groups = append(groups, rowGroup{rows: int(g.NumRows), before: int(rows)})
		rows += g.NumRows
	}
	if rows != p.NumRows() {
		return nil, f.broken("row groups of %d rows, expected %d", rows, p.NumRows())
	}
	return groups, nil
}

func (f *file) readGroup(p *parquetfile.File, number int, g *rowGroup, leaves []*parquet.Column) (err error) {
	defer f.recovered(&err)
	for i, leaf := range leaves {
		add := g.read.adder(i, g.before, leaf.Type(), p.Text(leaf))
		rows, err := p.Values(number, leaf, add)
		if err != nil {
			return f.broken("column %s, after row %d: %w", quote(leaf.Name()), int64(g.before)+rows, err)
		}
	}
	return nil
}

// adder returns what adds the values of one column to the table, from a row on.
func (t *table) adder(column, row int, kind parquet.Type, write parquetfile.Text) func(parquet.Value) {
	var text []byte
	if column < len(t.texts) {
		into := &t.texts[column]
		return func(v parquet.Value) {
			if text = text[:0]; !v.IsNull() {
				text = write(text, v)
			}
			into.add(text)
		}
	}
	at := column - len(t.texts)
	numbers, bad, double := &t.numbers[at], &t.bad[at], kind.Kind() == parquet.Double
	return func(v parquet.Value) {
		row++
		if double && !v.IsNull() {
			*numbers = append(*numbers, v.Double())
			return
		}
		if text = text[:0]; !v.IsNull() {
			text = write(text, v)
		}
		*numbers = append(*numbers, bad.Read(row, string(text)))
	}
}

// divide makes room for the rows of all groups at once, and gives each group an
// empty window of it to fill.
func (t *table) divide(groups []rowGroup) {
	rows := 0
	for i := range groups {
		groups[i].read = &table{bad: make([]metrics.BadScores, len(t.numbers))}
		rows += groups[i].rows
	}
	for i := range t.texts {
		codes := windows(&t.texts[i].Codes, rows, groups)
		for g := range groups {
			groups[g].read.texts = append(groups[g].read.texts, texts{Category: metrics.Category{Codes: codes[g]}, codes: map[string]uint32{}})
		}
	}
	for i := range t.numbers {
		for g, window := range windows(&t.numbers[i], rows, groups) {
			groups[g].read.numbers = append(groups[g].read.numbers, window)
		}
	}
}

// windows lengthens a column by rows, and returns empty slices, one for each
// group, which grow into the new rows.
func windows[T any](column *[]T, rows int, groups []rowGroup) [][]T {
	before := len(*column)
	*column = slices.Grow(*column, rows)[:before+rows]
	all := make([][]T, len(groups))
	for i, g := range groups {
		from := before + g.before
		all[i] = (*column)[from : from : from+g.rows]
	}
	return all
}

// join takes the texts and the bad cells of a window that is full.
func (t *table) join(window *table) {
	for i := range window.texts {
		t.texts[i].join(window.texts[i])
	}
	for i := range window.bad {
		t.bad[i].Join(window.bad[i])
	}
}
