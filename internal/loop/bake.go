package loop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/org/ct-action/internal/bake"
	"github.com/org/ct-action/internal/text"
)

// A Bake is what production showed after the service had taken the champion up. The
// zero value has seen nothing.
type Bake struct {
	Address      string // bake-url without credentials and query
	Phase        bake.Phase
	Measurements []bake.Measurement
}

// verifyAndBake is mode verify, and the watch of production after it where bake-for asks
// for one. Nothing is written before the bake is decided, so that one that was killed
// is begun anew.
func (l *Loop) verifyAndBake(ctx context.Context) error {
	if err := l.verify(ctx); err != nil || l.r.Outcome != Verified || l.In.BakeFor == 0 {
		return err
	}
	l.r.Outcome = ""
	defer l.timed("bake")()
	l.r.Bake = &Bake{Address: cmp.Or(text.Address(l.In.BakeURL), "production"), Phase: bake.Running}
	if _, err := l.Gauge.Measure(ctx); misdirected(err) {
		l.r.Bake.Phase = bake.Inconclusive
		return fmt.Errorf("bake: not begun, nothing was moved: %w", err)
	}
	if err := l.watch(ctx); err != nil {
		l.r.Bake.Phase = bake.Inconclusive
		return err
	}
	return l.baked(ctx)
}

// watch measures until the bake is decided.
func (l *Loop) watch(ctx context.Context) error {
	b, began := l.r.Bake, l.Now()
	for n := 1; b.Phase == bake.Running; n++ {
		if err := l.Sleep(ctx, max(0, began.Add(l.In.BakeDelay+time.Duration(n)*l.In.BakeInterval).Sub(l.Now()))); err != nil {
			return err
		}
		m := l.sample(ctx, l.Now().Sub(began))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		b.Measurements = append(b.Measurements, m)
		b.Phase = l.In.BakeRules().Assess(b.Measurements, n >= l.In.Measurements())
		l.Narrator.Tell(Measured, l.r)
	}
	return nil
}

// sample measures once. A value counts for nothing while the service reports another
// version, such as an instance that came back with the old one, or another model; a service that does not
// answer is measured all the same, since that may be what is wrong with it.
func (l *Loop) sample(ctx context.Context, after time.Duration) bake.Measurement {
	m := bake.Measurement{After: after}
	value, err := l.Gauge.Measure(ctx)
	if m.Value = value; err != nil {
		m.Value, m.Text = math.NaN(), err.Error()
		return m
	}
	model, alias, version, err := l.Service.ModelInfo(ctx)
	version = bareVersion(version)
	if err == nil && (version != l.champion.Number || model != "" && model != l.In.ModelName) {
		m.Text = fmt.Sprintf("the service reports %s, not %s", describe(model, alias, version), describe(l.In.ModelName, "", l.champion.Number))
		return m
	}
	if m.Phase = l.In.BakeRules().Measure(value); math.IsNaN(value) || math.IsInf(value, 0) {
		m.Text = fmt.Sprintf("the value is %g, as a ratio without requests is", value)
	}
	return m
}

// baked ends the bake: the champion stays, or is rolled back, or nobody knows.
func (l *Loop) baked(ctx context.Context) error {
	why := l.bakeText()
	moved := l.stillChampion(ctx)
	switch {
	case moved != nil:
		return errors.Join(why, moved)
	case l.r.Bake.Phase == bake.Failed:
		return l.undo(ctx, why)
	case why != nil:
		return why
	}
	l.r.Outcome = Verified
	return nil
}

// bakeText is the error of a bake that was not successful.
func (l *Loop) bakeText() error {
	b, rules := l.r.Bake, l.In.BakeRules()
	all, failed, nothing := len(b.Measurements), bake.Count(b.Measurements, bake.Failed), bake.Count(b.Measurements, bake.Inconclusive)
	switch {
	case b.Phase == bake.Successful:
		return nil
	case b.Phase == bake.Failed:
		last := lastOf(b.Measurements, bake.Failed)
		return fmt.Errorf("bake: %d of %d measurements at %s failed, more than failure-limit %d: %s, measured %s after %s",
			failed, all, b.Address, rules.FailureLimit, expectation(rules), strconv.FormatFloat(last.Value, 'g', 6, 64), last.After.Round(time.Second))
	case nothing > rules.InconclusiveLimit:
		last := lastOf(b.Measurements, bake.Inconclusive)
		return fmt.Errorf("bake: inconclusive: %d of %d measurements at %s said nothing, more than inconclusive-limit %d; nothing was moved\nthe last, after %s: %s",
			nothing, all, b.Address, rules.InconclusiveLimit, last.After.Round(time.Second),
			cmp.Or(last.Text, fmt.Sprintf("measured %s, %s", strconv.FormatFloat(last.Value, 'g', 6, 64), expectation(rules))))
	}
	return fmt.Errorf("bake: inconclusive: none of %d measurements at %s was successful (%d failed, %d said nothing); nothing was moved", all, b.Address, failed, nothing)
}

// lastOf is the last measurement of a phase.
func lastOf(measurements []bake.Measurement, phase bake.Phase) (last bake.Measurement) {
	for _, m := range measurements {
		if m.Phase == phase {
			last = m
		}
	}
	return last
}

// expectation is what a measurement should have been.
func expectation(r bake.Rules) string {
	switch {
	case !r.Failure.Given():
		return "expected " + r.Success.String()
	case !r.Success.Given():
		return "expected not " + r.Failure.String()
	}
	return "expected " + r.Success.String() + " and not " + r.Failure.String()
}
