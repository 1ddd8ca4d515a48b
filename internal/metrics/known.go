package metrics

import "math"

var (
	binary     = []Task{Binary}
	numeric    = []Task{Numeric}
	multiclass = []Task{Multiclass}
	classes    = []Task{Binary, Multiclass}
	infinite   = math.Inf(1)
)

// known are the metrics, sorted by name.
var known = []Metric{
	{"accuracy", classes, true, true, 0, 1, "accuracy"},
	{"auc", binary, true, false, 0, 1, "AUC"},
	{"auc_ovr", multiclass, true, false, 0, 1, "AUC (one-vs-rest)"},
	{"average_precision", binary, true, false, 0, 1, "average precision"},
	{"balanced_accuracy", binary, true, true, 0, 1, "balanced accuracy"},
	{"brier", binary, false, false, 0, 1, "Brier"},
	{"ece", binary, false, false, 0, 1, "ECE"},
	{"f1", binary, true, true, 0, 1, "F1"},
	{"log_loss", classes, false, false, 0, infinite, "log loss"},
	{"macro_f1", multiclass, true, false, 0, 1, "macro F1"},
	{"mae", numeric, false, false, 0, infinite, "MAE"},
	{"mape", numeric, false, false, 0, infinite, "MAPE"},
	{"mcc", binary, true, true, -1, 1, "MCC"},
	{"precision", binary, true, true, 0, 1, "precision"},
	{"r2", numeric, true, false, -infinite, 1, "R²"},
	{"recall", binary, true, true, 0, 1, "recall"},
	{"rmse", numeric, false, false, 0, infinite, "RMSE"},
}
