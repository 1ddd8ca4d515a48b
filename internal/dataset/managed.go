package dataset

import (
	"fmt"
	"path/filepath"
	"strings"
)

// managed are the folders whose files are not simply their rows: a record that
// some engine keeps beside the files says which files, and which rows in them,
// count. Reading every file would count rows that were deleted or replaced.
var managed = []struct{ mark, kind, mend string }{
	{"_delta_log", "a Delta table, whose log says which rows are live", `duckdb -c "COPY (FROM delta_scan('FOLDER')) TO 'rows.parquet'"`},
	{"metadata/*.metadata.json", "an Iceberg table, whose metadata say which rows are live", `duckdb -c "COPY (FROM iceberg_scan('FOLDER')) TO 'rows.parquet'"`},
	{".hoodie", "a Hudi table, whose timeline says which rows are live", `spark.read.format("hudi").load("FOLDER").write.parquet("rows")`},
	{".hoodie_partition_metadata", "a partition of a Hudi table, whose timeline says which rows are live", `spark.read.format("hudi").load("the table's folder").write.parquet("rows")`},
	{"_spark_metadata", "the sink of a Spark stream, whose log says which files count", `spark.read.parquet("FOLDER").write.parquet("rows")`},
}

// unmanaged refuses a folder that an engine manages, and one inside such a
// folder.
func (d Dir) unmanaged(folder string) error {
	at, err := filepath.Abs(d.resolve(folder))
	if err != nil {
		return nil // there is no current directory
	}
	for {
		for _, m := range managed {
			if found, _ := filepath.Glob(filepath.Join(literal(at), m.mark)); found != nil {
				name := d.folderName(folder, at)
				mend := strings.ReplaceAll(m.mend, "FOLDER", name)
				return fmt.Errorf("%s is %s, expected a folder with nothing but the part files to read\nexport the live rows to a place of their own: %s", name, m.kind, mend)
			}
		}
		base := filepath.Base(at)
		if base == "_delta_log" {
			return fmt.Errorf("%s is the log of a Delta table, expected the rows\nexport the live rows of the table to a place of their own", d.folderName(folder, at))
		}
		if !strings.Contains(base, "=") && base != "data" && strings.Trim(base, "01") != "" { // neither a partition nor a folder of Iceberg's
			return nil
		}
		at = filepath.Dir(at)
	}
}

// folderName is how errors call a folder, or one above it.
func (d Dir) folderName(folder, at string) string {
	if own, err := filepath.Abs(d.resolve(folder)); err == nil && own == at {
		return d.name(folder)
	}
	root, err := filepath.Abs(d.Root)
	if err != nil {
		return at
	}
	return Dir{Root: root}.name(at)
}

// written refuses a folder that an engine is still writing.
func (d Dir) written(folder string) error {
	for _, mark := range []string{"_temporary", ".spark-staging-*"} {
		if found, _ := filepath.Glob(filepath.Join(literal(d.resolve(folder)), mark)); found != nil {
			return fmt.Errorf("%s is still being written, or its writer was killed: it holds %s\nwait for the writer to end, or write it again", d.name(folder), quote(filepath.Base(found[0])))
		}
	}
	return nil
}
