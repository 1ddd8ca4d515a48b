package dataset

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/parquetfile"
	"github.com/org/ct-action/internal/pythontest"
)

// TestMatrix holds Parquet files of every codec, version of pages, encoding, type and
// size (matrix.py) against what their own writers read of them, in all ways that there
// are to read them. CT_TEST_MATRIX names a folder of more of them.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for writers, least := range map[string]int{"pyarrow pandas duckdb": 350, "spark": 20} {
		t.Run(writers, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			pythontest.Run(t, append([]string{"testdata/matrix.py", dir}, strings.Fields(writers)...)...)
			matrix(t, dir, least)
		})
	}
	if dir := os.Getenv("CT_TEST_MATRIX"); dir != "" {
		matrix(t, dir, 1)
	}
}

func matrix(t *testing.T, dir string, least int) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	d := Dir{Root: dir}
	equal, refused := 0, 0
	for _, path := range names {
		name := filepath.Base(path)
		if reason, err := os.ReadFile(path + ".refused"); err == nil {
			_, err := d.Columns(name, "label")
			if err == nil || !strings.Contains(err.Error(), string(reason)) {
				t.Errorf("%s: %v, want a refusal that names %s", name, err, reason)
			}
			refused++
			continue
		}
		if sameAsWriter(t, d, name) {
			equal++
		}
	}
	t.Logf("%d files: %d as their writers read them, %d refused by name", len(names), equal, refused)
	if len(names) < least || equal+refused != len(names) {
		t.Errorf("%d files as their writers read them and %d refused, of %d, expected all of at least %d", equal, refused, len(names), least)
	}
}

func sameAsWriter(t *testing.T, d Dir, name string) bool {
	t.Helper()
	header, err := d.Header(name + ".want.csv")
	if err != nil {
		t.Error(err)
		return false
	}
	want, err := d.Columns(name+".want.csv", header...)
	if err != nil {
		t.Error(err)
		return false
	}
	got, err := d.readable(name, header, want)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return false
	}
	table, err := d.Table(name, []string{"label"}, []string{"champion", "challenger"})
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return false
	}
	for i, column := range header {
		if j := firstOther(got[i], want[i]); j >= 0 {
			t.Errorf("%s: column %s, row %d of %d: %q, its writer reads %q", name, column, j+1, len(want[i]), got[i][min(j, len(got[i])-1)], want[i][min(j, len(want[i])-1)])
			return false
		}
		if at := slices.Index([]string{"champion", "challenger"}, column); at >= 0 {
			for row, x := range table.Numbers[at] {
				if y, err := strconv.ParseFloat(want[i][row], 64); err != nil || math.Float64bits(x) != math.Float64bits(y) {
					t.Errorf("%s: table: column %s, row %d: %v, its writer reads %s", name, column, row+1, x, want[i][row])
					return false
				}
			}
		}
	}
	d.fast(t, name, [3]string{"label", "champion", "challenger"}, 2) // as the table, which plainPairs reads
	return true
}

// readable reads all columns of a file at once. Where there are some that are refused
// by name, it reads each by itself, and takes the wanted values for those.
func (d Dir) readable(name string, header []string, want [][]string) ([][]string, error) {
	got, err := d.Columns(name, header...)
	if !errors.Is(err, parquetfile.ErrWide) {
		return got, err
	}
	got = make([][]string, len(header))
	for i, column := range header {
		read, err := d.Columns(name, column)
		switch {
		case errors.Is(err, parquetfile.ErrWide):
			got[i] = want[i]
		case err != nil:
			return nil, err
		default:
			got[i] = read[0]
		}
	}
	return got, nil
}

// firstOther is the first row in which two columns differ; -1: none.
func firstOther(got, want []string) int {
	if len(got) != len(want) {
		return min(len(got), len(want))
	}
	for i := range got {
		if !sameCell(got[i], want[i]) {
			return i
		}
	}
	return -1
}
