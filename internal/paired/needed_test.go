package paired

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"
)

// TestSmallestShown holds the two quantiles added up to R's power.t.test, which
// goes by the noncentral t (testdata/power.R). The sum is the usual
// approximation: within 5 % at 10 values, 1.5 % at 30, 0.5 % from 100 on.
func TestSmallestShown(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/power.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 17 {
		t.Fatalf("%d rows, error %v, expected 17", len(rows), err)
	}
	for _, row := range rows[1:] {
		var n, sd, confidence, power, delta float64
		for i, into := range []*float64{&n, &sd, &confidence, &power, &delta} {
			if *into, err = strconv.ParseFloat(row[i], 64); err != nil {
				t.Fatal(err)
			}
		}
		c := Contrast{StandardError: sd / math.Sqrt(n), Freedom: n - 1, Rows: int(n)}
		off := map[float64]float64{10: 0.05, 30: 0.015, 100: 0.005, 1000: 0.005}[n]
		if got := c.SmallestShown(confidence, power); !(math.Abs(got/delta-1) <= off) {
			t.Errorf("%v: %.6f, expected %.6f", row, got, delta)
		}
	}
}

// TestRowsNeededAt holds the two figures to each other: with rows enough to need
// no correction, the smallest difference that n rows show is the one for which n
// rows are needed.
func TestRowsNeededAt(t *testing.T) {
	t.Parallel()
	c := Contrast{Value: 0.01, StandardError: 0.004, Freedom: math.Inf(1), Rows: 100_000}
	at := c.SmallestShown(0.95, 0.8)
	if got := c.RowsNeededAt(at, 0.95, 0.8); got < 99_999 || got > 100_001 {
		t.Errorf("%d rows needed at %g, expected the 100,000 that show it", got, at)
	}
	if c.RowsNeededAt(-at, 0.95, 0.8) != 0 || c.Value != 0.01 {
		t.Errorf("a value below 0 has a number of rows, or the contrast was changed: %+v", c)
	}
	c.Off = 0.001
	if got := c.SmallestShown(0.95, 0.8); math.Abs(got-at-0.002) > 1e-12 {
		t.Errorf("%g with a blur of 0.001, expected %g", got, at+0.002)
	}
	for _, none := range []float64{0, math.NaN()} {
		if got := (Contrast{StandardError: none, Freedom: 9}).SmallestShown(0.95, 0.8); !math.IsNaN(got) {
			t.Errorf("standard error %g: %g, expected none", none, got)
		}
	}
}
