package metrics

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// known are the metrics, sorted by name: the name, the label, the range, and the
// definition for each task. Of a metric by counts or by a loss all else follows from
// these: its value, its intervals (package paired), and which of an engine's sums it
// needs (package evidence). One by a value alone also needs its influence function and
// its curve, which are in package paired.
var known = []Metric{
	more("accuracy", "accuracy", 0, 1, of{Binary: {counted: accuracy}, Multiclass: {loss: hit}}),
	more("auc", "AUC", 0, 1, of{Binary: {value: auc}}),
	more("auc_ovr", "AUC (one-vs-rest)", 0, 1, of{Multiclass: {value: oneVersusRest}}),
	more("average_precision", "average precision", 0, 1, of{Binary: {value: averagePrecision}}),
	more("balanced_accuracy", "balanced accuracy", 0, 1, of{Binary: {counted: mean{recall, specificity}}}),
	less("brier", "Brier", 0, 1, of{Binary: {loss: squaredMiss, value: brier, flaw: improbable}}),
	less("ece", "ECE", 0, 1, of{Binary: {value: calibrationError, flaw: improbable}}),
	more("f1", "F1", 0, 1, of{Binary: {counted: f1}}),
	less("log_loss", "log loss", 0, infinite, of{Binary: {loss: logLoss, flaw: improbable}, Multiclass: {loss: logLossOfClass, flaw: unprobable}}),
	more("macro_f1", "macro F1", 0, 1, of{Multiclass: {value: macroF1}}),
	less("mae", "MAE", 0, infinite, of{Numeric: {loss: absoluteError}}),
	less("mape", "MAPE", 0, infinite, of{Numeric: {loss: percentageError}}),
	more("mcc", "MCC", -1, 1, of{Binary: {counted: matthews{}}}),
	more("precision", "precision", 0, 1, of{Binary: {counted: precision}}),
	more("r2", "R²", -infinite, 1, of{Numeric: {value: determination}}),
	more("recall", "recall", 0, 1, of{Binary: {counted: recall}}),
	less("rmse", "RMSE", 0, infinite, of{Numeric: {loss: squaredError, root: true}}),
}

// elsewhere are the functions and the scorers of scikit-learn that have another name
// than the metric has here, without the neg_ before a scorer's.
var elsewhere = map[string]string{
	"accuracy_score": "accuracy", "average_precision_score": "average_precision", "balanced_accuracy_score": "balanced_accuracy",
	"brier_score": "brier", "brier_score_loss": "brier", "f1_score": "f1", "f1_macro": "macro_f1", "log_loss": "log_loss",
	"matthews_corrcoef": "mcc", "mean_absolute_error": "mae", "mean_absolute_percentage_error": "mape",
	"precision_score": "precision", "r2_score": "r2", "recall_score": "recall", "root_mean_squared_error": "rmse",
	"roc_auc": "auc", "roc_auc_score": "auc", "roc_auc_ovr": "auc_ovr", "roc_auc_score_ovr": "auc_ovr",
}

// Ours is the name here of what scikit-learn calls otherwise; empty where nothing
// is. It is for hints: Lookup does not take such names.
func Ours(elsewhereCalled string) string {
	return elsewhere[strings.TrimPrefix(elsewhereCalled, "neg_")]
}

var infinite = math.Inf(1)

// A definition is a metric of one task, in one of three forms. It is used only
// for rows without a flaw.
type definition struct {
	counted ofCounts                                        // a function of the counts at a decision threshold
	loss    func(s Sample, p Predictions) func(int) float64 // the mean over rows of this, of row i
	root    bool                                            // the square root of that mean
	value   func(s Sample, p Predictions) Value             // anything else, or more exact than the mean of loss

	flaw func(s Sample, p Predictions) string // why the metric is not defined on these rows; empty: it is
}

type of map[Task]definition

func more(name, label string, least, most float64, by of) Metric {
	return Metric{
		Name: name, Label: label, Tasks: slices.Sorted(maps.Keys(by)), GreaterIsBetter: true,
		Decision: by[Binary].counted != nil, Min: least, Max: most, by: by,
	}
}

func less(name, label string, least, most float64, by of) Metric {
	m := more(name, label, least, most, by)
	m.GreaterIsBetter = false
	return m
}
