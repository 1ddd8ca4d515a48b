package gate

import (
	"math"
	"math/big"
	"strings"

	"github.com/org/ct-action/internal/paired"
)

// A bound is a condition on a metric of a known sense.
type bound struct {
	Condition
	sense int
	auto  bool   // epsilon: auto: the lower bound is strictly above 0
	name  string // of the setting that it comes from
}

// relative reports whether it is a share of the champion's value.
func (c Condition) relative() bool {
	return c.Kind == MinRelativeChange || c.Kind == MaxRelativeRegression
}

// loses reports whether it bounds a loss.
func (b bound) loses() bool {
	return b.Kind == MaxAbsoluteRegression || b.Kind == MaxRelativeRegression
}

// improves reports whether it asks for the challenger to be better.
func (b bound) improves() bool {
	return b.auto || (b.Kind == MinAbsoluteChange || b.Kind == MinRelativeChange) && b.Bound.Sign() > 0
}

// compares reports whether it needs a champion.
func (b bound) compares() bool { return b.Kind != Threshold }

// up is 1 where the bound is added to the champion's value, -1 where it is
// taken from it.
func (b bound) up() int {
	if b.loses() {
		return -b.sense
	}
	return b.sense
}

// contrast is the bound as challenger - k·champion - c, to be 0 or better.
func (b bound) contrast(champion *big.Rat) (k, c *big.Rat) {
	by := b.Bound.Rat()
	by.Mul(by, big.NewRat(int64(b.up()), 1))
	switch {
	case !b.compares():
		return new(big.Rat), b.Bound.Rat()
	case b.relative():
		by.Mul(by, big.NewRat(int64(champion.Sign()), 1))
		return by.Add(by, big.NewRat(1, 1)), new(big.Rat)
	}
	return big.NewRat(1, 1), by
}

// judge is the contrast that the bound is decided by.
func (b bound) judge(est paired.Estimate, k, c *big.Rat) paired.Contrast {
	switch {
	case !b.compares():
		return est.AtThreshold(b.sense, c)
	case b.loses():
		return est.NonInferiority(b.sense, k, c)
	}
	return est.Contrast(b.sense, k, c)
}

// at is the value that the challenger must reach.
func (b bound) at(champion *big.Rat) *big.Rat {
	k, c := b.contrast(champion)
	return k.Mul(k, champion).Add(k, c)
}

// onChange is the change, challenger − champion, at which the bound is just
// met; nil where it is not about the change.
func (b bound) onChange(champion *big.Rat) *big.Rat {
	if !b.compares() {
		return nil
	}
	return new(big.Rat).Sub(b.at(champion), champion)
}

// reached reports whether a value is on the good side of a target, or on it.
// With epsilon: auto it must be beyond it.
func (b bound) reached(value, target *big.Rat) bool {
	side := b.sense * value.Cmp(target)
	return side > 0 || side == 0 && !b.auto
}

// change is the bound as what it does to the champion's value: "0.005",
// "-0.01", "2%".
func (b bound) change() string {
	text := b.Bound.String()
	if b.relative() {
		text = b.Bound.Percent()
	}
	if b.up() > 0 || b.Bound.Sign() == 0 {
		return text
	}
	if positive, negative := strings.CutPrefix(text, "-"); negative {
		return positive
	}
	return "-" + text
}

// A phrase of relations: what is needed, and how a text says that it is so or
// is not.
type phrase struct{ needed, passes, fails string }

func (b bound) phrase() phrase {
	switch {
	case b.auto:
		return phrase{">", ">", "<="}
	case b.sense > 0:
		return phrase{"≥", ">=", "<"}
	}
	return phrase{"≤", "<=", ">"}
}

// Mark is the bound to draw beside the interval of the change: that of the
// condition that went worst, among those which that interval decides. It is nil
// where there is none: a threshold is not about the change, and a relative bound
// under a confidence is decided by the interval of challenger - k·champion.
func (f Finding) Mark() *big.Rat {
	for _, c := range f.Conditions { // the worst first
		if c.Change != nil && !(f.Confidence > 0 && c.relative()) {
			return c.Change
		}
	}
	return nil
}

// HasInterval reports whether there is an interval of the difference to show.
func (f Finding) HasInterval() bool {
	low, high := f.Interval[0], f.Interval[1]
	return low <= high && !math.IsInf(low, 0) && !math.IsInf(high, 0) && f.IntervalLevel > 0 && !math.IsInf(f.IntervalLevel, 0) && !math.IsNaN(f.Difference)
}
