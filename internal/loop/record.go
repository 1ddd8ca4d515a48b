package loop

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
	"github.com/org/ct-action/internal/text"
)

// doubt holds the registry against what was asked for and what the record
// knows, before anything is trained or judged. A registry that was emptied,
// mispointed or restored from a backup, and a misspelt name, look like a new
// model or like an ordinary one; training and promotion then wait for a person.
// A person who moves @champion by hand is believed.
func (l *Loop) doubt(ctx context.Context) error {
	champion := l.model.Aliases[l.r.Aliases.Champion]
	switch {
	case champion == "" && l.In.First:
		return nil
	case champion != "" && l.In.First:
		return refuse("first: %s has @%s %s, so nothing about it is first\nremove first: left in place it would let an emptied registry begin anew", l.In.ModelName, l.r.Aliases.Champion, promote.Label(champion))
	case champion != "":
		return l.doubtChampion(ctx)
	}
	if l.exists {
		versions, err := l.readVersions(ctx)
		if err != nil || len(versions) > 0 { // a person chooses
			return err
		}
	}
	if known := l.known(); known != "" {
		return refuse("%s has no version in this registry, and %s\nis this the right registry (tracking-uri, registry-uri, MLFLOW_WORKSPACE), and is it whole? restore it, or begin anew with --first", l.In.ModelName, known)
	}
	if l.exists {
		return nil
	}
	similar, err := l.Registry.SimilarModels(ctx, l.In.ModelName)
	switch {
	case err != nil:
		return fmt.Errorf("registered model %q: %w; looking for similar names: %w\nbegin a new model with --first", l.In.ModelName, promote.ErrNotFound, err)
	case len(similar) > 0:
		return refuse("registered model %q: %w\ndid you mean %s? begin a new model with --first", l.In.ModelName, promote.ErrNotFound, strings.Join(similar, ", "))
	}
	return nil
}

// doubtChampion finds a champion that the record contradicts: one that was
// rolled back from, or one of a registry that has never seen the version which
// the record tells of. What the registry's own tag tells as well happened in
// this registry, and what a person did there since stands.
func (l *Loop) doubtChampion(ctx context.Context) error {
	if l.state == nil || l.champion == nil {
		return nil
	}
	own, err := state.Decode(l.model.Tags[promote.TagState], l.In.ModelName)
	last := l.state.LastMove()
	foreign := last != nil && (err != nil || own.LastMove() == nil || !own.LastMove().Equal(*last))
	if back := l.state.TakenBack(l.champion.Number); back != nil && (foreign || l.champion.Quarantined()) && !l.cleared(*l.champion) {
		return refuse("@%s is v%s, which was rolled back from at %s (decision %s), %s\n"+
			"was the registry restored from a backup, or the alias moved onto it? go back: %s; or, if it is to serve: %s",
			l.r.Aliases.Champion, l.champion.Number, moment(back.At), decisionID(back.Decision), l.recordedWhere(),
			l.In.Command(inputs.ModeRollback, "rollback-to", number(back.To), "reason", inputs.Why),
			l.In.Command(inputs.ModeRelease, "challenger-version", l.champion.Number, "override", inputs.Bare, "reason", inputs.Why))
	}
	if !foreign || promote.VersionInt(last.To) <= l.highest() {
		return nil
	}
	later, err := l.Registry.Versions(ctx, l.In.ModelName, promote.VersionInt(last.To)-1)
	if err != nil || len(later) > 0 {
		return err
	}
	return refuse("the newest version of %s in this registry is v%d, and %s\n"+
		"is this the right registry (tracking-uri, registry-uri, MLFLOW_WORKSPACE), or was it restored from an older backup? restore it, or choose its champion anew with mode promote, or delete the variable",
		l.In.ModelName, l.highest(), l.known())
}

// cleared reports whether a person lifted the version's quarantine: a rollback
// sets the tag, and nothing but release, or a person, sets it to false.
func (l *Loop) cleared(v promote.Version) bool {
	return v.Tags[promote.TagQuarantined] != "" && !v.Quarantined()
}

// barred reports whether a version is out of service: quarantined, or rolled
// back from by the record, where a restored registry has lost the tag.
func (l *Loop) barred(v promote.Version) bool {
	return v.Quarantined() || l.state != nil && l.state.TakenBack(v.Number) != nil && !l.cleared(v)
}

// quarantine is the tag's text, or what stands for it where barred finds none.
func quarantine(v promote.Version) string {
	return cmp.Or(v.Tags[promote.TagQuarantined], "lost, but the record says that it was rolled back")
}

func (l *Loop) highest() int {
	highest := 0
	if l.champion != nil {
		highest = l.champion.Int()
	}
	for _, v := range l.model.Latest {
		highest = max(highest, v.Int())
	}
	return highest
}

// known is what the record tells of earlier champions, "" where it knows none.
func (l *Loop) known() string {
	if l.state == nil {
		return ""
	}
	last := l.state.LastMove()
	if last == nil {
		return ""
	}
	did := "was promoted"
	if l.state.LastRollback != nil && last.Equal(*l.state.LastRollback) {
		did = "was rolled back to"
	}
	return fmt.Sprintf("v%s %s at %s (decision %s), %s", number(last.To), did, moment(last.At), decisionID(last.Decision), l.recordedWhere())
}

// recordedWhere names the place of the record.
func (l *Loop) recordedWhere() string {
	if r := l.mirror.record; r != nil && r.LastMove() != nil && l.state.LastMove() != nil && r.LastMove().Equal(*l.state.LastMove()) {
		return "as the variable " + l.In.StateVariable + " tells"
	}
	return "as the tag " + promote.TagState + " tells"
}

// candidate is the version that a person without a champion most likely wants:
// the one that served last as far as anything tells, else the newest. Never one
// that is quarantined, was rolled back from, or is not READY; "" is none.
func (l *Loop) candidate(ctx context.Context) string {
	versions, err := l.readVersions(ctx)
	if err != nil {
		return ""
	}
	var wanted []string
	if l.state != nil && l.state.LastMove() != nil {
		wanted = append(wanted, l.state.LastMove().To)
	}
	wanted = append(wanted, l.model.Aliases[l.r.Aliases.Previous])
	promoted, newest, at := "", "", ""
	servable := map[string]bool{}
	for _, v := range versions {
		if !v.Ready() || l.barred(v) {
			continue
		}
		servable[v.Number], newest = true, v.Number
		if t := v.Tags[promote.TagPromotedAt]; t >= at && t != "" {
			promoted, at = v.Number, t
		}
	}
	for _, number := range append(wanted, promoted, newest) {
		if servable[number] {
			return number
		}
	}
	return ""
}

// choose is the command that makes the candidate the champion.
func (l *Loop) choose(ctx context.Context) string {
	version := l.candidate(ctx)
	if version == "" {
		version = "N"
	}
	return l.command(inputs.ModePromote, version)
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

// adopt writes a variable that counts into the registry's tag, once nothing
// about it is in doubt.
func (l *Loop) adopt(ctx context.Context) error {
	if l.mirror.newer == "" {
		return nil
	}
	newer := l.mirror.newer
	l.mirror.newer = ""
	if !l.writes() || !l.exists {
		l.notice("%s", newer)
		return nil
	}
	l.notice("%s, and overwrites tag %s", newer, promote.TagState)
	return l.writeState(ctx, *l.state)
}
