package triggers

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
	"github.com/org/ct-action/internal/state"
)

var promotedAt = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A monitor looks at a champion, and keeps the record as the loop does.
type monitor struct {
	s state.State
	p Policy
}

func newMonitor() *monitor { return &monitor{p: simPolicy} }

// sees looks at rows some time after the promotion. z is how many standard errors
// their AUC lies below the floor, so that the p-value is exact.
func (m *monitor) sees(after time.Duration, z float64, rows metrics.Sample) (Look, *state.Performance, bool) {
	s := Signals{Now: promotedAt.Add(after), Champion: Champion{Presence: Serving, Version: "7", Since: promotedAt}}
	s.Performance.Rolling = Rolling{AUC: metrics.Absent("not asked for"), Rows: rows.Rows, sample: rows}
	s.Performance.Record = m.s.Performance
	found, record, alarm := weigh(m.p, s, paired.Contrast{Value: z, StandardError: 1, Freedom: math.Inf(1), Rows: rows.Rows})
	if record != nil {
		m.s.Performance = record
	}
	return found, record, alarm
}

// rowsOf are as many rows, every fourth of them positive, of an endless list.
func rowsOf(first, n int) metrics.Sample {
	positive, scores := make([]bool, n), make([]float64, n)
	for i := range n {
		positive[i], scores[i] = (first+i)%4 == 0, float64(mixed(uint64(first+i))>>11)
	}
	return sampleOf(positive, scores)
}

// coarse are rows of two scores, and all of one class.
func coarse(n int) metrics.Sample {
	scores := make([]float64, n)
	for i := range scores {
		scores[i] = float64(i % 2)
	}
	return sampleOf(make([]bool, n), scores)
}

// TestRiskOfExactPValues holds both halves of the promise where the p-values are
// exact and the AUC is the floor, each by itself: by how often it alone fires.
func TestRiskOfExactPValues(t *testing.T) {
	t.Parallel()
	const lives, perYear = 4000, 52
	r := rand.New(rand.NewPCG(13, 4))
	together, alone, sums := 0, 0, 0.0
	half, needed := simPolicy.half()
	for range lives {
		a := begun(simPolicy, Signals{Champion: Champion{Version: "7"}})
		for range perYear {
			p := r.Float64()
			a.count(p, 1./perYear)
			if a.sum() >= needed {
				together++
				a.Evidence = make([]float64, len(sizes))
			}
			if p <= half/perYear {
				alone++
			}
		}
		sums += a.sum()
	}
	limit := half + 3*math.Sqrt(half/lives)
	if rate := float64(together) / lives; rate > limit || rate < half/10 {
		t.Errorf("looks together fire %.4f times a year, expected at most %.4f, and not next to never", rate, half)
	}
	if rate := float64(alone) / lives; rate > limit {
		t.Errorf("looks by themselves fire %.4f times a year, expected at most %.4f", rate, half)
	}
}

// TestEvidenceIsFair: the expectation of what one look multiplies in is at most 1
// for each size of a fall, over the p-values of an AUC at the floor, and nearly 1:
// nothing is given away.
func TestEvidenceIsFair(t *testing.T) {
	t.Parallel()
	const steps = 1_000_000
	mean := make([]float64, len(sizes))
	for i := range steps {
		a := account{Evidence: make([]float64, len(sizes))}
		a.count((float64(i)+0.5)/steps, 1)
		for j, e := range a.Evidence {
			mean[j] += e / steps
		}
	}
	for j, got := range mean {
		if got > 1+1e-9 || got < 0.98 {
			t.Errorf("size %v: a look is worth %v on average, expected at most 1 and nearly that", sizes[j], got)
		}
	}
}

func TestLooks(t *testing.T) {
	t.Parallel()
	week := 7 * day
	m := newMonitor()
	found, first, alarm := m.sees(week, 2, rowsOf(0, 500))
	if alarm || first == nil || found.Looks != 1 || !(found.Sum > 0) {
		t.Fatalf("the first look: alarm %t, record %+v, found %+v", alarm, first, found)
	}
	if again, record, alarm := m.sees(2*week, 2, rowsOf(0, 500)); alarm || record != nil || again.Sum != found.Sum {
		t.Errorf("an unchanged file: alarm %t, record %+v, evidence %v; expected no new look", alarm, record, again.Sum)
	}
	if _, record, _ := m.sees(week+time.Hour, 2, rowsOf(100, 500)); record != nil {
		t.Errorf("rows that overlap an hour later were recorded: %+v", record)
	}
	overlapping, record, _ := m.sees(2*week, 2, rowsOf(100, 500))
	if overlapping.Looks != 1 || overlapping.Sum != found.Sum || record == nil || !strings.Contains(overlapping.Found, "rows counted before") {
		t.Errorf("four rows in five were counted before: %+v; expected them not to be counted", overlapping)
	}
	if fresh, _, _ := m.sees(3*week, 2, rowsOf(500, 500)); fresh.Looks != 2 || !(fresh.Sum > found.Sum) {
		t.Errorf("new rows: %+v; expected a second look that adds to %v", fresh, found.Sum)
	}
	_, _, alarm = m.sees(4*week, 6, rowsOf(1000, 500))
	if _, _, again := m.sees(5*week, 6, rowsOf(1000, 500)); !alarm || !again {
		t.Errorf("an alarm, then the same rows: %t, %t; expected it to stand until it is answered", alarm, again)
	}
	before := *m.s.Performance
	m.s = m.s.Answered(promotedAt.Add(5 * week))
	if _, record, alarm := m.sees(5*week, 6, rowsOf(1000, 500)); alarm || record != nil {
		t.Error("the rows that were answered raised the alarm again")
	}
	if !before.Alarm || m.s.Performance.Alarm || begun(m.p, Signals{Champion: Champion{Version: "7"}, Performance: PerformanceSignal{Record: m.s.Performance}}).sum() != 0 {
		t.Errorf("answered: %+v, expected no evidence left", *m.s.Performance)
	}
	if found, _, alarm := m.sees(6*week, 1, rowsOf(1100, 500)); found.Looks != 0 || alarm {
		t.Errorf("after the answer, four rows in five of the alarm: %+v; expected them not to be counted again", found)
	}
	m.p.AUCFloor = metrics.MustDecimal("0.7")
	if found, _, _ := m.sees(7*week, 1, rowsOf(2000, 500)); found.Looks != 1 || found.During != 7*week {
		t.Errorf("another floor: %+v; expected a record that begins anew", found)
	}
}

// TestOneLook: rows that leave no doubt fire at the first look, whatever else is
// or is not on record; the part of a year that has passed is what they may spend.
func TestOneLook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration
		z     float64
		fires bool
	}{
		{7 * day, 3.2, false}, {7 * day, 3.4, true}, // p = 0.025·7/365 = 0.00048 is z = 3.30
		{365 * day, 1.9, false}, {365 * day, 2.0, true}, // 0.025 is 1.96
		{3650 * day, 1.9, false}, // no more than a year's
		{0, 6, false}, {-day, 6, false},
	} {
		m := newMonitor()
		m.s.Performance = &state.Performance{ // counted a moment ago: nothing but the one look says anything
			Champion: "7", Floor: simPolicy.AUCFloor.String(), Evidence: make([]float64, len(sizes)), Since: promotedAt, CountedAt: promotedAt.Add(c.after), LookedAt: promotedAt,
		}
		if _, _, alarm := m.sees(c.after, c.z, rowsOf(0, 500)); alarm != c.fires {
			t.Errorf("z %v after %s: fired is %t", c.z, Age(max(0, c.after)), alarm)
		}
	}
}

// TestAlarmStands: an alarm of one look outlasts rows that overlap with it, as
// nobody has answered it, and not new rows that say nothing of a fall.
func TestAlarmStands(t *testing.T) {
	t.Parallel()
	m := newMonitor()
	m.sees(day, 0, rowsOf(0, 500))
	_, _, first := m.sees(8*day, 3.5, rowsOf(100, 500))
	_, _, second := m.sees(9*day, 3, rowsOf(120, 500))
	_, _, third := m.sees(10*day, -1, rowsOf(5000, 500))
	if !first || !second || third {
		t.Errorf("fired %t, then with 20 other rows %t, then with new rows above the floor %t; expected true, true, false", first, second, third)
	}
}

// TestEvidenceStaysANumber: however long nobody answers.
func TestEvidenceStaysANumber(t *testing.T) {
	t.Parallel()
	m := newMonitor()
	for i := range 500 {
		m.sees(time.Duration(i)*7*day, 40, rowsOf(500*i, 500))
	}
	m.s.Model = strings.Repeat("m", 256)
	for range 3 {
		m.s = m.s.Promoted(state.Event{At: promotedAt, From: "12345", To: "12346", Decision: strings.Repeat("d", 36)}).RolledBack(state.Event{At: promotedAt, From: "12345", To: "12346", Decision: strings.Repeat("d", 36)})
	}
	text, err := m.s.Used(strings.Repeat("a", 64)).Encode()
	if err != nil || len(text) > state.MaxBytes {
		t.Fatalf("%d bytes, %v", len(text), err)
	}
}

func TestWindowShares(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name               string
		first, second      metrics.Sample
		truth, least, most float64
	}{
		{"the same rows", rowsOf(0, 500), rowsOf(0, 500), 1, 1, 1},
		{"other rows", rowsOf(0, 500), rowsOf(500, 500), 0, 0, 0},
		{"half of them", rowsOf(0, 5000), rowsOf(2500, 5000), 0.5, 0.3, 0.7},
		{"a file that has doubled", rowsOf(0, 3000), rowsOf(0, 6000), 0.5, 0.3, 0.7},
		{"a file that grew to twenty times", rowsOf(0, 500), rowsOf(0, 10_000), 0.05, 0, mostShared},
		{"a few rows of many", rowsOf(0, 10_000), rowsOf(0, 500), 1, 0.5, 1},
		{"a file of two scores that has doubled", coarse(3000), coarse(6000), 0.5, 0.3, 0.7},
		{"twenty rows, ten of them seen", rowsOf(0, 20), rowsOf(10, 20), 0.5, 0.5, 0.5},
	} {
		a, b := windowOf(c.first), windowOf(c.second)
		if got := b.shares(account{Rows: a.rows, Sketch: a.sketch}); got < c.least-1e-12 || got > c.most+1e-12 {
			t.Errorf("%s: %.3f, expected about %.2f", c.name, got, c.truth)
		}
	}
	forth, back := rowsOf(0, 500), rowsOf(0, 500)
	for i := range 250 {
		j := 499 - i
		back.Positive[i], back.Positive[j] = back.Positive[j], back.Positive[i]
		back.Challenger.Values[i], back.Challenger.Values[j] = back.Challenger.Values[j], back.Challenger.Values[i]
	}
	if windowOf(forth).digest != windowOf(back).digest {
		t.Error("the same rows in another order are other rows")
	}
	back.Positive[0] = !back.Positive[0]
	if windowOf(forth).digest == windowOf(back).digest {
		t.Error("a row whose label changed is the same row")
	}
}

// TestDoubts: what the plain rule says of its own noise.
func TestDoubts(t *testing.T) {
	t.Parallel()
	sample := func(positives, negatives int, below float64) Rolling {
		var positive []bool
		var scores []float64
		for i := range positives {
			positive, scores = append(positive, true), append(scores, (float64(i)+0.5)/float64(positives))
		}
		for i := range negatives {
			positive, scores = append(positive, false), append(scores, (float64(i)+0.5)/float64(negatives)-below)
		}
		return rollingOf(positive, scores)
	}
	for _, c := range []struct {
		name string
		r    Rolling
		want string // "" is no warning
	}{
		{"far below", sample(500, 500, 0.1), ""},
		{"near it", sample(50, 50, 0.25), "holds the floor: it may be noise"},
		{"one positive row", sample(1, 100, 0.1), "cannot be told from 1 positive row"},
		{"few positive rows", sample(8, 100, 0.1), "8 positive rows"},
		{"above", sample(500, 500, 0.9), ""},
	} {
		s := Signals{Champion: Champion{Presence: Serving, Version: "7"}, Performance: PerformanceSignal{File: File{Source: "labels.csv"}, Rolling: c.r}}
		d := Decide(Policy{ScheduleOff: true, DriftOff: true, AUCFloor: metrics.MustDecimal("0.8"), MinRows: 2}, s)
		got := strings.Join(d.Warnings, "; ")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s (AUC %v): warned %q, expected %q", c.name, c.r.AUC.Float64(), got, c.want)
		}
		if fired := c.name != "above"; d.Fired("performance") != fired || d.Record != nil {
			t.Errorf("%s: fired %t, record %v; expected the rule without a confidence and no record", c.name, !fired, d.Record)
		}
	}
}

// TestEvidenceNeedsBothClasses: ten rows of each, and scores that differ.
func TestEvidenceNeedsBothClasses(t *testing.T) {
	t.Parallel()
	p := simPolicy
	p.MinRows, p.ScheduleOff, p.DriftOff = 2, true, true
	for _, c := range []struct {
		positives, negatives int
		reversed             bool
		want                 string
	}{
		{9, 200, false, "9 positive rows < 10"}, {200, 9, false, "9 negative rows < 10"}, {10, 10, true, "the AUC has no standard error"},
	} {
		var positive []bool
		var scores []float64
		for i := range c.positives + c.negatives {
			is := i < c.positives
			positive, scores = append(positive, is), append(scores, float64(i%7))
			if c.reversed {
				scores[i] = 1
			}
		}
		s := Signals{Now: promotedAt, Champion: Champion{Presence: Serving, Version: "7"}, Performance: PerformanceSignal{File: File{Source: "labels.csv"}, Rolling: rollingOf(positive, scores)}}
		d := Decide(p, s)
		if got := d.Triggers[2]; got.Status != NoOpinion || !strings.Contains(got.Text, c.want) || d.Record != nil {
			t.Errorf("%d and %d rows: %+v, expected no opinion, as %s", c.positives, c.negatives, got, c.want)
		}
	}
}
