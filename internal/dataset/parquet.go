package dataset

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"

	"github.com/parquet-go/parquet-go"

	"github.com/org/ct-action/internal/parallel"
	"github.com/org/ct-action/internal/parquetfile"
)

func (f *file) parquetHeader() (_ []string, err error) {
	defer f.recovered(&err)
	p, err := f.openParquet()
	if err != nil {
		return nil, err
	}
	return p.Names(), nil
}

func (f *file) parquetColumns(names []string) (_ [][]string, err error) {
	defer f.recovered(&err)
	p, leaves, err := f.checkedColumns(names)
	if err != nil {
		return nil, err
	}
	values := make([][]string, len(leaves))
	for i, leaf := range leaves {
		if same := slices.Index(leaves[:i], leaf); same >= 0 {
			values[i] = values[same]
			continue
		}
		if values[i], err = f.readColumn(p, leaf); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// openParquet reads the footer of the file: its columns and row groups.
func (f *file) openParquet() (*parquetfile.File, error) {
	p, err := parquetfile.Open(f.ReaderAt, f.size)
	if pathError := new(fs.PathError); errors.As(err, &pathError) {
		return nil, fileError(f.name, err)
	} else if err != nil {
		return nil, f.broken("%w", err)
	}
	return p, nil
}

// broken is an error about what is wrong in a Parquet file.
func (f *file) broken(format string, args ...any) error {
	return fmt.Errorf("%s is a broken Parquet file: %w", f.name, fmt.Errorf(format, args...))
}

// checkedColumns opens the file, and returns the named columns once their pages
// have been checked.
func (f *file) checkedColumns(names []string) (*parquetfile.File, []*parquet.Column, error) {
	p, err := f.openParquet()
	if err != nil {
		return nil, nil, err
	}
	indexes, err := find(f.name, p.Names(), names)
	if err != nil {
		return nil, nil, err
	}
	columns, err := f.plainColumns(p, indexes)
	if err != nil {
		return nil, nil, err
	}
	return p, columns, f.checkPages(p, columns)
}

// plainColumns returns the columns with these indexes, if each has one value a
// row.
func (f *file) plainColumns(p *parquetfile.File, indexes []int) ([]*parquet.Column, error) {
	all := p.Root().Columns()
	columns := make([]*parquet.Column, len(indexes))
	var problems []error
	for i, index := range indexes {
		columns[i] = all[index]
		if err := f.plainColumn(p, all[index]); err != nil {
			problems = append(problems, err)
		}
	}
	return columns, errors.Join(problems...)
}

// plainColumn refuses a column that cannot be read.
func (f *file) plainColumn(p *parquetfile.File, c *parquet.Column) error {
	if !c.Leaf() || c.Repeated() {
		return fmt.Errorf("%s: column %s holds lists, maps or structs, expected one plain value a row", f.name, quote(c.Name()))
	}
	if codec, readable := p.Compression(c); !readable {
		return fmt.Errorf("%s: column %s is compressed with %v, expected snappy, gzip, brotli, zstd, lz4_raw or none\nwrite the file with another compression", f.name, quote(c.Name()), codec)
	}
	if scale := parquetfile.Scale(c.Type()); scale < 0 || scale > parquetfile.MaxScale {
		return f.broken("column %s has decimals of scale %d, expected 0 to %d", quote(c.Name()), scale, parquetfile.MaxScale)
	}
	return nil
}

// checkPages goes through all pages of these columns, in parallel; the error is
// that of the first column chunk in the file.
func (f *file) checkPages(p *parquetfile.File, columns []*parquet.Column) error {
	problems := make([]error, len(p.Groups)*len(columns))
	checkers := make([]parquetfile.Checker, runtime.GOMAXPROCS(0))
	parallel.Each(len(checkers), len(problems), func(worker, i int) {
		column := columns[i%len(columns)]
		err := checkers[worker].Check(p, i/len(columns), column)
		if errors.Is(err, parquetfile.ErrWide) {
			problems[i] = fmt.Errorf("%s: column %s: %w", f.name, quote(column.Name()), err)
		} else if err != nil {
			problems[i] = f.broken("column %s, %w", quote(column.Name()), err)
		}
	})
	return cmp.Or(problems...)
}

// readColumn reads a column through all row groups.
func (f *file) readColumn(p *parquetfile.File, c *parquet.Column) ([]string, error) {
	write := p.Text(c)
	var read column
	var cell []byte
	for i := range p.Groups {
		_, err := p.Values(i, c, func(v parquet.Value) {
			if cell = cell[:0]; !v.IsNull() {
				cell = write(cell, v)
			}
			read.add(cell)
		})
		if err != nil {
			return nil, f.broken("column %s, after row %d: %w", quote(c.Name()), len(read.ends), err)
		}
	}
	if n := int64(len(read.ends)); n != p.NumRows() {
		return nil, f.broken("row groups of %d rows, expected %d", n, p.NumRows())
	}
	return read.values(), nil
}

// recovered turns a panic into an error: the library panics on some broken files.
func (f *file) recovered(err *error) {
	if p := recover(); p != nil {
		*err = f.broken("%v", p)
	}
}
