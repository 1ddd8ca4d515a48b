package triggers

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
)

// Rolling is the champion's AUC on rows whose labels are known by now.
type Rolling struct {
	AUC       metrics.Value
	Rows      int      // rows with a label; where there is a version column, the champion's alone
	Positives int      // of these rows
	Labelled  int      // rows with a label, of any version
	Silent    string   // why there can be no AUC; "" where there can
	Warnings  []string // what a reader should know, such as versions that cannot be told

	sample metrics.Sample // the rows that the AUC is of; without any there is no interval
}

// RollingAUC computes the AUC from the columns of a labelled-predictions file,
// which must have one length. Rows with a missing label are skipped and not
// counted, whatever else they hold. versions may be nil; otherwise only the rows
// that the model's champion scored are kept, see versionOf, and cells that name
// no version get a warning.
//
// Labels of one class are not an error, as there may be a week without churn: the
// AUC is absent. Nor are more than two classes, of which this trigger has no
// opinion. A score that is not a finite number is an error. Errors name the file's
// rows, counted from 1, not those that were kept.
func RollingAUC(labels, scores, versions []string, model, champion, positiveClass string) (Rolling, error) {
	if len(scores) != len(labels) || (versions != nil && len(versions) != len(labels)) {
		return Rolling{}, fmt.Errorf("columns of %d labels, %d scores and %d versions: expected as many of each",
			len(labels), len(scores), len(versions))
	}
	kept, r := matured(labels, versions, model, champion, positiveClass)
	if len(kept) == 0 {
		r.AUC = metrics.Absent("no labelled rows")
		return r, nil
	}
	positive, err := metrics.Labels(pick(labels, kept), positiveClass)
	var many *metrics.OtherTask
	if errors.As(err, &many) {
		r.Silent = fmt.Sprintf("%d classes in the label column", many.Classes)
		r.AUC = metrics.Absent(r.Silent)
		r.warn("%s, and an AUC is of two: set auc-floor to off where the model tells no two classes apart, else mend the label-column", r.Silent)
		return r, nil
	}
	if err != nil {
		return Rolling{}, err
	}
	values, err := finiteScores(scores, kept)
	if err != nil {
		return Rolling{}, err
	}
	return r.measured(positive, values), nil
}

// measured adds the AUC of the rows that are kept.
func (r Rolling) measured(positive []bool, scores []float64) Rolling {
	auc, _ := metrics.Lookup("auc")
	r.sample = sampleOf(positive, scores)
	r.AUC, r.Positives = metrics.Measure(auc, r.sample, r.sample.Challenger, metrics.Decimal{}), r.sample.Positives()
	return r
}

// sampleOf is the rows as package paired measures them, with the champion in the
// challenger's place.
func sampleOf(positive []bool, scores []float64) metrics.Sample {
	return metrics.Sample{Task: metrics.Binary, Rows: len(scores), Positive: positive, Challenger: metrics.Predictions{Values: scores}}
}

// matured are the indexes of the rows that count, and their number, with a warning
// about those that do not name a version.
func matured(labels, versions []string, model, champion, positiveClass string) (kept []int, r Rolling) {
	var untold, foreign cellCounts
	blank := 0
	for i, label := range labels {
		if metrics.MissingLabel(label, positiveClass) {
			continue
		}
		r.Labelled++
		if versions == nil {
			kept = append(kept, i)
			continue
		}
		version, own := versionOf(versions[i], model)
		switch {
		case version == "" && strings.TrimSpace(versions[i]) == "":
			blank++
		case version == "":
			untold.add(versions[i])
		case !own:
			foreign.add(versions[i])
		case version == champion:
			kept = append(kept, i)
		}
	}
	r.Rows = len(kept)
	expected := fmt.Sprintf("expected %s, v%s or models:/%s/%s", champion, champion, text.Clip(model, mostText), champion)
	switch {
	case champion == "": // nobody's predictions
	case r.Rows == 0 && untold.rows+foreign.rows > 0:
		r.warn("none of %d labelled rows is version %s; found %s; %s", r.Labelled, champion, some(append(untold.cells, foreign.cells...)), expected)
	case r.Rows == 0 && blank > 0:
		r.warn("none of %d labelled rows is version %s; %d are blank; %s", r.Labelled, champion, blank, expected)
	case untold.rows > 0:
		r.warn("%d of %d labelled rows name no version, and are left out: found %s; %s", untold.rows, r.Labelled, some(untold.cells), expected)
	}
	return kept, r
}

func (r *Rolling) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

// cellCounts counts rows, and keeps the first few different cells of them.
type cellCounts struct {
	rows  int
	cells []string
}

func (c *cellCounts) add(cell string) {
	c.rows++
	if len(c.cells) < 3 && !slices.Contains(c.cells, cell) {
		c.cells = append(c.cells, cell)
	}
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

// versionOf is the version that a cell of the version column names. A number by
// itself is the model's own: 7, v7, "version 7", or 7.0, which is how data frames
// write the integers of a column with blank cells. A slash, a colon or a space
// follows a model's name: models:/churn/7, churn:7, "churn v7". An alias names no
// version ("" is none), as it may have moved since; churn-7 may be the name of another
// model.
func versionOf(cell, model string) (version string, own bool) {
	cell = strings.TrimSpace(cell)
	if version := versionNumber(cell); version != "" {
		return version, true
	}
	cell, isURI := strings.CutPrefix(cell, "models:/")
	at := strings.LastIndexAny(cell, "/: ")
	if at < 0 {
		return "", false
	}
	return versionNumber(cell[at+1:]), cell[:at] == model || !isURI && strings.EqualFold(cell[:at], "version")
}

// versionNumber is 7 of the texts 7, v7 and 7.0; empty for any other.
func versionNumber(text string) string {
	number := strings.TrimSuffix(text, ".0")
	if number != "" && (number[0] == 'v' || number[0] == 'V') {
		number = number[1:]
	}
	if number == "" || number[0] == '0' || strings.Trim(number, "0123456789") != "" {
		return ""
	}
	return number
}
