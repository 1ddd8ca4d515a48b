package policyfile

import "github.com/org/ct-action/internal/metrics"

// Starting are the lines that the configuration file of a regression or a
// multiclass model can begin with: one check that asks for an improvement and one
// that bounds a loss, as the two default checks do for a binary classifier.
func Starting(task metrics.Task) []string {
	checks := []string{
		"    - metric: macro_f1",
		"      min-absolute-change: 0.005",
		"    - metric: log_loss",
		"      max-absolute-regression: 0",
	}
	if task == metrics.Numeric {
		checks = []string{
			"    - metric: rmse",
			"      min-relative-change: 0.01",
			"    - metric: mae",
			"      max-relative-regression: 0",
		}
	}
	return append([]string{"gate:", "  checks:"}, checks...)
}
