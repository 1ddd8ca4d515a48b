package promote

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/state"
)

var (
	aliases = Aliases{Champion: "champion", Previous: "previous", Challenger: "challenger"}
	created = time.UnixMilli(1763600000123)
	began   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

// registry is the small part of MLflow that plans are about.
type registry struct {
	model    Model
	versions map[string]Version
}

func newRegistry(champion, previous string) *registry {
	r := &registry{
		model:    Model{Name: "churn", Created: created, Aliases: map[string]string{}, Tags: map[string]string{}},
		versions: map[string]Version{},
	}
	for _, v := range []string{"6", "7", "8", "9"} {
		r.versions[v] = Version{Number: v, Status: "READY", Tags: map[string]string{}}
	}
	for alias, v := range map[string]string{"champion": champion, "previous": previous} {
		if v != "" {
			r.model.Aliases[alias] = v
		}
	}
	return r
}

func (r *registry) apply(m Move) {
	r.model = m.Applied(r.model)
	if m.Kind == SetVersionTag {
		r.versions[m.Version].Tags[m.Key] = m.Value
	}
}

func promotion(previous string) Journal {
	return Journal{
		From: "7", To: "8", Previous: previous, Decision: "d1", Holder: "h1", Time: began, ModelCreated: created.UnixMilli(),
		Tags: map[string]string{TagPromotedAt: "2026-11-23T12:00:00Z", TagDecision: "{}"},
	}
}

func rollback() Journal {
	return Journal{
		From: "7", To: "6", Previous: "6", Decision: "d1", Holder: "h1", Time: began, ModelCreated: created.UnixMilli(),
		Tags: map[string]string{TagQuarantined: "true", TagDecision: "{}"},
	}
}

func rehearsal() Journal {
	return Journal{From: "7", To: "6", Previous: "6", Decision: "d1", Holder: "h1", Time: began, ModelCreated: created.UnixMilli()}
}

// Killed after any number of moves, and with a person who may have moved
// @champion meanwhile: the model is servable, the next run ends the journal,
// and the end is one of the two that the journal allows or the person's.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		previous := rapid.SampledFrom([]string{"", "6", "7", "9"}).Draw(t, "previous")
		operation := rapid.SampledFrom([]Operation{Promotion, Rollback, Rehearsal}).Draw(t, "operation")
		r, s := newRegistry("7", previous), state.State{Model: "churn"}
		var plan Plan
		var err error
		switch operation {
		case Rollback:
			plan, err = RollBack(aliases, rollback(), &s)
		case Rehearsal:
			plan, err = Rehearse(aliases, rehearsal())
			plan.Steps = slices.Concat(plan.Steps, plan.Return().Steps, plan.Conclude("{}").Steps)
		default:
			plan, err = Promote(aliases, promotion(previous), &s, false)
		}
		if err != nil {
			t.Fatal(err)
		}
		moves := plan.Moves()
		killed := rapid.IntRange(0, len(moves)).Draw(t, "moves made")
		for _, m := range moves[:killed] {
			r.apply(m)
		}
		person := rapid.SampledFrom([]string{"", "9"}).Draw(t, "person moves to")
		if person != "" {
			r.apply(Move{Kind: SetAlias, Alias: "champion", Version: person})
		}
		champion := r.model.Aliases["champion"]
		if _, ok := r.versions[champion]; !ok {
			t.Fatalf("@champion is %q: nothing to serve", champion)
		}
		j, err := ReadJournal(r.model)
		if err != nil {
			t.Fatal(err)
		}
		if j == nil {
			if killed != 0 && killed != len(moves) {
				t.Fatalf("killed after %d of %d moves, and no journal tells", killed, len(moves))
			}
			return
		}
		found, err := Recover(aliases, *j, r.model, &s, time.Hour, time.Minute, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range found.Plan.Moves() {
			r.apply(m)
		}
		checkRecovered(t, r, *j, found.Recovery, champion, previous)
	})
}

func checkRecovered(t *rapid.T, r *registry, j Journal, recovery Recovery, before, previous string) {
	champion := r.model.Aliases["champion"]
	want := map[Operation]map[string]Recovery{
		Promotion: {"7": Undo, "8": Finish, "9": Yield},
		Rollback:  {"7": Finish, "6": Finish, "9": Yield},
		Rehearsal: {"7": Return, "6": Return, "9": Yield},
	}[j.Operation][before]
	if recovery != want {
		t.Fatalf("%s with @champion v%s: recovery %d, expected %d", j.Operation, before, recovery, want)
	}
	if r.model.Tags[TagJournal] != "" {
		t.Fatal("the journal is still there")
	}
	switch {
	case j.Operation == Rehearsal && (r.versions["7"].Quarantined() || r.model.Aliases["previous"] != previous || r.model.Tags[TagState] != ""):
		t.Fatalf("a rehearsal left tags %v of v7, @previous %q, state %q", r.versions["7"].Tags, r.model.Aliases["previous"], r.model.Tags[TagState])
	case recovery == Return && champion == j.From:
	case recovery == Finish && champion != j.To, recovery != Finish && champion != before:
		t.Fatalf("@champion v%s → v%s", before, champion)
	case recovery == Undo && previous != "" && r.model.Aliases["previous"] != previous:
		t.Fatalf("@previous is %q after the undo, expected %q", r.model.Aliases["previous"], previous)
	case recovery == Finish && j.Operation == Promotion && r.versions["8"].Tags[TagPromotedAt] == "":
		t.Fatal("v8 has no time of promotion")
	case j.Operation == Rollback && !r.versions["7"].Quarantined():
		t.Fatal("v7 is not quarantined")
	case j.Operation == Rollback && r.model.Aliases["previous"] != previous:
		t.Fatal("a rollback wrote @previous")
	}
}

func TestRecoverWaitsForAYoungJournal(t *testing.T) {
	t.Parallel()
	r := newRegistry("7", "6")
	j := promotion("6")
	j.Operation = Promotion
	for _, c := range []struct {
		age  time.Duration
		want Recovery
	}{{0, Wait}, {119 * time.Second, Wait}, {120 * time.Second, Undo}} {
		got, err := Recover(aliases, j, r.model, &state.State{}, c.age, 120*time.Second, false)
		if err != nil || got.Recovery != c.want {
			t.Errorf("journal %s old: recovery %d (%v), expected %d", c.age, got.Recovery, err, c.want)
		}
	}
}

// A promotion killed anywhere, then a rollback that is killed anywhere itself,
// then any run that writes: the model goes back in that one press, nothing is
// left unfinished, and the state tells of both.
func TestRollbackOfAKilledPromotion(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		previous := rapid.SampledFrom([]string{"", "6", "7"}).Draw(t, "previous")
		r := newRegistry("7", previous)
		recorded := func() *state.State {
			s, err := state.Decode(r.model.Tags[TagState], "churn")
			if err != nil {
				t.Fatal(err)
			}
			return &s
		}
		byHand := promotion(previous)
		byHand.Tags[TagDecision] = `{"id":"d1","outcome":"promoted","reason":"why not"}`
		first, err := Promote(aliases, byHand, recorded(), false)
		if err != nil {
			t.Fatal(err)
		}
		moves := first.Moves()
		for _, m := range moves[:rapid.IntRange(3, len(moves)-1).Draw(t, "moves of the promotion")] { // @champion has moved
			r.apply(m)
		}
		j, err := ReadJournal(r.model)
		if err != nil || j == nil {
			t.Fatalf("journal %v, %v", j, err)
		}
		found, err := Recover(aliases, *j, r.model, recorded(), time.Hour, time.Minute, true)
		if err != nil || found.Recovery != TakeBack || len(found.Plan.Steps) > 0 {
			t.Fatalf("recovery %d with %d moves, %v; expected the rollback to go back from it", found.Recovery, len(found.Plan.Steps), err)
		}
		back := Journal{
			From: "8", To: r.model.Aliases["previous"], Previous: r.model.Aliases["previous"], Undoes: &found.Plan.Journal,
			Decision: "d2", Holder: "h2", Time: began.Add(time.Hour), ModelCreated: created.UnixMilli(),
			Tags: map[string]string{TagQuarantined: "true", TagDecision: "{\"outcome\":\"rolled-back\"}", TagReason + ".d2": "why"},
		}
		plan, err := RollBack(aliases, back, recorded())
		if err != nil {
			t.Fatal(err)
		}
		moves = plan.Moves()
		killed := rapid.IntRange(0, len(moves)).Draw(t, "moves of the rollback")
		for _, m := range moves[:killed] {
			r.apply(m)
		}
		if j, err = ReadJournal(r.model); err != nil {
			t.Fatal(err)
		}
		if killed == 0 { // the promotion's journal still is what it was
			return
		}
		if j != nil {
			found, err := Recover(aliases, *j, r.model, recorded(), time.Hour, time.Minute, rapid.Bool().Draw(t, "by a rollback"))
			if err != nil || found.Recovery != Finish {
				t.Fatalf("recovery %d, %v; expected the rollback to be finished", found.Recovery, err)
			}
			for _, m := range found.Plan.Moves() {
				r.apply(m)
			}
		}
		v, s := r.versions["8"], recorded()
		switch {
		case r.model.Aliases["champion"] != "7" || r.model.Tags[TagJournal] != "":
			t.Fatalf("@champion is v%s, journal %q", r.model.Aliases["champion"], r.model.Tags[TagJournal])
		case !v.Quarantined() || v.Tags[TagPromotedAt] == "" || v.Tags[TagDecision] != back.Tags[TagDecision] || v.Tags[TagReason+".d2"] != "why" || v.Tags[TagReason+".d1"] != byHand.Tags[TagDecision]:
			t.Fatalf("v8 has tags %v", v.Tags)
		case s.LastPromotion == nil || s.LastPromotion.Decision != "d1" || s.LastRollback == nil || s.LastRollback.Decision != "d2":
			t.Fatalf("state %+v, expected both to be recorded", s)
		}
	})
}

// A journal that says too much says less, and stops no move: where both do not
// fit the rollback's own does, and of that the tags that keep it from serving.
func TestJournalThatSaysTooMuch(t *testing.T) {
	t.Parallel()
	j, undone := rollback(), promotion("6")
	undone.Tags[TagDecision] = strings.Repeat("x", MaxJournal-500)
	j.Undoes = &undone
	j.Tags[TagDecision] = strings.Repeat("y", 1000)
	p, err := RollBack(aliases, j, &state.State{Model: "churn"})
	if err != nil {
		t.Fatal(err)
	}
	if journal := p.Steps[0].Move.Value; strings.Contains(journal, "undoes") || !strings.Contains(journal, "yyy") || !strings.Contains(words(p.Moves()), TagPromotedAt) {
		t.Errorf("journal %.200s, moves\n%s", journal, words(p.Moves()))
	}
	j.Tags[TagDecision] = strings.Repeat("y", MaxJournal)
	p, err = RollBack(aliases, j, &state.State{Model: "churn"})
	if err != nil {
		t.Fatal(err)
	}
	if journal := p.Steps[0].Move.Value; !strings.Contains(journal, TagQuarantined) || strings.Contains(journal, "yyy") || !strings.Contains(words(p.Moves()), TagDecision) {
		t.Errorf("journal %.200s, moves\n%s", journal, words(p.Moves()))
	}
}

func TestRecoverUsesTheJournalsTime(t *testing.T) {
	t.Parallel()
	r := newRegistry("8", "7")
	j := promotion("6")
	j.Operation = Promotion
	found, err := Recover(aliases, j, r.model, &state.State{Model: "churn"}, time.Hour, time.Minute, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range found.Plan.Moves() {
		r.apply(m)
	}
	s, err := state.Decode(r.model.Tags[TagState], "churn")
	if err != nil || s.LastPromotion == nil || !s.LastPromotion.At.Equal(began) {
		t.Errorf("state %+v (%v), expected a promotion at %s", s, err, began)
	}
}
