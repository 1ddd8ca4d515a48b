// Package dataset reads columns out of CSV and Parquet files: holdouts, scores
// and labelled predictions.
//
// Which of the two formats a file has is told by its content, not by its name.
// Values come as text, whatever their type in the file, because a class is
// compared as text or as number and only the caller knows which. The empty
// text is a missing value: an empty field of a CSV, a null of a Parquet.
// Nothing else means missing here; NaN, NA and null stay what they are.
//
// # CSV
//
// As RFC 4180 has it and pandas writes it: commas, quoted fields that may hold
// line breaks, one header line, UTF-8 with or without a byte order mark, lines
// ending in LF or CRLF. Blank lines are skipped. The unnamed index column of
// pandas is a column with an empty name. Rows of another length than the
// header are an error.
//
// # Parquet
//
// Any encoding that pyarrow writes, and any compression but LZ4, of which a
// broken file could not be told from a large one. Numbers are written with the
// fewest digits that read back as the same number; booleans as true and false;
// times as RFC 3339, without a zone where the file has none; decimals with all
// digits of their scale. Only columns with one plain value a row can be read:
// lists, maps and structs are named in the error. The index of a pandas frame,
// where it was stored, is the column __index_level_0__.
package dataset

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Dir resolves the paths of files, and names them in errors: relative to
// Root, so that a path printed inside a container means something outside.
type Dir struct {
	Root string // workspace; empty: the current directory
}

// Columns returns the named columns of a CSV or Parquet file, one slice a name,
// in the order of names, all of one length: the number of rows. A name may be
// asked for twice. All names that the file does not have are reported at once,
// with what there is instead. An error wraps fs.ErrNotExist if and only if the
// file is not there.
func (d Dir) Columns(path string, names ...string) ([][]string, error) {
	f, err := d.open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.parquet {
		return f.parquetColumns(names)
	}
	return f.csvColumns(names)
}

// Header returns the names of a file's columns, in the file's order, including
// those that Columns cannot read.
func (d Dir) Header(path string) ([]string, error) {
	f, err := d.open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.parquet {
		return f.parquetHeader()
	}
	return f.csvHeader()
}

// Digest returns the SHA-256 of a file's bytes, of any format, as 64
// hexadecimal digits in lower case.
func (d Dir) Digest(path string) (sha256hex string, err error) {
	name := d.name(path)
	f, err := os.Open(d.resolve(path))
	if err != nil {
		return "", fileError(name, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fileError(name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// A file is open, and its format known.
type file struct {
	*os.File
	name    string        // for errors
	size    int64         // bytes
	parquet bool          // else CSV
	text    *bufio.Reader // of a CSV: behind the byte order mark
}

func (d Dir) open(path string) (*file, error) {
	name := d.name(path)
	f, err := os.Open(d.resolve(path))
	if err != nil {
		return nil, fileError(name, err)
	}
	opened, err := sniff(f, name)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return opened, nil
}

// foreign are formats that are easily taken for one of ours, by the bytes that
// they begin with.
var foreign = []struct{ magic, format string }{
	{"\x1f\x8b", "compressed with gzip"},
	{"\x28\xb5\x2f\xfd", "compressed with zstd"},
	{"PK\x03\x04", "a ZIP archive or an Excel workbook"},
	{"ARROW1", "an Arrow or Feather file"},
	{"PARE", "an encrypted Parquet file"},
	{"\xff\xfe", "encoded in UTF-16"},
	{"\xfe\xff", "encoded in UTF-16"},
	{"version https://git-lfs", "a Git LFS pointer\ncheck out with lfs: true"},
}

// sniff tells the format of a file by its first bytes.
func sniff(f *os.File, name string) (*file, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fileError(name, err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a folder, expected a CSV or Parquet file", name)
	}
	text := bufio.NewReaderSize(f, 1<<16)
	head, err := text.Peek(32)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fileError(name, err)
	}
	if len(head) == 0 {
		return nil, fmt.Errorf("%s is empty, expected a CSV or Parquet file", name)
	}
	for _, other := range foreign {
		if bytes.HasPrefix(head, []byte(other.magic)) {
			return nil, fmt.Errorf("%s is no CSV or Parquet file: it is %s", name, other.format)
		}
	}
	parquet := bytes.HasPrefix(head, []byte("PAR1"))
	if strings.EqualFold(filepath.Ext(name), ".parquet") && !parquet {
		return nil, fmt.Errorf("%s is no Parquet file: it does not begin with PAR1", name)
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		if _, err := text.Discard(3); err != nil {
			return nil, fileError(name, err)
		}
	}
	return &file{File: f, name: name, size: info.Size(), parquet: parquet, text: text}, nil
}

func (d Dir) resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(d.Root, path)
}

// name is how errors call a file.
func (d Dir) name(path string) string {
	if !filepath.IsAbs(path) || d.Root == "" {
		return path
	}
	rel, err := filepath.Rel(d.Root, path)
	if err != nil || !filepath.IsLocal(rel) {
		return path
	}
	return rel
}

// fileError names the file as the user knows it, in place of the path that the
// operating system was asked for.
func fileError(name string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("reading %s: %w", name, err)
}
