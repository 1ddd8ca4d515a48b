package metrics

import (
	"math"
	"math/big"
)

// A Value is a metric's exact value, or the reason why there is none. Absent
// evidence is a result, not an error. The zero Value is absent, so that code that
// forgets to measure has no value.
//
// Float64 of an absent Value is NaN and Rat is nil, so that no careless comparison
// holds.
type Value struct {
	rat    *big.Rat // nil means absent
	reason string
}

// Exact is a metric that could be computed. It keeps a copy of r; a nil r is
// absent.
func Exact(r *big.Rat) Value {
	if r == nil {
		return Value{}
	}
	return Value{rat: new(big.Rat).Set(r)}
}

// Float is a metric that is known as a float; it is absent where the float is not
// finite.
func Float(x float64) Value {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return Absent(tooLarge)
	}
	return Value{rat: new(big.Rat).SetFloat64(x)}
}

// Absent is a metric that could not be computed, and why ("no rows").
func Absent(reason string) Value { return Value{reason: reason} }

// Present reports whether there is a value.
func (v Value) Present() bool { return v.rat != nil }

// Reason says why the value is absent; it is empty when the value is present.
func (v Value) Reason() string {
	if v.rat == nil && v.reason == "" {
		return "not measured"
	}
	return v.reason
}

// Rat returns the exact value, which the caller owns; nil when absent.
func (v Value) Rat() *big.Rat {
	if v.rat == nil {
		return nil
	}
	return new(big.Rat).Set(v.rat)
}

// Float64 is the nearest float, for JSON and for people; NaN when absent.
func (v Value) Float64() float64 {
	if v.rat == nil {
		return math.NaN()
	}
	f, _ := v.rat.Float64()
	return f
}
