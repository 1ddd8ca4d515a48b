package metrics

import (
	"math/big"
	"strings"
)

// mostPlaces ends the search of Places. A float has at most 1074 decimals, so that a
// relation between floats or decimals holds by then.
const mostPlaces = 1100

// Fixed is r with exactly that many decimals, halves rounded away from zero.
// Zero has no sign.
func Fixed(r *big.Rat, places int) string {
	text := r.FloatString(places)
	if strings.Trim(text, "-0.") == "" {
		return strings.TrimPrefix(text, "-")
	}
	return text
}

// Signed is Fixed for a difference: "+0.0159", "-0.0012", and "0.0000" for one
// that rounds to nothing, which has no direction to claim.
func Signed(r *big.Rat, places int) string {
	text := Fixed(r, places)
	if r.Sign() > 0 && strings.Trim(text, "0.") != "" {
		return "+" + text
	}
	return text
}

// Places is how many decimals a relation must be printed with to be true as
// printed: the fewest, and no fewer than least, at which holds returns true. holds
// gets the rounding that Fixed does at that many decimals, applies it to the numbers
// that will be printed, and reports whether the relation still holds for them:
//
//	// a < b is true, and "0.8350 < 0.8350" would not be
//	places := Places(4, func(round func(*big.Rat) *big.Rat) bool {
//		return round(a).Cmp(round(b)) < 0
//	})
func Places(least int, holds func(round func(*big.Rat) *big.Rat) bool) int {
	for places := least; places < mostPlaces; places++ {
		round := func(r *big.Rat) *big.Rat {
			rounded, _ := new(big.Rat).SetString(Fixed(r, places)) // Fixed writes plain decimals
			return rounded
		}
		if holds(round) {
			return places
		}
	}
	return mostPlaces
}
