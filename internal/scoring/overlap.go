package scoring

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

// Shared is what a training set has in common with the holdout.
type Shared struct {
	Overlap string   // what they share; empty: nothing is known to be shared
	Warning string   // why shared rows were not looked for; empty: they were
	Notices []string // about training sets whose rows cannot be read
}

// Shared compares the datasets that a version was trained on with the holdout. Data
// that cannot be read are not known to overlap.
func (s *Scorer) Shared(h Holdout, datasets []promote.Dataset) (found Shared) {
	ids, err := s.ids(h.Source)
	if err != nil {
		found.Warning = fmt.Sprintf("id-column: %v: rows that the training shares with the holdout are not looked for", err)
	}
	var sets []gate.TrainingSet
	for _, d := range datasets {
		set, err := s.trainingSet(h, d, ids)
		if err != nil {
			found.Notices = append(found.Notices, fmt.Sprintf("id-column: %v: rows that %s shares with the holdout are not known", err, text.Line(d.Name, 100)))
		}
		sets = append(sets, set)
	}
	found.Overlap = gate.Overlap(h.SHA256, sets)
	return found
}

// trainingSet describes a dataset, with the digest and the row ids of its file where
// the source is in the workspace. An error is about the row ids alone.
func (s *Scorer) trainingSet(h Holdout, d promote.Dataset, holdoutIDs map[string]bool) (gate.TrainingSet, error) {
	set := gate.TrainingSet{Dataset: d}
	path := localPath(d.Source)
	if path == "" {
		return set, nil
	}
	set.IsHoldout = s.Data.Absolute(path) == s.Data.Absolute(h.Source)
	sha256, err := s.Data.Digest(path)
	if err != nil { // moved, remote, or on another machine: there is nothing to compare
		return set, nil
	}
	set.SHA256 = sha256
	if len(holdoutIDs) == 0 {
		return set, nil
	}
	ids, err := s.ids(path)
	for id := range ids {
		if holdoutIDs[id] {
			set.SharedIDs++
		}
	}
	return set, err
}

// ids are the row ids of a file; none where no id-column is configured.
func (s *Scorer) ids(path string) (map[string]bool, error) {
	if s.In.IDColumn == "" {
		return nil, nil
	}
	table, err := s.Data.Table(path, []string{s.In.IDColumn}, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the row ids: %w", InFile(path, err))
	}
	ids := map[string]bool{}
	for _, id := range table.Categories[0].Texts {
		ids[id] = true
	}
	delete(ids, "")
	return ids, nil
}

// localPath is the path in a source such as {"uri": "data/train.csv"}, empty
// where the data are somewhere else.
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
