// Package metrics computes what the gate and the triggers compare, exactly.
//
// An AUC is a fraction of integers, the midrank statistic of Mann and Whitney
// over the number of pairs; a Brier score is a sum of squares kept exactly; a
// threshold is the Decimal that a person wrote. They meet as rationals
// (math/big), so that no comparison depends on a rounding, on the order of the
// rows, or on the number of threads.
//
// Absent evidence is a Value too: it carries the reason, and no comparison with it
// holds. The zero Value is absent.
//
// Printed numbers are rounded, but never so far that the printed relation would be
// false: see Places.
//
// # The metrics
//
// Names, definitions and values are scikit-learn's (1.9) where it has the metric,
// to 1e-12 relative; the fixtures lie in testdata with the script that made them.
// Measure computes them; w is a row's sample weight, 1 without weights, and a row
// of weight 0 changes nothing.
//
// Of a binary classifier's scores:
//
//	auc                 roc_auc_score: weight of the pairs that the positive wins, ties half
//	average_precision   average_precision_score: Σ (R_k − R_{k−1})·P_k over distinct scores, no interpolation
//	brier               brier_score_loss: Σ w·(score − y)² / Σ w
//	log_loss            log_loss: −Σ w·ln p / Σ w, p of the true class taken into [ε, 1−ε], ε = 2⁻⁵²
//	ece                 expected calibration error; not in scikit-learn, see below
//
// Of its predictions at a decision threshold (positive iff score ≥ threshold):
//
//	accuracy            accuracy_score
//	balanced_accuracy   balanced_accuracy_score: (recall + specificity) / 2
//	precision, recall   precision_score, recall_score
//	f1                  f1_score: 2·TP / (2·TP + FP + FN)
//	mcc                 matthews_corrcoef
//
// Of numbers:
//
//	mae                 mean_absolute_error
//	rmse                root_mean_squared_error
//	mape                mean_absolute_percentage_error: a share; |target| counts as ε at least,
//	                    so that one target of 0 that is missed makes it astronomical
//	r2                  r2_score
//
// Of one score for each class, of which the highest (of ties, the first) predicts:
//
//	accuracy            accuracy_score
//	macro_f1            f1_score(average="macro") over the classes in truth or predictions
//	log_loss            log_loss; scores are not brought to a sum of 1
//	auc_ovr             roc_auc_score(multi_class="ovr", average="macro")
//
// The expected calibration error is that of Naeini, Cooper and Hauskrecht
// (Obtaining well calibrated probabilities using Bayesian binning, 2015) with
// the bins of Guo et al. (On calibration of modern neural networks, 2017): 15
// bins of equal width over [0, 1], closed on the right, the first holding 0
// too; the gap between the mean score of the positive class and the share of
// positives, weighted by the bin's weight.
//
// # Edge cases
//
// Where scikit-learn returns a value, this package returns the same one, except where
// that value would say nothing about the model (scikit-learn's in brackets):
//
//	one class only                     auc, average_precision, balanced_accuracy are absent (scikit-learn: NaN;
//	                                   0 without positives, else 1; the recall of the one class)
//	no positives                       recall is absent (0 and a warning)
//	no positives, none predicted       precision and f1 are absent (0 and a warning)
//	a class without rows               auc_ovr is absent (NaN)
//	scores that do not add up to 1     auc_ovr is absent beyond 1e-5 (an error), log_loss beyond 1e-3 (a warning)
//	a target that never varies         r2 is 0, or 1 where all is predicted; also where the mean of the target is
//	                                   no float, and numpy sees a variation
//	only rows of weight 0 have it      a class counts as not there in macro_f1 (it counts, with an F1 of 0);
//	                                   r2 needs two rows that weigh (one and more of weight 0 will do)
//
// These do follow scikit-learn: precision and f1 are 0 where there are positives
// and none is predicted; precision and f1 are 0 where nothing is positive and
// something is predicted so; mcc is 0 where truth or predictions never vary;
// brier, log_loss, ece and accuracy are defined for one class.
//
// Everywhere, absent: no rows; columns of different lengths; a number that is
// not finite; a score outside [0, 1] for brier, log_loss and ece; a weight that is
// negative or beyond 1e±100, or weights that are all 0; a value too large for a
// float.
//
// # Exactness
//
// Sums are exact (see total), weights included. Without weights, auc, auc_ovr
// and the metrics of counts are fractions of integers, and brier is exact as its
// comment says. The terms of the other means are floats, each of which is rounded;
// their sum is not. Only average_precision, and auc and auc_ovr with weights, go
// through the rows in the order of their scores: where weights are not whole
// numbers, the order of rows that tie may change the last digits (of 32 for auc, of
// 16 for average_precision).
package metrics
