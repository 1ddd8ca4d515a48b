package state_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/org/ct-action/internal/state"
)

// TestCounting: whichever record is the newer one, neither shortens a cooldown,
// lets a version that was rolled back from serve again, or enlarges a budget.
func TestCounting(t *testing.T) {
	t.Parallel()
	const old, young = 1, 2 // hours; an event of either may be on either record
	at := func(hour int) time.Time { return time.Date(2026, 11, 23, hour, 0, 0, 0, time.UTC) }
	event := func(hour int) *state.Event {
		if hour == 0 {
			return nil
		}
		return &state.Event{At: at(hour), From: "7", To: "8"}
	}
	type record struct {
		promoted, rolledBack int // hours; 0: never
		holdout              string
		uses                 int
	}
	type want = record
	for name, c := range map[string]struct{ newer, older, want record }{
		"nothing":                      {record{}, record{}, want{}},
		"the newer alone":              {record{old, old, "a", 3}, record{}, want{old, old, "a", 3}},
		"the older alone":              {record{}, record{old, old, "a", 3}, want{old, old, "a", 3}},
		"later in the newer":           {record{young, young, "a", 4}, record{old, old, "a", 3}, want{young, young, "a", 4}},
		"later in the older":           {record{old, old, "a", 3}, record{young, young, "a", 4}, want{young, young, "a", 4}},
		"promotion later in the older": {record{promoted: old, rolledBack: young}, record{promoted: young, rolledBack: old}, want{promoted: young, rolledBack: young}},
		"another holdout":              {record{holdout: "b", uses: 1}, record{holdout: "a", uses: 9}, want{holdout: "b", uses: 1}},
		"the newer forgot a holdout":   {record{promoted: young}, record{holdout: "a", uses: 9}, want{promoted: young, holdout: "a", uses: 9}},
	} {
		of := func(r record, updated int) state.State {
			s := state.State{Schema: state.Schema, Model: "churn", UpdatedAt: at(updated), LastPromotion: event(r.promoted), LastRollback: event(r.rolledBack)}
			if r.holdout != "" {
				s.Holdout = &state.Holdout{SHA256: r.holdout, Uses: r.uses}
			}
			return s
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for which, pair := range map[string][2]state.State{
				"tag newer":      {of(c.newer, 20), of(c.older, 10)},
				"variable newer": {of(c.older, 10), of(c.newer, 20)},
				"equal":          {of(c.newer, 20), of(c.older, 20)},
			} {
				got := state.Counting(pair[0], pair[1])
				if want := of(c.want, 20); !reflect.DeepEqual(got, want) {
					t.Errorf("%s: %+v, expected %+v", which, got, want)
				}
				if adds := got != pair[0]; !adds && !reflect.DeepEqual(got, pair[0]) || !adds && which == "variable newer" {
					t.Errorf("%s: adds something: %t", which, adds)
				}
				if again := state.Counting(got, pair[1]); again != got {
					t.Errorf("%s: written into the tag, the variable still adds %+v", which, again)
				}
			}
		})
	}
}

// TestCountingOfTheSameSecond: of two records of one second the tag's holdout
// counts, which is of the decision that this registry has seen.
func TestCountingOfTheSameSecond(t *testing.T) {
	t.Parallel()
	tag := state.State{Holdout: &state.Holdout{SHA256: "a", Uses: 1}}
	variable := state.State{Holdout: &state.Holdout{SHA256: "b", Uses: 9}}
	if got := state.Counting(tag, variable); got != tag {
		t.Errorf("%+v counts, expected the tag", got)
	}
}
