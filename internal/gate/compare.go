package gate

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/org/ct-action/internal/metrics"
)

// printedPlaces is how many decimals a metric is printed with when that many
// tell the truth.
const printedPlaces = 4

// A measure is a metric as the gate judges it.
type measure struct {
	check  string // name of its check
	gate   string // what its texts begin with
	name   string
	prefix string // of the relation, where the gate's name does not say the metric
	sense  int    // 1: more is better, -1: less is

	needed, passes, fails string // relations of challenger to bound
}

var (
	aucMeasure   = measure{CheckAUC, "AUC gate", "AUC", "", 1, "≥", ">=", "<"}
	brierMeasure = measure{CheckBrier, "calibration gate", "Brier", "Brier ", -1, "≤", "<=", ">"}
)

// against judges the challenger by the bound champion + margin.
func (m measure) against(champion, challenger metrics.Value, margin metrics.Decimal) Check {
	c := Check{Name: m.check, Needed: m.needed + " " + signed(margin)}
	if missing := m.missing("champion", champion) + m.missing("challenger", challenger); missing != "" {
		return m.absent(c, missing)
	}
	a, b, by := challenger.Rat(), champion.Rat(), margin.Rat()
	passed := m.clears(a, b, by)
	places := metrics.Places(printedPlaces, func(round func(*big.Rat) *big.Rat) bool {
		return m.clears(round(a), round(b), by) == passed
	})
	// A table shows the change beside the margin, so that is a relation too.
	change, none := new(big.Rat).Sub(a, b), new(big.Rat)
	changePlaces := metrics.Places(printedPlaces, func(round func(*big.Rat) *big.Rat) bool {
		return m.clears(round(change), none, by) == passed
	})
	relation := m.fails
	c.Status, c.Found = Failed, metrics.Signed(change, changePlaces)
	if passed {
		c.Status, relation = Passed, m.passes
	}
	c.Text = fmt.Sprintf("%s: %s%s %s %s", m.gate, m.prefix, metrics.Fixed(a, places), relation,
		plus(metrics.Fixed(b, places), margin))
	return c
}

// clears reports whether a is as good as b + margin, or better.
func (m measure) clears(a, b, margin *big.Rat) bool {
	return m.sense*a.Cmp(new(big.Rat).Add(b, margin)) >= 0
}

// alone judges the metric of a first champion: there is nothing to compare it
// with, so all it must be is a number.
func (m measure) alone(v metrics.Value) Check {
	c := Check{Name: m.check, Needed: "a finite value"}
	if !v.Present() {
		return m.absent(c, m.missing("challenger", v))
	}
	c.Status, c.Found = Passed, metrics.Fixed(v.Rat(), printedPlaces)
	c.Text = fmt.Sprintf("%s: %s %s, and no champion to compare it with", m.gate, m.name, c.Found)
	return c
}

// missing says why there is no value; it is empty where there is one.
func (m measure) missing(whose string, v metrics.Value) string {
	if v.Present() {
		return ""
	}
	return fmt.Sprintf("; %s's %s is absent (%s)", whose, m.name, oneLine(v.Reason()))
}

func (m measure) absent(c Check, missing string) Check {
	c.Status, c.Found = Absent, "no evidence"
	c.Text = m.gate + ": " + strings.TrimPrefix(missing, "; ")
	return c
}

// plus writes the bound: nothing is added where the margin is 0.
func plus(number string, margin metrics.Decimal) string {
	switch margin.Sign() {
	case 0:
		return number
	case -1:
		return number + " - " + strings.TrimPrefix(margin.String(), "-")
	}
	return number + " + " + margin.String()
}

// signed writes a margin as the change that it asks for or allows.
func signed(margin metrics.Decimal) string {
	switch margin.Sign() {
	case 0:
		return "0"
	case 1:
		return "+" + margin.String()
	}
	return margin.String()
}
