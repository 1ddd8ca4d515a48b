package inputs

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/org/ct-action/internal/metrics"
)

// A Limit is a whole number that can be switched off. The zero value is a
// limit of 0, which is the strictest, not a limit that is off.
type Limit struct {
	Off   bool
	Value int // meaningless when Off
}

// String is the number, or "off".
func (l Limit) String() string {
	if l.Off {
		return off
	}
	return strconv.Itoa(l.Value)
}

// A Threshold is an exact decimal that can be switched off.
type Threshold struct {
	Off   bool
	Value metrics.Decimal // meaningless when Off
}

// String is the number as the user wrote it, or "off".
func (t Threshold) String() string {
	if t.Off {
		return off
	}
	return t.Value.String()
}

// A Margin is an exact decimal, or left to what the data show.
type Margin struct {
	Auto  bool
	Value metrics.Decimal // meaningless when Auto
}

// String is the number as the user wrote it, or "auto".
func (m Margin) String() string {
	if m.Auto {
		return auto
	}
	return m.Value.String()
}

// auto is the word that leaves a margin to the data.
const auto = "auto"

// off is the word that switches an input off, where its Spec entry allows it.
const off = "off"

// StandardInput is the path that means it, in Predictions.
const StandardInput = "-"

// hidden stands where a secret would be.
const hidden = "***"

// A Secret prints as three stars, whatever the verb: only Reveal shows it.
type Secret string

// Reveal is the secret itself, for the one place that sends it and for the
// one that masks it.
func (s Secret) Reveal() string { return string(s) }

// String is three stars, or nothing for an absent secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString keeps %#v from showing it.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText keeps JSON and every other encoder from showing it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// An OnFlag says how a flagged (or blocked) decision ends the process.
type OnFlag string

// The two ways to end: exit status 3, or 0 with a warning.
const (
	OnFlagFail OnFlag = "fail"
	OnFlagWarn OnFlag = "warn"
)

// An OnInconclusive says what a check does whose evidence suffices for neither
// answer.
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

// stateVariable is the repository variable of a model that none was named for:
// CT_STATE_ and the model's name, as far as a variable's name can hold it. Where
// that changed more than case, six digits of the name's SHA-256 keep two models
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
	if name == upper && len(prefix+name) <= mostVariable {
		return prefix + name
	}
	sum := sha256.Sum256([]byte(model))
	return prefix + name[:min(len(name), mostVariable-len(prefix)-1-digits)] + "_" + strings.ToUpper(hex.EncodeToString(sum[:])[:digits])
}

// An OnVerifyFailure says what follows when the service never reports the
// champion's version.
type OnVerifyFailure string

// The two answers: fail the job, or roll back and fail the job.
const (
	OnVerifyFail     OnVerifyFailure = "fail"
	OnVerifyRollback OnVerifyFailure = "rollback"
)
