package dataset

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/evidence"
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
			read pairsReader
		}{{"millionths", d.millionths}, {"floats", d.floats}} {
			rows, err := p.take(path, reader.read, n)
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
func said(s evidence.Pairs) string {
	both := s.Measure()
	auc, brier := both.AUC, both.Brier
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
		"\"1\",\"0.5\",0.25\n0,0.1,\"0\"\"2\"\n", "1,\"\n0.5\",\" 0.25\r\n\"\r\n\"0\",0.1,0.2\r", "1,0.5,0\"5\n0,\"0.1\",\"0.2\n", "1,0.5,0.25\r\n0,0.1,0.2\r\n", "1,0.5,0.25\r\n\r\n0,0.1\r,0.2\r", "1,0.1234567890123456789,0.00000000000000000000\n0,0.123456789012345678901,0.\n", "\"1\",0.5,0.25\n", "1,0.5\n", "1,0.5,0.5,\n", ",0.5,0.5\n", "1,,\n", "1,NaN,inf\n", "1,0.5,0.25\nNA,0.1,0.2\n.,0.1,0.2\n", "1,0.5,0.25\nnan,0.1,0.2\n", "1,0.5,0.25\n.,0.1,0.2\n", " 1, 0.5,0.5 \n",
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
		"quoted":             {"id,label,a,b\n", "\"%[1]d, \"\"Ann\"\",\nBob\",%[2]d,%.6[3]f,%.6[4]f\n", "[millionths floats]"},
		"quoted, CRLF":       {"id,label,a,b\r\n", "\"%[1]d\",\"%[2]d\",%.6[3]f,\"%[4]v\"\r\n", "[floats]"},
		"seven":              {"label,a,b\n", "%[2]d,%.7[3]f,%.7[4]f\n", "[floats]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			b.WriteString(form.header)
			for i := range 60_000 { // chunks enough for several workers
				x, y := math.Mod(float64(i)*0.7548776662466927, 1), math.Mod(float64(i)*0.5698402909980532, 1)
				fmt.Fprintf(&b, form.row, i, i%3/2, x/float64(1+i%5*100), y)
			}
			if got := written(t, b.String()).fast(t, "p.csv", abc, 1, 3); fmt.Sprint(got) != form.readers {
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

// A file that was cut after it was opened is given up, wherever.
func TestPairsOfACutFile(t *testing.T) {
	t.Parallel()
	text := "label,a,b\n" + strings.Repeat("1,0.123456,0.654321\n0,0.5,0.25\n", 30_000)
	for _, size := range []int64{15, 200_000, chunkSize - 7, chunkSize + longest, int64(len(text)) - 1} {
		d := written(t, text)
		f, err := d.open("p.csv")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(d.Root, "p.csv"), size); err != nil {
			t.Fatal(err)
		}
		text := csvText{file: f, header: []string{"label", "a", "b"}, length: len("label,a,b\n")}
		_, err = text.chunks(2, false, func(_, _ int, _ []byte, _ bool) error { return nil })
		if !errors.Is(err, errPlain) {
			t.Errorf("cut to %d bytes: %v", size, err)
		}
		f.Close() //nolint:errcheck // was read
	}
}

// A comma that is a label in quotes is none without them, in whatever chunk.
func TestPairsOfALabelThatIsAComma(t *testing.T) {
	t.Parallel()
	text := "label,a,b\n" + strings.Repeat("\",\",0.123456,0.654321\n1,0.5,0.25\n", 20_000) +
		strings.Repeat("1,0.123456,0.654321\n", 60_000) + strings.Repeat(",,0.123456,0.654321\n", 30_000)
	if got := written(t, text).fast(t, "p.csv", abc, 1, 2); got != nil {
		t.Errorf("taken by %s", got)
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for i := range 50_000 {
		x := math.Mod(float64(i)*0.7548776662466927, 1)
		for _, text := range []string{strconv.FormatFloat(x, 'g', -1, 64), strconv.FormatFloat(x, 'f', 18, 64), strconv.FormatFloat(x, 'f', i%24, 64), strconv.FormatFloat(1000*x, 'g', 17, 64)} {
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

// What every engine writes is taken, whatever its pages and compression.
func TestPairsOfWriters(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/writers/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	other := map[string]string{
		"pyarrow-bool-float32.parquet": "[]", // whose labels are no 1
		"rfc4180.csv":                  "[]", // a line of blanks
	}
	for _, path := range files {
		if strings.HasSuffix(path, "want.csv") {
			continue
		}
		got := (Dir{}).fast(t, path, [3]string{"label", "champion", "challenger"}, 1, 3)
		if want := cmp.Or(other[filepath.Base(path)], "[floats]"); fmt.Sprint(got) != want {
			t.Errorf("%s: taken by %s, expected %s", path, got, want)
		}
	}
}

// Rows end where no quote is open.
func TestRowsEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(rapid.StringOf(rapid.SampledFrom([]rune("a,\n\""))).Draw(t, "text"))
		want, open := 0, false
		for i, c := range text {
			switch {
			case c == '"':
				open = !open
			case c == '\n' && !open:
				want = i + 1
			}
		}
		if got := rowsEnd(text); got != want {
			t.Fatalf("%d, expected %d", got, want)
		}
	})
}

// Scores of 32 bits are the numbers of their shortest digits, in pages of a
// dictionary and without.
func TestPairsOfFloat32(t *testing.T) {
	t.Parallel()
	type row struct {
		Label int32   `parquet:"label"`
		A     float32 `parquet:"a"`
		B     float32 `parquet:"b,dict"`
	}
	for digits, readers := range map[float64]string{1e6: "[millionths floats]", 1e9: "[floats]"} {
		var rows []row
		for i := range 20_000 {
			x, y := math.Mod(float64(i)*0.7548776662466927, 1), math.Mod(float64(i%300)*0.5698402909980532, 1)
			rows = append(rows, row{int32(i % 3 / 2), float32(math.Round(x*digits) / digits), float32(math.Round(y*digits) / digits)})
		}
		d := Dir{Root: t.TempDir()}
		if err := parquet.WriteFile(filepath.Join(d.Root, "p.parquet"), rows); err != nil {
			t.Fatal(err)
		}
		if got := d.fast(t, "p.parquet", abc, 1, 2); fmt.Sprint(got) != readers {
			t.Errorf("taken by %s, expected %s", got, readers)
		}
	}
}

func TestDouble(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	check := func(x float32) {
		want, err := strconv.ParseFloat(strconv.FormatFloat(float64(x), 'g', -1, 32), 64)
		if got := double(x); err != nil || math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("%v: %v, expected %v", x, got, want)
		}
	}
	for _, x := range []float64{0, math.Copysign(0, -1), 1, 1e-6, 1e-7, 2e-45, math.Inf(-1), math.NaN(), 1.5, -0.25} {
		check(float32(x))
	}
	for range 200_000 {
		check(r.Float32())
		check(math.Float32frombits(r.Uint32N(0x7f800000)))
		check(float32(math.Round(r.Float64()*1e6) / 1e6))
	}
}

// A compressed file, and standard input, are read as any other.
func TestPairsOfStreams(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("label,a,b\n")
	for i := range 45_000 {
		fmt.Fprintf(&b, "%d,%.6f,%v\n", i%2, math.Mod(float64(i)*0.7548776662466927, 1), math.Mod(float64(i)*0.5698402909980532, 1))
	}
	d := written(t, b.String())
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write([]byte(b.String())) //nolint:errcheck // into memory
	z.Close()                   //nolint:errcheck // into memory
	if err := os.WriteFile(filepath.Join(d.Root, "p.csv.gz"), zipped.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	stdin, err := os.Open(filepath.Join(d.Root, "p.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	d.Stdin = NewInput(stdin)
	for _, path := range []string{"p.csv.gz", Stdin} {
		if got := d.fast(t, path, abc, 1, 3); fmt.Sprint(got) != "[floats]" {
			t.Errorf("%s: taken by %s", path, got)
		}
	}
	cut := zipped.Bytes()[:zipped.Len()/2]
	if err := os.WriteFile(filepath.Join(d.Root, "cut.csv.gz"), cut, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Pairs("cut.csv.gz", abc, "1", 2); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("a cut file: %v", err)
	}
}

// A compressed file that was cut off is refused wherever it was cut, also where
// what is left of its last row looks like a row.
func TestCutCompressedFiles(t *testing.T) {
	t.Parallel()
	var text, zipped bytes.Buffer
	text.WriteString("label,a,b\n")
	for i := range 9000 { // what is left ends at a block, nearly always inside a score
		fmt.Fprintf(&text, "%d,0.5,%.36f\n", i%2, math.Mod(float64(i)*0.5698402909980532, 1))
	}
	gzipped := gzip.NewWriter(&zipped)
	gzipped.Write(text.Bytes()) //nolint:errcheck // into memory
	gzipped.Close()             //nolint:errcheck // into memory
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for kind, whole := range map[string][]byte{"gzip": zipped.Bytes(), "zstd": encoder.EncodeAll(text.Bytes(), nil)} {
		for cut := 0; cut < len(whole); cut += len(whole) / 40 {
			d := written(t, string(whole[:cut]))
			if _, err := d.Pairs("p.csv", abc, "1", 2); err == nil {
				t.Errorf("%s: pairs of %d of %d bytes", kind, cut, len(whole))
			}
			if _, err := d.Table("p.csv", []string{"label"}, []string{"a", "b"}); err == nil {
				t.Errorf("%s: a table of %d of %d bytes", kind, cut, len(whole))
			}
		}
		if _, err := written(t, string(whole)).Pairs("p.csv", abc, "1", 2); err != nil {
			t.Errorf("%s: %v", kind, err)
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
