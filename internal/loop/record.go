package loop

import (
	"context"
	"fmt"
	"strings"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
)

// doubt compares the registry with the request and the record, before anything is
// trained or judged. An emptied registry, a wrong one, one restored from a backup and a
// misspelt name all look like a new model or an ordinary one: where the record says
// otherwise, a person must decide. A person who moves @champion by hand is believed.
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

// doubtChampion refuses a champion that the record contradicts: one that was rolled
// back from, or one of a registry that never had the version of the last recorded
// move. A move that is also in the registry's own tag happened in this registry, and
// what a person did since then stands.
func (l *Loop) doubtChampion(ctx context.Context) error {
	if l.state == nil || l.champion == nil {
		return nil
	}
	own, err := state.Decode(l.model.Tags[promote.TagState], l.In.ModelName)
	last := l.state.LastMove()
	foreign := last != nil && (err != nil || own.LastMove() == nil || !own.LastMove().Equal(*last))
	if back := l.state.TakenBack(l.champion.Number); back != nil && (foreign || l.champion.Quarantined()) && !l.champion.Cleared() {
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
