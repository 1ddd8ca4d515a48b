package loop

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

// command is one of our own commands, for a person to copy.
func (l *Loop) command(mode inputs.Mode, version string) string {
	flags := []string{"challenger-version", version}
	if mode == inputs.ModePromote {
		flags = append(flags, "reason", inputs.Why)
	}
	return l.In.Command(mode, flags...)
}

func moment(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// number is a version of a record, which anybody may have written.
func number(version string) string {
	if promote.VersionInt(version) == 0 {
		return "?"
	}
	return version
}

// decisionID is the id of a decision in such a record.
func decisionID(id string) string {
	return cmp.Or(notInAttempt.ReplaceAllString(text.Clip(id, 60), ""), "unknown")
}

// numbers are the first few versions.
func numbers(versions []promote.Version) string {
	var labels []string
	for _, v := range versions {
		labels = append(labels, promote.Label(v.Number))
	}
	return text.List(labels, 10)
}

// encode is a value as JSON on one line. It must be made of strings and numbers,
// which always encode.
func encode(v any) string {
	var encoded strings.Builder
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSpace(encoded.String())
}

func sha256Of(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// A refusal is the error of a request that must not be carried out.
type refusal struct{ error }

func refuse(format string, args ...any) error { return refusal{fmt.Errorf(format, args...)} }

func (r refusal) Unwrap() error { return r.error }
