package promote

import (
	"fmt"
	"time"
)

// Rehearse plans the first half of a rehearsal from From to To: the flip of a rollback,
// and nothing that a rollback leaves. Its journal stays until Conclude ends it.
func Rehearse(a Aliases, j Journal) (Plan, error) {
	p, err := begin(Rehearsal, a, j)
	if err != nil {
		return Plan{}, err
	}
	p.add(Step{Confirm: ChampionUnmoved, Flip: true, Move: Move{Kind: SetAlias, Alias: a.Champion, Version: p.Journal.To}})
	return p, nil
}

// Return plans the second half: @champion := From.
func (p Plan) Return() Plan {
	p.Steps = []Step{{Confirm: Returnable, Flip: true, Move: Move{Kind: SetAlias, Alias: p.Aliases.Champion, Version: p.Journal.From}}}
	return p
}

// Conclude plans the end of a rehearsal, after which the service serves From again:
// the record of it, and the journal's end.
func (p Plan) Conclude(record string) Plan {
	p.Steps = []Step{
		{Confirm: JournalOurs, Move: Move{Kind: SetModelTag, Key: TagRehearsal, Value: record}},
		{Move: endJournal()},
	}
	return p
}

// Renew is the plan with a journal of this time, and the write of it: a rehearsal waits
// for a service, and may take longer than another run waits for a journal.
func (p Plan) Renew(now time.Time) (Plan, Step, error) {
	p.Journal.Time = now.UTC().Truncate(time.Second)
	text, err := p.Journal.Encode()
	return p, Step{Confirm: JournalOurs, Move: Move{Kind: SetModelTag, Key: TagJournal, Value: text}}, err
}

// abandoned says what to do about the journal of a rehearsal whose holder is dead:
// @champion goes back to From. Where it is there already, the service may still serve
// To, and needs a reload as well.
func (p Plan) abandoned(what, champion string) Found {
	text := fmt.Sprintf("%s had @%s at %s again: ended, and the service may have to be reloaded", what, p.Aliases.Champion, Label(champion))
	p.Steps = nil
	if champion != p.Journal.From {
		p = p.Return()
		text = fmt.Sprintf("%s had left @%s at %s: it is %s again, and the service has to be reloaded", what, p.Aliases.Champion, Label(champion), Label(p.Journal.From))
	}
	p.add(Step{Move: endJournal()})
	return Found{Return, p, text}
}
