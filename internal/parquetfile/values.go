package parquetfile

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// Values hands on the values of a column in a row group whose pages a Checker has
// gone through, and returns how many there were.
func (f *File) Values(group int, column *parquet.Column, add func(parquet.Value)) (rows int64, err error) {
	want, pages := f.Groups[group].NumRows, f.Pages(group, column)
	defer func() { err = errors.Join(err, pages.Close()) }()
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return rows, err
		}
		n, err := readValues(page, want-rows, add)
		parquet.Release(page)
		if rows += n; err != nil {
			return rows, err
		}
	}
	if rows != want {
		return rows, fmt.Errorf("no more values, expected %d rows in the row group", want)
	}
	return rows, nil
}

func readValues(page parquet.Page, most int64, add func(parquet.Value)) (rows int64, err error) {
	var buffer [256]parquet.Value
	values := page.Values()
	for {
		n, err := values.ReadValues(buffer[:])
		if rows+int64(n) > most {
			return rows, errors.New("more values than the rows of the row group")
		}
		for _, v := range buffer[:n] {
			add(v)
		}
		rows += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return rows, err
		case n == 0:
			return rows, io.ErrNoProgress
		}
	}
}
