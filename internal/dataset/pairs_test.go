package dataset

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/paired"
)

var abc = [3]string{"label", "a", "b"}

func written(t testing.TB, content string) Dir {
	t.Helper()
	d := Dir{Root: t.TempDir()}
	if err := os.WriteFile(filepath.Join(d.Root, "p.csv"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// fast reads a file with the fast readers alone.
func (d Dir) fast(path string, workers int) (string, error) {
	p := pairs{columns: abc, positiveClass: "1", checked: map[string]bool{}}
	rows, err := d.millionths(path, &p, workers)
	if errors.Is(err, errPlain) {
		rows, err = d.floats(path, &p, workers)
	}
	if err != nil {
		return "", err
	}
	return said(rows), nil
}

func (d Dir) plain(path string) (string, error) {
	s, err := d.plainPairs(path, abc, "1")
	if err != nil {
		return "", err
	}
	return said(s), nil
}

// said is all of a stream's exact results.
func said(s paired.Rows) string {
	auc, brier := s.Estimates()
	text := fmt.Sprint(auc.Parts, auc.Rows, auc.Positives)
	for _, e := range []paired.Estimate{auc, brier} {
		text += fmt.Sprint(e.Champion.Rat(), e.Champion.Reason(), e.Challenger.Rat(), e.Challenger.Reason())
	}
	return text
}

// FuzzPairsCSV holds the fast reader to encoding/csv: it reads what that reads,
// or gives the file up.
func FuzzPairsCSV(f *testing.F) {
	for _, rows := range []string{
		"1,0.5,0.25\n0,0.1,0.2\n", "1,0.5,0.25\n0,0.1,0.2", "1,.5,1.\n\n0,1e-3,0.12345678901234567\n", "yes,1,0\nno,0,1\n",
		"1,0.5,0.25\r\n0,0.1,0.2\r\n", "1,0.5,0.25\r\n\r\n0,0.1\r,0.2\r", "1,0.1234567890123456789,0.00000000000000000000\n0,0.123456789012345678901,0.\n", "\"1\",0.5,0.25\n", "1,0.5\n", "1,0.5,0.5,\n", ",0.5,0.5\n", "1,,\n", "1,NaN,inf\n", " 1, 0.5,0.5 \n",
		"1,-0.0,0\n1.0,-0.5,+2\n", "1,0.9999999999999999999,18446744073709551615\n", "1,0x1p-2,1_0\n", "1,0.00000000000000000001,1e999\n", "1,1..2,3\n",
	} {
		f.Add("label,a,b\n" + rows)
		f.Add("\xef\xbb\xbflabel,a,b\r\n" + rows)
		f.Add("b,label,x,a\n" + strings.ReplaceAll(rows, ",", ",1,"))
	}
	f.Fuzz(func(t *testing.T, content string) {
		d := written(t, content)
		got, err := d.fast("p.csv", 1)
		if errors.Is(err, errPlain) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		want, err := d.plain("p.csv")
		if err != nil {
			t.Fatalf("the plain reader refuses it: %v", err)
		}
		if got != want {
			t.Errorf("%q: fast %s, plain %s", content, got, want)
		}
	})
}

// The fast reader takes a large file of the usual kind whole, on any number of
// threads, and says what the plain reader says.
func TestPairsIsPlain(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("\"id\",\"label\",a,b\n") // as pyarrow quotes it
	for i := range 90_000 {
		x := math.Mod(float64(i)*0.7548776662466927, 1)
		fmt.Fprintf(&b, "customer-%d,%d,%.6f,%v\n", i, i%3/2, x, math.Mod(float64(i)*0.5698402909980532, 1))
	}
	d := written(t, b.String())
	want, err := d.plain("p.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 2, 5} {
		if got, err := d.fast("p.csv", workers); err != nil || got != want {
			t.Errorf("%d workers: %s, %v, expected %s", workers, got, err, want)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for i := range 200_000 {
		x := math.Mod(float64(i)*0.7548776662466927, 1)
		for _, text := range []string{strconv.FormatFloat(x, 'g', -1, 64), strconv.FormatFloat(x, 'f', 18, 64), strconv.FormatFloat(x, 'f', 6, 64), strconv.FormatFloat(1000*x, 'g', 17, 64)} {
			got, end, ok := number([]byte(text+"\n"+strings.Repeat("9", beyond)), 0)
			want, err := strconv.ParseFloat(text, 64)
			if err != nil || !ok || end != len(text) || got != want {
				t.Fatalf("%s: %v, %d, %v, expected %v", text, got, end, ok, want)
			}
		}
	}
}

// Dictionary and plain pages that do not line up, several row groups.
func TestPairsOfParquet(t *testing.T) {
	t.Parallel()
	d := Dir{Root: "testdata"}
	want, err := d.plain("pairs.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 3} {
		if got, err := d.fast("pairs.parquet", workers); err != nil || got != want {
			t.Errorf("%s, %v, expected %s", got, err, want)
		}
	}
}

func TestPairsSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"label,a\n1,2\n":                     "no column \"b\"",
		"label,a,b\n1,0.5,x\n":               "x",
		"label,a,b\n1,0.5,1\n0,1,1\n2,1,1\n": "3 classes",
	} {
		if _, err := written(t, content).Pairs("p.csv", abc, "1", 2); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, expected %s", content, err, want)
		}
	}
}
