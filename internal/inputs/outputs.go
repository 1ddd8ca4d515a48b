package inputs

// An Output is one output of the action.
type Output struct {
	Name    string
	Meaning string // one line, lower case, no full stop
}

// Outputs declares every output, in the order in which documentation lists
// them. All of them are set whatever the exit status; one that does not apply
// is empty, except promoted and retrain, which are always true or false.
func Outputs() []Output {
	return []Output{
		{"outcome", "skipped, triggered, promoted, flagged, rolled-back, released, verified, passed, blocked, notified, failed, refused or invalid"},
		{"retrain", "true when a trigger fired, else false"},
		{"reasons", "JSON array of texts: why it retrained"},
		{"promoted", "true when this run moved the champion alias forward, or finished such a move, else false"},
		{"would-promote", "true or false: what a dry run would have done"},
		{"recovered", "true when this run finished what an interrupted one had begun"},
		{"champion-version", "version under the champion alias after the run"},
		{"previous-version", "version under the previous alias after the run"},
		{"challenger-version", "version that was judged; empty when none was"},
		{"judged-champion-version", "version that it was judged against"},
		{"champion-auc", "AUC of the judged champion on the holdout"},
		{"challenger-auc", "AUC of the judged challenger on the holdout"},
		{"champion-brier", "Brier score of the judged champion on the holdout"},
		{"challenger-brier", "Brier score of the judged challenger on the holdout"},
		{"failed-checks", "JSON array of texts: the checks that failed, with their numbers"},
		{"failed-check-names", "JSON array of names: auc, brier, cooldown, quarantine, holdout"},
		{"quarantined-version", "version that a rollback quarantined"},
		{"attempt", "id of this attempt, for mode gate in a later job"},
		{"run-context", "value for MLFLOW_RUN_CONTEXT in a training job of your own"},
		{"review-url", "issue that this run opened, updated or closed"},
		{"served-version", "version that the service reported last, in mode verify"},
		{"decision-id", "id under which the decision is on record"},
		{"report", "path of the decision document (JSON), relative to the workspace"},
	}
}
