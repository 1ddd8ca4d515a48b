package promote

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/state"
)

func plan(t *testing.T, j Journal, keepPrevious bool) Plan {
	t.Helper()
	p, err := Promote(aliases, j, &state.State{Model: "churn"}, keepPrevious)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func words(moves []Move) string {
	var lines []string
	for _, m := range moves {
		lines = append(lines, m.String())
	}
	return strings.Join(lines, "\n")
}

func TestPromoteOrder(t *testing.T) {
	t.Parallel()
	got := words(plan(t, promotion("6"), false).Moves())
	want := `setting tag ct.journal of the registered model
setting alias previous to version 7
setting alias champion to version 8
setting tag ct.promoted_at of version 8
setting tag ct.decision of version 8
setting tag ct.state of the registered model
clearing tag ct.journal of the registered model`
	if got != want {
		t.Errorf("moves:\n%s\nexpected:\n%s", got, want)
	}
}

func TestRehearseOrder(t *testing.T) {
	t.Parallel()
	p, err := Rehearse(aliases, rehearsal())
	if err != nil {
		t.Fatal(err)
	}
	want := `setting tag ct.journal of the registered model
setting alias champion to version 6
setting alias champion to version 7
setting tag ct.rehearsal of the registered model
clearing tag ct.journal of the registered model`
	if got := words(slices.Concat(p.Moves(), p.Return().Moves(), p.Conclude("{}").Moves())); got != want {
		t.Errorf("moves:\n%s\nexpected:\n%s", got, want)
	}
	if p.Steps[0].Optional {
		t.Error("a rehearsal goes on without a journal")
	}
}

// The renewed journal is the same one, later.
func TestRenew(t *testing.T) {
	t.Parallel()
	p, err := Rehearse(aliases, rehearsal())
	if err != nil {
		t.Fatal(err)
	}
	renewed, step, err := p.Renew(began.Add(time.Minute))
	if err != nil || step.Confirm != JournalOurs {
		t.Fatalf("%v, %v", step, err)
	}
	r := newRegistry("6", "6")
	r.apply(step.Move)
	j, err := ReadJournal(r.model)
	if err != nil || j == nil || !j.Time.Equal(began.Add(time.Minute)) || !j.Time.Equal(renewed.Journal.Time) || j.Holder != "h1" || j.From != "7" || j.To != "6" || !p.Journal.Time.Equal(began) {
		t.Errorf("%+v, %v", j, err)
	}
}

func TestRollBackOrder(t *testing.T) {
	t.Parallel()
	p, err := RollBack(aliases, rollback(), &state.State{Model: "churn"})
	if err != nil {
		t.Fatal(err)
	}
	want := `setting tag ct.journal of the registered model
setting alias champion to version 6
setting tag quarantined of version 7
setting tag ct.decision of version 7
setting tag ct.state of the registered model
clearing tag ct.journal of the registered model`
	if got := words(p.Moves()); got != want {
		t.Errorf("moves:\n%s\nexpected:\n%s", got, want)
	}
}

func TestPromoteWithoutAChampionToKeep(t *testing.T) {
	t.Parallel()
	first := promotion("")
	first.From = ""
	for name, p := range map[string]Plan{"first champion": plan(t, first, false), "champion is gone": plan(t, promotion("6"), true)} {
		for _, m := range p.Moves() {
			if m.Alias == aliases.Previous {
				t.Errorf("%s: %s", name, m)
			}
		}
	}
}

func TestRollBackWithAnUnreadableStateLeavesItAlone(t *testing.T) {
	t.Parallel()
	p, err := RollBack(aliases, rollback(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range p.Moves() {
		if m.Key == TagState {
			t.Errorf("%s", m)
		}
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	p := plan(t, promotion("6"), false)
	ours := p.Steps[0].Move
	foreign := promotion("6")
	foreign.Holder, foreign.Operation = "h2", Promotion
	theirs, err := foreign.Encode()
	if err != nil {
		t.Fatal(err)
	}
	quarantined := Version{Number: "8", Tags: map[string]string{TagQuarantined: "True"}}
	for _, c := range []struct {
		name     string
		champion string
		journal  string
		to       Version
		confirm  Confirm
		want     string // "" holds
	}{
		{"all as it was", "7", ours.Value, Version{Number: "8"}, ChampionUnmoved, ""},
		{"a person moved @champion", "6", ours.Value, Version{}, ChampionUnmoved, "@champion moved v7 → v6 while judging"},
		{"a person removed @champion", "", ours.Value, Version{}, ChampionUnmoved, "@champion moved v7 → none while judging"},
		{"a person quarantined it", "7", ours.Value, quarantined, ChampionUnmoved, "v8 was quarantined while judging"},
		{"another run took the journal", "7", theirs, Version{}, JournalOurs, "another run (decision d1) has begun a promotion v7 → v8"},
		{"another run cleared the journal", "7", "", Version{}, JournalOurs, "the journal of this run is gone: another run cleared it"},
		{"nothing is asked", "6", "", quarantined, Nothing, ""},
	} {
		r := newRegistry(c.champion, "6")
		r.model.Tags[TagJournal] = c.journal
		found, ok := p.Holds(c.confirm, r.model, c.to)
		if found != c.want || ok != (c.want == "") {
			t.Errorf("%s: %q, %t; expected %q", c.name, found, ok, c.want)
		}
	}
}

// The way back of a rehearsal: @champion is where it was put, and its old version may
// still serve.
func TestReturnable(t *testing.T) {
	t.Parallel()
	p, err := Rehearse(aliases, rehearsal())
	if err != nil {
		t.Fatal(err)
	}
	p = p.Return()
	if champion, servable := p.Asks(Returnable); champion != "6" || servable != "7" {
		t.Errorf("asks about @champion %s and version %s", champion, servable)
	}
	ours, err := p.Journal.Encode()
	if err != nil {
		t.Fatal(err)
	}
	quarantined := Version{Number: "7", Tags: map[string]string{TagQuarantined: "yes"}}
	for _, c := range []struct {
		champion, journal string
		from              Version
		want              string
	}{
		{"6", ours, Version{Number: "7"}, ""},
		{"7", ours, Version{Number: "7"}, "@champion moved v6 → v7 meanwhile"},
		{"9", ours, Version{Number: "7"}, "@champion moved v6 → v9 meanwhile"},
		{"6", ours, quarantined, "v7 was quarantined meanwhile"},
		{"6", "", Version{Number: "7"}, "the journal of this run is gone: another run cleared it"},
	} {
		r := newRegistry(c.champion, "6")
		r.model.Tags[TagJournal] = c.journal
		if found, ok := p.Holds(Returnable, r.model, c.from); found != c.want || ok != (c.want == "") {
			t.Errorf("@champion v%s, journal %.20q: %q, expected %q", c.champion, c.journal, found, c.want)
		}
	}
}

func TestAbortRestoresPreviousOnlyIfTheJournalIsOurs(t *testing.T) {
	t.Parallel()
	p := plan(t, promotion("6"), false)
	r := newRegistry("9", "7") // a person moved @champion; @previous is already ours
	r.apply(p.Steps[0].Move)
	if got := words(p.Abort(r.model)); got != "setting alias previous to version 6\nclearing tag ct.journal of the registered model" {
		t.Errorf("abort: %s", got)
	}
	r.model.Tags[TagJournal] = ""
	if got := p.Abort(r.model); got != nil {
		t.Errorf("abort without our journal: %s", words(got))
	}
}

func TestReadJournal(t *testing.T) {
	t.Parallel()
	j := promotion("6")
	j.Operation = Promotion
	text, err := j.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, text string
		created    int64
		found, bad bool
	}{
		{"none", "", created.UnixMilli(), false, false},
		{"ours", text, created.UnixMilli(), true, false},
		{"of a model made again", text, created.UnixMilli() + 1, false, false},
		{"not JSON", "x", created.UnixMilli(), false, true},
		{"another operation", strings.Replace(text, `"promotion"`, `"canary"`, 1), created.UnixMilli(), false, true},
		{"no target", strings.Replace(text, `"to":"8"`, `"to":""`, 1), created.UnixMilli(), false, true},
	} {
		m := newRegistry("7", "6").model
		m.Tags[TagJournal] = c.text
		m.Created = m.Created.Add(0)
		if c.created != created.UnixMilli() {
			m.Created = created.Add(1e6)
		}
		got, err := ReadJournal(m)
		if (got != nil) != c.found || (err != nil) != c.bad {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}

func TestJournalFitsItsTag(t *testing.T) {
	t.Parallel()
	j := promotion("6")
	j.Tags[TagDecision] = strings.Repeat("x", MaxJournal)
	if _, err := j.Encode(); err == nil {
		t.Error("a journal over the bound was written")
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]bool{"": false, "false": false, "False": false, " FALSE ": false, "true": true, "True": true, "bad": true, "0": true} {
		if got := (Version{Tags: map[string]string{TagQuarantined: tag}}).Quarantined(); got != want {
			t.Errorf("quarantined=%q: %t, expected %t", tag, got, want)
		}
	}
	for source, want := range map[string]bool{"models:/m-1a2b": false, "models:/churn/3": true, "runs:/abc/model": false, "mlflow-artifacts:/1/x": false} {
		if got := (Version{Source: source}).Copied(); got != want {
			t.Errorf("source %q: copied %t, expected %t", source, got, want)
		}
	}
}

// What a person wrote, and nothing of our own.
func TestKept(t *testing.T) {
	t.Parallel()
	said := `{"id":"d1","outcome":"promoted","reason":"why"}`
	for name, c := range map[string]struct {
		tags map[string]string
		want string
	}{
		"nothing":               {nil, "map[]"},
		"our own quarantine":    {map[string]string{TagQuarantined: "true"}, "map[]"},
		"a person's quarantine": {map[string]string{TagQuarantined: "fraud spike"}, "map[quarantined:fraud spike]"},
		"a lifted one":          {map[string]string{TagQuarantined: "false"}, "map[]"},
		"a reason alone":        {map[string]string{TagDecision: said}, "map[ct.reason.d1:" + said + "]"},
		"a reason that is kept": {map[string]string{TagDecision: said, "ct.reason.d1": "x"}, "map[]"},
		"no reason":             {map[string]string{TagDecision: `{"id":"d1","outcome":"flagged"}`}, "map[]"},
		"not ours":              {map[string]string{TagDecision: "fine"}, "map[]"},
		"an id that is no key":  {map[string]string{TagDecision: `{"id":"../x=","reason":"why"}`}, "map[]"},
	} {
		if got := fmt.Sprint(Kept(Version{Number: "7", Tags: c.tags})); got != c.want {
			t.Errorf("%s: %s, expected %s", name, got, c.want)
		}
	}
}
