// Package metrics computes what the gate and the triggers compare, exactly.
//
// An AUC is a fraction of integers, the midrank statistic of Mann and Whitney
// over the number of pairs; a Brier score is a sum of squares kept exactly; a
// threshold is the Decimal that a person wrote. They meet as rationals
// (math/big), so that no comparison depends on a rounding, on the order of the
// rows, or on the number of threads.
//
// Absent evidence is a Value too: it carries the reason, and nothing that is
// compared with it holds. The zero Value is absent.
//
// What is printed is rounded, yet never to where the printed relation would be
// false: see Places.
//
// Values agree with scikit-learn's roc_auc_score and brier_score_loss to
// 1e-12; the fixtures lie in testdata with the script that made them.
package metrics
