package summary

import (
	"strings"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
)

// command is one of our own commands on this report's model, for a person to
// copy: name, value, name, value; a name without a value is a boolean.
func command(r *loop.Report, mode inputs.Mode, flags ...string) string {
	words := []string{"ct-action", string(mode)}
	add := func(name, value string) { words = append(words, "--"+name+argument(value)) }
	add("model-name", r.Model)
	for i := 0; i+1 < len(flags); i += 2 {
		if flags[i+1] == yes {
			words = append(words, "--"+flags[i])
			continue
		}
		add(flags[i], flags[i+1])
	}
	for _, g := range repeated(r) {
		if input := specs()[g.name]; input.ReadBy(mode) {
			add(g.name, g.value)
		}
	}
	return strings.Join(words, " ")
}

// yes stands for the value of a boolean flag.
const yes = "\x00yes"

// why is where a person's reason goes.
const why = `"why"`

// argument is a flag's value after its name, quoted for a shell where it needs
// it. A value that begins with a hyphen is joined, lest it be read as a flag.
func argument(value string) string {
	if value == why {
		return " " + why
	}
	if strings.HasPrefix(value, "-") {
		return "=" + quote(value)
	}
	return " " + quote(value)
}

// quote quotes a word for a POSIX shell where it needs it.
func quote(s string) string {
	s = clean(s)
	harmless := strings.IndexFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,+%@", r)
	}) < 0
	if harmless && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// specs is the Spec by name.
func specs() map[string]inputs.Input {
	table := map[string]inputs.Input{}
	for _, input := range inputs.Spec() {
		table[input.Name] = input
	}
	return table
}

// A given is an input that a copied command must repeat.
type given struct{ name, value string }

// repeated are the inputs that came with this one invocation, by a flag or by
// the workflow, and without which a copied command would judge otherwise. The
// configuration file is still there when the command runs.
func repeated(r *loop.Report) []given {
	in := r.Inputs
	var kept []given
	for _, g := range []given{
		{"champion-alias", in.ChampionAlias}, {"previous-alias", in.PreviousAlias}, {"challenger-alias", in.ChallengerAlias},
		{"working-directory", in.WorkingDirectory}, {"holdout", in.Holdout}, {"target-column", in.TargetColumn},
		{"positive-class", in.PositiveClass}, {"python", in.Python}, {"score-command", in.ScoreCommand},
		{"predictions", in.Predictions}, {"epsilon", in.Epsilon.String()}, {"max-brier-increase", in.MaxBrierIncrease.String()},
	} {
		layer := in.Source(g.name).Layer
		oneLine := g.value != "" && !strings.ContainsAny(g.value, "\r\n")
		if (layer == inputs.FromFlag || layer == inputs.FromVariable) && oneLine {
			kept = append(kept, g)
		}
	}
	return kept
}

// available reports whether this release carries the mode out.
func available(mode inputs.Mode) bool {
	for _, info := range inputs.Modes() {
		if info.Mode == mode {
			return info.Available
		}
	}
	return false
}
