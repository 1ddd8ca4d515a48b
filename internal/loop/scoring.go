package loop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/org/ct-action/internal/evidence"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
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

// score measures both versions on the holdout: the evidence of the gate, and
// the report's metrics.
func (l *Loop) score(ctx context.Context, challenger string) error {
	defer l.timed("scoring")()
	l.Narrator.Tell(Scoring, l.r)
	if err := l.openHoldout(); err != nil { // again: a training may have rewritten it
		return err
	}
	var err error
	if l.measured, err = l.measure(ctx, l.r.Champion.Version, challenger); err != nil {
		return l.withStart(err)
	}
	l.fillMetrics()
	l.Narrator.Tell(Scored, l.r)
	return nil
}

// fillMetrics puts what every report shows into it, whatever the policy asks.
func (l *Loop) fillMetrics() {
	auc := l.measured.Estimate(gate.Requirement{Metric: gate.CheckAUC}, gate.Segment{})
	brier := l.measured.Estimate(gate.Requirement{Metric: gate.CheckBrier}, gate.Segment{})
	l.r.Challenger.Metrics = gate.Metrics{AUC: auc.Challenger, Brier: brier.Challenger}
	if l.r.Champion.Version != "" || l.In.Mode == inputs.ModeJudge {
		l.r.Champion.Metrics = gate.Metrics{AUC: auc.Champion, Brier: brier.Champion}
	}
	l.r.Holdout.Rows, l.r.Holdout.Positives = auc.Rows, auc.Positives
}

// measure gets the evidence, in one of the five ways.
func (l *Loop) measure(ctx context.Context, champion, challenger string) (gate.Measured, error) {
	if l.In.Evidence != "" {
		sums, err := l.readEvidence()
		if err == nil && !slices.Contains(l.r.Policy.Tasks(), sums.Task()) {
			l.warn("%s is about a %s target, and the checks are about another: name its metrics in gate.checks (docs/other-models.md)", l.In.Evidence, sums.Task())
		}
		return evidence.WithOwn(sums, l.own(champion, challenger)), err
	}
	self := champion == challenger
	if champion != "" && !self && l.streams() {
		return l.stream()
	}
	if self {
		champion = ""
	}
	h, err := l.scored(ctx, champion, challenger)
	if err != nil {
		return nil, err
	}
	if self {
		h.sample.Champion, champion = h.sample.Challenger, challenger
	}
	return evidence.WithOwn(evidence.NewRows(h.sample), l.own(champion, challenger)), nil
}

// scored is the holdout with the predictions of the versions, "" for none.
func (l *Loop) scored(ctx context.Context, champion, challenger string) (holdout, error) {
	if l.In.Predictions != "" {
		return l.readPredictions(champion != "")
	}
	if err := l.setup(ctx); err != nil {
		return holdout{}, err
	}
	h, _, err := l.readHoldout(l.In.Holdout, l.In.TargetColumn)
	if err != nil {
		return h, fmt.Errorf("holdout: %w", err)
	}
	dir, remove, err := l.Commands.Scratch()
	if err != nil {
		return h, err
	}
	defer remove()
	if l.In.ScoreCommand != "" {
		err = l.runScoreCommand(ctx, dir, champion, challenger, &h)
	} else {
		err = l.runScorer(ctx, dir, champion, challenger, &h)
	}
	return h, err
}

// readPredictions reads a file that is scored already.
func (l *Loop) readPredictions(withChampion bool) (holdout, error) {
	names := []string{columnChallenger}
	if withChampion {
		names = append(names, columnChampion)
	}
	if slices.Contains(l.r.Policy.Tasks(), metrics.Multiclass) {
		return l.readClassPredictions(names)
	}
	h, numbers, err := l.readHoldout(l.In.Predictions, columnLabel, names...)
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
func (l *Loop) readClassPredictions(prefixes []string) (holdout, error) {
	path := l.In.Predictions
	h, _, err := l.readHoldout(path, columnLabel)
	if err != nil {
		return h, fmt.Errorf("predictions: %w", err)
	}
	header, err := l.Data.Header(path)
	if err != nil {
		return h, fmt.Errorf("predictions: %w", named(path, err))
	}
	into := []*metrics.Predictions{&h.sample.Challenger, &h.sample.Champion}
	for i, prefix := range prefixes {
		table, err := l.Data.Table(path, nil, h.columns(prefix, header))
		if err != nil {
			return h, fmt.Errorf("predictions: %w", named(path, err))
		}
		*into[i] = h.predictions(table.Numbers)
	}
	return h, nil
}

// runScoreCommand runs the user's scorer once a version.
func (l *Loop) runScoreCommand(ctx context.Context, dir, champion, challenger string, h *holdout) error {
	one := func(version string) (metrics.Predictions, error) {
		out := filepath.Join(dir, "scores-v"+version)
		env := l.commandEnv("CT_MODEL_URI="+l.uri(version), "CT_MODEL_VERSION="+version,
			"CT_HOLDOUT="+l.Data.Absolute(l.In.Holdout), "CT_SCORES="+out)
		if err := l.Commands.Run(ctx, "score-command", l.In.ScoreCommand, env, l.In.TrainTimeout); err != nil {
			return metrics.Predictions{}, fmt.Errorf("scoring v%s: %w", version, err)
		}
		scores, err := l.readScores(out, columnScore, h)
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
func (l *Loop) runScorer(ctx context.Context, dir, champion, challenger string, h *holdout) error {
	out := filepath.Join(dir, "scores.csv")
	var uris []string
	if champion != "" {
		uris = append(uris, l.uri(champion))
	}
	uris = append(uris, l.uri(challenger))
	ctx, cancel := context.WithTimeoutCause(ctx, l.In.TrainTimeout, fmt.Errorf("train-timeout (%s) is over", l.In.TrainTimeout))
	defer cancel()
	if err := l.Commands.Score(ctx, l.In.Python, uris, l.Data.Absolute(l.In.Holdout), l.In.TargetColumn, h.sample.Task.String(), l.In.PositiveClass, out, l.commandEnv()); err != nil {
		return err
	}
	one := func(version string) (metrics.Predictions, error) {
		scores, err := l.readScores(out, version, h)
		if err != nil {
			return metrics.Predictions{}, fmt.Errorf("what the scorer wrote for v%s: %w", version, err)
		}
		return scores, nil
	}
	return h.fill(one, champion, challenger)
}

// fill takes the predictions of each version that there is.
func (h *holdout) fill(predictions func(version string) (metrics.Predictions, error), champion, challenger string) (err error) {
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
func (l *Loop) readScores(path, column string, h *holdout) (metrics.Predictions, error) {
	header, err := l.Data.Header(path)
	if err != nil {
		return metrics.Predictions{}, err
	}
	var labels []string
	if slices.Contains(header, columnLabel) {
		labels = []string{columnLabel}
	}
	table, err := l.Data.Table(path, labels, h.columns(column, header))
	if err != nil {
		return metrics.Predictions{}, err
	}
	if table.Rows != h.sample.Rows {
		return metrics.Predictions{}, fmt.Errorf("%d rows, expected %d: one for each row of %s, in its order", table.Rows, h.sample.Rows, l.In.Holdout)
	}
	if labels != nil {
		if err := agree(table.Categories[0], h.label); err != nil {
			return metrics.Predictions{}, err
		}
	}
	return h.predictions(table.Numbers), nil
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
