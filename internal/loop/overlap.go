package loop

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/promote"
)

// findOverlap asks the challenger's run which datasets it trained on, and
// compares them with the holdout. What cannot be asked or read is not known to
// overlap, and said.
func (l *Loop) findOverlap(ctx context.Context, v promote.Version) {
	l.overlap = ""
	if v.RunID == "" {
		return
	}
	datasets, err := l.Registry.Datasets(ctx, v.RunID)
	if err != nil {
		l.notice("whether v%s was trained on rows of the holdout is not known: %v", v.Number, err)
		return
	}
	ids, err := l.ids(l.r.Holdout.Source)
	if err != nil {
		l.warn("id-column: %v: rows that the training shares with the holdout are not looked for", err)
	}
	var sets []gate.TrainingSet
	for _, d := range datasets {
		sets = append(sets, l.trainingSet(d, ids))
	}
	l.overlap = gate.Overlap(l.r.Holdout.SHA256, sets)
}

// trainingSet looks at the file that a dataset's source names, where that is a
// file of the workspace.
func (l *Loop) trainingSet(d promote.Dataset, holdoutIDs map[string]bool) gate.TrainingSet {
	s := gate.TrainingSet{Dataset: d}
	path := localPath(d.Source)
	if path == "" {
		return s
	}
	s.IsHoldout = l.Data.Absolute(path) == l.Data.Absolute(l.r.Holdout.Source)
	sha256, err := l.Data.Digest(path)
	if err != nil { // moved, remote, or on another machine: there is nothing to compare
		return s
	}
	s.SHA256 = sha256
	if len(holdoutIDs) == 0 {
		return s
	}
	ids, err := l.ids(path)
	if err != nil {
		l.notice("id-column: %v: rows that %s shares with the holdout are not known", err, clip(d.Name, 100))
	}
	for id := range ids {
		if holdoutIDs[id] {
			s.SharedIDs++
		}
	}
	return s
}

// ids are the row ids of a file; none where no id-column is configured.
func (l *Loop) ids(path string) (map[string]bool, error) {
	if l.In.IDColumn == "" {
		return nil, nil
	}
	table, err := l.Data.Table(path, []string{l.In.IDColumn}, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the row ids: %w", named(path, err))
	}
	return distinct(table.Categories[0]), nil
}

func distinct(c metrics.Category) map[string]bool {
	texts := map[string]bool{}
	for _, text := range c.Texts {
		if text != "" {
			texts[text] = true
		}
	}
	return texts
}

// localPath is the path in a source such as {"uri": "data/train.csv"}, empty
// where it is somewhere else.
func localPath(source string) string {
	var s struct {
		URI string `json:"uri"`
	}
	if err := json.Unmarshal([]byte(source), &s); err != nil {
		return ""
	}
	path := strings.TrimPrefix(s.URI, "file://")
	if strings.Contains(path, "://") {
		return ""
	}
	return path
}
