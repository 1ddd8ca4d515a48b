package evidence

import "github.com/org/ct-action/internal/metrics"

// Sums are what another engine counted and summed, so that the gate can judge
// rows that it never sees. They implement gate.Measured.
//
// Where one machine is too small, the predictions stay where they are: DuckDB, Spark,
// or anything that can GROUP BY, writes one JSON file of sufficient statistics
// (docs/evidence.schema.json), from which Sums give the gate its estimates:
//
//	auc                          joint_histogram: exact AUC and DeLong's covariance
//	                             where its bins are the distinct scores; with bins of a
//	                             width, two scores in one bin count as a tie
//	brier, log_loss, mae, mape,  losses: mean, variances and covariance of the row
//	rmse (of squared errors)     losses
//	accuracy, precision, …       confusion: the joint counts at one decision
//	                             threshold; or any threshold, of distinct scores
//
// How far binning can move an AUC is known: a pair of a positive and a negative
// in one bin counts half, so the AUC is off by at most half the share of such
// pairs. Every bound is wider by that, and the standard error larger by as much
// as the bins can hide of it, so that a lower bound is never above that of the
// scores themselves; a warning states how far each AUC may be off.
type Sums struct {
	// HoldoutSHA256 identifies the rows: 64 hexadecimal digits in lower case that the
	// writer of the file chose, or empty. Without it no registry can know whether the
	// holdout is the one on record.
	HoldoutSHA256 string

	task     metrics.Task
	width    float64   // of a bin; 0: bins are the distinct scores
	segments []segment // all rows first
	known    memory
}

// A segment is one segment's statistics.
type segment struct {
	path            string   // in the file: "segments[2]"
	columns, values []string // sorted by column
	rows, positives int
	cells           []cell // nil: the file has no histogram
	confusion       *confusion
	losses          map[string][]moments // of the negatives and the positives in a binary task, else of all rows
}

// A cell counts the rows of one class in one bin of each version's score: its
// value, or its number.
type cell struct {
	class                int // 1: positive
	champion, challenger float64
	count                int
}

// moments are the means and the sample (n−1) covariance matrix of the row
// losses, in the basis of paired.Part.
type moments struct {
	rows                                   int
	champion, difference                   float64
	varChampion, varDifference, covariance float64
}

// A confusion holds joint counts at a decision threshold, by
// [truth][champion says][challenger says].
type confusion struct {
	threshold metrics.Decimal
	counts    [2][2][2]int
}

// Task is what the models predict.
func (e *Sums) Task() metrics.Task { return e.task }
