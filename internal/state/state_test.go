package state

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := State{Model: rapid.StringMatching(`[a-z<>&"']{1,40}`).Draw(t, "model"), UpdatedAt: noon}
		if rapid.Bool().Draw(t, "promoted") {
			s = s.Promoted(Event{At: noon, From: "7", To: "8", Decision: "d"})
		}
		if rapid.Bool().Draw(t, "rolled back") {
			s = s.RolledBack(Event{At: noon, From: "8", To: "7"})
		}
		for range rapid.IntRange(0, 3).Draw(t, "uses") {
			s = s.Used("abc")
		}
		text, err := s.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(text, s.Model)
		if err != nil {
			t.Fatal(err)
		}
		again, err := got.Encode()
		if err != nil || again != text {
			t.Fatalf("read back as %s (%v), expected %s", again, err, text)
		}
	})
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{`{`, "expected the JSON"},
		{`[]`, "expected the JSON"},
		{`{"schema":2,"model":"churn"}`, "schema 2, and this release knows up to 1"},
		{`{"model":"churn"}`, "schema 0"},
		{`{"schema":1,"model":"other"}`, `it is the record of "other", expected "churn"`},
		{`{"schema":1,"model":"churn","holdout":{"uses":"many"}}`, "reading the state"},
	} {
		if _, err := Decode(c.text, "churn"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Decode(%s): %v, expected an error with %q", c.text, err, c.want)
		}
	}
	if s, err := Decode("", "churn"); err != nil || s.LastPromotion != nil || s.Model != "churn" {
		t.Errorf("no record: %+v, %v; expected a state that remembers nothing", s, err)
	}
}

func TestEncodeBound(t *testing.T) {
	t.Parallel()
	s := State{Model: strings.Repeat("m", MaxBytes)}
	if _, err := s.Encode(); err == nil {
		t.Error("a record over the bound was written")
	}
}

func TestUsedCountsOneDigestOnly(t *testing.T) {
	t.Parallel()
	s := State{}.Used("a").Used("a").Used("b")
	if s.Holdout.SHA256 != "b" || s.Holdout.Uses != 1 {
		t.Errorf("%+v, expected one use of b", *s.Holdout)
	}
	first := State{}.Used("a")
	first.Used("a")
	if first.Holdout.Uses != 1 {
		t.Error("Used changed the state that it was called on")
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, c := range []struct {
		name           string
		records        []time.Time
		here, registry time.Time
		elapsed        time.Duration
		active7        bool
		warned         bool
	}{
		{name: "no record is no cooldown", here: noon},
		{name: "zero times are no record", records: []time.Time{{}}, here: noon},
		{name: "the newest record counts", records: []time.Time{noon.Add(-9 * day), noon.Add(-2 * day)}, here: noon, elapsed: 2 * day, active7: true},
		{name: "seven days to the second are over", records: []time.Time{noon.Add(-7 * day)}, here: noon, elapsed: 7 * day},
		{name: "a second less is not", records: []time.Time{noon.Add(-7*day + time.Second)}, here: noon, elapsed: 7*day - time.Second, active7: true},
		{name: "a registry behind us counts", records: []time.Time{noon.Add(-8 * day)}, here: noon, registry: noon.Add(-2 * day), elapsed: 6 * day, active7: true},
		{name: "a registry ahead of us does not", records: []time.Time{noon.Add(-6 * day)}, here: noon, registry: noon.Add(9 * day), elapsed: 6 * day, active7: true},
		{name: "the future is just now", records: []time.Time{noon.Add(day)}, here: noon, active7: true, warned: true},
	} {
		got := Since(c.records, c.here, c.registry)
		if got.Elapsed != c.elapsed || got.Active(7) != c.active7 || (got.Warning != "") != c.warned {
			t.Errorf("%s: elapsed %s, active %t, warning %q; expected %s, %t, %t", c.name, got.Elapsed, got.Active(7), got.Warning, c.elapsed, c.active7, c.warned)
		}
		if got.Active(0) {
			t.Errorf("%s: a cooldown of 0 days is active", c.name)
		}
	}
}

// TestEventsFollow: whichever clock an event was timed by, it is no earlier than what
// was on record before it, and so it counts.
func TestEventsFollow(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	before := State{UpdatedAt: noon}.Promoted(Event{At: noon, From: "7", To: "8", Decision: "other"})
	mine := Event{At: noon.Add(-time.Minute), From: "8", To: "9", Decision: "mine"}
	if s := Counting(before.Promoted(mine), before); s.LastPromotion.Decision != "mine" {
		t.Errorf("last promotion %+v, expected the one that followed", s.LastPromotion)
	}
	if s := before.RolledBack(Event{At: mine.At, From: "8", To: "7"}); s.TakenBack("8") == nil {
		t.Errorf("last rollback %+v, expected v8 out of service", s.LastRollback)
	}
}
