package dataset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestManaged refuses real tables of Delta and Iceberg (make_managed.py), however
// their files are named.
func TestManaged(t *testing.T) {
	t.Parallel()
	d := Dir{Root: "testdata/managed"}
	for pattern, want := range map[string]string{
		"delta-delete": "delta-delete is a Delta table", "delta-delete/*.parquet": "delta-delete is a Delta table",
		"delta-compacted": "delta-compacted is a Delta table", "delta-compacted/_delta_log": "delta-compacted/_delta_log is the log of a Delta table",
		"delta-partitions": "delta-partitions is a Delta table", "delta-partitions/day=a": "delta-partitions is a Delta table",
		"delta-partitions/day=*/*": "delta-partitions is a Delta table",
		"iceberg":                  "iceberg is an Iceberg table", "iceberg/data": "iceberg is an Iceberg table", "iceberg/data/*.parquet": "iceberg is an Iceberg table",
	} {
		refused(t, d, pattern, want)
	}
	files, err := filepath.Glob("testdata/managed/*/part-*.parquet")
	if err != nil || len(files) < 5 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		refused(t, Dir{}, file, " is a Delta table")
	}
}

func refused(t *testing.T, d Dir, path, want string) {
	t.Helper()
	_, digestErr := d.Digest(path)
	for _, err := range []error{errOf(d.Header(path)), errOf(d.Columns(path, "label")), errOf(d.Table(path, []string{"label"}, nil)), digestErr} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }

// TestManagedByMark knows the other marks, and leaves alone what only looks so.
func TestManagedByMark(t *testing.T) {
	t.Parallel()
	for mark, want := range map[string]string{
		".hoodie/hoodie.properties": "a Hudi table", ".hoodie_partition_metadata": "a partition of a Hudi table", "_spark_metadata/0": "the sink of a Spark stream",
		"_temporary/0/x": "still being written", ".spark-staging-1/x": "still being written",
		"_SUCCESS": "", "_delta_log.txt": "", "_started_1": "", "data/x.csv": "holds the folder \"data\"",
	} {
		d := Dir{Root: t.TempDir()}
		for name, content := range map[string]string{mark: "", "part-0": "a\n1\n"} {
			path := filepath.Join(d.Root, "rows", name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, path := range []string{"rows", "rows/part-*"} {
			_, err := d.Columns(path, "a")
			if got := errorText(err); (got == "") != (want == "" || path != "rows" && mark == "data/x.csv") || !strings.Contains(got, want) && path == "rows" {
				t.Errorf("%s in %s: got %s, want %s", path, mark, got, want)
			}
		}
	}
}
