package gate

import (
	"fmt"
	"strings"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
)

// A Tie says what a number of the user's own was measured for: as its file says,
// or what is judged now.
type Tie struct {
	Version     string // of the model; empty where no version is judged
	Holdout     string // SHA-256 of the holdout, as reports show it; empty: not known
	Predictions string // SHA-256 of the one file of predictions or evidence; empty: there is none
}

// Tied is a number of the user's own, absent where its file does not say that it
// was measured for what is judged: a file that lies there from an earlier model,
// or from another holdout, is no evidence.
func Tied(number metrics.Value, file string, said, judged Tie) metrics.Value {
	absent := func(format string, args ...any) metrics.Value {
		return metrics.Absent(text.Line(file, mostText) + ": " + fmt.Sprintf(format, args...))
	}
	same := func(said, judged string) bool { return judged != "" && strings.EqualFold(said, judged) }
	switch {
	case judged.Version != "" && said.Version == "":
		return absent("it does not say of which version the number is: expected %q beside it, or {version} in the file's name", "version")
	case judged.Version != "" && said.Version != judged.Version:
		return absent("the number is of version %s, and v%s is judged", text.Line(said.Version, mostName), judged.Version)
	case same(said.Holdout, judged.Holdout), same(said.Predictions, judged.Predictions):
		return number
	}
	var expected []string
	for _, key := range []struct{ name, said, judged string }{
		{"holdout_sha256", said.Holdout, judged.Holdout}, {"predictions_sha256", said.Predictions, judged.Predictions},
	} {
		switch {
		case key.judged == "":
		case key.said != "":
			return absent("the number was measured on other data: its %s is %s, and %s is judged", key.name, Short(key.said), Short(key.judged))
		default:
			expected = append(expected, fmt.Sprintf("%q: %q", key.name, key.judged))
		}
	}
	if len(expected) == 0 {
		return absent("nothing can tie the number to what is judged: expected one file of predictions, whose SHA-256 its predictions_sha256 would be")
	}
	return absent("it does not say on which data the number was measured: expected %s beside it", strings.Join(expected, " or "))
}
