package triggers

import (
	"fmt"
	"math"
	"strings"

	"github.com/org/ct-action/internal/metrics"
)

// Rolling is the champion's AUC on labels that have matured since.
type Rolling struct {
	AUC       metrics.Value
	Rows      int // rows with a label, of the champion's where a version column says so
	Positives int // of these rows
}

// RollingAUC works it out from the columns of a labelled-predictions file,
// all of one length. Rows with a missing label have not matured yet: they are
// skipped, whatever else they hold, and not counted. versions may be nil;
// otherwise only the rows that champion scored are kept ("7", "v7" and "7.0"
// all name version 7).
//
// One class only is no error, as a quiet week has no churn: the AUC is absent.
// A score that is not a finite number is an error. Errors name the file's
// rows, counted from 1, not those that were kept.
func RollingAUC(labels, scores, versions []string, champion, positiveClass string) (Rolling, error) {
	if len(scores) != len(labels) || (versions != nil && len(versions) != len(labels)) {
		return Rolling{}, fmt.Errorf("columns of %d labels, %d scores and %d versions: expected as many of each",
			len(labels), len(scores), len(versions))
	}
	kept := matured(labels, versions, champion, positiveClass)
	if len(kept) == 0 {
		return Rolling{AUC: metrics.Absent("no labelled rows")}, nil
	}
	positive, err := metrics.Labels(pick(labels, kept), positiveClass)
	if err != nil {
		return Rolling{}, err
	}
	values, err := finiteScores(scores, kept)
	if err != nil {
		return Rolling{}, err
	}
	rolling := Rolling{AUC: metrics.AUC(positive, values), Rows: len(kept)}
	for _, is := range positive {
		if is {
			rolling.Positives++
		}
	}
	return rolling, nil
}

// matured are the indexes of the rows that count.
func matured(labels, versions []string, champion, positiveClass string) []int {
	var kept []int
	for i, label := range labels {
		if !metrics.MissingLabel(label, positiveClass) && (versions == nil || sameVersion(versions[i], champion)) {
			kept = append(kept, i)
		}
	}
	return kept
}

func pick(column []string, kept []int) []string {
	picked := make([]string, len(kept))
	for i, row := range kept {
		picked[i] = column[row]
	}
	return picked
}

// finiteScores reads the scores of the rows that are kept.
func finiteScores(scores []string, kept []int) ([]float64, error) {
	// The rows that are not kept stand in as zeros, so that errors count the
	// file's rows.
	column := make([]string, len(scores))
	for i := range column {
		column[i] = "0"
	}
	for _, row := range kept {
		column[row] = scores[row]
	}
	all, err := metrics.Scores(column)
	if err != nil {
		return nil, err
	}
	values := make([]float64, len(kept))
	for i, row := range kept {
		if values[i] = all[row]; math.IsNaN(values[i]) || math.IsInf(values[i], 0) {
			return nil, fmt.Errorf("score %v in row %d: expected a finite number", values[i], row+1)
		}
	}
	return values, nil
}

// sameVersion reports whether a cell names the version. Data frames write
// integers as 7.0 once a cell of the column is blank.
func sameVersion(cell, version string) bool {
	cell = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(cell)), "v")
	return strings.TrimSuffix(cell, ".0") == version
}
