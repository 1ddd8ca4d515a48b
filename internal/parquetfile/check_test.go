package parquetfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"pgregory.net/rapid"
)

// testdata are files that scripts beside them made with many writers.
const testdata = "../dataset/testdata"

func open(t *testing.T, path string) *File {
	t.Helper()
	source, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close() }) //nolint:errcheck // was read
	info, err := source.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(source, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestRuns holds what pages claim against what is in them. Without the check,
// the library allocates four bytes for each value that is claimed.
func TestRuns(t *testing.T) {
	t.Parallel()
	uvarint := func(n uint64, rest ...byte) []byte { return append(binary.AppendUvarint(nil, n), rest...) }
	for _, test := range []struct {
		name  string
		data  []byte
		width uint64
		n     int32
		ones  int32
		ok    bool
	}{
		{"one run", uvarint(10<<1, 1), 1, 10, 10, true},
		{"a run of zeros", uvarint(10<<1, 0), 1, 10, 0, true},
		{"two runs", append(uvarint(3<<1, 1), uvarint(2<<1, 0)...), 1, 5, 3, true},
		{"bit-packed", uvarint(1<<1|1, 0b101), 1, 8, 2, true},
		{"bit-packed and padded", uvarint(1<<1|1, 0xff), 1, 3, 3, true},
		{"the last group cut off", uvarint(2<<1|1, 1, 2, 3), 3, 8, 0, true},
		{"no bits", uvarint(1000 << 1), 0, 1000, 0, true},
		{"nothing", nil, 1, 0, 0, true},
		{"nothing, wanted one", nil, 1, 1, 0, false},
		{"too few", uvarint(9<<1, 1), 1, 10, 0, false},
		{"too many", uvarint(1<<31, 1), 1, 10, 0, false},
		{"too many of no bits", uvarint(1<<31 | 1), 0, 10, 0, false},
		{"too many in all", slices.Repeat(uvarint(10<<1, 1), 3), 1, 10, 0, false},
		{"bit-packed, but not there", uvarint(1<<30|1, 1), 1, 8, 0, false},
		{"overflow", uvarint(1<<63|1, 1), 8, 8, 0, false},
		{"no value", uvarint(10 << 1), 1, 10, 0, false},
		{"cut off", []byte{0x80}, 1, 1, 0, false},
	} {
		ones, err := runs(test.data, test.width, test.n)
		if (err == nil) != test.ok || ones != test.ones {
			t.Errorf("%s: %d, %v, want %d, %v", test.name, ones, err, test.ones, test.ok)
		}
	}
}

// TestRunsOfTheLibrary checks what the library's own encoder writes.
func TestRunsOfTheLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		levels := rapid.SliceOf(rapid.ByteRange(0, 1)).Draw(t, "levels")
		data, err := (&rle.Encoding{BitWidth: 1}).EncodeLevels(nil, levels)
		if err != nil {
			t.Fatal(err)
		}
		want := int32(0)
		for _, l := range levels {
			want += int32(l)
		}
		if ones, err := runs(data, 1, int32(len(levels))); err != nil || ones != want {
			t.Fatalf("%d ones, %v, want %d", ones, err, want)
		}
		if _, err := runs(data, 1, int32(len(levels))+8); err == nil {
			t.Fatal("eight more than there are")
		}
	})
}

func TestDeltas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.Int64(), 1, 500).Draw(t, "numbers")
		data, err := new(delta.BinaryPackedEncoding).EncodeInt64(nil, numbers)
		if err != nil {
			t.Fatal(err)
		}
		rest, err := deltas(append(data, "rest"...), int32(len(numbers)), int32(len(numbers)), 64)
		if err != nil || string(rest) != "rest" {
			t.Fatalf("rest %q, %v", rest, err)
		}
		for _, off := range []int32{-1, 1} {
			if n := int32(len(numbers)) + off; n >= 0 {
				if _, err := deltas(data, n, n, 64); err == nil {
					t.Fatal("other numbers than the page has")
				}
			}
		}
	})
	for _, data := range [][]byte{nil, {0x80, 1, 4}, {0x80, 1, 0, 5, 0}, {0, 0, 5, 0}, {0x80, 1, 4, 200, 1, 0}} {
		if _, err := deltas(data, 0, 200, 64); !errors.Is(err, errRuns) {
			t.Errorf("%x: %v", data, err)
		}
	}
}

// TestPagesFitRows has a footer that claims other rows than the pages have.
func TestPagesFitRows(t *testing.T) {
	t.Parallel()
	f := open(t, testdata+"/pandas.parquet")
	for rows, want := range map[int64]string{
		49: "50 values in a row group of 49 rows", 50: "<nil>", 51: "no more values after 50, expected 51 rows in the row group",
		1 << 40: fmt.Sprintf("no more values after 50, expected %d rows in the row group", int64(1)<<40),
	} {
		f.Groups[0].NumRows = rows
		for _, column := range f.Root().Columns() {
			if got := fmt.Sprint(new(Checker).Check(f, 0, column)); !strings.HasSuffix(got, want) {
				t.Errorf("%s, %d rows: got %s, want %s", column.Name(), rows, got, want)
			}
		}
	}
}
