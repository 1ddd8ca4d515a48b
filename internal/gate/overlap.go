package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

// leastDigest is how many characters two digests must share to be one: MLflow
// cuts its own to 8.
const leastDigest = 8

// A TrainingSet is a dataset that the challenger's run logged, with what could
// be found out about it.
type TrainingSet struct {
	promote.Dataset
	IsHoldout bool   // its source is the holdout's own path
	SHA256    string // of the file that its source names; empty where it cannot be read
	SharedIDs int    // row ids that it has in common with the holdout
}

// Overlap says in one line how the data that a version was trained on overlap
// with the holdout that judges it, as far as its run has logged them; it is
// empty where no overlap is known. A dataset that was logged for an evaluation
// (its context names one) is no training data: whoever logs the holdout as
// such does right, and gives away its digest.
func Overlap(holdoutSHA256 string, sets []TrainingSet) string {
	var evaluated []string
	for _, s := range sets {
		if s.evaluates() {
			evaluated = append(evaluated, s.Digest)
		}
	}
	for _, s := range slices.DeleteFunc(slices.Clone(sets), TrainingSet.evaluates) {
		name := "dataset " + text.Line(s.Name, mostText)
		switch {
		case s.IsHoldout:
			return name + " of its training run is the holdout itself"
		case s.SHA256 != "" && s.SHA256 == holdoutSHA256, isDigest(s.Digest, holdoutSHA256):
			return fmt.Sprintf("%s of its training run has the holdout's digest (%s)", name, Short(holdoutSHA256))
		case s.Digest != "" && slices.Contains(evaluated, s.Digest):
			return fmt.Sprintf("%s of its training run has the digest of the one logged for evaluation (%s)", name, text.Line(s.Digest, mostText))
		case s.SharedIDs > 0:
			return fmt.Sprintf("%d rows of %s of its training run are in the holdout, by their ids", s.SharedIDs, name)
		}
	}
	return ""
}

// evaluates reports whether a run says that it did not train on the dataset.
func (s TrainingSet) evaluates() bool {
	context := strings.ToLower(s.Context)
	return slices.ContainsFunc([]string{"eval", "valid", "test", "holdout"}, func(word string) bool { return strings.Contains(context, word) })
}

// isDigest reports whether a digest is a SHA-256 or the beginning of it.
func isDigest(digest, sha256 string) bool {
	return len(digest) >= leastDigest && strings.HasPrefix(sha256, strings.ToLower(digest))
}
