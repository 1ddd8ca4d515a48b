//go:build unix

package dataset

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNotAFile(t *testing.T) {
	t.Parallel()
	d := files(t, map[string]string{"folder/a.csv": "a\n1\n", "pipes/a.csv": "a\n1\n", "out/day=1/a.csv": "a\n1\n", "out/_SUCCESS": ""})
	for _, pipe := range []string{"pipe", "pipes/b.csv"} {
		if err := unix.Mkfifo(filepath.Join(d.Root, pipe), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const pipe = `%s is a pipe, which cannot be read twice, expected a CSV or Parquet file
send its content in through standard input, whose path is -`
	const hive = `out is partitioned by folders such as "day=1", expected a folder of part files
write it without partitions: the columns that are in folder names are in none of the files`
	for _, test := range []struct {
		path, table, digest, modified, file string
	}{
		{"pipe", fmt.Sprintf(pipe, "pipe"), fmt.Sprintf(pipe, "pipe"), "reading pipe: expected a file, found a pipe", "reading pipe: expected a file, found a pipe"},
		{"pipes", fmt.Sprintf(pipe, "pipes/b.csv"), fmt.Sprintf(pipe, "pipes/b.csv"), "reading pipes/b.csv: expected a file, found a pipe", "reading pipes: expected a file, found a folder"},
		{"fold*", "folder is a folder, expected a CSV or Parquet file", "folder is a folder, expected a CSV or Parquet file", "reading folder: expected a file, found a folder", "reading fold*: no such file or directory"},
		{"out", hive, hive, hive, "reading out: expected a file, found a folder"},
		{"-", "there is no standard input here, expected the path of a CSV or Parquet file", "there is no standard input here, expected the path of a CSV or Parquet file",
			"when standard input was written is not known, expected the path of a file", "standard input is not read here, expected the path of a file"},
	} {
		_, table := d.Table(test.path, nil, []string{"a"})
		_, pairs := d.Pairs(test.path, [3]string{"a", "b", "c"}, "1", 2)
		_, digest := d.Digest(test.path)
		_, modified := d.Modified(test.path)
		_, file := d.ReadFile(test.path)
		got := []string{errorText(table), errorText(pairs), errorText(digest), errorText(modified), errorText(file)}
		if want := []string{test.table, test.table, test.digest, test.modified, test.file}; !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", test.path, got, want)
		}
	}
	if got := d.Absolute("-"); got != "-" {
		t.Errorf("standard input as %s", got)
	}
	if got := d.Absolute("pipe"); got != filepath.Join(d.Root, "pipe") {
		t.Errorf("a file as %s", got)
	}
}
