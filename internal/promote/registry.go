package promote

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Tags that this program writes. All of them are plain MLflow tags, so that
// the MLflow UI shows the same story as our own reports.
const (
	TagJournal        = "ct.journal"         // registered model: the unfinished operation, JSON
	TagState          = "ct.state"           // registered model: package state's record, JSON
	TagRehearsal      = "ct.rehearsal"       // registered model: the last rehearsal of a rollback, JSON
	TagPromotedAt     = "ct.promoted_at"     // version: RFC 3339 time at which @champion moved to it
	TagDecision       = "ct.decision"        // version: JSON, what was decided about it, why, and by whom
	TagReason         = "ct.reason"          // version, followed by . and the decision's id: an earlier decision, kept for what a person wrote in it
	TagTriggerReasons = "ct.trigger_reasons" // version: why the training that made it was started
	TagQuarantined    = "quarantined"        // version: see Version.Quarantined
	TagAttempt        = "ct.attempt"         // run: the attempt whose training made it

	tagIsPrompt = "mlflow.prompt.is_prompt"
)

// A registry's error matches ErrNotFound (errors.Is) when the model or the version
// asked for does not exist.
var ErrNotFound = errors.New("not found in the registry")

// A registry's error matches ErrUnknownOutcome when a write may or may not have been
// carried out: there was no answer, or one from something in between. A write whose
// sender was killed has been seen to land 3 seconds later, so the only way to find
// out is to read again.
var ErrUnknownOutcome = errors.New("the registry may have carried it out")

// A Model is one registered model as one answer of the registry showed it. Its
// alias table is one snapshot; its tags may be older than the aliases beside
// them (seen on MLflow 2.22).
type Model struct {
	Name    string
	Created time.Time         // creation_timestamp: tells a model deleted and made again
	Aliases map[string]string // alias → version
	Tags    map[string]string
	Latest  []Version // what the same answer told about the newest versions, tags included; may be empty
	Date    time.Time // the registry's clock when it answered (HTTP Date), zero if it said none
}

// Prompt reports whether the name belongs to an MLflow prompt. Prompts share
// the registry's tables; moving their aliases would be somebody else's outage.
func (m Model) Prompt() bool { return strings.EqualFold(m.Tags[tagIsPrompt], "true") }

// Known returns the version if the model's own answer already described it.
func (m Model) Known(version string) (Version, bool) {
	for _, v := range m.Latest {
		if v.Number == version {
			return v, true
		}
	}
	return Version{}, false
}

// A Version is one model version. The zero value is not ready, so no alias moves
// to it.
type Version struct {
	Number        string // "7": MLflow's versions are decimal integers, sent as strings
	RunID         string // empty when it was logged outside a run
	Source        string // models:/m-…, models:/NAME/7 (a copy), runs:/… or a storage URI
	Status        string // READY, PENDING_REGISTRATION, FAILED_REGISTRATION
	StatusMessage string
	Created       time.Time
	Tags          map[string]string
}

// A Dataset is an input of a run that was logged with mlflow.log_input.
type Dataset struct {
	Name    string
	Digest  string // MLflow's own, 8 hexadecimal digits of its contents, or whatever the user gave
	Source  string // JSON, such as {"uri": "data/train.csv"}
	Context string // what the run used it for, such as "training"; empty where it does not say
}

// Ready reports whether the registry says the version can be loaded. The
// server lets an alias point at versions that are not; we do not.
func (v Version) Ready() bool { return v.Status == "READY" }

// Quarantined reports whether the version must not be served. Absent, empty
// and "false" mean it may; any other text, whoever wrote it, means it may not,
// so that a person's "True" or "bad accuracy, do not use" counts.
func (v Version) Quarantined() bool {
	tag := strings.TrimSpace(v.Tags[TagQuarantined])
	return tag != "" && !strings.EqualFold(tag, "false")
}

// Copied reports whether the version was made from another registered version
// (copy_model_version, or register_model of models:/NAME/7). Such a version
// names the run of its original, and is not what a training has just registered.
func (v Version) Copied() bool {
	return strings.HasPrefix(v.Source, "models:/") && !strings.HasPrefix(v.Source, "models:/m-")
}

// Int is the version as a number, 0 if it is not one.
func (v Version) Int() int { return VersionInt(v.Number) }

// VersionInt is a version as a number, 0 if it is not one.
func VersionInt(version string) int {
	n, err := strconv.Atoi(version)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
