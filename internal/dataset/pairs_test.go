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

// fast holds the fast readers that take a file to the plain one, and returns
// their names.
func (d Dir) fast(t *testing.T, path string, columns [3]string, workers ...int) (readers []string) {
	t.Helper()
	plain, errOfPlain := d.plainPairs(path, columns, "1")
	want := ""
	if errOfPlain == nil {
		want = said(plain)
	}
	for _, n := range workers {
		p := pairs{columns: columns, positiveClass: "1", checked: map[string]bool{}}
		readers = nil
		for _, reader := range []struct {
			name string
			read func(string, *pairs, int) (paired.Rows, error)
		}{{"millionths", d.millionths}, {"floats", d.floats}} {
			rows, err := reader.read(path, &p, n)
			if errors.Is(err, errPlain) {
				continue
			}
			readers = append(readers, reader.name)
			if err != nil || errOfPlain != nil {
				t.Fatalf("%s: %v; the plain reader: %v", reader.name, err, errOfPlain)
			}
			if got := said(rows); got != want {
				t.Errorf("%s, %d workers: %s, plain %s", reader.name, n, got, want)
			}
		}
	}
	return readers
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
		"1,0.123456,0.654321\n0,0.000000,0.999999\n", "1,0.123456,0.654321\n0,0.12,0.9999990\n1,1.0,1e-06\n", "1,0.12345:,0.654321\n0,0.123456,0/654321\n", "1,0.123456,0.654321,\n",
		"1,0.1234567890123456,0.12345678901234567\r\n0,0.6543210987654321,0.5432109876543219\r\n\r\n",
	} {
		f.Add("label,a,b\n" + rows)
		f.Add("\xef\xbb\xbflabel,a,b\r\n" + rows)
		f.Add("b,label,x,a\n" + strings.ReplaceAll(rows, ",", ",1,"))
	}
	f.Fuzz(func(t *testing.T, content string) {
		d := written(t, content)
		d.fast(t, "p.csv", abc, 1)
	})
}

// The fast readers take large files of the usual kind whole.
func TestPairsIsPlain(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]struct {
		header, row string
		readers     string
	}{
		"six decimals":       {"label,a,b\n", "%[2]d,%.6[3]f,%.6[4]f\n", "[millionths floats]"},
		"six decimals, CRLF": {"label,a,b\r\n", "%[2]d,%.6[3]f,%.6[4]f\r\n", "[millionths floats]"},
		"up to six":          {"label,a,b\n", "%[2]d,%.4[3]f,%.2[4]f\n", "[millionths floats]"},
		"other columns":      {"\"id\",b,\"label\",a\n", "customer-%[1]d,%.6[3]f,%[2]d,%.3[4]f\n", "[millionths floats]"}, // quotes as pyarrow has them
		"one of many":        {"id,label,a,b\n", "%[1]d,%[2]d,%.6[3]f,%[4]v\n", "[floats]"},
		"seven":              {"label,a,b\n", "%[2]d,%.7[3]f,%.7[4]f\n", "[floats]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			b.WriteString(form.header)
			for i := range 90_000 {
				x, y := math.Mod(float64(i)*0.7548776662466927, 1), math.Mod(float64(i)*0.5698402909980532, 1)
				fmt.Fprintf(&b, form.row, i, i%3/2, x/float64(1+i%5*100), y)
			}
			if got := written(t, b.String()).fast(t, "p.csv", abc, 1, 2, 5); fmt.Sprint(got) != form.readers {
				t.Errorf("taken by %s, expected %s", got, form.readers)
			}
		})
	}
}

// What stands behind the text, after its lines were moved or read before, is
// none of it, even where the last line is blank.
func TestPairsOfABlankEnd(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n"} {
		for rows := range 120 {
			var b strings.Builder
			b.WriteString("label,a,b" + end)
			for i := range rows {
				fmt.Fprintf(&b, "%d,%v,%v%s", i%2, math.Mod(float64(i+rows)*0.7548776662466927, 1), math.Mod(float64(i+1)*0.5698402909980532, 1), end)
			}
			written(t, b.String()+end).fast(t, "p.csv", abc, 1)
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
	if got := (Dir{Root: "testdata"}).fast(t, "pairs.parquet", abc, 1, 3); fmt.Sprint(got) != "[floats]" {
		t.Errorf("taken by %s", got)
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
