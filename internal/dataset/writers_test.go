package dataset

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

// TestWriters reads what pandas, pyarrow, fastparquet, polars, DuckDB and Spark
// wrote of one table (make_writers.py, make_spark.py), in every way that there
// is to read it.
func TestWriters(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("testdata/writers")
	if err != nil || len(entries) < 40 {
		t.Fatalf("%d fixtures, %v", len(entries), err)
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasSuffix(name, "want.csv") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := Dir{Root: "testdata/writers"}
			wanted := "want.csv"
			if _, err := os.Stat("testdata/writers/" + name + ".want.csv"); err == nil {
				wanted = name + ".want.csv"
			}
			header, err := d.Header(wanted)
			if err != nil {
				t.Fatal(err)
			}
			want, err := d.Columns(wanted, header...)
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.Header(name)
			if err != nil || !slices.Equal(got, header) {
				t.Fatalf("header %q, %v, want %q", got, err, header)
			}
			columns, err := d.Columns(name, header...)
			if err != nil {
				t.Fatal(err)
			}
			for i, column := range columns {
				if !slices.EqualFunc(column, want[i], sameCell) {
					t.Errorf("column %s:\n got %q\nwant %q", header[i], column, want[i])
				}
			}
			agree(t, d, name, header)
			samePairs(t, d, name, want)
		})
	}
}

// sameCell holds a cell to the wanted text, or to its number: 0.50 and 5e-1
// are one.
func sameCell(got, want string) bool {
	x, err := strconv.ParseFloat(got, 64)
	y, wantErr := strconv.ParseFloat(want, 64)
	return got == want || err == nil && wantErr == nil && x == y
}

// samePairs holds the stream of a fixture's first three columns to the
// estimates of the wanted ones.
func samePairs(t *testing.T, d Dir, name string, want [][]string) {
	t.Helper()
	positiveClass := "1"
	if slices.Contains(want[0], "true") {
		positiveClass = "true"
	}
	sample := metrics.Sample{Task: metrics.Binary, Rows: len(want[0])}
	var err error
	if sample.Positive, err = metrics.Labels(want[0], positiveClass); err != nil {
		t.Fatal(err)
	}
	if sample.Champion.Values, err = metrics.Scores(want[1]); err != nil {
		t.Fatal(err)
	}
	if sample.Challenger.Values, err = metrics.Scores(want[2]); err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 3} {
		s, err := d.Pairs(name, [3]string{"label", "champion", "challenger"}, positiveClass, workers)
		if err != nil {
			t.Fatal(err)
		}
		both := s.Measure()
		for metric, got := range map[string]paired.Estimate{"auc": both.AUC, "brier": both.Brier} {
			m, _ := metrics.Lookup(metric)
			sameEstimate(t, metric, got, paired.Measure(m, sample, metrics.Decimal{}))
		}
	}
}

// sameEstimate wants the values to the last digit, and the covariance as near
// as another order of adding leaves it.
func sameEstimate(t *testing.T, metric string, got, want paired.Estimate) {
	t.Helper()
	values := func(e paired.Estimate) string {
		return fmt.Sprint(e.Champion.Rat(), e.Champion.Reason(), e.Challenger.Rat(), e.Challenger.Reason(), e.Rows, e.Positives, len(e.Parts))
	}
	if values(got) != values(want) || len(want.Parts) == 0 {
		t.Fatalf("%s: got %s, want %s", metric, values(got), values(want))
	}
	for i, w := range want.Parts {
		g := got.Parts[i]
		for _, pair := range [][2]float64{{g.Freedom, w.Freedom}, {g.VarDifference, w.VarDifference}, {g.CovDifference, w.CovDifference}, {g.VarChampion, w.VarChampion}} {
			if !(math.Abs(pair[0]-pair[1]) <= 1e-10*math.Abs(pair[1])) {
				t.Errorf("%s: part %+v, want %+v", metric, g, w)
			}
		}
	}
}

// FuzzPairsParquet holds the fast reader of Parquet to the plain one: it reads
// what that reads, or gives the file up.
func FuzzPairsParquet(f *testing.F) {
	seeds, err := filepath.Glob("testdata/writers/*.parquet")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range seeds {
		content, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	columns := [3]string{"label", "champion", "challenger"}
	f.Fuzz(func(t *testing.T, content []byte) {
		d := written(t, string(content))
		d.fast(t, "p.csv", columns, 1)
	})
}
