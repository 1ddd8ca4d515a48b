package loop

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/metrics"
)

// openHoldout settles which data judge and what its digest is, before
// anything is trained: a frozen holdout that is missing, or is not the one
// that the user pinned, should not cost a training.
func (l *Loop) openHoldout() error {
	h := &l.r.Holdout
	var err error
	if l.In.Predictions != "" {
		h.Source = l.In.Predictions
		labels, readErr := l.Data.Columns(l.In.Predictions, columnLabel)
		if readErr != nil {
			return fmt.Errorf("predictions: %w", named(l.In.Predictions, readErr))
		}
		h.SHA256 = digestOf(labels[0])
	} else {
		h.Source = l.In.Holdout
		if h.SHA256, err = l.Data.Digest(l.In.Holdout); err != nil {
			return fmt.Errorf("holdout: %w\nname the frozen holdout with holdout (and its label with target-column), or give predictions", err)
		}
	}
	if want := l.In.HoldoutSHA256; want != "" && want != h.SHA256 {
		return invalid{fmt.Errorf("holdout-sha256: %s, but %s has %s\npin what the file really has, or restore the file", want, h.Source, h.SHA256)}
	}
	return nil
}

// checkHoldout looks, before anything is trained, for what would otherwise be
// found after it: a holdout that is missing, is not the pinned one, or whose
// labels do not have the positive class. Predictions may be made by the
// training itself.
func (l *Loop) checkHoldout() error {
	if l.In.Predictions != "" && l.In.Mode == inputs.ModeRun && l.In.ChallengerVersion == "" {
		return nil
	}
	if err := l.openHoldout(); err != nil {
		return err
	}
	column := l.In.TargetColumn
	if l.In.Predictions != "" {
		column = columnLabel
	}
	labels, err := l.Data.Columns(l.r.Holdout.Source, column)
	if err != nil {
		return fmt.Errorf("holdout: %w", named(l.r.Holdout.Source, err))
	}
	if _, err := metrics.Labels(labels[0], l.In.PositiveClass); err != nil {
		return named(l.r.Holdout.Source, fmt.Errorf("labels: %w", err))
	}
	return nil
}

// digestOf is the SHA-256 of a column: its values, each followed by a line feed.
func digestOf(column []string) string {
	hash := sha256.New()
	for _, value := range column {
		hash.Write([]byte(value + "\n")) //nolint:errcheck // a hash never fails
	}
	return hex.EncodeToString(hash.Sum(nil))
}

func sha256Of(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
