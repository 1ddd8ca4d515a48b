package inputs

import (
	"slices"
	"sync"
)

// Groups of modes that read the same inputs.
var (
	everyMode     = []Mode{ModeRun, ModeTrigger, ModeGate, ModeRollback, ModePromote, ModeRelease, ModeVerify, ModeJudge, ModeNotify}
	registryModes = []Mode{ModeRun, ModeTrigger, ModeGate, ModeRollback, ModePromote, ModeRelease, ModeVerify}
	writingModes  = []Mode{ModeRun, ModeGate, ModeRollback, ModePromote, ModeRelease, ModeVerify}
	movingModes   = []Mode{ModeRun, ModeGate, ModeRollback, ModePromote, ModeVerify}
	tickModes     = []Mode{ModeRun, ModeTrigger}
	scoringModes  = []Mode{ModeRun, ModeGate, ModeRelease}
	metricModes   = []Mode{ModeRun, ModeGate, ModeRelease, ModeJudge}
)

// Spec declares every input, in the order in which help and documentation
// list them. A name is never changed or given another meaning. The slice is one
// for all callers, who leave it as it is.
func Spec() []Input { return spec() }

var spec = sync.OnceValue(func() []Input {
	var all []Input
	for _, group := range []struct {
		name   string
		inputs []Input
	}{
		{"model and registry", generalInputs()}, {"triggers", triggerInputs()}, {"training", trainingInputs()},
		{"scoring", scoringInputs()}, {"gate", gateInputs()}, {"state and aliases", stateInputs()},
		{"a person's decisions", personInputs()}, {"deployment and monitoring", serviceInputs()}, {"safety", safetyInputs()},
	} {
		for _, input := range group.inputs {
			input.Group = group.name
			all = append(all, input)
		}
	}
	return all
})

func generalInputs() []Input {
	var modes []string
	for _, mode := range everyMode {
		modes = append(modes, string(mode))
	}
	return []Input{
		{Name: "mode", Kind: KindEnumeration, Choices: modes, Default: "run", Modes: everyMode,
			Meaning: "what to do; on the command line, the first argument",
			field:   func(in *Inputs) any { return &in.Mode }},
		{Name: "config", Kind: KindPath, Absent: ".github/ct.yml where there is one", Modes: everyMode,
			Meaning: "YAML file that gives inputs by their own names, and the gate's checks",
			field:   func(in *Inputs) any { return &in.Config }},
		{Name: "model-name", Kind: KindModelName, Absent: "required, except in judge and notify", Modes: everyMode,
			Meaning: "registered model (catalog.schema.model on Unity Catalog); in .ct its results have a folder of this name",
			field:   func(in *Inputs) any { return &in.ModelName }},
		{Name: "tracking-uri", Kind: KindURL, Absent: "MLFLOW_TRACKING_URI", fallback: "MLFLOW_TRACKING_URI", Modes: registryModes,
			Meaning: "MLflow tracking server; credentials come from MLflow's own variables",
			field:   func(in *Inputs) any { return &in.TrackingURI }},
		{Name: "registry-uri", Kind: KindURL, Absent: "MLFLOW_REGISTRY_URI, else tracking-uri", fallback: "MLFLOW_REGISTRY_URI", Modes: registryModes,
			Meaning: "MLflow registry, where it is not the tracking server",
			field:   func(in *Inputs) any { return &in.RegistryURI }},
	}
}

func triggerInputs() []Input {
	driftModes := append(slices.Clone(tickModes), ModeNotify)
	return []Input{
		{Name: "max-age-days", Kind: KindInteger, Unit: "days", Min: "0", Max: "36500", Off: true, Default: "30", Modes: tickModes,
			Meaning: "schedule trigger: retrain when the champion is this old",
			field:   func(in *Inputs) any { return &in.MaxAgeDays }},
		{Name: "drift-report", Kind: KindPath, Default: "monitoring/drift_summary.json", Modes: driftModes,
			Meaning: "drift monitor's JSON: a summary with share_drifted_features, or an Evidently report; no file is no opinion",
			field:   func(in *Inputs) any { return &in.DriftReport }},
		{Name: "max-drift-share", Kind: KindShare, Min: "0", Max: "1", Off: true, Default: "0.3", Modes: driftModes,
			Meaning: "drift trigger: retrain when more than this share of the features has drifted",
			field:   func(in *Inputs) any { return &in.MaxDriftShare }},
		{Name: "labeled-predictions", Kind: KindPath, Default: "monitoring/labeled_predictions.csv", Modes: tickModes,
			Meaning: "predictions whose true class is known by now, CSV or Parquet; no file is no opinion",
			field:   func(in *Inputs) any { return &in.LabeledPredictions }},
		{Name: "label-column", Kind: KindText, Default: "label", Modes: tickModes,
			Meaning: "column of true classes in labeled-predictions; a blank one has not matured and is skipped",
			field:   func(in *Inputs) any { return &in.LabelColumn }},
		{Name: "score-column", Kind: KindText, Default: "predicted_proba", Modes: tickModes,
			Meaning: "column of predicted probabilities in labeled-predictions",
			field:   func(in *Inputs) any { return &in.ScoreColumn }},
		{Name: "version-column", Kind: KindText, Absent: "none: all rows count", Modes: tickModes,
			Meaning: "column of model versions in labeled-predictions; keeps the champion's rows only",
			field:   func(in *Inputs) any { return &in.VersionColumn }},
		{Name: "auc-floor", Kind: KindDecimal, Min: "0", Max: "1", Off: true, Default: "0.80", Modes: tickModes,
			Meaning: "performance trigger: retrain when the AUC of labeled-predictions is below",
			field:   func(in *Inputs) any { return &in.AUCFloor }},
		{Name: "min-rows", Kind: KindInteger, Unit: "rows", Min: "2", Max: "1000000000", Default: "500", Modes: tickModes,
			Meaning: "performance trigger: no opinion on fewer labelled rows",
			field:   func(in *Inputs) any { return &in.MinRows }},
		{Name: "performance-confidence", Kind: KindDecimal, Min: "0.5", Max: "1", Open: true, Off: true, Default: "off", Modes: tickModes,
			Meaning: "performance trigger: retrain on evidence that the AUC is below, such as 0.95: at most 1 needless training in 20 years",
			field:   func(in *Inputs) any { return &in.PerformanceConfidence }},
		{Name: "max-report-age", Kind: KindDuration, Min: "1s", Max: "36500d", Off: true, Default: "off", Modes: driftModes,
			Meaning: "a monitoring file older than this is no opinion, and a warning",
			field:   func(in *Inputs) any { return &in.MaxReportAge }},
		{Name: "force", Kind: KindBoolean, Default: "false", Modes: tickModes,
			Meaning: "retrain whatever the triggers say",
			field:   func(in *Inputs) any { return &in.Force }},
		{Name: "first", Kind: KindBoolean, Default: "false", Modes: []Mode{ModeRun, ModeTrigger, ModeGate},
			Meaning: "the model is new: begin it though a similar name exists, or a record tells of earlier champions; refused once it has one",
			field:   func(in *Inputs) any { return &in.First }},
		{Name: "skip-in-cooldown", Kind: KindBoolean, Default: "false", Modes: tickModes,
			Meaning: "do not train while the cooldown would flag the result",
			field:   func(in *Inputs) any { return &in.SkipInCooldown }},
	}
}

func trainingInputs() []Input {
	return []Input{
		{Name: "setup-command", Kind: KindCommand, Modes: scoringModes,
			Meaning: "shell text that runs once before training or scoring, such as pip install -r requirements.txt",
			field:   func(in *Inputs) any { return &in.SetupCommand }},
		{Name: "train-command", Kind: KindCommand, Absent: "required in mode run, unless challenger-version is given", Modes: []Mode{ModeRun},
			Meaning: "shell text that trains and registers a new version of model-name",
			field:   func(in *Inputs) any { return &in.TrainCommand }},
		{Name: "train-timeout", Kind: KindDuration, Min: "1s", Max: "30d", Default: "5h", Modes: scoringModes,
			Meaning: "time after which a command (setup, train, score, the scorer), and all that it started, is stopped",
			field:   func(in *Inputs) any { return &in.TrainTimeout }},
		{Name: "working-directory", Kind: KindPath, Default: ".", Modes: scoringModes,
			Meaning: "where the user's commands run; path inputs stay relative to the workspace",
			field:   func(in *Inputs) any { return &in.WorkingDirectory }},
		{Name: "challenger-version", Kind: KindVersion, Absent: "found by the run tag ct.attempt", Modes: []Mode{ModeRun, ModeGate, ModePromote, ModeRelease},
			Meaning: "version to judge, promote or release",
			field:   func(in *Inputs) any { return &in.ChallengerVersion }},
		{Name: "attempt", Kind: KindIdentifier, Absent: "derived from the workflow run and job, random elsewhere", Modes: []Mode{ModeRun, ModeTrigger, ModeGate},
			Meaning: "id of the attempt whose training registered the version",
			field:   func(in *Inputs) any { return &in.Attempt }},
	}
}

func scoringInputs() []Input {
	return []Input{
		{Name: "holdout", Kind: KindPath, Default: "data/holdout.csv", Modes: scoringModes,
			Meaning: "frozen holdout on which both versions are scored, CSV or Parquet",
			field:   func(in *Inputs) any { return &in.Holdout }},
		{Name: "target-column", Kind: KindText, Default: "label", Modes: scoringModes,
			Meaning: "column of true classes in the holdout",
			field:   func(in *Inputs) any { return &in.TargetColumn }},
		{Name: "positive-class", Kind: KindText, Default: "1", Modes: []Mode{ModeRun, ModeTrigger, ModeGate, ModeRelease, ModeJudge},
			Meaning: "class whose probability the scores are; matches as text or as number, exactly one must",
			field:   func(in *Inputs) any { return &in.PositiveClass }},
		{Name: "python", Kind: KindPath, Default: "python3", Modes: scoringModes,
			Meaning: "interpreter of the embedded scorer; where it has no mlflow, uv scores each version with its own logged requirements",
			field:   func(in *Inputs) any { return &in.Python }},
		{Name: "score-command", Kind: KindCommand, Absent: "the embedded scorer", Modes: scoringModes,
			Meaning: "shell text that scores the version CT_MODEL_URI on CT_HOLDOUT and writes CT_SCORES",
			field:   func(in *Inputs) any { return &in.ScoreCommand }},
		{Name: "predictions", Kind: KindPath, Absent: "none: score now", Modes: metricModes,
			Meaning: "file, folder or glob that is scored already: columns label, champion, challenger; - is standard input in mode judge",
			field:   func(in *Inputs) any { return &in.Predictions }},
		{Name: "evidence", Kind: KindPath, Absent: "none: judge from rows", Modes: metricModes,
			Meaning: "file of sums that an engine computed, in place of predictions",
			field:   func(in *Inputs) any { return &in.Evidence }},
		{Name: "weight-column", Kind: KindText, Absent: "none: every row counts once", Modes: metricModes,
			Meaning: "column of the rows' weights",
			field:   func(in *Inputs) any { return &in.WeightColumn }},
		{Name: "group-column", Kind: KindText, Absent: "none: every row is on its own", Modes: metricModes,
			Meaning: "column that says which rows belong together, such as those of one customer",
			field:   func(in *Inputs) any { return &in.GroupColumn }},
		{Name: "id-column", Kind: KindText, Absent: "none: only whole files are compared", Modes: []Mode{ModeRun, ModeGate},
			Meaning: "column of row ids in the holdout; ids that a dataset logged by the training run shares with it are flagged",
			field:   func(in *Inputs) any { return &in.IDColumn }},
	}
}

func gateInputs() []Input {
	return []Input{
		{Name: "epsilon", Kind: KindDecimal, Min: "0", Max: "1", Auto: true, Default: "0.005", Modes: metricModes,
			Meaning: "AUC that the challenger must gain over the champion; auto: whatever shows that it is better at all",
			field:   func(in *Inputs) any { return &in.Epsilon }},
		{Name: "max-brier-increase", Kind: KindDecimal, Min: "0", Max: "1", Default: "0", Modes: metricModes,
			Meaning: "Brier score that the challenger may lose against the champion",
			field:   func(in *Inputs) any { return &in.MaxBrierIncrease }},
		{Name: "confidence", Kind: KindDecimal, Min: "0.5", Max: "1", Open: true, Off: true, Default: "off", Modes: metricModes,
			Meaning: "statistical confidence that each metric check asks for, such as 0.95",
			field:   func(in *Inputs) any { return &in.Confidence }},
		{Name: "on-inconclusive", Kind: KindEnumeration, Choices: []string{string(InconclusiveFlag), string(InconclusivePromote)}, Default: string(InconclusiveFlag), Modes: metricModes,
			Meaning: "promote-if-point lets an inconclusive check pass where the values themselves meet it",
			field:   func(in *Inputs) any { return &in.OnInconclusive }},
		{Name: "holdout-budget", Kind: KindInteger, Unit: "decisions", Min: "1", Max: "100000", Off: true, Default: "off", Modes: []Mode{ModeRun, ModeGate, ModeJudge},
			Meaning: "decisions that one holdout may make; shares the risk of a false promotion among them, needs a confidence",
			field:   func(in *Inputs) any { return &in.HoldoutBudget }},
		{Name: "ledger", Kind: KindPath, Absent: "none: nothing is counted", Modes: []Mode{ModeJudge},
			Meaning: "file in which mode judge counts the uses of each holdout; it is made where there is none",
			field:   func(in *Inputs) any { return &in.Ledger }},
		{Name: "allow-below-chance", Kind: KindBoolean, Default: "false", Modes: append(slices.Clone(metricModes), ModeTrigger),
			Meaning: "judge scores that contradict themselves, such as an AUC far below 0.5; without it they are absent evidence",
			field:   func(in *Inputs) any { return &in.AllowBelowChance }},
		{Name: "cooldown-days", Kind: KindInteger, Unit: "days", Min: "0", Max: "36500", Default: "7", Modes: []Mode{ModeRun, ModeTrigger, ModeGate},
			Meaning: "days of 24 hours after a promotion in which no other follows; 0 is none",
			field:   func(in *Inputs) any { return &in.CooldownDays }},
		{Name: "holdout-sha256", Kind: KindDigest, Absent: "what is on record", Modes: []Mode{ModeRun, ModeGate},
			Meaning: "digest that accepts a deliberately refreshed holdout",
			field:   func(in *Inputs) any { return &in.HoldoutSHA256 }},
		{Name: "on-flag", Kind: KindEnumeration, Choices: []string{"fail", "warn"}, Default: "fail", Modes: []Mode{ModeRun, ModeGate, ModeJudge},
			Meaning: "fail ends a flagged decision with exit status 3, warn with 0 and a warning",
			field:   func(in *Inputs) any { return &in.OnFlag }},
		{Name: "review-issue", Kind: KindBoolean, Default: "false", Modes: []Mode{ModeRun, ModeGate, ModePromote},
			Meaning: "a flag opens an issue about the model, or updates the one that is open; a later promotion closes it",
			field:   func(in *Inputs) any { return &in.ReviewIssue }},
	}
}

func stateInputs() []Input {
	return []Input{
		{Name: "state", Kind: KindEnumeration, Choices: []string{"auto", "registry", "variable"}, Default: "auto", Modes: registryModes,
			Meaning: "where the loop remembers promotions: the registry, and a repository variable beside it",
			field:   func(in *Inputs) any { return &in.State }},
		{Name: "state-variable", Kind: KindVariable, Absent: "CT_STATE_<MODEL>", Modes: registryModes,
			Meaning: "name of that repository variable",
			field:   func(in *Inputs) any { return &in.StateVariable }},
		{Name: "github-token", Kind: KindText, Absent: "the job's token", Secret: true, Modes: append(slices.Clone(registryModes), ModeNotify),
			Meaning: "token for GitHub's API; never given to the user's commands, refused in the configuration file",
			field:   func(in *Inputs) any { return &in.GitHubToken }},
		{Name: "champion-alias", Kind: KindAlias, Default: "champion", Modes: registryModes,
			Meaning: "alias of the version that serves",
			field:   func(in *Inputs) any { return &in.ChampionAlias }},
		{Name: "previous-alias", Kind: KindAlias, Default: "previous", Modes: registryModes,
			Meaning: "alias of the version to go back to",
			field:   func(in *Inputs) any { return &in.PreviousAlias }},
		{Name: "challenger-alias", Kind: KindAlias, Default: "challenger", Modes: []Mode{ModeRun, ModeGate},
			Meaning: "alias of the version that was flagged last",
			field:   func(in *Inputs) any { return &in.ChallengerAlias }},
	}
}

func personInputs() []Input {
	return []Input{
		{Name: "rollback-to", Kind: KindVersion, Absent: "the version under previous-alias", Modes: []Mode{ModeRollback},
			Meaning: "version to go back to; one that was never champion needs a reason",
			field:   func(in *Inputs) any { return &in.RollbackTo }},
		{Name: "reason", Kind: KindText, Absent: "none; required in mode promote and with override", Modes: []Mode{ModeRollback, ModePromote, ModeRelease},
			Meaning: "why a person decided so; kept on the record",
			field:   func(in *Inputs) any { return &in.Reason }},
		{Name: "override", Kind: KindBoolean, Default: "false", Modes: []Mode{ModeRelease},
			Meaning: "release a version although the gate would not block it by its metrics; needs a reason",
			field:   func(in *Inputs) any { return &in.Override }},
	}
}

func serviceInputs() []Input {
	verify, notify := []Mode{ModeVerify}, []Mode{ModeNotify}
	return []Input{
		{Name: "deploy-workflow", Kind: KindWorkflow, Absent: "none: deploy in a job of your own", Modes: movingModes,
			Meaning: "workflow file to start once the champion has moved, with the inputs model and version",
			field:   func(in *Inputs) any { return &in.DeployWorkflow }},
		{Name: "verify-url", Kind: KindURL, Modes: verify,
			Meaning: "the service's /model-info",
			field:   func(in *Inputs) any { return &in.VerifyURL }},
		{Name: "verify-timeout", Kind: KindDuration, Min: "1s", Max: "1d", Default: "5m", Modes: verify,
			Meaning: "how long the service may take to report the champion's version",
			field:   func(in *Inputs) any { return &in.VerifyTimeout }},
		{Name: "on-verify-failure", Kind: KindEnumeration, Choices: []string{"fail", "rollback"}, Default: "fail", Modes: verify,
			Meaning: "rollback undoes the promotion when the service never reports it",
			field:   func(in *Inputs) any { return &in.OnVerifyFailure }},
		{Name: "verify-token", Kind: KindText, Secret: true, Modes: verify,
			Meaning: "bearer token of the service; refused in the configuration file",
			field:   func(in *Inputs) any { return &in.VerifyToken }},
		{Name: "verify-model-pointer", Kind: KindPointer, Default: "/model", Modes: verify,
			Meaning: "where the service's answer names its model",
			field:   func(in *Inputs) any { return &in.VerifyModelPointer }},
		{Name: "verify-alias-pointer", Kind: KindPointer, Default: "/alias", Modes: verify,
			Meaning: "where it names the alias that it loads",
			field:   func(in *Inputs) any { return &in.VerifyAliasPointer }},
		{Name: "verify-version-pointer", Kind: KindPointer, Default: "/version", Modes: verify,
			Meaning: "where it names the version that it serves",
			field:   func(in *Inputs) any { return &in.VerifyVersionPointer }},
		{Name: "event-type", Kind: KindIdentifier, Default: "drift-alert", Modes: notify,
			Meaning: "repository_dispatch event to send",
			field:   func(in *Inputs) any { return &in.EventType }},
		{Name: "repository", Kind: KindRepository, Absent: "this repository", Modes: notify,
			Meaning: "repository to send it to",
			field:   func(in *Inputs) any { return &in.Repository }},
	}
}

func safetyInputs() []Input {
	return []Input{
		{Name: "lock-timeout", Kind: KindDuration, Min: "10s", Max: "1h", Default: "120s", Modes: writingModes,
			Meaning: "age at which an unfinished promotion counts as abandoned and is finished or undone; moving the aliases gets at most half of it",
			field:   func(in *Inputs) any { return &in.LockTimeout }},
		{Name: "dry-run", Kind: KindBoolean, Default: "false", Modes: everyMode,
			Meaning: "write nothing and train nothing; show the plan",
			field:   func(in *Inputs) any { return &in.DryRun }},
		{Name: "explain", Kind: KindBoolean, Default: "false", Modes: []Mode{ModeJudge},
			Meaning: "say of each check what would have to be different to pass",
			field:   func(in *Inputs) any { return &in.Explain }},
	}
}
