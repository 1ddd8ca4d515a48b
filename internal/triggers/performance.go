package triggers

import (
	"fmt"
	"strings"

	"github.com/org/ct-action/internal/metrics"
)

// Rolling is the champion's AUC on labels that have matured since.
type Rolling struct {
	AUC  metrics.Value
	Rows int // rows with a label, of the champion's where a version column says so
}

// RollingAUC works it out from the columns of a labelled-predictions file,
// all of one length. Rows with a blank label have not matured yet: they are
// skipped and not counted. versions may be nil; otherwise only the rows that
// champion scored are kept ("7", "v7" and "7.0" all name version 7).
//
// One class only is no error, as a quiet week has no churn: the AUC is absent.
// A score that is not a finite number is an error naming its row.
func RollingAUC(labels, scores, versions []string, champion, positiveClass string) (Rolling, error) {
	var keptLabels, keptScores []string
	for i, label := range labels {
		if strings.TrimSpace(label) == "" || (versions != nil && !sameVersion(versions[i], champion)) {
			continue
		}
		keptLabels = append(keptLabels, label)
		keptScores = append(keptScores, scores[i])
	}
	r := Rolling{Rows: len(keptLabels), AUC: metrics.Absent("no labelled rows")}
	if r.Rows == 0 {
		return r, nil
	}
	positive, err := metrics.Labels(keptLabels, positiveClass)
	if err != nil {
		return Rolling{}, err
	}
	values, err := metrics.Scores(keptScores)
	if err != nil {
		return Rolling{}, err
	}
	for i, v := range values {
		if v-v != 0 {
			return Rolling{}, fmt.Errorf("score %v in labelled row %d: expected a finite number", v, i+1)
		}
	}
	r.AUC = metrics.AUC(positive, values)
	return r, nil
}

func sameVersion(text, version string) bool {
	text = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(text)), "v")
	return strings.TrimSuffix(text, ".0") == version
}
