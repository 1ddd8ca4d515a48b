package scoring

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/evidence"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
)

// A Holdout is the data that judge.
type Holdout struct {
	Source string // path relative to the workspace
	SHA256 string // of the file; of the label column of a file of predictions; as an engine's sums state it
}

// A NotPinned is the error about a holdout that is not the one that the user pinned
// with holdout-sha256.
type NotPinned struct{ error }

func (n NotPinned) Unwrap() error { return n.error }

// Identify finds which data judge, and their digest. Where they cannot be read, the
// holdout has its source alone.
func (s *Scorer) Identify() (h Holdout, err error) {
	switch {
	case s.In.Evidence != "":
		h.Source = s.In.Evidence
		sums, err := s.readSums()
		if err != nil {
			return h, err
		}
		h.SHA256 = sums.HoldoutSHA256
	case s.In.Predictions != "":
		h.Source = s.In.Predictions
		table, err := s.Data.Table(h.Source, []string{columnLabel}, nil)
		if err != nil {
			return h, fmt.Errorf("predictions: %w", InFile(h.Source, err))
		}
		h.SHA256 = digestOf(table.Categories[0])
	default:
		h.Source = s.In.Holdout
		if h.SHA256, err = s.Data.Digest(h.Source); err != nil {
			return h, fmt.Errorf("holdout: %w\nname the frozen holdout with holdout (and its label with target-column), or give predictions", err)
		}
	}
	return h, nil
}

// Open identifies the holdout, and compares its digest with the pinned one: the error
// of a difference is a NotPinned.
func (s *Scorer) Open() (Holdout, error) {
	h, err := s.Identify()
	if want := s.In.HoldoutSHA256; err == nil && want != "" && want != h.SHA256 {
		err = NotPinned{fmt.Errorf("holdout-sha256: %s, but %s has %s\npin what the file really has, or restore the file", want, h.Source, h.SHA256)}
	}
	return h, err
}

// Check finds, before hours of training, a holdout that is missing, is not the pinned
// one, lacks a column, or has no row of the positive class. Predictions and an
// engine's sums are not checked before a training, as it may be what writes them.
func (s *Scorer) Check(trains bool) (Holdout, error) {
	if trains && (s.In.Predictions != "" || s.In.Evidence != "") {
		return Holdout{}, nil
	}
	h, err := s.Open()
	if err != nil || s.In.Evidence != "" {
		return h, err
	}
	column := s.In.TargetColumn
	if s.In.Predictions != "" {
		column = columnLabel
	}
	if _, _, err := s.readRows(h.Source, column); err != nil {
		return h, s.withStart(fmt.Errorf("holdout: %w", err))
	}
	return h, s.checkIDs()
}

// checkIDs refuses an id-column that the holdout lacks, because a typing error must
// not switch off the check on shared rows. Predictions need not have the column.
func (s *Scorer) checkIDs() error {
	if s.In.IDColumn == "" || s.In.Predictions != "" {
		return nil
	}
	header, err := s.Data.Header(s.In.Holdout)
	if err == nil && !slices.Contains(header, s.In.IDColumn) {
		err = fmt.Errorf("id-column: no column %q, expected one of %s", text.Clip(s.In.IDColumn, 100), text.Clip(strings.Join(header, ", "), 500))
	}
	if err != nil {
		return fmt.Errorf("holdout: %w", InFile(s.In.Holdout, err))
	}
	return nil
}

// readSums reads an engine's file of sums.
func (s *Scorer) readSums() (*evidence.Sums, error) {
	content, err := s.Data.ReadFile(s.In.Evidence)
	if err != nil {
		return nil, fmt.Errorf("evidence: %w", InFile(s.In.Evidence, err))
	}
	sums, err := evidence.Parse(s.In.Evidence, content)
	return sums, InFile(s.In.Evidence, err)
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
