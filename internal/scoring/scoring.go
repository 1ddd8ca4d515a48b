package scoring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/org/ct-action/internal/evidence"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
)

// Columns of a file of predictions and of what a score-command writes.
const (
	columnLabel      = "label"
	columnScore      = "score"
	ColumnChampion   = "champion"
	ColumnChallenger = "challenger"
)

// Scored is what both versions have shown on the holdout.
type Scored struct {
	gate.Measured
	Warning string // for a person to look at; empty: none
}

// Measure scores the versions on the holdout, "" for a champion that there is
// not, and measures what the policy asks for.
func (s *Scorer) Measure(ctx context.Context, h Holdout, champion, challenger string) (Scored, error) {
	measured, err := s.measure(ctx, h, champion, challenger)
	return measured, s.withStart(err)
}

// measure takes one of the five ways: an engine's sums, a stream of predictions,
// predictions in memory, score-command, or the embedded scorer.
func (s *Scorer) measure(ctx context.Context, h Holdout, champion, challenger string) (Scored, error) {
	self := champion == challenger
	switch {
	case s.In.Evidence != "":
		return s.summed(h, champion, challenger)
	case champion != "" && !self && s.streams():
		return s.stream()
	case self:
		champion = ""
	}
	scored, err := s.scored(ctx, champion, challenger)
	if err != nil {
		return Scored{}, err
	}
	if self {
		scored.sample.Champion, champion = scored.sample.Challenger, challenger
	}
	return Scored{Measured: evidence.WithOwn(evidence.NewRows(scored.sample), s.own(h, champion, challenger))}, nil
}

// streams reports whether a file of predictions need not be held.
func (s *Scorer) streams() bool {
	return s.In.Predictions != "" && s.In.WeightColumn == "" && s.In.GroupColumn == "" && evidence.Suffices(s.Policy)
}

// stream measures a file of predictions without holding its columns, however
// many rows it has.
func (s *Scorer) stream() (Scored, error) {
	columns := [3]string{columnLabel, ColumnChampion, ColumnChallenger}
	rows, err := s.Data.Pairs(s.In.Predictions, columns, s.In.PositiveClass, runtime.GOMAXPROCS(0))
	if err != nil {
		return Scored{}, fmt.Errorf("predictions: %w", InFile(s.In.Predictions, err))
	}
	return Scored{Measured: rows.Measure()}, nil
}

// summed measures by an engine's sums.
func (s *Scorer) summed(h Holdout, champion, challenger string) (Scored, error) {
	sums, err := s.readSums()
	if err != nil {
		return Scored{}, err
	}
	scored := Scored{Measured: evidence.WithOwn(sums, s.own(h, champion, challenger))}
	if !slices.Contains(s.Policy.Tasks(), sums.Task()) {
		scored.Warning = fmt.Sprintf("%s is about a %s target, and the checks are about another: name its metrics in gate.checks (docs/other-models.md)", s.In.Evidence, sums.Task())
	}
	return scored, nil
}

// scored is the holdout with the predictions of the versions, "" for none.
func (s *Scorer) scored(ctx context.Context, champion, challenger string) (rows, error) {
	if s.In.Predictions != "" {
		return s.readPredictions(champion != "")
	}
	if err := s.Setup(ctx); err != nil {
		return rows{}, err
	}
	h, _, err := s.readRows(s.In.Holdout, s.In.TargetColumn)
	if err != nil {
		return h, fmt.Errorf("holdout: %w", err)
	}
	dir, remove, err := s.Commands.Scratch()
	if err != nil {
		return h, err
	}
	defer remove()
	if s.In.ScoreCommand != "" {
		err = s.runScoreCommand(ctx, dir, champion, challenger, &h)
	} else {
		err = s.runScorer(ctx, dir, champion, challenger, &h)
	}
	return h, err
}

// readPredictions reads a file that is scored already.
func (s *Scorer) readPredictions(withChampion bool) (rows, error) {
	names := []string{ColumnChallenger}
	if withChampion {
		names = append(names, ColumnChampion)
	}
	if slices.Contains(s.Policy.Tasks(), metrics.Multiclass) {
		return s.readClassPredictions(names)
	}
	h, numbers, err := s.readRows(s.In.Predictions, columnLabel, names...)
	if err != nil {
		return h, fmt.Errorf("predictions: %w", err)
	}
	h.sample.Challenger = h.predictions(numbers[:1])
	if withChampion {
		h.sample.Champion = h.predictions(numbers[1:])
	}
	return h, nil
}

// readClassPredictions reads a file with one column a class and version. Which
// classes there are, the labels have to say first.
func (s *Scorer) readClassPredictions(prefixes []string) (rows, error) {
	path := s.In.Predictions
	h, _, err := s.readRows(path, columnLabel)
	if err != nil {
		return h, fmt.Errorf("predictions: %w", err)
	}
	header, err := s.Data.Header(path)
	if err != nil {
		return h, fmt.Errorf("predictions: %w", InFile(path, err))
	}
	into := []*metrics.Predictions{&h.sample.Challenger, &h.sample.Champion}
	for i, prefix := range prefixes {
		table, err := s.Data.Table(path, nil, h.columns(prefix, header))
		if err != nil {
			return h, fmt.Errorf("predictions: %w", InFile(path, err))
		}
		*into[i] = h.predictions(table.Numbers)
	}
	return h, nil
}

// runScoreCommand runs the user's scorer once a version.
func (s *Scorer) runScoreCommand(ctx context.Context, dir, champion, challenger string, h *rows) error {
	one := func(version string) (metrics.Predictions, error) {
		out := filepath.Join(dir, "scores-v"+version)
		env := s.Env("CT_MODEL_URI="+s.uri(version), "CT_MODEL_VERSION="+version,
			"CT_HOLDOUT="+s.Data.Absolute(s.In.Holdout), "CT_SCORES="+out)
		if err := s.Commands.Run(ctx, "score-command", s.In.ScoreCommand, env, s.In.TrainTimeout); err != nil {
			return metrics.Predictions{}, fmt.Errorf("scoring v%s: %w", version, err)
		}
		scores, err := s.readScores(out, columnScore, h)
		if err != nil {
			hint := ""
			if errors.Is(err, fs.ErrNotExist) {
				hint = "\nit must write a CSV or Parquet file there: a column score, one row for each row of CT_HOLDOUT, in its order"
			}
			return metrics.Predictions{}, fmt.Errorf("what score-command wrote to CT_SCORES for v%s: %w%s", version, err, hint)
		}
		return scores, nil
	}
	return h.fill(one, champion, challenger)
}

// runScorer runs the embedded scorer once for all versions.
func (s *Scorer) runScorer(ctx context.Context, dir, champion, challenger string, h *rows) error {
	out := filepath.Join(dir, "scores.csv")
	var uris []string
	if champion != "" {
		uris = append(uris, s.uri(champion))
	}
	uris = append(uris, s.uri(challenger))
	ctx, cancel := context.WithTimeoutCause(ctx, s.In.TrainTimeout, fmt.Errorf("train-timeout (%s) is over", s.In.TrainTimeout))
	defer cancel()
	if err := s.Commands.Score(ctx, s.In.Python, uris, s.Data.Absolute(s.In.Holdout), s.In.TargetColumn, h.sample.Task.String(), s.In.PositiveClass, out, s.Env()); err != nil {
		return err
	}
	one := func(version string) (metrics.Predictions, error) {
		scores, err := s.readScores(out, version, h)
		if err != nil {
			return metrics.Predictions{}, fmt.Errorf("what the scorer wrote for v%s: %w", version, err)
		}
		return scores, nil
	}
	return h.fill(one, champion, challenger)
}

// fill takes the predictions of each version that there is.
func (h *rows) fill(predictions func(version string) (metrics.Predictions, error), champion, challenger string) (err error) {
	if champion != "" {
		if h.sample.Champion, err = predictions(champion); err != nil {
			return err
		}
	}
	h.sample.Challenger, err = predictions(challenger)
	return err
}

// readScores reads one version's scores and holds their rows against the
// holdout's: as many, and in the same order where a label column tells.
func (s *Scorer) readScores(path, column string, h *rows) (metrics.Predictions, error) {
	header, err := s.Data.Header(path)
	if err != nil {
		return metrics.Predictions{}, err
	}
	var labels []string
	if slices.Contains(header, columnLabel) {
		labels = []string{columnLabel}
	}
	table, err := s.Data.Table(path, labels, h.columns(column, header))
	if err != nil {
		return metrics.Predictions{}, err
	}
	if table.Rows != h.sample.Rows {
		return metrics.Predictions{}, fmt.Errorf("%d rows, expected %d: one for each row of %s, in its order", table.Rows, h.sample.Rows, s.In.Holdout)
	}
	if labels != nil {
		if err := agree(table.Categories[0], h.label); err != nil {
			return metrics.Predictions{}, err
		}
	}
	return h.predictions(table.Numbers), nil
}

// uri is where MLflow loads a version from.
func (s *Scorer) uri(version string) string { return "models:/" + s.In.ModelName + "/" + version }
