package inputs

import (
	"slices"
	"sync"

	"github.com/org/ct-action/internal/field"
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
	return []Input{
		{Field: field.Field{Name: "mode", Kind: field.Enumeration, Choices: words(everyMode), Default: "run",
			Meaning: "what to do; on the command line, the first argument"},
			Modes: everyMode, target: func(in *Inputs) any { return &in.Mode }},
		{Field: field.Field{Name: "config", Kind: field.Path, Absent: ".github/ct.yml where there is one",
			Meaning: "YAML file that gives inputs by their own names, and the gate's checks"},
			Modes: everyMode, target: func(in *Inputs) any { return &in.Config }},
		{Field: field.Field{Name: "model-name", Kind: field.ModelName, Absent: "required, except in judge and notify",
			Meaning: "registered model (catalog.schema.model on Unity Catalog); in .ct its results have a folder of this name"},
			Modes: everyMode, target: func(in *Inputs) any { return &in.ModelName }},
		{Field: field.Field{Name: "tracking-uri", Kind: field.URL, Absent: "MLFLOW_TRACKING_URI",
			Meaning: "MLflow tracking server; credentials come from MLflow's own variables"},
			Modes: registryModes, fallback: "MLFLOW_TRACKING_URI", target: func(in *Inputs) any { return &in.TrackingURI }},
		{Field: field.Field{Name: "registry-uri", Kind: field.URL, Absent: "MLFLOW_REGISTRY_URI, else tracking-uri",
			Meaning: "MLflow registry, where it is not the tracking server"},
			Modes: registryModes, fallback: "MLFLOW_REGISTRY_URI", target: func(in *Inputs) any { return &in.RegistryURI }},
	}
}

func triggerInputs() []Input {
	driftModes := append(slices.Clone(tickModes), ModeNotify)
	return []Input{
		{Field: field.Field{Name: "max-age-days", Kind: field.Integer, Unit: "days", Min: "0", Max: "36500", Off: true, Default: "30",
			Meaning: "schedule trigger: retrain when the champion is this old"},
			Modes: tickModes, target: func(in *Inputs) any { return &in.MaxAgeDays }},
		{Field: field.Field{Name: "drift-report", Kind: field.Path, Default: "monitoring/drift_summary.json",
			Meaning: "drift monitor's JSON: a summary with share_drifted_features, or an Evidently report; no file is no opinion"},
			Modes: driftModes, target: func(in *Inputs) any { return &in.DriftReport }},
		{Field: field.Field{Name: "max-drift-share", Kind: field.Share, Min: "0", Max: "1", Off: true, Default: "0.3",
			Meaning: "drift trigger: retrain when more than this share of the features has drifted"},
			Modes: driftModes, target: func(in *Inputs) any { return &in.MaxDriftShare }},
		{Field: field.Field{Name: "labeled-predictions", Kind: field.Path, Default: "monitoring/labeled_predictions.csv",
			Meaning: "predictions whose true class is known by now, CSV or Parquet; no file is no opinion"},
			Modes: tickModes, target: func(in *Inputs) any { return &in.LabeledPredictions }},
		{Field: field.Field{Name: "label-column", Kind: field.Text, Default: "label",
			Meaning: "column of true classes in labeled-predictions; a blank one has not matured and is skipped"},
			Modes: tickModes, target: func(in *Inputs) any { return &in.LabelColumn }},
		{Field: field.Field{Name: "score-column", Kind: field.Text, Default: "predicted_proba",
			Meaning: "column of predicted probabilities in labeled-predictions"},
			Modes: tickModes, target: func(in *Inputs) any { return &in.ScoreColumn }},
		{Field: field.Field{Name: "version-column", Kind: field.Text, Absent: "none: all rows count",
			Meaning: "column of model versions in labeled-predictions; keeps the champion's rows only"},
			Modes: tickModes, target: func(in *Inputs) any { return &in.VersionColumn }},
		{Field: field.Field{Name: "auc-floor", Kind: field.Decimal, Min: "0", Max: "1", Off: true, Default: "0.80",
			Meaning: "performance trigger: retrain when the AUC of labeled-predictions is below"},
			Modes: tickModes, target: func(in *Inputs) any { return &in.AUCFloor }},
		{Field: field.Field{Name: "min-rows", Kind: field.Integer, Unit: "rows", Min: "2", Max: "1000000000", Default: "500",
			Meaning: "performance trigger: no opinion on fewer labelled rows"},
			Modes: tickModes, target: func(in *Inputs) any { return &in.MinRows }},
		{Field: field.Field{Name: "performance-confidence", Kind: field.Decimal, Min: "0.5", Max: "1", Open: true, Off: true, Default: "off",
			Meaning: "performance trigger: retrain on evidence that the AUC is below, such as 0.95: at most 1 needless training in 20 years"},
			Modes: tickModes, target: func(in *Inputs) any { return &in.PerformanceConfidence }},
		{Field: field.Field{Name: "max-report-age", Kind: field.Duration, Min: "1s", Max: "36500d", Off: true, Default: "off",
			Meaning: "a monitoring file older than this is no opinion, and a warning"},
			Modes: driftModes, target: func(in *Inputs) any { return &in.MaxReportAge }},
		{Field: field.Field{Name: "force", Kind: field.Boolean, Default: "false",
			Meaning: "retrain whatever the triggers say"},
			Modes: tickModes, target: func(in *Inputs) any { return &in.Force }},
		{Field: field.Field{Name: "first", Kind: field.Boolean, Default: "false",
			Meaning: "the model is new: begin it though a similar name exists, or a record tells of earlier champions; refused once it has one"},
			Modes: []Mode{ModeRun, ModeTrigger, ModeGate}, target: func(in *Inputs) any { return &in.First }},
		{Field: field.Field{Name: "skip-in-cooldown", Kind: field.Boolean, Default: "false",
			Meaning: "do not train while the cooldown would flag the result"},
			Modes: tickModes, target: func(in *Inputs) any { return &in.SkipInCooldown }},
	}
}

func trainingInputs() []Input {
	return []Input{
		{Field: field.Field{Name: "setup-command", Kind: field.Command,
			Meaning: "shell text that runs once before training or scoring, such as pip install -r requirements.txt"},
			Modes: scoringModes, target: func(in *Inputs) any { return &in.SetupCommand }},
		{Field: field.Field{Name: "train-command", Kind: field.Command, Absent: "required in mode run, unless challenger-version is given",
			Meaning: "shell text that trains and registers a new version of model-name"},
			Modes: []Mode{ModeRun}, target: func(in *Inputs) any { return &in.TrainCommand }},
		{Field: field.Field{Name: "train-timeout", Kind: field.Duration, Min: "1s", Max: "30d", Default: "5h",
			Meaning: "time after which a command (setup, train, score, the scorer), and all that it started, is stopped"},
			Modes: scoringModes, target: func(in *Inputs) any { return &in.TrainTimeout }},
		{Field: field.Field{Name: "working-directory", Kind: field.Path, Default: ".",
			Meaning: "where the user's commands run; path inputs stay relative to the workspace"},
			Modes: scoringModes, target: func(in *Inputs) any { return &in.WorkingDirectory }},
		{Field: field.Field{Name: "challenger-version", Kind: field.Version, Absent: "found by the run tag ct.attempt",
			Meaning: "version to judge, promote or release"},
			Modes: []Mode{ModeRun, ModeGate, ModePromote, ModeRelease}, target: func(in *Inputs) any { return &in.ChallengerVersion }},
		{Field: field.Field{Name: "attempt", Kind: field.Identifier, Absent: "derived from the workflow run and job, random elsewhere",
			Meaning: "id of the attempt whose training registered the version"},
			Modes: []Mode{ModeRun, ModeTrigger, ModeGate}, target: func(in *Inputs) any { return &in.Attempt }},
	}
}

func scoringInputs() []Input {
	return []Input{
		{Field: field.Field{Name: "holdout", Kind: field.Path, Default: "data/holdout.csv",
			Meaning: "frozen holdout on which both versions are scored, CSV or Parquet"},
			Modes: scoringModes, target: func(in *Inputs) any { return &in.Holdout }},
		{Field: field.Field{Name: "target-column", Kind: field.Text, Default: "label",
			Meaning: "column of true classes in the holdout"},
			Modes: scoringModes, target: func(in *Inputs) any { return &in.TargetColumn }},
		{Field: field.Field{Name: "positive-class", Kind: field.Text, Default: "1",
			Meaning: "class whose probability the scores are; matches as text or as number, exactly one must"},
			Modes: []Mode{ModeRun, ModeTrigger, ModeGate, ModeRelease, ModeJudge}, target: func(in *Inputs) any { return &in.PositiveClass }},
		{Field: field.Field{Name: "python", Kind: field.Path, Default: "python3",
			Meaning: "interpreter of the embedded scorer; where it has no mlflow, uv scores each version with its own logged requirements"},
			Modes: scoringModes, target: func(in *Inputs) any { return &in.Python }},
		{Field: field.Field{Name: "score-command", Kind: field.Command, Absent: "the embedded scorer",
			Meaning: "shell text that scores the version CT_MODEL_URI on CT_HOLDOUT and writes CT_SCORES"},
			Modes: scoringModes, target: func(in *Inputs) any { return &in.ScoreCommand }},
		{Field: field.Field{Name: "predictions", Kind: field.Path, Absent: "none: score now",
			Meaning: "file, folder or glob that is scored already: columns label, champion, challenger; - is standard input in mode judge"},
			Modes: metricModes, target: func(in *Inputs) any { return &in.Predictions }},
		{Field: field.Field{Name: "evidence", Kind: field.Path, Absent: "none: judge from rows",
			Meaning: "file of sums that an engine computed, in place of predictions"},
			Modes: metricModes, target: func(in *Inputs) any { return &in.Evidence }},
		{Field: field.Field{Name: "weight-column", Kind: field.Text, Absent: "none: every row counts once",
			Meaning: "column of the rows' weights"},
			Modes: metricModes, target: func(in *Inputs) any { return &in.WeightColumn }},
		{Field: field.Field{Name: "group-column", Kind: field.Text, Absent: "none: every row is on its own",
			Meaning: "column that says which rows belong together, such as those of one customer"},
			Modes: metricModes, target: func(in *Inputs) any { return &in.GroupColumn }},
		{Field: field.Field{Name: "id-column", Kind: field.Text, Absent: "none: only whole files are compared",
			Meaning: "column of row ids in the holdout; ids that a dataset logged by the training run shares with it are flagged"},
			Modes: []Mode{ModeRun, ModeGate}, target: func(in *Inputs) any { return &in.IDColumn }},
	}
}

func gateInputs() []Input {
	return []Input{
		{Field: field.Field{Name: "epsilon", Kind: field.Decimal, Min: "0", Max: "1", Auto: true, Default: "0.005",
			Meaning: "AUC that the challenger must gain over the champion; auto: whatever shows that it is better at all"},
			Modes: metricModes, target: func(in *Inputs) any { return &in.Epsilon }},
		{Field: field.Field{Name: "max-brier-increase", Kind: field.Decimal, Min: "0", Max: "1", Default: "0",
			Meaning: "Brier score that the challenger may lose against the champion"},
			Modes: metricModes, target: func(in *Inputs) any { return &in.MaxBrierIncrease }},
		{Field: field.Field{Name: "confidence", Kind: field.Decimal, Min: "0.5", Max: "1", Open: true, Off: true, Default: "off",
			Meaning: "statistical confidence that each metric check asks for, such as 0.95"},
			Modes: metricModes, target: func(in *Inputs) any { return &in.Confidence }},
		{Field: field.Field{Name: "on-inconclusive", Kind: field.Enumeration, Choices: []string{string(InconclusiveFlag), string(InconclusivePromote)}, Default: string(InconclusiveFlag),
			Meaning: "promote-if-point lets an inconclusive check pass where the values themselves meet it"},
			Modes: metricModes, target: func(in *Inputs) any { return &in.OnInconclusive }},
		{Field: field.Field{Name: "holdout-budget", Kind: field.Integer, Unit: "decisions", Min: "1", Max: "100000", Off: true, Default: "off",
			Meaning: "decisions that one holdout may make; shares the risk of a false promotion among them, needs a confidence"},
			Modes: []Mode{ModeRun, ModeGate, ModeJudge}, target: func(in *Inputs) any { return &in.HoldoutBudget }},
		{Field: field.Field{Name: "ledger", Kind: field.Path, Absent: "none: nothing is counted",
			Meaning: "file in which mode judge counts the uses of each holdout; it is made where there is none"},
			Modes: []Mode{ModeJudge}, target: func(in *Inputs) any { return &in.Ledger }},
		{Field: field.Field{Name: "allow-below-chance", Kind: field.Boolean, Default: "false",
			Meaning: "judge scores that contradict themselves, such as an AUC far below 0.5; without it they are absent evidence"},
			Modes: append(slices.Clone(metricModes), ModeTrigger), target: func(in *Inputs) any { return &in.AllowBelowChance }},
		{Field: field.Field{Name: "cooldown-days", Kind: field.Integer, Unit: "days", Min: "0", Max: "36500", Default: "7",
			Meaning: "days of 24 hours after a promotion in which no other follows; 0 is none"},
			Modes: []Mode{ModeRun, ModeTrigger, ModeGate}, target: func(in *Inputs) any { return &in.CooldownDays }},
		{Field: field.Field{Name: "holdout-sha256", Kind: field.Digest, Absent: "what is on record",
			Meaning: "digest that accepts a deliberately refreshed holdout"},
			Modes: []Mode{ModeRun, ModeGate}, target: func(in *Inputs) any { return &in.HoldoutSHA256 }},
		{Field: field.Field{Name: "on-flag", Kind: field.Enumeration, Choices: []string{"fail", "warn"}, Default: "fail",
			Meaning: "fail ends a flagged decision with exit status 3, warn with 0 and a warning"},
			Modes: []Mode{ModeRun, ModeGate, ModeJudge}, target: func(in *Inputs) any { return &in.OnFlag }},
		{Field: field.Field{Name: "review-issue", Kind: field.Boolean, Default: "false",
			Meaning: "a flag opens an issue about the model, or updates the one that is open; a later promotion closes it"},
			Modes: []Mode{ModeRun, ModeGate, ModePromote}, target: func(in *Inputs) any { return &in.ReviewIssue }},
	}
}

func stateInputs() []Input {
	return []Input{
		{Field: field.Field{Name: "state", Kind: field.Enumeration, Choices: []string{"auto", "registry", "variable"}, Default: "auto",
			Meaning: "where the loop remembers promotions: the registry, and a repository variable beside it"},
			Modes: registryModes, target: func(in *Inputs) any { return &in.State }},
		{Field: field.Field{Name: "state-variable", Kind: field.Variable, Absent: "CT_STATE_<MODEL>",
			Meaning: "name of that repository variable"},
			Modes: registryModes, target: func(in *Inputs) any { return &in.StateVariable }},
		{Field: field.Field{Name: "github-token", Kind: field.Text, Absent: "the job's token", Secret: true,
			Meaning: "token for GitHub's API; never given to the user's commands, refused in the configuration file"},
			Modes: append(slices.Clone(registryModes), ModeNotify), target: func(in *Inputs) any { return &in.GitHubToken }},
		{Field: field.Field{Name: "champion-alias", Kind: field.Alias, Default: "champion",
			Meaning: "alias of the version that serves"},
			Modes: registryModes, target: func(in *Inputs) any { return &in.ChampionAlias }},
		{Field: field.Field{Name: "previous-alias", Kind: field.Alias, Default: "previous",
			Meaning: "alias of the version to go back to"},
			Modes: registryModes, target: func(in *Inputs) any { return &in.PreviousAlias }},
		{Field: field.Field{Name: "challenger-alias", Kind: field.Alias, Default: "challenger",
			Meaning: "alias of the version that was flagged last"},
			Modes: []Mode{ModeRun, ModeGate}, target: func(in *Inputs) any { return &in.ChallengerAlias }},
	}
}

func personInputs() []Input {
	return []Input{
		{Field: field.Field{Name: "rollback-to", Kind: field.Version, Absent: "the version under previous-alias",
			Meaning: "version to go back to; one that was never champion needs a reason"},
			Modes: []Mode{ModeRollback}, target: func(in *Inputs) any { return &in.RollbackTo }},
		{Field: field.Field{Name: "rehearse", Kind: field.Boolean, Default: "false",
			Meaning: "practise the rollback: go back, reload, verify, then forward again; quarantines nothing"},
			Modes: []Mode{ModeRollback}, target: func(in *Inputs) any { return &in.Rehearse }},
		{Field: field.Field{Name: "reason", Kind: field.Text, Absent: "none; required in mode promote and with override",
			Meaning: "why a person decided so; kept on the record"},
			Modes: []Mode{ModeRollback, ModePromote, ModeRelease}, target: func(in *Inputs) any { return &in.Reason }},
		{Field: field.Field{Name: "override", Kind: field.Boolean, Default: "false",
			Meaning: "release a version although the gate would not block it by its metrics; needs a reason"},
			Modes: []Mode{ModeRelease}, target: func(in *Inputs) any { return &in.Override }},
	}
}

func serviceInputs() []Input {
	verify, notify := []Mode{ModeVerify}, []Mode{ModeNotify}
	served, rehearsal := []Mode{ModeRollback, ModeVerify}, []Mode{ModeRollback}
	return []Input{
		{Field: field.Field{Name: "deploy-workflow", Kind: field.Workflow, Absent: "none: deploy in a job of your own",
			Meaning: "workflow file to start once the champion has moved, with the inputs model and version"},
			Modes: movingModes, target: func(in *Inputs) any { return &in.DeployWorkflow }},
		{Field: field.Field{Name: "reload-url", Kind: field.URL,
			Meaning: "address that makes the service load the champion, by a POST without a body; for a rehearsal"},
			Modes: rehearsal, target: func(in *Inputs) any { return &in.ReloadURL }},
		{Field: field.Field{Name: "reload-token", Kind: field.Text, Secret: true,
			Meaning: "bearer token for reload-url; refused in the configuration file"},
			Modes: rehearsal, target: func(in *Inputs) any { return &in.ReloadToken }},
		{Field: field.Field{Name: "verify-url", Kind: field.URL,
			Meaning: "the service's /model-info"},
			Modes: served, target: func(in *Inputs) any { return &in.VerifyURL }},
		{Field: field.Field{Name: "verify-timeout", Kind: field.Duration, Min: "1s", Max: "1d", Default: "5m",
			Meaning: "how long the service may take to report the champion's version"},
			Modes: served, target: func(in *Inputs) any { return &in.VerifyTimeout }},
		{Field: field.Field{Name: "on-verify-failure", Kind: field.Enumeration, Choices: []string{"fail", "rollback"}, Default: "fail",
			Meaning: "rollback undoes the promotion when the service never reports it"},
			Modes: verify, target: func(in *Inputs) any { return &in.OnVerifyFailure }},
		{Field: field.Field{Name: "verify-token", Kind: field.Text, Secret: true,
			Meaning: "bearer token of the service; refused in the configuration file"},
			Modes: served, target: func(in *Inputs) any { return &in.VerifyToken }},
		{Field: field.Field{Name: "bake-for", Kind: field.Duration, Min: "1s", Max: "1d", Off: true, Default: "off",
			Meaning: "how long production is watched after the service reports the champion, such as 30m; a failure rolls back"},
			Modes: verify, target: func(in *Inputs) any { return &in.BakeFor }},
		{Field: field.Field{Name: "bake-delay", Kind: field.Duration, Min: "1s", Max: "1d", Off: true, Default: "5m",
			Meaning: "how long it waits before that, so that no measurement holds what the version before did: at least the range of the query"},
			Modes: verify, target: func(in *Inputs) any { return &in.BakeDelay }},
		{Field: field.Field{Name: "bake-interval", Kind: field.Duration, Min: "1s", Max: "1d", Default: "1m",
			Meaning: "time between two measurements of the bake"},
			Modes: verify, target: func(in *Inputs) any { return &in.BakeInterval }},
		{Field: field.Field{Name: "bake-url", Kind: field.URL,
			Meaning: "what is measured there: the base address of Prometheus for bake-query, an address that answers with JSON for bake-pointer"},
			Modes: verify, target: func(in *Inputs) any { return &in.BakeURL }},
		{Field: field.Field{Name: "bake-query", Kind: field.Text,
			Meaning: "PromQL that gives one number, such as a share of failed requests"},
			Modes: verify, target: func(in *Inputs) any { return &in.BakeQuery }},
		{Field: field.Field{Name: "bake-pointer", Kind: field.Pointer, Absent: "none: bake-query",
			Meaning: "where the number stands in the JSON of bake-url"},
			Modes: verify, target: func(in *Inputs) any { return &in.BakePointer }},
		{Field: field.Field{Name: "bake-token", Kind: field.Text, Secret: true,
			Meaning: "bearer token for bake-url; refused in the configuration file"},
			Modes: verify, target: func(in *Inputs) any { return &in.BakeToken }},
		{Field: field.Field{Name: "success-condition", Kind: field.Text,
			Meaning: "what a measurement should be, such as <= 0.05; without failure-condition, whatever does not meet it has failed"},
			Modes: verify, target: func(in *Inputs) any { return &in.SuccessCondition }},
		{Field: field.Field{Name: "failure-condition", Kind: field.Text,
			Meaning: "what a measurement has failed at, such as > 0.1; between the two it is inconclusive"},
			Modes: verify, target: func(in *Inputs) any { return &in.FailureCondition }},
		{Field: field.Field{Name: "failure-limit", Kind: field.Integer, Min: "0", Max: "1000", Default: "2",
			Meaning: "measurements of the bake that may fail"},
			Modes: verify, target: func(in *Inputs) any { return &in.FailureLimit }},
		{Field: field.Field{Name: "inconclusive-limit", Kind: field.Integer, Min: "0", Max: "1000", Default: "3",
			Meaning: "measurements that may be inconclusive, as one without data is"},
			Modes: verify, target: func(in *Inputs) any { return &in.InconclusiveLimit }},
		{Field: field.Field{Name: "verify-model-pointer", Kind: field.Pointer, Default: "/model",
			Meaning: "where the service's answer names its model"},
			Modes: served, target: func(in *Inputs) any { return &in.VerifyModelPointer }},
		{Field: field.Field{Name: "verify-alias-pointer", Kind: field.Pointer, Default: "/alias",
			Meaning: "where it names the alias that it loads"},
			Modes: served, target: func(in *Inputs) any { return &in.VerifyAliasPointer }},
		{Field: field.Field{Name: "verify-version-pointer", Kind: field.Pointer, Default: "/version",
			Meaning: "where it names the version that it serves"},
			Modes: served, target: func(in *Inputs) any { return &in.VerifyVersionPointer }},
		{Field: field.Field{Name: "event-type", Kind: field.Identifier, Default: "drift-alert",
			Meaning: "repository_dispatch event to send"},
			Modes: notify, target: func(in *Inputs) any { return &in.EventType }},
		{Field: field.Field{Name: "repository", Kind: field.Repository, Absent: "this repository",
			Meaning: "repository to send it to"},
			Modes: notify, target: func(in *Inputs) any { return &in.Repository }},
	}
}

func safetyInputs() []Input {
	return []Input{
		{Field: field.Field{Name: "lock-timeout", Kind: field.Duration, Min: "10s", Max: "1h", Default: "120s",
			Meaning: "age at which an unfinished promotion counts as abandoned and is finished or undone; moving the aliases gets at most half of it"},
			Modes: writingModes, target: func(in *Inputs) any { return &in.LockTimeout }},
		{Field: field.Field{Name: "dry-run", Kind: field.Boolean, Default: "false",
			Meaning: "write nothing and train nothing; show the plan"},
			Modes: everyMode, target: func(in *Inputs) any { return &in.DryRun }},
		{Field: field.Field{Name: "explain", Kind: field.Boolean, Default: "false",
			Meaning: "say of each check what would have to be different to pass"},
			Modes: []Mode{ModeJudge}, target: func(in *Inputs) any { return &in.Explain }},
	}
}

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
		{"outcome", "skipped, triggered, promoted, flagged, rolled-back, rehearsed, released, verified, passed, blocked, notified, failed, refused or invalid"},
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
		{"failed-check-names", "JSON array of names, such as auc or cooldown, or those of your own checks"},
		{"quarantined-version", "version that a rollback quarantined"},
		{"attempt", "id of this attempt, for mode gate in a later job"},
		{"run-context", "value for MLFLOW_RUN_CONTEXT in a training job of your own"},
		{"review-url", "issue that this run opened, updated or closed"},
		{"served-version", "version that the service reported last, in mode verify and in a rehearsal"},
		{"rollback-seconds", "in a rehearsal: seconds from the flip back until the service served the previous version"},
		{"return-seconds", "in a rehearsal: seconds from the flip forward until it served the champion again"},
		{"decision-id", "id under which the decision is on record"},
		{"report", "path of the decision document (JSON), relative to the workspace"},
	}
}
