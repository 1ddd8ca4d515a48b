package dataset

import (
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

// TestLookedThrough holds pages that are looked through as they are read to those
// that are looked through before: whatever byte is damaged, and whatever number of
// rows the footer claims, both refuse the same column chunks.
func TestLookedThrough(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/writers/*.parquet")
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
		damaged := filepath.Join(t.TempDir(), "x.parquet")
		footer := len(whole) - 8 - int(binary.LittleEndian.Uint32(whole[len(whole)-8:]))
		for at := 0; at < footer; at = max(at+footer/60, 4) { // behind the magic
			content := slices.Clone(whole)
			if at > 0 {
				content[at] ^= 0x15
			}
			if err := os.WriteFile(damaged, content, 0o600); err != nil {
				t.Fatal(err)
			}
			n, bad := lookedThrough(t, damaged, at == 0)
			chunks, refused = chunks+n, refused+bad
		}
	}
	if chunks < 2000 || refused < 200 || refused > chunks/2 {
		t.Errorf("%d column chunks, %d refused", chunks, refused)
	}
}

// lookedThrough counts the packed chunks of a file, and those that are refused.
// claims tries other numbers of rows as well.
func lookedThrough(t *testing.T, path string, claims bool) (chunks, refused int) {
	t.Helper()
	f, err := Dir{}.open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := f.openParquet()
	if err != nil { // the footer, or the magic
		return 0, 0
	}
	more := []int64{0}
	if claims {
		more = []int64{0, -1, 1, -20, 1 << 20}
	}
	for i := range p.groups {
		for _, column := range p.Root().Columns() {
			if !column.Leaf() || column.Repeated() || !ours(&p.groups[i].Columns[column.Index()].MetaData) {
				continue
			}
			for _, n := range more {
				p.groups[i].NumRows += n
				before := new(chunkChecker).check(f, column, &p.groups[i])
				after := drain(f, p, i, column)
				p.groups[i].NumRows -= n
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

// drain reads a column chunk as the library would.
func drain(f *file, p *parquetFile, group int, column *parquet.Column) (err error) {
	defer func() {
		if recover() != nil {
			err = errPlain
		}
	}()
	pages := f.lookedThrough(p, group, column).(*packedPages)
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
		return errPlain
	}
	return nil
}
