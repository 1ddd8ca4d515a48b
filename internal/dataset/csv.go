package dataset

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// badRowsShown is how many rows of a wrong length an error names; the rest are
// counted.
const badRowsShown = 5

func (f *file) csvHeader() ([]string, error) {
	header, _, err := f.readHeader()
	return header, err
}

func (f *file) csvColumns(names []string) ([][]string, error) {
	header, rows, err := f.readHeader()
	if err != nil {
		return nil, err
	}
	places, err := find(f.name, header, names)
	if err != nil {
		return nil, err
	}
	columns := make([]column, len(names))
	bad := badRows{file: f.name, want: len(header)}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, f.csvError(err)
		}
		switch {
		case len(row) == len(header):
			for i, place := range places {
				columns[i].add(row[place])
			}
		case len(row) == 1 && strings.TrimSpace(row[0]) == "":
			// A blank line that is not quite empty.
		default:
			line, _ := rows.FieldPos(0)
			bad.add(line, len(row))
		}
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	values := make([][]string, len(names))
	for i := range columns {
		values[i] = columns[i].values()
	}
	return values, nil
}

// readHeader reads the first line that is not blank, and returns the reader of
// the rows below it.
func (f *file) readHeader() ([]string, *csv.Reader, error) {
	r := csv.NewReader(f.text)
	r.FieldsPerRecord = -1 // rows of a wrong length are ours to report
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("%s has only blank lines, expected a header line with the names of the columns", f.name)
	}
	if err != nil {
		return nil, nil, f.csvError(err)
	}
	for _, name := range header {
		if strings.ContainsRune(name, 0) {
			return nil, nil, fmt.Errorf("%s is no CSV or Parquet file: its first line holds zero bytes", f.name)
		}
	}
	r.ReuseRecord = true
	return header, r, nil
}

// csvError says in our words what encoding/csv found wrong, and where.
func (f *file) csvError(err error) error {
	var p *csv.ParseError
	switch {
	case !errors.As(err, &p):
		return fileError(f.name, err)
	case errors.Is(p.Err, csv.ErrBareQuote):
		return fmt.Errorf("%s:%d:%d: quote inside a field without quotes, expected the whole field in quotes and the inner ones doubled", f.name, p.Line, p.Column)
	case errors.Is(p.Err, csv.ErrQuote) && p.StartLine != p.Line:
		return fmt.Errorf("%s:%d: quoted field does not end as it should: the row goes on to line %d\nlook for a quote that is not doubled", f.name, p.StartLine, p.Line)
	case errors.Is(p.Err, csv.ErrQuote):
		return fmt.Errorf("%s:%d:%d: quoted field does not end as it should, expected a quote and then a comma or the end of the line", f.name, p.Line, p.Column)
	}
	return fmt.Errorf("%s:%d: %w", f.name, p.Line, p.Err)
}

// badRows collects the rows of a wrong length.
type badRows struct {
	file  string
	want  int // fields
	shown []error
	more  int
}

func (b *badRows) add(line, fields int) {
	if len(b.shown) == badRowsShown {
		b.more++
		return
	}
	b.shown = append(b.shown, fmt.Errorf("%s:%d: row of %d fields, expected %d as in the header", b.file, line, fields, b.want))
}

func (b *badRows) err() error {
	if b.more > 0 {
		return errors.Join(append(b.shown, fmt.Errorf("%s: and %d more rows of a wrong length", b.file, b.more))...)
	}
	return errors.Join(b.shown...)
}
