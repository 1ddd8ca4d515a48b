package dataset

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestParquet reads every Parquet file of testdata and compares it with the
// CSV beside it, which make.py wrote from the same values.
func TestParquet(t *testing.T) {
	t.Parallel()
	wanted, err := filepath.Glob("testdata/*.want.csv")
	if err != nil || len(wanted) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	d := Dir{Root: "testdata"}
	for _, path := range wanted {
		name := strings.TrimSuffix(filepath.Base(path), ".want.csv")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header, err := d.Header(name + ".want.csv")
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.Header(name + ".parquet")
			if err != nil || !slices.Equal(got, header) {
				t.Fatalf("header %q, %v, want %q", got, err, header)
			}
			want, err := d.Columns(name+".want.csv", header...)
			if err != nil {
				t.Fatal(err)
			}
			columns, err := d.Columns(name+".parquet", header...)
			if err != nil {
				t.Fatal(err)
			}
			for i, column := range columns {
				if !slices.Equal(column, want[i]) {
					t.Errorf("column %s:\n got %q\nwant %q", header[i], column, want[i])
				}
			}
		})
	}
}

func TestParquetOrder(t *testing.T) {
	t.Parallel()
	d := Dir{Root: "testdata"}
	all, err := d.Columns("pandas.parquet", "score", "label")
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Columns("pandas.parquet", "label", "score", "label")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{all[1], all[0], all[1]} {
		if !slices.Equal(got[i], want) {
			t.Errorf("column %d: got %q, want %q", i, got[i], want)
		}
	}
}

func TestParquetProblems(t *testing.T) {
	t.Parallel()
	d := Dir{Root: "testdata"}
	for _, test := range []struct {
		file, want string
		names      []string
	}{
		{"pandas.parquet", `pandas.parquet: no column "Scores", expected one of "score", "label", "plan", "churned"
did you mean "score"?
pandas.parquet: no column "target", expected one of "score", "label", "plan", "churned"`, []string{"Scores", "target", "label"}},
		{"trouble.parquet", `trouble.parquet: 2 columns are called "twice", expected one
rename all but one of them`, []string{"twice", "twice"}},
		{"trouble.parquet", `trouble.parquet: column "list" holds lists, maps or structs, expected one plain value a row
trouble.parquet: column "struct" holds lists, maps or structs, expected one plain value a row`, []string{"list", "struct"}},
	} {
		_, err := d.Columns(test.file, test.names...)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s %q:\n got %v\nwant %s", test.file, test.names, err, test.want)
		}
	}
}

// TestParquetBroken damages real files, one byte or one cut at a time. Nearly
// every damage must be told, and none may panic or change the number of rows.
func TestParquetBroken(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"types-snappy", "nulls", "groups-v1", "encodings", "writers/pyarrow-lz4-v1", "writers/pyarrow-delta-v2"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole, err := os.ReadFile("testdata/" + name + ".parquet")
			if err != nil {
				t.Fatal(err)
			}
			d := Dir{Root: t.TempDir()}
			header, err := Dir{Root: "testdata"}.Header(name + ".parquet")
			if err != nil {
				t.Fatal(err)
			}
			try := func(b []byte) error {
				if err := os.WriteFile(filepath.Join(d.Root, "x.parquet"), b, 0o600); err != nil {
					t.Fatal(err)
				}
				columns, err := d.Columns("x.parquet", header...)
				if err != nil && columns != nil {
					t.Fatalf("values beside the error %v", err)
				}
				for _, c := range columns {
					if len(c) != len(columns[0]) {
						t.Fatalf("columns of %d and %d rows", len(columns[0]), len(c))
					}
				}
				return err
			}
			step := max(1, len(whole)/200)
			for cut := 4; cut < len(whole); cut += step {
				if err := try(whole[:cut]); err == nil || !strings.HasPrefix(err.Error(), "x.parquet is a broken Parquet file: ") {
					t.Errorf("cut after %d of %d bytes: %v", cut, len(whole), err)
				}
			}
			told := 0
			for at := 4; at < len(whole); at += step {
				b := slices.Clone(whole)
				b[at] ^= 0xff
				if err := try(b); err != nil {
					told++
				}
			}
			if told == 0 {
				t.Error("no flipped byte was told")
			}
		})
	}
}

func TestParquetPanicIsAnError(t *testing.T) {
	t.Parallel()
	f := &file{name: "x.parquet"}
	read := func() (err error) {
		defer f.recovered(&err)
		panic(errors.New("boom"))
	}
	if err := read(); err == nil || err.Error() != "x.parquet is a broken Parquet file: boom" {
		t.Errorf("got %v", err)
	}
}

// TestParquetRowCount holds a column against another number of rows than it
// has, as in a file whose footer is wrong.
func TestParquetRowCount(t *testing.T) {
	t.Parallel()
	f, p := opened(t, Dir{Root: "testdata"}, "pandas.parquet")
	label := p.Root().Column("label")
	for rows, want := range map[int64]string{
		49: `pandas.parquet is a broken Parquet file: column "label", after row 0: more values than the rows of the row group`,
		50: "",
		51: `pandas.parquet is a broken Parquet file: column "label", after row 50: no more values, expected 51 rows in the row group`,
	} {
		p.Groups[0].NumRows = rows
		_, err := f.readColumn(p, label)
		if got := errorText(err); got != want {
			t.Errorf("%d rows:\n got %s\nwant %s", rows, got, want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
