package dataset

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"github.com/org/ct-action/internal/metrics"
)

// agree holds Table against what Columns and metrics.Scores make of a file.
func agree(t *testing.T, d Dir, path string, names []string) {
	t.Helper()
	columns, columnsErr := d.Columns(path, names...)
	table, err := d.Table(path, names, nil)
	if (err == nil) != (columnsErr == nil) {
		t.Fatalf("%s: Columns %v, Table %v", path, columnsErr, err)
	}
	if err != nil {
		return
	}
	for i, c := range table.Categories {
		if c.Name != names[i] || len(c.Codes) != len(columns[i]) || (len(names) > 0 && table.Rows != len(c.Codes)) {
			t.Fatalf("%s: column %q of %d texts in %d rows, want %d", path, c.Name, len(c.Codes), table.Rows, len(columns[i]))
		}
		for row, want := range columns[i] {
			if c.At(row) != want {
				t.Fatalf("%s: column %q, row %d: text %q, want %q", path, names[i], row+1, c.At(row), want)
			}
		}
	}
	for i, name := range names {
		want, wantErr := metrics.Scores(columns[i])
		table, err := d.Table(path, nil, []string{name})
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%s: column %q: Scores %v, Table %v", path, name, wantErr, err)
		}
		if err == nil && !slices.EqualFunc(table.Numbers[0], want, sameBits) {
			t.Fatalf("%s: column %q: numbers %v, want %v", path, name, table.Numbers[0], want)
		}
	}
}

func sameBits(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || (math.IsNaN(a) && math.IsNaN(b))
}

func TestTableAgrees(t *testing.T) {
	t.Parallel()
	wanted, err := filepath.Glob("testdata/*.want.csv")
	if err != nil || len(wanted) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	d := Dir{Root: "testdata"}
	for _, path := range wanted {
		for _, ext := range []string{".parquet", ".want.csv"} {
			name := strings.TrimSuffix(filepath.Base(path), ".want.csv") + ext
			if _, err := os.Stat("testdata/" + name); err != nil {
				continue // of another writer: TestWriters
			}
			header, err := d.Header(name)
			if err != nil {
				t.Fatal(err)
			}
			agree(t, d, name, header)
		}
	}
}

func TestTableProblems(t *testing.T) {
	t.Parallel()
	d := write(t, t.TempDir(), "id,a,b\nx,1,\nx,,high\ny,NaN,1e999\nz, ,0,5\n")
	_, err := d.Table("x.csv", nil, []string{"a"})
	if got := errorText(err); got != "x.csv:5: row of 4 fields, expected 3 as in the header" {
		t.Error(got)
	}
	d = write(t, t.TempDir(), "id,a,b\nx,1,\nx,,high\ny,NaN,1e999\nz, ,Inf\n")
	_, err = d.Table("x.csv", []string{"id"}, []string{"a", "b"})
	const want = `x.csv: column "a": blank score in rows 2, 4: expected a score in every row
x.csv: column "b": blank score in row 1: expected a score in every row
x.csv: column "b": no number in row 2 (the first is "high"): expected a score in every row`
	if got := errorText(err); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// A row of a wrong length is found by whoever reads it.
func TestTableRowsOfAWrongLength(t *testing.T) {
	t.Parallel()
	for row, fields := range map[string]int{"1,2": 2, "1,2,3,4": 4, "1": 1, "1,2,": 3, "\"1\",2": 2, "1,\"2\",3,4": 4} {
		d := write(t, t.TempDir(), "a,b,c\n1,2,3\n"+row+"\n4,5,6\n")
		_, err := d.Table("x.csv", []string{"a"}, []string{"b"})
		want := fmt.Sprintf("x.csv:3: row of %d fields, expected 3 as in the header", fields)
		if fields == 3 {
			want = ""
		}
		if got := errorText(err); got != want {
			t.Errorf("%s: %s, want %s", row, got, want)
		}
	}
}

// TestTableRowGroups finds bad cells in any row group in the rows of the file.
func TestTableRowGroups(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1", "2"} {
		name := "groups-v" + version + ".parquet"
		_, err := Dir{Root: "testdata"}.Table(name, nil, []string{"n", "text"})
		want := name + `: column "n": blank score in rows 1, 8, 15, 22, 29 and 138 more: expected a score in every row
` + name + `: column "text": blank score in rows 1, 6, 11, 16, 21 and 195 more: expected a score in every row
` + name + `: column "text": no number in rows 2, 3, 4, 5, 7 and 795 more (the first is "customer 1"): expected a score in every row`
		if got := errorText(err); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
}

// files makes files in a folder of its own.
func files(t *testing.T, texts map[string]string) Dir {
	t.Helper()
	d := Dir{Root: filepath.Join(t.TempDir(), "odd [x]")}
	for name, text := range texts {
		path := filepath.Join(d.Root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func TestPartFiles(t *testing.T) {
	t.Parallel()
	d := files(t, map[string]string{
		"out/_SUCCESS": "", "out/.part-0.csv.crc": "x", "out/part-1.csv": "a,b\n3,x\n", "out/part-0.csv": "a,b\n1,x\n2,y\n",
		"mixed/a.csv": "a,b\n1,2\n", "mixed/b.csv": "b,a\n1,2\n",
		"hive/k=1/a.csv": "a\n1\n", "deep/x/a.csv": "a\n1\n", "a[1].csv": "a\n9\n",
		"bad/0.csv": "a\n1\n", "bad/1.csv": "a\n2\nno\n",
	})
	for path, want := range map[string][]float64{
		"out": {1, 2, 3}, "out/": {1, 2, 3}, "out/part-*.csv": {1, 2, 3}, "out/*": {1, 2, 3},
		filepath.Join(d.Root, "out"): {1, 2, 3}, "a[1].csv": {9},
	} {
		table, err := d.Table(path, nil, []string{"a"})
		if err != nil || !slices.Equal(table.Numbers[0], want) || table.Rows != len(want) {
			t.Errorf("%s: %v, %v, want %v", path, table, err, want)
		}
	}
	agree(t, d, "out", []string{"b", "a"})
	for path, want := range map[string]string{
		"mixed": `mixed/b.csv has the columns "b", "a", expected those of mixed/a.csv: "a", "b"
parts of one table have one header`,
		"hive": `hive is partitioned by folders such as "k=1", expected a folder of part files
write it without partitions: the columns that are in folder names are in none of the files`,
		"deep":    `deep holds the folder "x", expected nothing but part files`,
		"no*.csv": "reading no*.csv: no file has such a name: file does not exist",
		"bad":     `bad/1.csv: column "a": no number in row 2 (the first is "no"): expected a score in every row`,
	} {
		_, err := d.Table(path, nil, []string{"a"})
		if got := errorText(err); got != want {
			t.Errorf("%s:\n got %s\nwant %s", path, got, want)
		}
	}
}

func TestDigestOfParts(t *testing.T) {
	t.Parallel()
	d := files(t, map[string]string{"one.csv": "abcdef", "two/1": "abc", "two/2": "def", "swapped/1": "def", "swapped/2": "abc"})
	digest := func(path string) string {
		sum, err := d.Digest(path)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	if digest("one.csv") != digest("two") || digest("two") == digest("swapped") {
		t.Error("the digest is not that of the bytes in order")
	}
}

func TestCompressed(t *testing.T) {
	t.Parallel()
	const text = "\ufeffa,b\r\n1,x\r\n2,\"y\nz\"\r\n"
	zipped := func(text string) string {
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		if _, err := w.Write([]byte(text)); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		return zipped.String()
	}
	gz := zipped(text)
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	zst := string(z.EncodeAll([]byte(text), nil))
	nested := string(z.EncodeAll([]byte("PAR1xxxxPAR1"), nil))
	d := files(t, map[string]string{"a.csv.gz": gz, "a.csv.zst": zst, "nested": nested, "cut.gz": gz[:len(gz)-9],
		"cut.zst": zst[:len(zst)-3], "junk.gz": gz + "junk", "junk.zst": zst + "junk", "longer.gz": gz + strings.Repeat("junk", 9),
		"cut behind.gz": gz + gz[:len(gz)-9], "apart.gz": zipped(text[:9]) + zipped("") + zipped(text[9:])})
	for _, name := range []string{"a.csv.gz", "a.csv.zst", "apart.gz"} {
		columns, err := d.Columns(name, "a", "b")
		if err != nil || !slices.Equal(columns[0], []string{"1", "2"}) || !slices.Equal(columns[1], []string{"x", "y\nz"}) {
			t.Errorf("%s: %q, %v", name, columns, err)
		}
		agree(t, d, name, []string{"a", "b"})
	}
	const (
		cut  = "the compressed file is cut off\nwrite or copy it again"
		junk = "something else follows the compressed data\nwrite or copy the file again, with nothing behind them"
	)
	for name, want := range map[string]string{
		"nested":        "nested is a Parquet file inside a compressed one, expected the Parquet file itself\nunpack it: its columns are compressed already",
		"cut.gz":        "reading cut.gz: " + cut,
		"cut.zst":       "reading cut.zst: " + cut,
		"cut behind.gz": "reading cut behind.gz: " + cut,
		"junk.gz":       "reading junk.gz: " + junk,
		"junk.zst":      "reading junk.zst: " + junk,
		"longer.gz":     "reading longer.gz: " + junk,
	} {
		if _, err := d.Columns(name, "a"); errorText(err) != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func TestStdin(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"pandas.parquet", "pandas.want.csv"} {
		content, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Dir{Root: "testdata"}.Digest(name)
		if err != nil {
			t.Fatal(err)
		}
		out, in, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = in.Write(content); _ = in.Close() }()
		whole, err := os.Open("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, stream := range []*os.File{out, whole} {
			d := Dir{Stdin: NewInput(stream)}
			header, err := d.Header("-")
			if err != nil {
				t.Fatal(err)
			}
			agree(t, d, "-", header)
			if got, err := d.Digest("-"); got != want {
				t.Errorf("digest %s, %v, want %s", got, err, want)
			}
		}
	}
	if _, err := (Dir{}).Columns("-"); errorText(err) != "there is no standard input here, expected the path of a CSV or Parquet file" {
		t.Error(err)
	}
}

// slowest is far more than any few kilobytes need.
const slowest = 10 * time.Second

// FuzzTable holds Table against Columns on any bytes, in bounded time.
func FuzzTable(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*")
	if err != nil {
		f.Fatal(err)
	}
	written, err := filepath.Glob("testdata/writers/*")
	if err != nil {
		f.Fatal(err)
	}
	seeds = append(seeds, written...)
	for _, seed := range seeds {
		if content, err := os.ReadFile(seed); err == nil && len(content) < 10_000 {
			f.Add(content)
		}
	}
	f.Add([]byte("a,b\n1,x\n2\n3,4,5\n"))
	f.Add([]byte("a,b\n1,x\n \n\"3\",4,5\n"))
	f.Add([]byte("a,b\n1,x\n\"2\n\",\"\"\"\"\r\n , \n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		began := time.Now()
		defer func() {
			if took := time.Since(began); took > slowest {
				t.Errorf("%d bytes took %v", len(content), took)
			}
		}()
		d := write(t, t.TempDir(), string(content))
		header, err := d.Header("x.csv")
		if err != nil {
			return
		}
		slices.Sort(header)
		header = slices.Compact(header)
		agree(t, d, "x.csv", header[:min(8, len(header))])
	})
}

// TestTableIsMadeOnce has columns as large as their rows, and no larger, which
// appending would leave.
func TestTableIsMadeOnce(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("label,a,b\n")
	for i := range 100_000 {
		b.WriteString(strconv.Itoa(i&1) + ",0.5,0." + strconv.Itoa(i) + "\n")
	}
	files := map[string]Dir{"x.csv": write(t, t.TempDir(), b.String()), "pairs.parquet": {Root: "testdata"}}
	for path, d := range files {
		table, err := d.Table(path, []string{"label"}, []string{"a", "b"})
		if err != nil {
			t.Fatal(err)
		}
		for _, room := range []int{cap(table.Categories[0].Codes), cap(table.Numbers[0]), cap(table.Numbers[1])} {
			if room > table.Rows+2048 { // memory comes in pages
				t.Errorf("%s: room for %d values in %d rows", path, room, table.Rows)
			}
		}
	}
}

// Rows of many chunks stay in the order of the file, whoever reads them.
func TestTableOfChunks(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"bare": "%d", "quoted": "\"number\n%d\""} {
		var b strings.Builder
		b.WriteString("note,label,a\n")
		for i := range 90_000 {
			fmt.Fprintf(&b, text+",%d,0.%06d\n", i%1000, i%2, i)
		}
		d := write(t, t.TempDir(), b.String())
		f, err := d.open("x.csv")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := f.chunkedTable(newTable([]string{"note", "label"}, []string{"a"}), name == "quoted"); err != nil {
			t.Errorf("%s: %v, left to the plain reader", name, err)
		}
		for range 3 {
			table, err := d.Table("x.csv", []string{"note", "label"}, []string{"a"})
			if err != nil || table.Rows != 90_000 {
				t.Fatal(name, table.Rows, err)
			}
			for i, a := range table.Numbers[0] {
				note := strings.TrimPrefix(table.Categories[0].At(i), "number\n")
				if note != strconv.Itoa(i%1000) || table.Categories[1].At(i) != strconv.Itoa(i%2) || a != float64(i)/1e6 {
					t.Fatalf("%s: row %d is %s, %s, %v", name, i+1, note, table.Categories[1].At(i), a)
				}
			}
		}
	}
}

// BenchmarkTable reads a label and two scores of a million rows, of which each
// may take 30 bytes. What encoding/csv leaves behind a row is swept.
func BenchmarkTable(b *testing.B) {
	type row struct {
		Label int64
		A, B  float64
	}
	rows := make([]row, 1_000_000)
	var text strings.Builder
	text.WriteString("Label,A,B\n")
	for i := range rows {
		rows[i] = row{int64(i & 1), float64(i) / 1e6, float64(i%1000) / 1e3}
		text.WriteString(strconv.Itoa(i&1) + "," + strconv.FormatFloat(rows[i].A, 'g', -1, 64) + "," + strconv.FormatFloat(rows[i].B, 'g', -1, 64) + "\n")
	}
	d := write(b, b.TempDir(), text.String())
	if err := parquet.WriteFile(filepath.Join(d.Root, "x.parquet"), rows, parquet.Compression(&parquet.Snappy)); err != nil {
		b.Fatal(err)
	}
	for _, path := range []string{"x.csv", "x.parquet"} {
		b.Run(path, func(b *testing.B) {
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				table, err := d.Table(path, []string{"Label"}, []string{"A", "B"})
				if err != nil || table.Rows != len(rows) {
					b.Fatal(table.Rows, err)
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				runtime.KeepAlive(table)
			}
			kept := float64(after.HeapAlloc-before.HeapAlloc) / float64(len(rows))
			b.ReportMetric(kept, "kept-B/row")
			if kept > 30 {
				b.Errorf("%.1f bytes a row are kept, want at most 30", kept)
			}
		})
	}
}

// TestModified wants the time of the newest part.
func TestModified(t *testing.T) {
	t.Parallel()
	d := files(t, map[string]string{"out/a.csv": "a\n1\n", "out/b.csv": "a\n1\n", "out/_SUCCESS": ""})
	newest := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	for name, at := range map[string]time.Time{"out/a.csv": newest, "out/b.csv": newest.Add(-time.Hour), "out/_SUCCESS": newest.Add(time.Hour)} {
		if err := os.Chtimes(filepath.Join(d.Root, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]time.Time{"out": newest, "out/*.csv": newest, "out/b.csv": newest.Add(-time.Hour)} {
		if got, err := d.Modified(path); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v, want %v", path, got, err, want)
		}
	}
	if _, err := d.Modified("no"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
