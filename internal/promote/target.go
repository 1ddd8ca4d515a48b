package promote

import (
	"errors"
	"fmt"
	"time"

	"github.com/org/ct-action/internal/state"
	"github.com/org/ct-action/internal/text"
)

// Cleared reports whether a person lifted the version's quarantine: only a release,
// or a person by hand, sets the tag to false.
func (v Version) Cleared() bool { return v.Tags[TagQuarantined] != "" && !v.Quarantined() }

// Barred reports whether a version is out of service: quarantined, or rolled
// back from by the record, where a restored registry has lost the tag. The record
// may be nil, where it cannot be read.
func Barred(v Version, s *state.State) bool {
	return v.Quarantined() || s != nil && s.TakenBack(v.Number) != nil && !v.Cleared()
}

// ServesSince is when @champion last moved to the version, by its tag or the record,
// else when the version was created.
func ServesSince(v Version, s state.State) time.Time {
	since := v.Created
	if at, err := time.Parse(time.RFC3339, v.Tags[TagPromotedAt]); err == nil && at.After(since) {
		since = at
	}
	if last := s.LastMove(); last != nil && last.To == v.Number && last.At.After(since) {
		since = last.At
	}
	return since
}

// Candidate is the version that a person without a champion most likely wants: the
// one that served last by the record, @previous or the tags, else the newest. It is
// never one that is barred or not READY; "" is none. Versions are in ascending order.
func Candidate(versions []Version, previous string, s *state.State) string {
	recorded, promoted, newest, at := "", "", "", ""
	if s != nil && s.LastMove() != nil {
		recorded = s.LastMove().To
	}
	servable := map[string]bool{}
	for _, v := range versions {
		if !v.Ready() || Barred(v, s) {
			continue
		}
		servable[v.Number], newest = true, v.Number
		if t := v.Tags[TagPromotedAt]; t >= at && t != "" {
			promoted, at = v.Number, t
		}
	}
	for _, number := range []string{recorded, previous, promoted, newest} {
		if servable[number] {
			return number
		}
	}
	return ""
}

// FormerChampions are the versions that a rollback could go back to, in their order.
func FormerChampions(versions []Version, champion string, s *state.State) []string {
	var numbers []string
	for _, v := range versions {
		if v.Tags[TagPromotedAt] != "" && v.Ready() && !Barred(v, s) && v.Number != champion {
			numbers = append(numbers, v.Number)
		}
	}
	return numbers
}

// RollbackTarget is the version that a rollback goes back to: the one that the
// person named, else @previous. An error is the reason why there is none.
func RollbackTarget(a Aliases, m Model, named string) (number string, err error) {
	champion, previous := m.Aliases[a.Champion], m.Aliases[a.Previous]
	switch {
	case champion == "":
		return "", fmt.Errorf("%s has no @%s to roll back from", m.Name, a.Champion)
	case named == champion:
		return "", fmt.Errorf("rollback-to %s: v%s already is the champion", named, named)
	case named != "":
		return named, nil
	case previous == "":
		return "", fmt.Errorf("%s has no @%s: nothing to roll back to. Escalate, or name a version with rollback-to", m.Name, a.Previous)
	case previous == champion:
		//lint:ignore ST1005 scripts and playbooks look for this text as it is
		return "", errors.New("champion == previous; nothing to roll back to. Escalate.")
	}
	return previous, nil
}

// CheckTarget is the error of a version that must not be rolled back to. One that
// is not @previous and has never been champion takes a person's reason.
func CheckTarget(a Aliases, m Model, target Version, reason string) error {
	switch number := target.Number; {
	case target.Quarantined():
		return fmt.Errorf("the target v%s is quarantined (tag %s=%q)", number, TagQuarantined, text.Clip(target.Tags[TagQuarantined], 100))
	case !target.Ready():
		return fmt.Errorf("the target v%s is not READY (%s)", number, target.Status)
	case number != m.Aliases[a.Previous] && target.Tags[TagPromotedAt] == "" && reason == "":
		return fmt.Errorf("v%s has never been champion as far as the registry tells: rolling back to it needs a reason\nadd --reason", number)
	}
	return nil
}
