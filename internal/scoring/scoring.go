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

// Scored is what was measured of both versions on the holdout.
type Scored struct {
	gate.Measured
	Warning string // for a person to look at; empty: none
}

// Measure scores the versions on the holdout, and measures what the policy asks for.
// champion is "" where there is none.
func (s *Scorer) Measure(ctx context.Context, h Holdout, champion, challenger string) (Scored, error) {
	measured, err := s.measure(ctx, h, champion, challenger)
	return measured, s.withStart(err)
}

// measure takes one of the five ways of the package comment. A version that is judged
// against itself is scored once.
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

// streams reports whether a file of predictions need not be held in memory.
func (s *Scorer) streams() bool {
	return s.In.Predictions != "" && s.In.WeightColumn == "" && s.In.GroupColumn == "" && evidence.Suffices(s.Policy)
}

// stream measures a file of predictions without holding its columns in memory.
func (s *Scorer) stream() (Scored, error) {
	rows, err := s.Data.Pairs(s.In.Predictions, [3]string{columnLabel, ColumnChampion, ColumnChallenger}, s.In.PositiveClass, runtime.GOMAXPROCS(0))
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

// readPredictions reads a file of predictions.
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

// readClassPredictions reads a file of predictions with a column for each version and
// class. The labels are read first, for they say which classes there are.
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

// runScoreCommand runs the user's scorer once for each version.
func (s *Scorer) runScoreCommand(ctx context.Context, dir, champion, challenger string, h *rows) error {
	return h.fill(func(version string) (scores metrics.Predictions, err error) {
		out := filepath.Join(dir, "scores-v"+version)
		env := s.Env("CT_MODEL_URI="+s.uri(version), "CT_MODEL_VERSION="+version,
			"CT_HOLDOUT="+s.Data.Absolute(s.In.Holdout), "CT_SCORES="+out)
		if err := s.Commands.Run(ctx, "score-command", s.In.ScoreCommand, env, s.In.TrainTimeout); err != nil {
			return scores, fmt.Errorf("scoring v%s: %w", version, err)
		}
		if scores, err = s.readScores(out, columnScore, h); err != nil {
			hint := ""
			if errors.Is(err, fs.ErrNotExist) {
				hint = "\nit must write a CSV or Parquet file there: a column score, one row for each row of CT_HOLDOUT, in its order"
			}
			err = fmt.Errorf("what score-command wrote to CT_SCORES for v%s: %w%s", version, err, hint)
		}
		return scores, err
	}, champion, challenger)
}

// runScorer runs the embedded scorer once for both versions.
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
	return h.fill(func(version string) (scores metrics.Predictions, err error) {
		if scores, err = s.readScores(out, version, h); err != nil {
			err = fmt.Errorf("what the scorer wrote for v%s: %w", version, err)
		}
		return scores, err
	}, champion, challenger)
}

// fill reads the predictions of each version; champion is "" where there is none.
func (h *rows) fill(predictions func(version string) (metrics.Predictions, error), champion, challenger string) (err error) {
	if champion != "" {
		if h.sample.Champion, err = predictions(champion); err != nil {
			return err
		}
	}
	h.sample.Challenger, err = predictions(challenger)
	return err
}

// readScores reads one version's scores. There must be as many as the holdout has
// rows, and where they come with a label column, in the holdout's order.
func (s *Scorer) readScores(path, column string, h *rows) (scores metrics.Predictions, err error) {
	header, err := s.Data.Header(path)
	if err != nil {
		return scores, err
	}
	var labels []string
	if slices.Contains(header, columnLabel) {
		labels = []string{columnLabel}
	}
	table, err := s.Data.Table(path, labels, h.columns(column, header))
	switch {
	case err != nil:
		return scores, err
	case table.Rows != h.sample.Rows:
		return scores, fmt.Errorf("%d rows, expected %d: one for each row of %s, in its order", table.Rows, h.sample.Rows, s.In.Holdout)
	case labels != nil:
		err = agree(table.Categories[0], h.label)
	}
	return h.predictions(table.Numbers), err
}

// uri is where MLflow loads a version from.
func (s *Scorer) uri(version string) string { return "models:/" + s.In.ModelName + "/" + version }
