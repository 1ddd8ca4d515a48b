package dataset

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"

	"github.com/org/ct-action/internal/parquetfile"
)

// opened is a Parquet file of a folder.
func opened(t *testing.T, d Dir, name string) (*file, *parquetfile.File) {
	t.Helper()
	f, err := d.open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	p, err := f.openParquet()
	if err != nil {
		t.Fatal(err)
	}
	return f, p
}

// TestBrokenPages says which page is broken, and how, before the library sees
// it.
func TestBrokenPages(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile("testdata/lz4.parquet")
	if err != nil {
		t.Fatal(err)
	}
	_, p := opened(t, Dir{Root: "testdata"}, "lz4.parquet")
	meta := p.Groups[0].Columns[0].MetaData
	d := Dir{Root: t.TempDir()}
	try := func(at int64, with byte) string {
		b := slices.Clone(whole)
		b[at] = with
		if err := os.WriteFile(filepath.Join(d.Root, "x.parquet"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := d.Table("x.parquet", []string{"label"}, nil)
		return errorText(err)
	}
	// A header begins with three fields of a byte each and a number of one:
	// type, unpacked bytes, bytes. Numbers are zigzag: twice what they are.
	header := meta.DictionaryPageOffset
	body := meta.DataPageOffset - int64(whole[header+5]/2)
	for _, test := range []struct {
		at   int64
		with byte
		want string
	}{
		{header + 3, 0x7e, "page 1 of row group 1: unpacking LZ4: 16 bytes, expected 63"},
		{header + 3, 0x01, "page 1 of row group 1: page of "},
		{header + 5, 0x01, "page 1 of row group 1: page of -1 bytes"},
		{header + 5, 0x7e, "page 1 of row group 1: unpacking LZ4: "},
		{body, 0xff, "page 1 of row group 1: unpacking LZ4: "},
	} {
		got := try(test.at, test.with)
		if !strings.HasPrefix(got, `x.parquet is a broken Parquet file: column "label", `) || !strings.Contains(got, test.want) {
			t.Errorf("byte %d as %#x: got %s, want %s", test.at, test.with, got, test.want)
		}
	}
}

// TestCutPages has pages that unpack to less than their values need: damage that
// today's brotli takes for the end. The library would read on in what was in the
// memory before.
func TestCutPages(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/writers/duckdb-brotli.parquet")
	if err != nil {
		t.Fatal(err)
	}
	copy(content[362:], "\xff\xff\xff\x7f")
	content[384] = 152
	_, err = files(t, map[string]string{"x.parquet": string(content)}).Table("x.parquet", nil, []string{"champion"})
	if got := errorText(err); !strings.HasPrefix(got, `x.parquet is a broken Parquet file: column "champion", page 1 of row group 1: `) {
		t.Errorf("got %s", got)
	}
}

// TestDamagedDictionaries damages a packed dictionary that is larger than the
// library's buffer and has no checksum. What the codec answers must reach the reader,
// which else takes what was in the memory before for the page.
func TestDamagedDictionaries(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile("testdata/pairs.parquet")
	if err != nil {
		t.Fatal(err)
	}
	_, p := opened(t, Dir{Root: "testdata"}, "pairs.parquet")
	meta := p.Groups[0].Columns[0].MetaData // of column b
	damage := whole[meta.DictionaryPageOffset+(meta.DataPageOffset-meta.DictionaryPageOffset)/3:]
	for i := range damage[:40] {
		damage[i] ^= 0xff
	}
	damaged := files(t, map[string]string{"x.parquet": string(whole)})
	_, tableErr := damaged.Table("x.parquet", nil, []string{"a", "b"})
	_, pairsErr := damaged.Pairs("x.parquet", abc, "1", 2)
	for read, err := range map[string]error{"table": tableErr, "pairs": pairsErr} {
		const want = `x.parquet is a broken Parquet file: column "b", page 1 of row group 1: `
		if got := errorText(err); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %q, want %s", read, got, want)
		}
	}
}

// TestUnpackedSize has a page that unpacks to less than its header says.
func TestUnpackedSize(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.parquet")
	type row struct{ A int64 }
	if err := parquet.WriteFile(path, []row{{1}, {2}}, parquet.Compression(&parquet.Zstd)); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[4+3] += 2 // a zigzag number, as in TestBrokenPages
	_, err = files(t, map[string]string{"x.parquet": string(content)}).Table("x.parquet", nil, []string{"A"})
	const want = `x.parquet is a broken Parquet file: column "A", page 1 of row group 1: 16 bytes unpacked, expected 17`
	if got := errorText(err); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A column that is not wanted may be broken.
func TestPagesOfOtherColumns(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.parquet")
	type row struct{ A, B int64 }
	if err := parquet.WriteFile(path, []row{{1, 2}, {3, 4}}); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[4] = 0xff // the first page of A
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	table, err := Dir{}.Table(path, nil, []string{"B"})
	if err != nil || !slices.Equal(table.Numbers[0], []float64{2, 4}) {
		t.Errorf("%v, %v", table.Numbers, err)
	}
	if _, err := (Dir{}).Table(path, nil, []string{"A"}); err == nil {
		t.Error("a broken page is read")
	}
}

// TestOtherCompressions names a compression that there is no code for.
func TestOtherCompressions(t *testing.T) {
	t.Parallel()
	_, p := opened(t, Dir{Root: "testdata"}, "lz4.parquet")
	meta := *p.Metadata()
	meta.RowGroups = p.Groups
	meta.RowGroups[0].Columns[0].MetaData.Codec = 5 // Hadoop's
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), meta)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile("testdata/lz4.parquet")
	if err != nil {
		t.Fatal(err)
	}
	old := int(binary.LittleEndian.Uint32(content[len(content)-8:]))
	content = append(content[:len(content)-8-old], footer...)
	content = append(binary.LittleEndian.AppendUint32(content, uint32(len(footer))), "PAR1"...)
	_, err = files(t, map[string]string{"x.parquet": string(content)}).Table("x.parquet", nil, []string{"label"})
	const want = `x.parquet: column "label" is compressed with LZ4, expected snappy, gzip, brotli, zstd, lz4_raw or none
write the file with another compression`
	if got := errorText(err); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestFooterOfLists has a footer of a few bytes that claims two billion columns.
func TestFooterOfLists(t *testing.T) {
	t.Parallel()
	footer := []byte{0x15, 2, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0} // version 1, schema
	content := binary.LittleEndian.AppendUint32(append([]byte("PAR1"), footer...), uint32(len(footer)))
	_, err := files(t, map[string]string{"x.parquet": string(content) + "PAR1"}).Header("x.parquet")
	const want = "list of 2147483647 elements in the last 1 bytes"
	if got := errorText(err); !strings.HasPrefix(got, "x.parquet is a broken Parquet file: footer: ") || !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}
