// Package inputs turns what a user wrote into one typed value, or into the
// list of everything that is wrong with it.
//
// One table, Spec, declares every input: its name, kind, range, default, the
// modes that read it and a line of meaning. Everything else follows from the
// table: the command line's flags, the INPUT_ variables in which a container
// action receives its `with:` keys, the keys of the configuration file, the
// text of --help, the tables of the documentation, and the test that holds
// action.yml to it.
//
// # Where a value comes from
//
// A flag beats an INPUT_ variable, which beats the configuration file, which
// beats MLflow's own variable (for the two URIs), which beats the default. A
// value that is blank after trimming was not given: a workflow passes every
// key that it wires, also those that are empty this time.
//
// Defaults live here and nowhere else. A default in action.yml would make the
// input always given, and the configuration file could never win.
//
// # What can go wrong
//
// Parse reads all layers, checks all values and all relations between them,
// and reports every Problem at once: nine mistakes should not take nine runs
// to find. Each problem names the input, shows the value (never a secret),
// says what was expected and where the value was read, with line and column
// for the configuration file.
package inputs

import (
	"time"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
)

// Inputs is everything that the user asked for, checked. Every field but
// Requirements is one input of the Spec. A string that was not given and has no
// default is empty; paths are as written, relative to the workspace.
type Inputs struct {
	Mode   Mode   // what to do
	Config string // path of the configuration file that was read; "" when there was none

	ModelName   string // registered model; "" only in modes judge and notify
	TrackingURI string // http or https; may carry credentials: never print it as it is
	RegistryURI string // http or https, or "" to use TrackingURI; may carry credentials

	// Triggers.

	MaxAgeDays            field.Limit     // schedule: fires at this age of the champion, in whole days
	DriftReport           string          // path of the drift monitor's JSON
	MaxDriftShare         field.Threshold // drift: fires above this share of drifted features, 0 to 1
	LabeledPredictions    string          // path of the labelled predictions, CSV or Parquet
	LabelColumn           string          // their column of true classes
	ScoreColumn           string          // their column of predicted probabilities
	VersionColumn         string          // their column of model versions; "" keeps all rows
	AUCFloor              field.Threshold // performance: fires below this AUC, 0 to 1
	MinRows               int             // performance: no opinion on fewer labelled rows
	PerformanceConfidence metrics.Decimal // performance: that the AUC is below the floor, above 0.5 and below 1; 0 = off, the value is compared
	MaxReportAge          time.Duration   // a monitoring file older than this is no opinion; 0 = off
	Force                 bool            // retrain whatever the triggers say
	First                 bool            // the model is new: similar names and records of earlier champions do not stand in its way
	SkipInCooldown        bool            // do not train while the cooldown would flag the result

	// Training.

	SetupCommand      string        // shell text, run once before training or scoring
	TrainCommand      string        // shell text that registers a new version of ModelName
	TrainTimeout      time.Duration // for the train command and all that it starts
	WorkingDirectory  string        // where the user's commands run
	ChallengerVersion string        // positive integer as MLflow writes it; "" = find it by Attempt
	Attempt           string        // id that marks one attempt's training runs; "" = derive it

	// Scoring.

	Holdout       string // path of the frozen holdout, CSV or Parquet
	TargetColumn  string // its column of true classes
	PositiveClass string // the class that scores speak of, as text
	Python        string // interpreter of the embedded scorer
	ScoreCommand  string // shell text that scores one version; "" = the embedded scorer
	Predictions   string // file, folder or glob that is scored already, "-" for standard input in mode judge; "" = score now
	Evidence      string // path of the sums that an engine computed in place of predictions; "" = none
	WeightColumn  string // column of the rows' weights; "" = every row counts once
	GroupColumn   string // column of what rows belong to, such as a customer; "" = each to itself
	IDColumn      string // column of row ids; "" = rows are not compared with the training's

	// Gate.

	gate.Limits // of the checks that are no metric, an input each

	Epsilon          field.Margin    // AUC that the challenger must gain
	MaxBrierIncrease metrics.Decimal // Brier score that the challenger may lose
	Confidence       metrics.Decimal // that each check asks for, above 0.5 and below 1; 0 = off
	OnInconclusive   OnInconclusive  // what a check does that is neither passed nor failed
	Ledger           string          // path of the file in which mode judge counts a holdout's decisions; "" = not counted
	HoldoutSHA256    string          // 64 lower-case hex digits of an accepted new holdout, or ""
	OnFlag           OnFlag          // exit status of a flagged decision
	ReviewIssue      bool            // a flag opens an issue, a promotion closes it

	// State and names.

	State           StateStore   // where the loop's memory lives
	StateVariable   string       // repository variable, as GitHub spells it; "" only where there is no model
	GitHubToken     field.Secret // the job's token; "" outside GitHub
	ChampionAlias   string       // without the @
	PreviousAlias   string       // without the @
	ChallengerAlias string       // without the @

	// A person's decisions.

	RollbackTo string // positive integer as MLflow writes it; "" = PreviousAlias
	Rehearse   bool   // of mode rollback: go back and forward again, quarantine nothing
	Reason     string // one line, kept on the record
	Override   bool   // release although the gate would not block the version

	// After the decision.

	DeployWorkflow  string          // workflow file that is started once @champion has moved; "" = none
	ReloadURL       string          // of a rehearsal: a POST makes the service load the champion; may carry credentials
	ReloadToken     field.Secret    // bearer token for it; "" = none
	VerifyURL       string          // the service's model-info; may carry credentials
	VerifyTimeout   time.Duration   // how long the service may take to reload
	OnVerifyFailure OnVerifyFailure // what follows when it does not
	VerifyToken     field.Secret    // bearer token of the service; "" = none
	BakeFor         time.Duration   // how long production is watched after that; 0 = off
	BakeDelay       time.Duration   // before that, so that what the version before did is not measured; 0 = off
	BakeInterval    time.Duration   // between two measurements
	BakeURL         string          // what is measured there; may carry credentials
	BakeQuery       string          // PromQL; "" = BakePointer
	BakePointer     string          // JSON pointer to the number; "" = BakeQuery
	BakeToken       field.Secret    // bearer token for BakeURL; "" = none
	EventType       string          // repository_dispatch event that notify sends
	Repository      string          // owner/name; "" = this repository

	// JSON pointers into the service's answer.
	VerifyModelPointer, VerifyAliasPointer, VerifyVersionPointer string

	// What a measurement should be, and what it has failed at, such as "<= 0.05"; see
	// BakeRules. "" = whatever the other one says.
	SuccessCondition, FailureCondition string
	FailureLimit, InconclusiveLimit    int // measurements that may be so

	LockTimeout time.Duration // age at which an unfinished journal counts as abandoned
	DryRun      bool          // write nothing, train nothing, show the plan
	Explain     bool          // say of each check what would have to be different

	// Requirements are the configuration file's gate.checks, in their order;
	// nil where it has none.
	Requirements []gate.Requirement

	// Warnings are remarks for the user that stop nothing, such as a flag
	// that the mode does not read.
	Warnings []Warning

	sources map[string]source // of what was given
	checks  Place             // where gate.checks stand; zero: there are none
	unsure  bool              // some of what stands there could not be read
}

// A Warning is a remark about one input.
type Warning struct {
	Input string // its name in the Spec
	Where string // where it was read, such as --epsilon
	Text  string // one line, lower case, no full stop
}

// String is the warning on one line.
func (w Warning) String() string { return w.Where + ": " + w.Text }

// A Place is where something that the user wrote was read.
type Place struct {
	Where string // --epsilon, INPUT_EPSILON, .github/ct.yml:3:10, default; "" when not given at all

	// File, Line and Column (from 1) locate it in the configuration file for an
	// annotation; zero elsewhere, Column also where unknown.
	File         string
	Line, Column int
}

// An origin is one of the layers in which an input can be given.
type origin int

// The origins: a later one beats an earlier one.
const (
	fromDefault  origin = iota // the Spec
	fromMLflow                 // MLFLOW_TRACKING_URI, MLFLOW_REGISTRY_URI
	fromConfig                 // the configuration file
	fromVariable               // an INPUT_ variable
	fromFlag                   // the command line
)

// A source is where the value in force was read.
type source struct {
	origin origin
	Place
}

// Emergency reports whether a rollback is asked for in earnest: it then waits for
// nothing that it can do without.
func (in Inputs) Emergency() bool { return in.Mode == ModeRollback && !in.Rehearse }

// Given says whether the user set the input anywhere, as opposed to its
// default being in force: a missing file that somebody named deserves a
// warning, a missing default file does not.
func (in Inputs) Given(name string) bool { return in.sourceOf(name).origin != fromDefault }

// sourceOf says where the value of an input was read. It panics on a name that
// is not in the Spec: that is a mistake in this program, not in its input.
func (in Inputs) sourceOf(name string) source {
	if _, ok := lookup(name); !ok {
		panic("inputs: no input is named " + name)
	}
	if found, ok := in.sources[name]; ok {
		return found
	}
	return source{Place: Place{Where: "default"}}
}
