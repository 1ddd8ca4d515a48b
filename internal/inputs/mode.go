package inputs

import (
	"slices"
	"strings"
)

// A Mode is what one invocation does. The zero value does nothing: Parse
// leaves it when the mode asked for is unknown.
type Mode string

// The modes.
const (
	ModeRun      Mode = "run"
	ModeTrigger  Mode = "trigger"
	ModeGate     Mode = "gate"
	ModeRollback Mode = "rollback"
	ModePromote  Mode = "promote"
	ModeRelease  Mode = "release"
	ModeVerify   Mode = "verify"
	ModeJudge    Mode = "judge"
	ModeNotify   Mode = "notify"
)

// A ModeInfo is a mode's line in the help text and in the documentation.
type ModeInfo struct {
	Mode    Mode
	Meaning string // one line, lower case, no full stop
}

// Modes lists every mode in the order in which help and documentation show
// them.
func Modes() []ModeInfo {
	return []ModeInfo{
		{ModeRun, "evaluate the triggers, train, score, judge, then promote or flag"},
		{ModeTrigger, "evaluate the triggers only; one JSON document on stdout"},
		{ModeGate, "judge a version that is registered already, then promote or flag it"},
		{ModeRollback, "point @champion back at @previous and quarantine the bad version"},
		{ModePromote, "promote a version by hand, with a reason and without the gate"},
		{ModeRelease, "lift a quarantine once today's metric checks would stop that version anyway"},
		{ModeVerify, "poll the service until it reports the champion's version"},
		{ModeJudge, "judge a predictions file, without a registry"},
		{ModeNotify, "tell the repository that the data has drifted"},
	}
}

// info finds a mode's entry; ok is false for a name that is no mode.
func (m Mode) info() (found ModeInfo, ok bool) {
	i := slices.IndexFunc(Modes(), func(info ModeInfo) bool { return info.Mode == m })
	if i < 0 {
		return ModeInfo{}, false
	}
	return Modes()[i], true
}

// UsesRegistry reports whether the mode speaks to MLflow.
func (m Mode) UsesRegistry() bool { return m != ModeJudge && m != ModeNotify }

// Reads reports whether the mode reads the input of that name.
func (m Mode) Reads(name string) bool {
	input, ok := lookup(name)
	return ok && input.ReadBy(m)
}

// scores says whether the mode scores champion and challenger on the holdout.
func (m Mode) scores() bool { return slices.Contains(scoringModes, m) }

// readers names the modes that read an input.
func readers(input Input) string {
	if len(input.Modes) == len(Modes()) {
		return "all"
	}
	return strings.Join(words(input.Modes), ", ")
}

// words are modes as a user writes them.
func words(modes []Mode) []string {
	var list []string
	for _, mode := range modes {
		list = append(list, string(mode))
	}
	return list
}
