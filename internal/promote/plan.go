package promote

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/org/ct-action/internal/state"
)

// Aliases are the configured names of the three aliases.
type Aliases struct {
	Champion, Previous, Challenger string
}

// Confirm says what must hold of a fresh reading before a step is taken. The
// zero value asks for nothing.
type Confirm int

const (
	Nothing         Confirm = iota
	JournalOurs             // the journal on record is the one that this plan wrote
	ChampionUnmoved         // JournalOurs, @champion is still From, and To is still not quarantined
	Returnable              // JournalOurs, @champion is still To, and From may serve
)

// A Step is one write and what must be confirmed right before it.
type Step struct {
	Confirm Confirm
	Move    Move
	// Flip marks the move of @champion: from here on the outcome stands,
	// whatever fails later.
	Flip bool
	// Optional marks a write whose failure is a warning. Only a rollback has
	// one, its journal: the emergency exit needs the alias table alone.
	Optional bool
}

// A Plan is an operation as ordered steps. The zero Plan does nothing.
type Plan struct {
	Journal Journal
	Aliases Aliases
	Steps   []Step
	// Resumed marks the rest of another run's operation. It is never aborted: its
	// journal stays until the operation is done.
	Resumed bool
}

// Moves are the plan's writes in order.
func (p Plan) Moves() []Move {
	var moves []Move
	for _, s := range p.Steps {
		moves = append(moves, s.Move)
	}
	return moves
}

// Promote plans a promotion: j names both versions, s is the state before (nil: it
// cannot be read and is left alone). With keepPrevious, @previous stays as it is,
// because the version that @champion names no longer exists: a rollback could not
// go back to it.
func Promote(a Aliases, j Journal, s *state.State, keepPrevious bool) (Plan, error) {
	p, err := begin(Promotion, a, j)
	if err != nil {
		return Plan{}, err
	}
	if j.From != "" && !keepPrevious {
		p.add(Step{Confirm: JournalOurs, Move: Move{Kind: SetAlias, Alias: a.Previous, Version: j.From}})
	}
	p.add(Step{Confirm: ChampionUnmoved, Flip: true, Move: Move{Kind: SetAlias, Alias: a.Champion, Version: j.To}})
	return p.finish(s)
}

// RollBack plans a rollback: flip, then the tags that j carries for From. A rollback
// from an unfinished promotion, j.Undoes, completes that promotion's record too.
func RollBack(a Aliases, j Journal, s *state.State) (Plan, error) {
	p, err := begin(Rollback, a, j)
	if err != nil {
		return Plan{}, err
	}
	p.add(Step{Confirm: ChampionUnmoved, Flip: true, Move: Move{Kind: SetAlias, Alias: a.Champion, Version: j.To}})
	return p.finish(s)
}

// begin is a plan with its first step, which writes the journal.
func begin(o Operation, a Aliases, j Journal) (Plan, error) {
	j.Operation = o
	journal, err := j.fitting()
	p := Plan{Journal: j, Aliases: a}
	p.add(Step{Optional: o == Rollback, Move: Move{Kind: SetModelTag, Key: TagJournal, Value: journal}})
	return p, err
}

// finish adds what follows the flip, for the run that began the operation as for
// one that recovers it: the version's tags, the state, the journal's end.
func (p Plan) finish(s *state.State) (Plan, error) {
	p.tag()
	if s != nil {
		m, err := Record(after(*s, p.Journal))
		if err != nil {
			return Plan{}, err
		}
		p.add(Step{Move: m})
	}
	p.add(Step{Move: endJournal()})
	return p, nil
}

// tag adds the tags that the operation leaves on its version, the quarantine
// first: killed after any of them, what must not serve is marked.
func (p *Plan) tag() {
	j := p.Journal
	tagged, tags := j.To, map[string]string{}
	if j.Operation == Rollback {
		tagged = j.From
	}
	if j.Undoes != nil {
		maps.Copy(tags, j.Undoes.Tags)
		maps.Copy(tags, Kept(Version{Tags: j.Undoes.Tags})) // as this operation overwrites its decision
	}
	maps.Copy(tags, j.Tags)
	for _, m := range tagMoves(tagged, tags) {
		p.add(Step{Move: m})
	}
}

// tagOrder puts a quarantine first and the decision last, behind what a person
// wrote and the decision overwrites. All other tags are 0.
var tagOrder = map[string]int{TagQuarantined: -2, TagPromotedAt: -1, TagDecision: 1}

// tagMoves set a version's tags, the most important first.
func tagMoves(version string, tags map[string]string) []Move {
	keys := slices.SortedFunc(maps.Keys(tags), func(a, b string) int {
		return cmp.Or(cmp.Compare(tagOrder[a], tagOrder[b]), cmp.Compare(a, b))
	})
	var moves []Move
	for _, key := range keys {
		moves = append(moves, Move{Kind: SetVersionTag, Version: version, Key: key, Value: tags[key]})
	}
	return moves
}

func (p *Plan) add(s Step) { p.Steps = append(p.Steps, s) }

// after is the state once the journal's operation is done.
func after(s state.State, j Journal) state.State {
	if j.Undoes != nil {
		s = after(s, *j.Undoes)
	}
	event := state.Event{At: j.Time, From: j.From, To: j.To, Decision: j.Decision}
	s = s.Updated(j.Time)
	if j.Holdout != nil {
		s.Holdout = j.Holdout
	}
	if j.Operation == Rollback {
		return s.RolledBack(event)
	}
	return s.Promoted(event)
}

// Asks are the versions that a step's confirmation is about: the one that @champion has
// to name still, and the one that has to be servable still. Either may be "".
func (p Plan) Asks(c Confirm) (champion, servable string) {
	switch {
	case c == Returnable:
		return p.Journal.To, p.Journal.From
	case c == ChampionUnmoved && p.Journal.Operation == Rollback:
		return p.Journal.From, ""
	case c == ChampionUnmoved:
		return p.Journal.From, p.Journal.To
	}
	return "", ""
}

// Holds reports whether a fresh reading confirms what a step asks for; the
// text says what was found instead. servable is the fresh reading of the version that
// Asks names.
func (p Plan) Holds(c Confirm, m Model, servable Version) (found string, ok bool) {
	if c == Nothing {
		return "", true
	}
	meanwhile := "meanwhile"
	if p.Journal.Operation == Promotion {
		meanwhile = "while judging"
	}
	if c == ChampionUnmoved || c == Returnable {
		now := m.Aliases[p.Aliases.Champion]
		switch expected, named := p.Asks(c); {
		case now != expected:
			return fmt.Sprintf("@%s moved %s %s", p.Aliases.Champion, Arrow(expected, now), meanwhile), false
		case named != "" && servable.Quarantined():
			return fmt.Sprintf("v%s was quarantined %s", servable.Number, meanwhile), false
		}
	}
	if p.Journal.Operation == Rollback { // the emergency exit: no journal stops it
		return "", true
	}
	journal, err := ReadJournal(m)
	switch {
	case err != nil:
		return err.Error(), false
	case journal == nil:
		return "the journal of this run is gone: another run cleared it", false
	case journal.Holder != p.Journal.Holder:
		return fmt.Sprintf("another run (decision %s) has begun a %s %s", journal.Decision, journal.Operation, Arrow(journal.From, journal.To)), false
	}
	return "", true
}

// Abort undoes a promotion that may not go on: @previous goes back to what it was,
// if this plan has written it, and the journal is cleared, if it is ours.
func (p Plan) Abort(m Model) []Move {
	wrote := slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Move.Kind == SetAlias && s.Move.Alias == p.Aliases.Previous })
	journal, err := ReadJournal(m)
	switch {
	case err != nil || journal == nil || journal.Holder != p.Journal.Holder:
		return nil // the run that replaced the journal decides
	case wrote:
		return p.undo(m)
	}
	return []Move{endJournal()}
}

// undo puts @previous back to what it was before the operation, if it is not
// there, and ends the journal.
func (p Plan) undo(m Model) (moves []Move) {
	if j := p.Journal; j.Previous != "" && j.Previous != j.From && m.Aliases[p.Aliases.Previous] == j.From {
		moves = []Move{{Kind: SetAlias, Alias: p.Aliases.Previous, Version: j.Previous}}
	}
	return append(moves, endJournal())
}

// Arrow shows a move between versions, "v7 → v8"; an empty one is "none".
func Arrow(from, to string) string { return Label(from) + " → " + Label(to) }

// Label is a version as people write it, "v7"; an empty one is "none".
func Label(version string) string {
	if version == "" {
		return "none"
	}
	return "v" + version
}

// Flag plans what a challenger that did not pass leaves behind.
func Flag(a Aliases, version, decision string, kept map[string]string, s *state.State) ([]Move, error) {
	tags := with(kept, TagDecision, decision)
	delete(tags, TagQuarantined)
	moves := append([]Move{{Kind: SetAlias, Alias: a.Challenger, Version: version}}, tagMoves(version, tags)...)
	if s == nil {
		return moves, nil
	}
	m, err := Record(*s)
	return append(moves, m), err
}

// Release plans the end of a quarantine. The tag is set to false and not
// deleted: deleting a version tag needs MANAGE under MLflow's basic auth. It
// comes last, so that a release that breaks off has released nothing.
func Release(version string, tags map[string]string) []Move {
	tags = maps.Clone(tags)
	delete(tags, TagQuarantined)
	return append(tagMoves(version, tags), Move{Kind: SetVersionTag, Version: version, Key: TagQuarantined, Value: "false"})
}

// Kept are the tags that keep what a person wrote about a version: the text of a
// quarantine that a person set, and, under a key of its own, the last decision where
// it has a person's reason, because the next decision is about to overwrite it.
func Kept(v Version) map[string]string {
	kept := map[string]string{}
	if text := v.Tags[TagQuarantined]; v.Quarantined() && text != "true" && len([]rune(text)) <= MaxJournal {
		kept[TagQuarantined] = text
	}
	var decision struct{ ID, Reason, Lifted string }
	text := v.Tags[TagDecision]
	if err := json.Unmarshal([]byte(text), &decision); err != nil || decision.Reason+decision.Lifted == "" || len([]rune(text)) > MaxJournal {
		return kept
	}
	if key := TagReason + "." + decision.ID; IsDecisionID(decision.ID) && v.Tags[key] == "" {
		kept[key] = text
	}
	return kept
}

var decisionForm = regexp.MustCompile(`^[0-9A-Za-z-]{1,100}$`)

// IsDecisionID reports whether a text has the form of a decision's id, so that it can
// be part of a tag's key or of a file's name.
func IsDecisionID(text string) bool { return decisionForm.MatchString(text) }
