// Package dataset reads columns out of CSV and Parquet files: holdouts, scores
// and labelled predictions.
//
// The content of a file tells which of the two formats it has, not its name. Columns gives values as text, whatever their type in the file, because a
// class is compared as text or as number and only the caller knows which. The
// empty text is a missing value: an empty field of a CSV, a null of a Parquet.
// Nothing else means missing here; NaN, NA and null stay what they are. Table
// gives the same values coded, each different text once, and as numbers.
//
// # Paths
//
// A path is a file, a folder or a glob of part files, or "-", standard input.
// Parts are read in the order of their names and must have one header; files whose
// names begin with a dot or an underscore (_SUCCESS, checksums) are passed over. A
// folder partitioned into key=value folders is refused, because its keys are columns
// in none of its files. Standard input may be asked for again and again; a pipe is kept in a
// temporary file.
//
// # CSV
//
// As RFC 4180 defines it and pandas writes it: commas, quoted fields that may hold
// line breaks, one header line, UTF-8 with or without a byte order mark, lines
// ending in LF or CRLF. Blank lines are skipped. The unnamed index column of
// pandas is a column with an empty name. Rows of another length than the
// header are an error. A CSV may be compressed with gzip or zstd; its content tells.
//
// # Parquet
//
// Any encoding and any compression that pyarrow, polars, DuckDB and Spark write;
// LZ4 in its raw form, not in Hadoop's, which is deprecated. Numbers are written
// with the fewest digits that read back as the same number; booleans as true and
// false; times as RFC 3339, without a zone where the file has none; decimals
// with all digits of their scale. Only columns with one plain value a row can be
// read: lists, maps and structs are named in the error. The index of a pandas
// frame, where it was stored, is the column __index_level_0__.
//
// The pages of the wanted columns are checked before they are read: the values,
// runs and sizes that they claim must be in them, and add up to the rows
// of the footer. So memory is allocated for nothing but what a file holds. Two things
// can still be far larger than the file: a column of one repeated value, and a
// page that was compressed to be a bomb.
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
	"regexp"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/foreign"
)

// A Dir resolves the paths of files, and names them in errors: relative to
// Root, so that a path printed inside a container means something outside.
type Dir struct {
	Root  string // workspace; empty: the current directory
	Stdin *Input // what the path "-" reads; nil: nothing
}

// Columns returns the named columns, one slice a name, in the order of names,
// all of one length: the number of rows. A name may be asked for twice. All
// names that the file does not have are reported at once, with what there is
// instead. An error wraps fs.ErrNotExist if and only if the file is not there.
func (d Dir) Columns(path string, names ...string) ([][]string, error) {
	parts, err := d.alike(path)
	if err != nil {
		return nil, err
	}
	columns := make([][]string, len(names))
	for i, part := range parts {
		read, err := d.columns(part, names)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			columns = read
			continue
		}
		for c := range read {
			columns[c] = append(columns[c], read[c]...)
		}
	}
	return columns, nil
}

// columns reads one part.
func (d Dir) columns(part string, names []string) ([][]string, error) {
	f, err := d.open(part)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.parquet {
		return f.parquetColumns(names)
	}
	return f.csvColumns(names)
}

// Header returns the names of the columns, in the file's order, including
// those that Columns cannot read.
func (d Dir) Header(path string) ([]string, error) {
	parts, err := d.alike(path)
	if err != nil {
		return nil, err
	}
	return d.header(parts[0])
}

func (d Dir) header(part string) ([]string, error) {
	f, err := d.open(part)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.parquet {
		return f.parquetHeader()
	}
	header, _, err := f.readHeader()
	return header, err
}

// alike returns the parts of a path, if all of them have the same header.
func (d Dir) alike(path string) ([]string, error) {
	parts, err := d.parts(path)
	if err != nil || len(parts) == 1 {
		return parts, err
	}
	first, err := d.header(parts[0])
	if err != nil {
		return nil, err
	}
	for _, part := range parts[1:] {
		header, err := d.header(part)
		if err != nil {
			return nil, err
		}
		if !slices.Equal(header, first) {
			return nil, fmt.Errorf("%s has the columns %s, expected those of %s: %s\nparts of one table have one header", d.name(part), list(header), d.name(parts[0]), list(first))
		}
	}
	return parts, nil
}

// Digest returns the SHA-256 of a file's bytes, whatever its format and without
// unpacking it, as 64 hexadecimal digits in lower case. Several parts are hashed
// one after the other, in the order of their names.
func (d Dir) Digest(path string) (sha256hex string, err error) {
	parts, err := d.parts(path)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, part := range parts {
		if err := d.hash(h, part); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (d Dir) hash(h io.Writer, part string) error {
	f, err := d.openRaw(part)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(h, f.raw); err != nil {
		return fileError(f.name, err)
	}
	return nil
}

// A file is open, and its format known.
type file struct {
	io.ReaderAt
	raw     io.Reader     // from its beginning
	name    string        // for errors
	size    int64         // bytes
	parquet bool          // else CSV
	packed  bool          // a CSV inside gzip or zstd
	text    *bufio.Reader // of a CSV: unpacked, behind the byte order mark
	closers []func() error
}

// Close closes what was opened for the file.
func (f *file) Close() (err error) {
	for _, c := range f.closers {
		err = errors.Join(err, c())
	}
	return err
}

func (d Dir) open(part string) (*file, error) {
	f, err := d.openRaw(part)
	if err != nil {
		return nil, err
	}
	if err := f.sniff(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// openRaw opens a part of whatever format.
func (d Dir) openRaw(part string) (*file, error) {
	if part == Stdin {
		return d.openStdin()
	}
	name := d.name(part)
	info, err := os.Stat(d.resolve(part)) // opening a pipe would wait for a writer
	switch {
	case err != nil:
		return nil, fileError(name, err)
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder, expected a CSV or Parquet file", name)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is %s, which cannot be read twice, expected a CSV or Parquet file\nsend its content in through standard input, whose path is -", name, kindOf(info))
	}
	f, err := os.Open(d.resolve(part))
	if err != nil {
		return nil, fileError(name, err)
	}
	return &file{ReaderAt: f, raw: f, name: name, size: info.Size(), closers: []func() error{f.Close}}, nil
}

// sniff tells the format of a file by its first bytes, and unpacks it.
func (f *file) sniff() error {
	f.text = bufio.NewReaderSize(f.raw, 1<<16)
	head, err := f.head()
	if err != nil {
		return err
	}
	if f.parquet = bytes.HasPrefix(head, []byte("PAR1")); f.parquet {
		return nil
	}
	if f.packed, err = f.unpack(head); err != nil {
		return err
	}
	if f.packed {
		if head, err = f.head(); err != nil {
			return err
		}
		if bytes.HasPrefix(head, []byte("PAR1")) {
			return fmt.Errorf("%s is a Parquet file inside a compressed one, expected the Parquet file itself\nunpack it: its columns are compressed already", f.name)
		}
	}
	if err := f.notCSV(head); err != nil {
		return err
	}
	if bytes.HasPrefix(head, bom) {
		_, err = f.text.Discard(3)
	}
	return err
}

// head returns the first bytes.
func (f *file) head() ([]byte, error) {
	head, err := f.text.Peek(foreign.Enough)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, fileError(f.name, err)
	case len(head) == 0:
		return nil, fmt.Errorf("%s is empty, expected a CSV or Parquet file", f.name)
	}
	return head, nil
}

// excelLine is the line by which Excel is told what separates the values. No
// other program takes it for anything but a row.
var excelLine = regexp.MustCompile(`^"?(?i:sep=).?"?\r?\n`)

// notCSV refuses a file whose first bytes show that it is no CSV, and says what it
// is.
func (f *file) notCSV(head []byte) error {
	if is := foreign.Kind(head); is != "" {
		expected := ""
		if strings.HasPrefix(is, "compressed") {
			expected = ", expected gzip, zstd or none"
			if f.packed {
				expected = " twice"
			}
		}
		return fmt.Errorf("%s is no CSV or Parquet file: it is %s%s", f.name, is, expected)
	}
	if strings.EqualFold(filepath.Ext(f.name), ".parquet") {
		return fmt.Errorf("%s is no Parquet file: it does not begin with PAR1", f.name)
	}
	if excelLine.Match(bytes.TrimPrefix(head, bom)) {
		return at(f.name, 1, 0, "sep= is for Excel alone, expected a header line with the names of the columns\nremove the line, and separate the values by commas")
	}
	return nil
}

func (d Dir) resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(d.Root, path)
}

// name is how errors call a file.
func (d Dir) name(path string) string {
	if path == Stdin {
		return "standard input"
	}
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
