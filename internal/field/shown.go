package field

import "github.com/org/ct-action/internal/text"

// MostShown is how many characters a message repeats of a user's text.
const MostShown = 80

// Shown quotes a value for a message: without credentials, without line breaks,
// and not longer than a line.
func Shown(value string) string { return text.Quote(text.WithoutCredentials(value), MostShown) }

// Bare is Shown without the quotation marks, for names.
func Bare(name string) string { return text.Escaped(text.WithoutCredentials(name), MostShown) }
