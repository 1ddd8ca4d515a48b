package inputs

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/org/ct-action/internal/field"
)

// StandardInput is the path that means standard input, in Predictions.
const StandardInput = "-"

// An OnFlag says how a flagged (or blocked) decision ends the process.
type OnFlag string

// The two ways to end: exit status 3, or 0 with a warning.
const (
	OnFlagFail OnFlag = "fail"
	OnFlagWarn OnFlag = "warn"
)

// An OnInconclusive says what follows from a check whose evidence is not enough to
// pass or fail it.
type OnInconclusive string

// The two answers: flag the challenger, or let the check pass where the values
// themselves, compared without an interval, meet its conditions.
const (
	InconclusiveFlag    OnInconclusive = "flag"
	InconclusivePromote OnInconclusive = "promote-if-point"
)

// A StateStore says where the loop's memory (cooldown, holdout digest) lives.
type StateStore string

// The stores. The registry's tag is the record with each of them; StateAuto
// mirrors it in the repository variable where the token may, StateVariable
// insists on that.
const (
	StateAuto     StateStore = "auto"
	StateRegistry StateStore = "registry"
	StateVariable StateStore = "variable"
)

// stateVariable is the default repository variable of a model: CT_STATE_ and the
// model's name, as far as a variable's name can hold it. Where more than the case
// of letters had to change, six digits of the name's SHA-256 keep two models
// apart.
func stateVariable(model string) string {
	const prefix, digits = "CT_STATE_", 6
	upper := strings.ToUpper(model)
	name := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, upper)
	if name == upper && len(prefix+name) <= field.MostVariable {
		return prefix + name
	}
	sum := sha256.Sum256([]byte(model))
	return prefix + name[:min(len(name), field.MostVariable-len(prefix)-1-digits)] + "_" + strings.ToUpper(hex.EncodeToString(sum[:])[:digits])
}

// An OnVerifyFailure says what follows when the service never reports the
// champion's version.
type OnVerifyFailure string

// The two answers: fail the job, or roll back and fail the job.
const (
	OnVerifyFail     OnVerifyFailure = "fail"
	OnVerifyRollback OnVerifyFailure = "rollback"
)
