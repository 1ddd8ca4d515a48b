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

func (f *file) csvColumns(names []string) ([][]string, error) {
	columns := make([]column, len(names))
	err := f.csvRows(names, func(row []string, indexes []int) {
		for i, index := range indexes {
			columns[i].add([]byte(row[index]))
		}
	})
	if err != nil {
		return nil, err
	}
	values := make([][]string, len(names))
	for i := range columns {
		values[i] = columns[i].values()
	}
	return values, nil
}

// csvRows calls each with every row and the indexes of the named columns in it. The row
// is valid until each returns.
func (f *file) csvRows(names []string, each func(row []string, indexes []int)) error {
	header, r, err := f.readHeader()
	if err != nil {
		return err
	}
	indexes, err := find(f.name, header, names)
	if err != nil {
		return err
	}
	bad := badRows{file: f.name, want: len(header)}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return bad.err()
		}
		if err != nil {
			return f.csvError(err)
		}
		switch {
		case len(row) == len(header):
			each(row, indexes)
		case len(row) == 1 && strings.TrimSpace(row[0]) == "":
			// A blank line that is not quite empty.
		default:
			line, _ := r.FieldPos(0)
			bad.add(line, len(row))
		}
	}
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
		return at(f.name, p.Line, p.Column, "quote inside a field without quotes, expected the whole field in quotes and the inner ones doubled")
	case errors.Is(p.Err, csv.ErrQuote) && p.StartLine != p.Line:
		return at(f.name, p.StartLine, 0, "quoted field does not end as it should: the row goes on to line %d\nlook for a quote that is not doubled", p.Line)
	case errors.Is(p.Err, csv.ErrQuote):
		return at(f.name, p.Line, p.Column, "quoted field does not end as it should, expected a quote and then a comma or the end of the line")
	}
	return at(f.name, p.Line, 0, "%w", p.Err)
}

// A lineError is a mistake at one position in a file.
type lineError struct {
	file         string
	line, column int // from 1; column 0: the whole line
	err          error
}

func at(file string, line, column int, format string, args ...any) error {
	return &lineError{file, line, column, fmt.Errorf(format, args...)}
}

func (e *lineError) Error() string {
	if e.column == 0 {
		return fmt.Sprintf("%s:%d: %v", e.file, e.line, e.err)
	}
	return fmt.Sprintf("%s:%d:%d: %v", e.file, e.line, e.column, e.err)
}

func (e *lineError) Unwrap() error { return e.err }

// Position is where an editor would show it, from 1.
func (e *lineError) Position() (line, column int) { return e.line, e.column }

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
	b.shown = append(b.shown, at(b.file, line, 0, "row of %d fields, expected %d as in the header", fields, b.want))
}

func (b *badRows) err() error {
	if b.more > 0 {
		return errors.Join(append(b.shown, fmt.Errorf("%s: and %d more rows of a wrong length", b.file, b.more))...)
	}
	return errors.Join(b.shown...)
}
