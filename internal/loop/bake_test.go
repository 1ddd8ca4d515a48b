package loop_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/bake"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
)

// A gauge answers with its values in order, the last for ever. The first one is asked
// for before the bake begins.
type gauge struct {
	values []float64 // NaN: errGauge
	err    error
	asked  int
	before map[int]func() // before the nth question, from 1
}

var errGauge = errors.New("GET https://prom.example/api/v1/query: no data: the query selects no series now")

func (g *gauge) Measure(context.Context) (float64, error) {
	g.asked++
	once(g.before, g.asked)
	value := g.values[min(g.asked, len(g.values))-1]
	if math.IsNaN(value) {
		return value, errGauge
	}
	return value, g.err
}

// wrong is an error that asking again does not mend.
type wrong struct{ error }

func (wrong) Misdirected() bool { return true }

// bakes is a bake of ten minutes with an error rate of at most 1 %.
func bakes(in *inputs.Inputs) {
	in.BakeFor, in.BakeDelay, in.BakeInterval = 10*time.Minute, 0, time.Minute
	in.BakeURL, in.BakeQuery, in.SuccessCondition = "https://user:secret@prom.example/?token=secret", "errors", "<= 0.01"
}

func TestBake(t *testing.T) {
	t.Parallel()
	none := math.NaN()
	for name, c := range map[string]struct {
		values  []float64
		set     func(in *inputs.Inputs)
		outcome loop.Outcome
		phase   bake.Phase
		asked   int // the first question included
		texts   []string
	}{
		"good":                   {[]float64{0}, nil, loop.Verified, bake.Successful, 11, nil},
		"bad once and twice":     {[]float64{0, 0.5, 0, 0.5, 0}, nil, loop.Verified, bake.Successful, 11, nil},
		"bad at once":            {[]float64{0.5}, nil, loop.RolledBack, bake.Failed, 4, []string{"bake: 3 of 3 measurements at https://prom.example/ failed, more than failure-limit 2: expected <= 0.01, measured 0.5 after 3m0s"}},
		"bad at last":            {[]float64{0, 0, 0, 0, 0, 0, 0, 0, 0.5}, nil, loop.RolledBack, bake.Failed, 11, []string{"3 of 10 measurements"}},
		"bad too late":           {[]float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5}, nil, loop.Verified, bake.Successful, 11, nil},
		"no limit":               {[]float64{0, 0.5}, func(in *inputs.Inputs) { in.FailureLimit = 0 }, loop.RolledBack, bake.Failed, 2, []string{"1 of 1 measurements", "more than failure-limit 0"}},
		"bad after the delay":    {[]float64{0.5}, func(in *inputs.Inputs) { in.BakeDelay = 5 * time.Minute }, loop.RolledBack, bake.Failed, 4, []string{"measured 0.5 after 8m0s"}},
		"no data":                {[]float64{none}, nil, loop.Failed, bake.Inconclusive, 5, []string{"bake: inconclusive: 4 of 4 measurements at https://prom.example/ said nothing, more than inconclusive-limit 3; nothing was moved\nthe last, after 4m0s: " + errGauge.Error()}},
		"no data for a while":    {[]float64{none, none, none, none, 0}, nil, loop.Verified, bake.Successful, 11, nil},
		"never any good":         {[]float64{0, 0.5, 0.5, none, none, none}, func(in *inputs.Inputs) { in.BakeFor = 5 * time.Minute }, loop.Failed, bake.Inconclusive, 6, []string{"bake: inconclusive: none of 5 measurements at https://prom.example/ was successful (2 failed, 3 said nothing); nothing was moved"}},
		"infinite":               {[]float64{math.Inf(1)}, nil, loop.Failed, bake.Inconclusive, 5, []string{"the value is +Inf, as a ratio without requests is"}},
		"between two conditions": {[]float64{0.05}, func(in *inputs.Inputs) { in.FailureCondition = "> 0.1" }, loop.Failed, bake.Inconclusive, 5, []string{"measured 0.05, expected <= 0.01 and not > 0.1"}},
		"a failure condition":    {[]float64{0.2}, func(in *inputs.Inputs) { in.SuccessCondition, in.FailureCondition = "", "> 0.1" }, loop.RolledBack, bake.Failed, 4, []string{"expected not > 0.1, measured 0.2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.gauge = &gauge{values: c.values}
			r := w.verify(t.Context(), func(in *inputs.Inputs) {
				bakes(in)
				if c.set != nil {
					c.set(in)
				}
			}, fresh)
			exit := loop.ExitFailed
			if c.outcome == loop.Verified {
				exit = loop.ExitOK
			}
			expect(t, r, c.outcome, exit, c.texts...)
			if r.Bake.Phase != c.phase || w.gauge.asked != c.asked || len(r.Bake.Measurements) != c.asked-1 {
				t.Errorf("%s after %d questions, %d measurements; expected %s after %d", r.Bake.Phase, w.gauge.asked, len(r.Bake.Measurements), c.phase, c.asked)
			}
			rolledBack := c.outcome == loop.RolledBack
			if champion := w.model.Aliases["champion"]; (champion == "6") != rolledBack || (r.Quarantined == "7") != rolledBack {
				t.Errorf("@champion is v%s, quarantined %q", champion, r.Quarantined)
			}
			if rolledBack && !strings.HasPrefix(r.Reason, "bake: ") {
				t.Errorf("the reason is %q", r.Reason)
			}
			if r.Bake.Address != "https://prom.example/" {
				t.Errorf("the address is told as %s", r.Bake.Address)
			}
		})
	}
}

// A query that is none is told before anybody has waited for it.
func TestBakeOfNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.gauge = &gauge{values: []float64{0}, err: wrong{errors.New("GET https://prom.example/api/v1/query: HTTP 400 Bad Request: parse error")}}
	began := w.clock.now
	r := w.verify(t.Context(), bakes, fresh)
	expect(t, r, loop.Failed, loop.ExitFailed, "bake: not begun, nothing was moved: GET https://prom.example/api/v1/query: HTTP 400 Bad Request: parse error")
	if w.gauge.asked != 1 || w.clock.now.Sub(began) > time.Second {
		t.Errorf("asked %d times, within %s", w.gauge.asked, w.clock.now.Sub(began))
	}
}

// What another version does says nothing of the champion; a service that does not
// answer is measured all the same.
func TestBakeOfAnotherVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.gauge = &gauge{values: []float64{0.5}}
	r := w.verify(t.Context(), bakes, fresh, stale)
	expect(t, r, loop.Failed, loop.ExitFailed, "bake: inconclusive: 4 of 4", "the service reports churn @champion v6, not churn v7")

	w = newWorld(t)
	w.gauge = &gauge{values: []float64{0.5}}
	r = w.verify(t.Context(), bakes, fresh, stranger)
	expect(t, r, loop.Failed, loop.ExitFailed, "bake: inconclusive: 4 of 4", "the service reports fraud @champion v7, not churn v7")

	w = newWorld(t)
	w.gauge = &gauge{values: []float64{0.5}}
	r = w.verify(t.Context(), bakes, fresh, silent)
	expect(t, r, loop.RolledBack, loop.ExitFailed, "bake: 3 of 3")
}

// Whoever moves @champion during a bake has decided; the bake decides nothing more.
func TestBakeIsOvertaken(t *testing.T) {
	t.Parallel()
	for name, values := range map[string][]float64{"good": {0}, "bad": {0.5}, "no data": {math.NaN()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.register("8", "")
			w.gauge = &gauge{values: values, before: map[int]func(){3: func() { w.model.Aliases["champion"] = "8" }}}
			r := w.verify(t.Context(), bakes, fresh)
			expect(t, r, loop.Failed, loop.ExitFailed, "aborted: @champion moved v7 → v8 while verifying")
			if w.model.Aliases["champion"] != "8" || r.Quarantined != "" {
				t.Errorf("@champion is v%s, quarantined %q", w.model.Aliases["champion"], r.Quarantined)
			}
		})
	}
}

// What stands in the way of the rollback is told, and nothing moves.
func TestBakeDoesNotRollBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		world func(w *world)
		set   func(in *inputs.Inputs)
		text  string
	}{
		"dry run":     {func(*world) {}, func(in *inputs.Inputs) { in.DryRun = true }, "a dry run does not roll back"},
		"no previous": {func(w *world) { delete(w.model.Aliases, "previous") }, func(*inputs.Inputs) {}, "rolling back: "},
		"rehearsal": {func(w *world) {
			w.gauge.before = map[int]func(){2: func() { w.occupy(promote.Rehearsal, "6", "7", 0) }}
		}, func(*inputs.Inputs) {}, "not rolled back: a rehearsal of a rollback v6 → v7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.gauge = &gauge{values: []float64{0.5}}
			c.world(w)
			r := w.verify(t.Context(), func(in *inputs.Inputs) { bakes(in); c.set(in) }, fresh)
			if r.Err == nil || !strings.Contains(r.Err.Error(), c.text) || !strings.Contains(r.Err.Error(), "bake: 3 of 3") {
				t.Errorf("%v, expected %q", r.Err, c.text)
			}
			if w.model.Aliases["champion"] != "7" || r.Quarantined != "" {
				t.Errorf("@champion is v%s, quarantined %q", w.model.Aliases["champion"], r.Quarantined)
			}
		})
	}
}

// A bake that was stopped has decided nothing.
func TestBakeIsInterrupted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	w.gauge = &gauge{values: []float64{0.5}, before: map[int]func(){3: func() { cancel(errors.New("interrupted")) }}}
	r := w.verify(ctx, bakes, fresh)
	if r.Outcome == loop.Verified || r.Outcome == loop.RolledBack || w.model.Aliases["champion"] != "7" || len(r.Bake.Measurements) > 1 {
		t.Errorf("%s, @champion is v%s, %d measurements", r.Outcome, w.model.Aliases["champion"], len(r.Bake.Measurements))
	}
}
