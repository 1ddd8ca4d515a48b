package gate

import (
	"math/big"
	"strings"

	"github.com/org/ct-action/internal/paired"
)

// A demand is a condition on a metric of a known sense: what the challenger must
// reach, and how that is decided.
type demand struct {
	Condition
	sense int
	auto  bool   // epsilon: auto: the lower bound is strictly above 0
	name  string // of the setting that it comes from
}

// relative reports whether it is a share of the champion's value.
func (c Condition) relative() bool {
	return c.Kind == MinRelativeChange || c.Kind == MaxRelativeRegression
}

// loses reports whether it limits a loss.
func (d demand) loses() bool {
	return d.Kind == MaxAbsoluteRegression || d.Kind == MaxRelativeRegression
}

// improves reports whether it asks for the challenger to be better.
func (d demand) improves() bool {
	return d.auto || (d.Kind == MinAbsoluteChange || d.Kind == MinRelativeChange) && d.Limit.Sign() > 0
}

// compares reports whether it needs a champion.
func (d demand) compares() bool { return d.Kind != Threshold }

// up is 1 where the limit is added to the champion's value, -1 where it is
// taken from it.
func (d demand) up() int {
	if d.loses() {
		return -d.sense
	}
	return d.sense
}

// contrast is the demand as challenger - k·champion - c, to be 0 or better.
func (d demand) contrast(champion *big.Rat) (k, c *big.Rat) {
	by := d.Limit.Rat()
	by.Mul(by, big.NewRat(int64(d.up()), 1))
	switch {
	case !d.compares():
		return new(big.Rat), d.Limit.Rat()
	case d.relative():
		by.Mul(by, big.NewRat(int64(champion.Sign()), 1))
		return by.Add(by, big.NewRat(1, 1)), new(big.Rat)
	}
	return big.NewRat(1, 1), by
}

// judge is the contrast that the demand is decided by.
func (d demand) judge(est paired.Estimate, k, c *big.Rat) paired.Contrast {
	switch {
	case !d.compares():
		return est.AtThreshold(d.sense, c)
	case d.loses():
		return est.NonInferiority(d.sense, k, c)
	}
	return est.Contrast(d.sense, k, c)
}

// at is the value that the challenger must reach.
func (d demand) at(champion *big.Rat) *big.Rat {
	k, c := d.contrast(champion)
	return k.Mul(k, champion).Add(k, c)
}

// onChange is the change, challenger − champion, at which the demand is just
// met; nil where it is not about the change.
func (d demand) onChange(champion *big.Rat) *big.Rat {
	if !d.compares() {
		return nil
	}
	return new(big.Rat).Sub(d.at(champion), champion)
}

// reached reports whether a value is on the good side of a target, or on it.
// With epsilon: auto it must be beyond it.
func (d demand) reached(value, target *big.Rat) bool {
	side := d.sense * value.Cmp(target)
	return side > 0 || side == 0 && !d.auto
}

// change is the limit as what it does to the champion's value: "0.005",
// "-0.01", "2%".
func (d demand) change() string {
	text := d.Limit.String()
	if d.relative() {
		text = d.Limit.Percent()
	}
	if d.up() > 0 || d.Limit.Sign() == 0 {
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

func (d demand) phrase() phrase {
	switch {
	case d.auto:
		return phrase{">", ">", "<="}
	case d.sense > 0:
		return phrase{"≥", ">=", "<"}
	}
	return phrase{"≤", "<=", ">"}
}
