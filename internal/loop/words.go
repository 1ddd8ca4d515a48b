package loop

import (
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

// number and decisionID show what a record says, which anybody may have written.
func number(version string) string {
	if promote.VersionInt(version) == 0 {
		return "?"
	}
	return version
}

func decisionID(id string) string {
	if id = notInAttempt.ReplaceAllString(text.Clip(id, 60), ""); id == "" {
		return "unknown"
	}
	return id
}

func numbers(versions []promote.Version) string {
	var labels []string
	for i, v := range versions {
		if i == 10 {
			labels = append(labels, fmt.Sprintf("and %d more", len(versions)-i))
			break
		}
		labels = append(labels, promote.Label(v.Number))
	}
	return strings.Join(labels, ", ")
}

// encode is JSON of strings and maps of them, which always encode.
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

// A refusal is an error about the request itself: it must not be done.
type refusal struct{ error }

func refuse(format string, args ...any) error { return refusal{fmt.Errorf(format, args...)} }

func (r refusal) Unwrap() error { return r.error }
