package inputs

import (
	"strconv"
	"strings"
	"unicode"
)

// Bare, as a value in Command, makes a boolean flag without a value. Why stands in
// the place of a person's reason.
const (
	Bare = "\x00bare"
	Why  = `"why"`
)

// Command is a command of this program on the same model, for a person to copy;
// flags are name, value, name, value. It repeats the inputs that were given with
// this invocation, by a flag or by the workflow, and without which it would act on
// other aliases or judge by other rules. It need not repeat the configuration
// file, which is still there when the command runs.
func (in Inputs) Command(mode Mode, flags ...string) string {
	words := []string{"ct-action", string(mode)}
	add := func(name, value string) { words = append(words, "--"+name+flagValue(value)) }
	add("model-name", in.ModelName)
	for i := 0; i+1 < len(flags); i += 2 {
		if flags[i+1] == Bare {
			words = append(words, "--"+flags[i])
			continue
		}
		add(flags[i], flags[i+1])
	}
	for _, g := range in.repeated() {
		if input, ok := lookup(g.name); ok && input.ReadBy(mode) {
			add(g.name, g.value)
		}
	}
	return strings.Join(words, " ")
}

// flagValue is a flag's value after its name, quoted for a shell where it needs
// it. A value that begins with a hyphen is joined by =, or it would be read as a
// flag.
func flagValue(value string) string {
	if value == Why {
		return " " + Why
	}
	if strings.HasPrefix(value, "-") {
		return "=" + Quote(value)
	}
	return " " + Quote(value)
}

// Quote quotes a word for a POSIX shell where it needs it. Control characters
// are dropped: the command is shown to a person first.
func Quote(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
	harmless := strings.IndexFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,+%@", r)
	}) < 0
	if harmless && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// A repeat is an input that a copied command must repeat.
type repeat struct{ name, value string }

func (in Inputs) repeated() []repeat {
	var kept []repeat
	for _, g := range []repeat{
		{"config", in.Config}, {"champion-alias", in.ChampionAlias}, {"previous-alias", in.PreviousAlias}, {"challenger-alias", in.ChallengerAlias},
		{"working-directory", in.WorkingDirectory}, {"holdout", in.Holdout}, {"target-column", in.TargetColumn},
		{"positive-class", in.PositiveClass}, {"python", in.Python}, {"score-command", in.ScoreCommand},
		{"predictions", in.Predictions}, {"evidence", in.Evidence}, {"weight-column", in.WeightColumn}, {"group-column", in.GroupColumn}, {"id-column", in.IDColumn},
		{"epsilon", in.Epsilon.String()}, {"max-brier-increase", in.MaxBrierIncrease.String()},
		{"confidence", in.Confidence.String()}, {"on-inconclusive", string(in.OnInconclusive)},
		{"holdout-budget", strconv.Itoa(in.HoldoutBudget)}, {"allow-below-chance", strconv.FormatBool(in.AllowBelowChance)},
		{"verify-model-pointer", in.VerifyModelPointer}, {"verify-alias-pointer", in.VerifyAliasPointer},
		{"verify-version-pointer", in.VerifyVersionPointer},
	} {
		oneLine := g.value != "" && !strings.ContainsAny(g.value, "\r\n")
		if in.sourceOf(g.name).origin >= fromVariable && oneLine {
			kept = append(kept, g)
		}
	}
	return kept
}
