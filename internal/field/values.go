package field

import (
	"strconv"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
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

// Hidden stands where a secret would be.
const Hidden = "***"

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
	return Hidden
}

// GoString keeps %#v from showing it.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText keeps JSON and every other encoder from showing it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MostShown is how many characters a message repeats of a user's text.
const MostShown = 80

// Shown quotes a value for a message: without credentials, without line breaks,
// and not longer than a line.
func Shown(value string) string { return text.Quote(text.WithoutCredentials(value), MostShown) }

// Bare is Shown without the quotation marks, for names.
func Bare(name string) string { return text.Escaped(text.WithoutCredentials(name), MostShown) }
