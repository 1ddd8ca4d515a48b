package loop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/promote"
)

// Columns of a predictions file and of what the scorers write.
const (
	columnLabel      = "label"
	columnScore      = "score"
	columnChampion   = "champion"
	columnChallenger = "challenger"
)

// A scored is one holdout with what each version makes of it.
type scored struct {
	labels     []string // as the holdout has them
	champion   []string // nil: there is no champion, or it is the challenger
	challenger []string
}

// score fills in the report's metrics of both versions.
func (l *Loop) score(ctx context.Context, challenger string) error {
	defer l.timed("scoring")()
	l.Narrator.Tell(Scoring, l.r)
	if err := l.openHoldout(); err != nil { // again: a training may have rewritten it
		return err
	}
	s, err := l.scores(ctx, l.r.Champion.Version, challenger)
	if err != nil {
		return err
	}
	positive, err := metrics.Labels(s.labels, l.In.PositiveClass)
	if err != nil {
		return named(l.r.Holdout.Source, fmt.Errorf("labels: %w", err))
	}
	l.r.Holdout.Rows = len(positive)
	for _, p := range positive {
		if p {
			l.r.Holdout.Positives++
		}
	}
	if l.r.Challenger.Metrics, err = measure(positive, s.challenger); err != nil {
		return fmt.Errorf("scores of v%s: %w", challenger, err)
	}
	switch l.r.Champion.Version {
	case "":
	case challenger:
		l.r.Champion.Metrics = l.r.Challenger.Metrics
	default:
		if l.r.Champion.Metrics, err = measure(positive, s.champion); err != nil {
			return fmt.Errorf("scores of v%s: %w", l.r.Champion.Version, err)
		}
	}
	l.Narrator.Tell(Scored, l.r)
	return nil
}

func measure(positive []bool, column []string) (gate.Metrics, error) {
	scores, err := metrics.Scores(column)
	if err != nil {
		return gate.Metrics{}, err
	}
	return gate.Metrics{AUC: metrics.AUC(positive, scores), Brier: metrics.Brier(positive, scores)}, nil
}

// scores gets the columns, in one of the three ways.
func (l *Loop) scores(ctx context.Context, champion, challenger string) (scored, error) {
	if champion == challenger {
		champion = ""
	}
	if l.In.Predictions != "" {
		return l.readPredictions(champion != "")
	}
	if err := l.setup(ctx); err != nil {
		return scored{}, err
	}
	labels, err := l.Data.Columns(l.In.Holdout, l.In.TargetColumn)
	if err != nil {
		return scored{}, fmt.Errorf("holdout: %w", named(l.In.Holdout, err))
	}
	dir, remove, err := l.Commands.Scratch()
	if err != nil {
		return scored{}, err
	}
	defer remove()
	s := scored{labels: labels[0]}
	if l.In.ScoreCommand != "" {
		err = l.runScoreCommand(ctx, dir, champion, challenger, &s)
	} else {
		err = l.runScorer(ctx, dir, champion, challenger, &s)
	}
	return s, err
}

// readPredictions reads a file that is scored already.
func (l *Loop) readPredictions(withChampion bool) (scored, error) {
	names := []string{columnLabel, columnChallenger}
	if withChampion {
		names = append(names, columnChampion)
	}
	columns, err := l.Data.Columns(l.In.Predictions, names...)
	if err != nil {
		return scored{}, fmt.Errorf("predictions: %w", named(l.In.Predictions, err))
	}
	s := scored{labels: columns[0], challenger: columns[1]}
	if withChampion {
		s.champion = columns[2]
	}
	return s, nil
}

// runScoreCommand runs the user's scorer once a version.
func (l *Loop) runScoreCommand(ctx context.Context, dir, champion, challenger string, s *scored) error {
	one := func(version string) ([]string, error) {
		out := filepath.Join(dir, "scores-v"+version)
		env := l.commandEnv("CT_MODEL_URI="+l.uri(version), "CT_MODEL_VERSION="+version,
			"CT_HOLDOUT="+l.Data.Absolute(l.In.Holdout), "CT_SCORES="+out)
		if err := l.Commands.Run(ctx, "score-command", l.In.ScoreCommand, env, l.In.TrainTimeout); err != nil {
			return nil, fmt.Errorf("scoring v%s: %w", version, err)
		}
		column, err := l.readScores(out, columnScore, s.labels)
		if err != nil {
			hint := ""
			if errors.Is(err, fs.ErrNotExist) {
				hint = "\nit must write a CSV or Parquet file there: a column score, one row for each row of CT_HOLDOUT, in its order"
			}
			return nil, fmt.Errorf("what score-command wrote to CT_SCORES for v%s: %w%s", version, err, hint)
		}
		return column, nil
	}
	return s.fill(one, champion, challenger)
}

// runScorer runs the embedded scorer once for all versions.
func (l *Loop) runScorer(ctx context.Context, dir, champion, challenger string, s *scored) error {
	out := filepath.Join(dir, "scores.csv")
	var uris []string
	if champion != "" {
		uris = append(uris, l.uri(champion))
	}
	uris = append(uris, l.uri(challenger))
	ctx, cancel := context.WithTimeoutCause(ctx, l.In.TrainTimeout, fmt.Errorf("train-timeout (%s) is over", l.In.TrainTimeout))
	defer cancel()
	if err := l.Commands.Score(ctx, l.In.Python, uris, l.Data.Absolute(l.In.Holdout), l.In.TargetColumn, l.In.PositiveClass, out, l.commandEnv()); err != nil {
		return err
	}
	one := func(version string) ([]string, error) {
		column, err := l.readScores(out, version, s.labels)
		if err != nil {
			return nil, fmt.Errorf("what the scorer wrote for v%s: %w", version, err)
		}
		return column, nil
	}
	return s.fill(one, champion, challenger)
}

// fill takes the column of each version that there is.
func (s *scored) fill(column func(version string) ([]string, error), champion, challenger string) (err error) {
	if champion != "" {
		if s.champion, err = column(champion); err != nil {
			return err
		}
	}
	s.challenger, err = column(challenger)
	return err
}

// readScores reads one column of scores and holds its rows against the
// holdout's: as many, and in the same order where a label column tells.
func (l *Loop) readScores(path, column string, labels []string) ([]string, error) {
	header, err := l.Data.Header(path)
	if err != nil {
		return nil, err
	}
	names := []string{column}
	for _, name := range header {
		if name == columnLabel {
			names = append(names, columnLabel)
			break
		}
	}
	columns, err := l.Data.Columns(path, names...)
	if err != nil {
		return nil, err
	}
	if got, want := len(columns[0]), len(labels); got != want {
		return nil, fmt.Errorf("%d rows, expected %d: one for each row of %s, in its order", got, want, l.In.Holdout)
	}
	if len(columns) == 2 {
		if err := agree(columns[1], labels); err != nil {
			return nil, err
		}
	}
	return columns[0], nil
}

// agree compares labels row by row, as text or as numbers.
func agree(got, want []string) error {
	var rows []string
	count := 0
	for i := range want {
		if metrics.SameClass(got[i], want[i]) {
			continue
		}
		if count++; count <= 3 {
			rows = append(rows, fmt.Sprintf("row %d has label %q, the holdout %q", i+1, clip(got[i], 40), clip(want[i], 40)))
		}
	}
	if count == 0 {
		return nil
	}
	return fmt.Errorf("the labels of %d of %d rows disagree with the holdout's (%s)\nkeep the rows in the holdout's order: one score a row, none dropped, none sorted", count, len(want), strings.Join(rows, "; "))
}

// uri is where MLflow loads a version from.
func (l *Loop) uri(version string) string { return "models:/" + l.In.ModelName + "/" + version }

// name fills in which versions are judged.
func (l *Loop) name(v promote.Version) {
	l.r.Champion, l.r.Challenger = Judged{}, Judged{Version: v.Number, RunID: v.RunID}
	l.link(&l.r.Challenger)
	if l.champion != nil {
		l.r.Champion.Version, l.r.Champion.RunID = l.champion.Number, l.champion.RunID
		l.link(&l.r.Champion)
	}
}
