package loop

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/evidence"
	"github.com/org/ct-action/internal/metrics"
)

// openHoldout settles which data judge and what its digest is, before
// anything is trained: a frozen holdout that is missing, or is not the one
// that the user pinned, should not cost a training.
func (l *Loop) openHoldout() error {
	if err := l.identify(); err != nil {
		return err
	}
	h := l.r.Holdout
	if want := l.In.HoldoutSHA256; want != "" && want != h.SHA256 {
		return invalid{fmt.Errorf("holdout-sha256: %s, but %s has %s\npin what the file really has, or restore the file", want, h.Source, h.SHA256)}
	}
	return nil
}

// identify settles which data judge, and what their digest is.
func (l *Loop) identify() error {
	h := &l.r.Holdout
	var err error
	switch {
	case l.In.Evidence != "":
		h.Source = l.In.Evidence
		sums, readErr := l.readEvidence()
		if readErr != nil {
			return readErr
		}
		h.SHA256 = sums.HoldoutSHA256
	case l.In.Predictions != "":
		h.Source = l.In.Predictions
		table, readErr := l.Data.Table(l.In.Predictions, []string{columnLabel}, nil)
		if readErr != nil {
			return fmt.Errorf("predictions: %w", named(l.In.Predictions, readErr))
		}
		h.SHA256 = digestOf(table.Categories[0])
	default:
		h.Source = l.In.Holdout
		if h.SHA256, err = l.Data.Digest(l.In.Holdout); err != nil {
			return fmt.Errorf("holdout: %w\nname the frozen holdout with holdout (and its label with target-column), or give predictions", err)
		}
	}
	return nil
}

// checkHoldout looks, before anything is trained, for what would otherwise be
// found after it: a holdout that is missing, is not the pinned one, lacks a
// column, or whose labels do not have the positive class. Predictions and an
// engine's evidence may be made by the training itself.
func (l *Loop) checkHoldout() error {
	made := l.In.Predictions != "" || l.In.Evidence != ""
	if made && l.trains() {
		return nil
	}
	if err := l.openHoldout(); err != nil || l.In.Evidence != "" {
		return err
	}
	column := l.In.TargetColumn
	if l.In.Predictions != "" {
		column = columnLabel
	}
	if _, _, err := l.readHoldout(l.r.Holdout.Source, column); err != nil {
		return l.withStart(fmt.Errorf("holdout: %w", err))
	}
	return l.checkIDs()
}

// checkIDs refuses an id-column that the holdout lacks: the veto on a training
// that saw its rows must not be lost by a typing error. Predictions need not
// have it.
func (l *Loop) checkIDs() error {
	if l.In.IDColumn == "" || l.In.Predictions != "" {
		return nil
	}
	header, err := l.Data.Header(l.In.Holdout)
	if err == nil && !slices.Contains(header, l.In.IDColumn) {
		err = fmt.Errorf("id-column: no column %q, expected one of %s", clip(l.In.IDColumn, 100), clip(strings.Join(header, ", "), 500))
	}
	if err != nil {
		return fmt.Errorf("holdout: %w", named(l.In.Holdout, err))
	}
	return nil
}

// readEvidence reads what an engine has summed up.
func (l *Loop) readEvidence() (*evidence.Sums, error) {
	content, err := l.Data.ReadFile(l.In.Evidence)
	if err != nil {
		return nil, fmt.Errorf("evidence: %w", named(l.In.Evidence, err))
	}
	sums, err := evidence.Parse(l.In.Evidence, content)
	if err != nil {
		return nil, named(l.In.Evidence, err)
	}
	return sums, nil
}

// digestOf is the SHA-256 of a column: its values, each followed by a line feed.
func digestOf(column metrics.Category) string {
	hash := sha256.New()
	lines := make([][]byte, len(column.Texts))
	for i, text := range column.Texts {
		lines[i] = []byte(text + "\n")
	}
	buffered := bufio.NewWriterSize(hash, 1<<16)
	for _, code := range column.Codes {
		buffered.Write(lines[code]) //nolint:errcheck // a hash never fails
	}
	buffered.Flush() //nolint:errcheck // a hash never fails
	return hex.EncodeToString(hash.Sum(nil))
}

func sha256Of(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
