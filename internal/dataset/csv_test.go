package dataset

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// write makes a file x.csv in a folder of its own.
func write(t interface {
	Helper()
	Fatal(...any)
}, dir, text string) Dir {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "x.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Dir{Root: dir}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		names      []string
		want       [][]string
	}{
		{"plain", "a,b\n1,2\n3,4\n", []string{"b", "a", "b"}, [][]string{{"2", "4"}, {"1", "3"}, {"2", "4"}}},
		{"no last line break", "a,b\n1,2", []string{"b"}, [][]string{{"2"}}},
		{"byte order mark", "\ufeffa,b\r\n1,2\r\n", []string{"a", "b"}, [][]string{{"1"}, {"2"}}},
		{"mark and quotes", "\ufeff\"a\"\n1\n", []string{"a"}, [][]string{{"1"}}},
		{"line break in quotes", "a,b\n\"x\ny\",\"1 \"\"2\"\"\"\n", []string{"a", "b"}, [][]string{{"x\ny"}, {`1 "2"`}}},
		{"index of pandas", ",a\n0,x\n1,y\n", []string{"", "a"}, [][]string{{"0", "1"}, {"x", "y"}}},
		{"missing values", "a,b\n,2\n1,\n", []string{"a", "b"}, [][]string{{"", "1"}, {"2", ""}}},
		{"missing values in one column", "a\n\"\"\n1\n", []string{"a"}, [][]string{{"", "1"}}},
		{"blank lines", "\n\na,b\n\n1,2\n   \n\r\n3,4\n\n", []string{"a"}, [][]string{{"1", "3"}}},
		{"names asked for once", "a,a,b\n1,2,3\n", []string{"b"}, [][]string{{"3"}}},
		{"header only", "a,b\n", []string{"a"}, [][]string{{}}},
		{"no names", "a,b\n1,2\n", nil, [][]string{}},
		{"space stays", "a, b\n 1,2 \n", []string{"a", " b"}, [][]string{{" 1"}, {"2 "}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := write(t, t.TempDir(), test.text).Columns("x.csv", test.names...)
			if err != nil || !slices.EqualFunc(got, test.want, slices.Equal) {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestCSVProblems(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		names      []string
		want       string
	}{
		{"empty", "", nil, "x.csv is empty, expected a CSV or Parquet file"},
		{"blank", "\n\n", nil, "x.csv has only blank lines, expected a header line with the names of the columns"},
		{"mark alone", "\ufeff", nil, "x.csv has only blank lines, expected a header line with the names of the columns"},
		{"gzip", "\x1f\x8b\x08", nil, "reading x.csv: the compressed file is cut off\nwrite or copy it again"},
		{"UTF-16", "\xff\xfea\x00", nil, "x.csv is no CSV or Parquet file: it is encoded in UTF-16"},
		{"Git LFS", "version https://git-lfs.github.com/spec/v1\n", nil, "x.csv is no CSV or Parquet file: it is a Git LFS pointer\ncheck out with lfs: true"},
		{"JSON lines", "{\"a\":1}\n{\"a\":2}\n", nil, "x.csv is no CSV or Parquet file: it is JSON lines"},
		{"Excel's separator", "sep=;\r\na;b\r\n1;2\r\n", nil, "x.csv:1: sep= is for Excel alone, expected a header line with the names of the columns\nremove the line, and separate the values by commas"},
		{"Excel's separator, marked and quoted", "\ufeff\"SEP=,\"\na,b\n1,2\n", nil, "x.csv:1: sep= is for Excel alone, expected a header line with the names of the columns\nremove the line, and separate the values by commas"},
		{"binary", "a\x00b\n", nil, "x.csv is no CSV or Parquet file: its first line holds zero bytes"},
		{"missing", "id,Label ,p\n", []string{"label", "score", "id", "score"},
			"x.csv: no column \"label\", expected one of \"id\", \"Label \", \"p\"\ndid you mean \"Label \"?\n" +
				"x.csv: no column \"score\", expected one of \"id\", \"Label \", \"p\""},
		{"hostile", "\"a\n::error::\x1b\"\n", []string{"b"}, `x.csv: no column "b", expected one of "a\n::error::\x1b"`},
		{"semicolons", "label;score\n1;2\n", []string{"score"}, "x.csv: no column \"score\", expected one of \"label;score\"\n" +
			"the values seem to be separated by semicolons: write the file with commas"},
		{"tabs, the wanted name first", "label\tscore\n1\t2\n", []string{"label"}, "x.csv: no column \"label\", expected one of \"label\\tscore\"\n" +
			"the values seem to be separated by tabs: write the file with commas"},
		{"a bar in both names", "label|raw\n1\n", []string{"Label|raw"}, "x.csv: no column \"Label|raw\", expected one of \"label|raw\"\ndid you mean \"label|raw\"?"},
		{"twice", "a,b,a\n1,2,3\n", []string{"a"}, "x.csv: 2 columns are called \"a\", expected one\nrename all but one of them"},
		{"short and long rows", "a,b\n1\n1,2\n\"x\ny\",2,3\n", []string{"a"},
			"x.csv:2: row of 1 fields, expected 2 as in the header\nx.csv:4: row of 3 fields, expected 2 as in the header"},
		{"many bad rows", "a,b\n" + strings.Repeat("1\n", 7), []string{"a"},
			"x.csv:2: row of 1 fields, expected 2 as in the header\nx.csv:3: row of 1 fields, expected 2 as in the header\n" +
				"x.csv:4: row of 1 fields, expected 2 as in the header\nx.csv:5: row of 1 fields, expected 2 as in the header\n" +
				"x.csv:6: row of 1 fields, expected 2 as in the header\nx.csv: and 2 more rows of a wrong length"},
		{"bare quote", "a,b\n1,x\"y\n", []string{"a"}, "x.csv:2:4: quote inside a field without quotes, expected the whole field in quotes and the inner ones doubled"},
		{"text behind quotes", "a,b\n1,\"x\"y\n", []string{"a"}, "x.csv:2:5: quoted field does not end as it should, expected a quote and then a comma or the end of the line"},
		{"open quote", "a,b\n1,\"x\n1,2\n", []string{"a"}, "x.csv:2: quoted field does not end as it should: the row goes on to line 3\nlook for a quote that is not doubled"},
		{"cut-off Parquet", "PAR1abc", []string{"a"}, "x.csv is a broken Parquet file: it begins with PAR1 but does not end with it, as if cut off"},
		{"footer too long", "PAR1\xff\xff\xff\xffPAR1", []string{"a"}, "x.csv is a broken Parquet file: footer of 4294967295 bytes in a file of 12 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := write(t, t.TempDir(), test.text).Columns("x.csv", test.names...)
			if err == nil || err.Error() != test.want {
				t.Errorf("%q\n got %v\nwant %s", got, err, test.want)
			}
		})
	}
}

func TestNamesAreCapped(t *testing.T) {
	t.Parallel()
	names := []string{strings.Repeat("ü", 100)}
	for i := range 40 {
		names = append(names, "column"+strconv.Itoa(i))
	}
	_, err := write(t, t.TempDir(), strings.Join(names, ",")+"\n").Columns("x.csv", "zzz")
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`"` + strings.Repeat("ü", 59) + `…"`, `"column28" and 11 more`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	d := write(t, t.TempDir(), "a\n1\n")
	inside := filepath.Join(d.Root, "data", "no.csv")
	for path, want := range map[string]string{
		"data/no.csv": "reading data/no.csv: no such file or directory",
		inside:        "reading data/no.csv: no such file or directory",
		"/no/no.csv":  "reading /no/no.csv: no such file or directory",
	} {
		for name, read := range map[string]func(string) error{
			"columns": func(p string) error { _, err := d.Columns(p, "a"); return err },
			"header":  func(p string) error { _, err := d.Header(p); return err },
			"digest":  func(p string) error { _, err := d.Digest(p); return err },
		} {
			err := read(filepath.FromSlash(path))
			if err == nil || err.Error() != want || !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s of %s: got %v, want %s", name, path, err, want)
			}
		}
	}
	if err := os.Mkdir(filepath.Join(d.Root, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Columns("sub"); err == nil || err.Error() != "sub is a folder without part files, expected CSV or Parquet files" {
		t.Errorf("folder: %v", err)
	}
	if got, err := d.Columns(filepath.Join(d.Root, "x.csv"), "a"); err != nil || len(got[0]) != 1 {
		t.Errorf("absolute path: %q, %v", got, err)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	got, err := write(t, t.TempDir(), "abc").Digest("x.csv")
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // FIPS 180-2, appendix B.1
	if err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

// TestCSVReadBack writes any values as CSV and reads them again.
func TestCSVReadBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// A carriage return before a line feed is a part of the line end in CSV.
	field := rapid.StringOf(rapid.SampledFrom([]rune("ab1,\"\n ü")))
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOf(rapid.SliceOfN(field, 3, 3)).Draw(t, "rows")
		var b strings.Builder
		w := csv.NewWriter(&b)
		if err := w.WriteAll(append([][]string{{"x", "y", "z"}}, rows...)); err != nil {
			t.Fatal(err)
		}
		got, err := write(t, dir, b.String()).Columns("x.csv", "z", "x")
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			if got[0][i] != row[2] || got[1][i] != row[0] {
				t.Fatalf("row %d: got %q and %q, want %q", i, got[1][i], got[0][i], row)
			}
		}
		if len(got[0]) != len(rows) || len(got[1]) != len(rows) {
			t.Fatalf("got %d and %d rows, want %d", len(got[0]), len(got[1]), len(rows))
		}
	})
}

func BenchmarkCSVMillion(b *testing.B) {
	var text strings.Builder
	text.WriteString("label,score\n")
	for i := range 1_000_000 {
		text.WriteString(strconv.Itoa(i&1) + "," + strconv.FormatFloat(float64(i)/1e6, 'g', -1, 64) + "\n")
	}
	d := write(b, b.TempDir(), text.String())
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		got, err := d.Columns("x.csv", "label", "score")
		if err != nil || len(got[1]) != 1_000_000 {
			b.Fatal(len(got), err)
		}
		if took := time.Since(start); took > 1500*time.Millisecond {
			b.Errorf("took %s, want less than 1.5 s", took)
		}
	}
}
