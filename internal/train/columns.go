package train

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"strings"
)

// mergeScores puts the columns of files that the scorer wrote into one file, in
// the order of uris. The rows must be the same ones: as many, and equally
// labelled.
func mergeScores(parts, uris []string, out string) error {
	columns := map[string][]string{}
	var labels, names []string
	for _, part := range parts {
		rows, err := readScores(part)
		if err != nil {
			return err
		}
		for i, name := range rows[0] {
			columns[name], names = column(rows, i), append(names, name)
		}
		if labels == nil {
			labels = columns["label"]
		} else if err := sameLabels(labels, columns["label"]); err != nil {
			return err
		}
	}
	header, table := []string{"label"}, [][]string{labels}
	for _, uri := range uris {
		found := false
		for _, name := range names {
			if name == version(uri) || strings.HasPrefix(name, version(uri)+"_") {
				header, table, found = append(header, name), append(table, columns[name]), true
			}
		}
		if !found {
			return fmt.Errorf("no scores of %s in what the embedded scorer wrote", uri)
		}
	}
	return writeColumns(out, header, table)
}

// readScores reads what the scorer wrote: a header, and rows of equal length.
func readScores(path string) ([][]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("what the embedded scorer wrote: %w", err)
	}
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err == nil && (len(rows) == 0 || rows[0][0] != "label") {
		err = fmt.Errorf("no column label")
	}
	if err != nil {
		return nil, fmt.Errorf("what the embedded scorer wrote: %w", err)
	}
	return rows, nil
}

// column is a column without its header.
func column(rows [][]string, i int) []string {
	values := make([]string, len(rows)-1)
	for j, row := range rows[1:] {
		values[j] = row[i]
	}
	return values
}

// sameLabels holds the labels that two environments read against one another.
func sameLabels(a, b []string) error {
	const hint = "\nlet python name one interpreter that has mlflow and the packages of both versions, or give a score-command"
	if len(a) != len(b) {
		return fmt.Errorf("the versions' environments read %d and %d rows of the same holdout%s", len(a), len(b), hint)
	}
	for i := range a {
		if a[i] != b[i] {
			return fmt.Errorf("the versions' environments read different labels in row %d of the same holdout: %q and %q%s", i+1, a[i], b[i], hint)
		}
	}
	return nil
}

// writeColumns writes the file whole, once all of it is known.
func writeColumns(path string, header []string, columns [][]string) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(header) // a buffer takes all
	row := make([]string, len(columns))
	for i := range columns[0] {
		for j, c := range columns {
			row[j] = c[i]
		}
		_ = w.Write(row)
	}
	w.Flush()
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("writing the scores: %w", err)
	}
	return nil
}
