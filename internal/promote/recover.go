package promote

import (
	"fmt"
	"time"

	"github.com/org/ct-action/internal/state"
)

// A Recovery is what an unfinished journal asks of the run that found it. The
// zero value asks for nothing.
type Recovery int

const (
	NoRecovery Recovery = iota
	Wait                // its holder, or its last write, may still be alive
	Finish              // the operation stands: do what is left of it
	Undo                // @champion never moved: put @previous back
	Yield               // a person moved @champion: touch no alias
	TakeBack            // a rollback found it: go back from it, and complete the records of both
	Return              // a rehearsal: @champion goes back to From, and the service reloads
)

// Found says what to do about an unfinished journal, with the writes that are left
// and a line about both for people.
type Found struct {
	Recovery Recovery
	Plan     Plan
	Text     string
}

// Recover decides from the journal and the alias table as it is now. age is
// how long ago the journal was written, lockTimeout when its holder counts as
// dead; exit says that the run that found it is the emergency exit, a rollback.
//
// A journal younger than lockTimeout is waited for. Otherwise, with C the
// version under @champion now:
//
//	promotion  C = To    Finish: tags, state with the journal's time;
//	                     a rollback's TakeBack: Plan.Journal is for Journal.Undoes
//	promotion  C = From  Undo:   @previous := what it was
//	rollback   C = From  Finish: flip, then quarantine
//	rollback   C = To    Finish: quarantine
//	rehearsal  C = To    Return: @champion := From
//	rehearsal  C = From  Return: nothing but the journal's end
//	anything else        Yield:  a person moved it (a rollback still quarantines From)
//
// The caller reads again before it believes that a person moved @champion: on
// MLflow 2.22 the tags of one answer can be older than the aliases beside them.
func Recover(a Aliases, j Journal, m Model, s *state.State, age, lockTimeout time.Duration, exit bool) (Found, error) {
	champion := m.Aliases[a.Champion]
	p := Plan{Journal: j, Aliases: a, Resumed: true}
	what := fmt.Sprintf("an unfinished %s %s (decision %s)", j.Operation, Arrow(j.From, j.To), j.Decision)
	switch {
	case age < lockTimeout:
		return Found{Wait, Plan{}, fmt.Sprintf("%s was begun %s ago: waiting until it ends or is %s old", what, age.Round(time.Second), lockTimeout)}, nil
	case j.Operation == Rehearsal && (champion == j.To || champion == j.From):
		return p.abandoned(what, champion), nil
	case champion == j.To && j.Operation == Promotion && exit:
		return Found{TakeBack, p, what + " had moved @" + a.Champion + ": this rollback goes back from it, and completes its record too"}, nil
	case champion == j.To:
		p, err := p.finish(s)
		return Found{Finish, p, what + " had moved @" + a.Champion + ": finished"}, err
	case champion == j.From && j.Operation == Rollback:
		p.add(Step{Flip: true, Move: Move{Kind: SetAlias, Alias: a.Champion, Version: j.To}})
		p, err := p.finish(s)
		return Found{Finish, p, what + " had not moved @" + a.Champion + " yet: finished"}, err
	case champion == j.From:
		for _, move := range p.undo(m) {
			p.add(Step{Move: move})
		}
		return Found{Undo, p, fmt.Sprintf("%s had not moved @%s: undone", what, a.Champion)}, nil
	}
	if j.Operation == Rollback {
		p.tag()
	}
	p.add(Step{Move: endJournal()})
	return Found{Yield, p, fmt.Sprintf("%s was overtaken by a person: @%s is %s; no alias is touched", what, a.Champion, Label(champion))}, nil
}
