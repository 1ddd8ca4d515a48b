// Package gate decides whether a challenger may replace the champion.
//
// It is a pure function, Judge, from a Policy and the Evidence to a Verdict.
// Every check is always made, and each says in one line what was found and what
// was needed. There are two of metrics, which a policy may replace by others:
//
//	auc         challenger ≥ champion + epsilon
//	brier       challenger ≤ champion + max-brier-increase
//
// and the fixed checks, which nothing replaces: cooldown, quarantine, holdout and
// the others that fixedChecks lists. Some of them are vetoes, which are seen only
// where they fail: scores that contradict themselves (package sanity), a training
// that saw the holdout.
//
// Comparisons are exact: an AUC is a fraction of integers and a threshold is
// the decimal that a person wrote, so 0.7082 + 0.0050 ≥ 0.7132 holds. What is
// printed is rounded, but never to where the printed relation would be false.
// Texts are one line each, whatever was written into a tag or a column.
//
// Absent evidence never passes. A metric that could not be computed, a column
// that the holdout lacks, a check that means nothing (no condition, an unknown
// metric, another check's name) are absent evidence with the reason, and the
// zero Verdict has not passed.
//
// # A policy's own checks
//
// A Requirement is a metric and conditions on it. Each condition is a contrast
// of the two models on the same rows,
//
//	challenger - k·champion - c, turned so that more is better,
//
// which must be 0 or more: k is 0 for a threshold, 1 for an absolute change, and
// 1 ± r for a relative one, whose baseline is |champion|. All conditions of all
// checks must hold. That is an intersection-union test (Berger 1982,
// Technometrics 24, 295-300): the chance of promoting a challenger that misses
// any one of them is at most that of the one check, so no correction among
// checks is needed, and adding a check never makes passing easier. A policy in
// which no check decides passes nothing. auc and brier are reported where no
// check is about them.
//
// # Outcomes
//
// Without a confidence the values themselves decide: a check passes or fails,
// and its interval is shown beside it. With a confidence c a condition
//
//	passes           where its one-sided lower bound at c is 0 or more
//	fails            where the upper bound is below 0
//	is inconclusive  between: flagged, or as on-inconclusive says
//
// The interval shown is the two-sided one at 2c - 1, whose ends are these
// bounds.
//
// Beside an inconclusive condition stands what these rows could have shown with
// power 0.8, which does not depend on luck. After it comes the number of rows that
// would show the difference seen, which does: it is given with its range, from the
// better end of the interval to the worse one, at which often no number of rows
// would do. No number would either where the estimate itself misses the condition.
//
// Inconclusive, whatever is asked, are a standard error of 0, fewer than 10 rows of
// either class (by what their weights make them worth), and fewer than 3 groups
// that hold a row of a class, or fewer than 10 of them for a threshold or a bounded
// loss. A number from the user's file has no known scatter, so the number itself is
// compared, and a warning says so.
//
// epsilon: auto passes where the lower bound of the difference is strictly above 0.
// The epsilon that this comes to is how far that bound lies below the difference.
//
// A check is as good as the worst of its findings: failed, absent,
// inconclusive, passed, in this order.
//
// # Segments
//
// A segmented check judges every value of a column (or combination of several)
// that has min-rows rows, and every one must pass: an intersection-union test
// again, so without correction. Calling one failed is another matter, since of
// forty equally good segments some look bad: under a confidence a condition is
// failed only where that withstands Holm's correction (Holm 1979, Scandinavian
// Journal of Statistics 6, 65-70), and inconclusive otherwise. All rows, all
// segments and all conditions of a check are one family, since the check fails
// by any of them: the chance that a check is called failed of which every
// condition holds is at most 1 - c. Segments with fewer rows are listed and not
// judged; a check whose segments are all too small has no evidence.
//
// # The holdout's budget
//
// Each decision on one holdout is another chance to pass by luck. Under a budget of
// H each is decided at 1 - (1-c)/H, so that the chance of any false promotion in H
// decisions is at most 1-c (Bonferroni). That holds for as long as nobody tunes a
// training on what the gate reported: each report gives a little of the holdout
// away. A dry run that showed its verdict would too, which is why under a budget it
// hides it. The adaptive alternatives (Thresholdout: Dwork et al. 2015,
// Science 349, 636-638; the Ladder: Blum and Hardt 2015) would withstand that by
// hiding or blurring the figures, for bounds that need far more rows than the
// fixed split; a gate must say what it saw. Past the budget, take a fresh
// holdout.
//
// # How not to fool yourself
//
//   - Two equally good models pass the comparison of values by luck: set a confidence.
//   - Set margins that matter before you see a result. A bounded loss of 0 under
//     a confidence asks for proof that the challenger is better; a warning says
//     so.
//   - Inconclusive is not "no worse": it is "not enough rows". Do not judge again
//     until it passes; enlarge the holdout. Trust first what these rows can show:
//     the number of rows that stands after it takes the difference seen for the
//     true one, and is too small where luck enlarged that difference.
//   - promote-if-point lets equal models through as often as comparing values does.
//   - Rows that belong together are not independent: name the group column.
//   - A segment that is not listed is not guarded: require the values that matter.
//
// # First champion
//
// Where a model has no champion yet, a challenger can become the first one only
// if nothing can be lost by it: see Evidence.OtherVersions. It is held to
// thresholds; changes have nothing to be compared with.
package gate
