package parquetfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// TestCheckedPages holds pages that are checked as they are read to those that are
// checked before: whatever byte is damaged, and whatever number of
// rows the footer claims, both refuse the same column chunks.
func TestCheckedPages(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(testdata + "/writers/*.parquet")
	if err != nil {
		t.Fatal(err)
	}
	chunks, refused := 0, 0
	for _, path := range paths {
		if strings.Contains(path, "brotli") { // of damage, its decoder says one thing and another
			continue
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		footer := len(whole) - 8 - int(binary.LittleEndian.Uint32(whole[len(whole)-8:]))
		for at := 0; at < footer; at = max(at+footer/60, 4) { // behind the magic
			content := slices.Clone(whole)
			if at > 0 {
				content[at] ^= 0x15
			}
			n, bad := checkedPages(t, path, content, at == 0)
			chunks, refused = chunks+n, refused+bad
		}
	}
	if chunks < 2000 || refused < 200 || refused > chunks/2 {
		t.Errorf("%d column chunks, %d refused", chunks, refused)
	}
}

// checkedPages counts the packed chunks of a file, and those that are refused.
// claims tries other numbers of rows as well.
func checkedPages(t *testing.T, path string, content []byte, claims bool) (chunks, refused int) {
	t.Helper()
	f, err := Open(bytes.NewReader(content), int64(len(content)))
	if err != nil { // the footer, or the magic
		return 0, 0
	}
	more := []int64{0}
	if claims {
		more = []int64{0, -1, 1, -20, 1 << 20}
	}
	for i := range f.Groups {
		for _, column := range f.Root().Columns() {
			if !column.Leaf() || column.Repeated() || !unpacks(f.meta(i, column)) {
				continue
			}
			for _, n := range more {
				f.Groups[i].NumRows += n
				before := new(Checker).Check(f, i, column)
				after := drain(f, i, column)
				f.Groups[i].NumRows -= n
				if (before == nil) != (after == nil) {
					t.Errorf("%s, column %s, %+d rows: before reading %v, while reading %v", path, column.Name(), n, before, after)
				}
				chunks++
				if before != nil {
					refused++
				}
			}
		}
	}
	return chunks, refused
}

var errDrain = errors.New("pages that the library cannot read")

// drain reads a column chunk as the library would.
func drain(f *File, group int, column *parquet.Column) (err error) {
	defer func() {
		if recover() != nil {
			err = errDrain
		}
	}()
	pages := f.CheckedPages(group, column).(*packedPages)
	defer pages.Close()
	buffer := make([]byte, 1<<16)
	for {
		if _, err := pages.from.ReadAt(buffer, pages.from.next); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
	}
	if !pages.from.complete() {
		return errDrain
	}
	return nil
}
