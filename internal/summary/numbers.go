package summary

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/org/ct-action/internal/metrics"
)

// leastPlaces is how many decimals a metric is written with when that many
// tell the truth.
const leastPlaces = 4

// A pair is one metric of both versions as it is printed. Change is empty
// where one of them is absent.
type pair struct {
	champion, challenger, change string
}

// relations must be true of the printed numbers where they are true of the exact
// ones. Which of the two versions has the larger number is kept in any case.
type relations struct {
	margins    []*big.Rat // of the change
	thresholds []*big.Rat // of the challenger
}

// marginOf is the relation of a change to one limit.
func marginOf(limit metrics.Decimal) relations { return relations{margins: []*big.Rat{limit.Rat()}} }

// compare rounds a metric of both versions: to four decimals, and more where
// fewer would show another one as the larger, or a change that seems to be
// enough (or not) when it is not (or is). An exact tie shows as one, at the
// latest with as many decimals as the margin has; a tie with a margin that has no
// finite decimals, such as a third, may not show.
func compare(champion, challenger metrics.Value, hold relations) pair {
	if !champion.Present() || !challenger.Present() {
		return pair{champion: printed(champion), challenger: printed(challenger)}
	}
	a, b := challenger.Rat(), champion.Rat()
	change := new(big.Rat).Sub(a, b)
	places := metrics.Places(leastPlaces, func(round func(*big.Rat) *big.Rat) bool {
		return a.Cmp(b) == round(a).Cmp(round(b)) && hold.by(a, b, change, round)
	})
	return pair{
		champion: short(b, metrics.Fixed(b, places)), challenger: short(a, metrics.Fixed(a, places)),
		change: short(change, metrics.Signed(change, places)),
	}
}

// by reports whether the rounded numbers keep every relation.
func (h relations) by(a, b, change *big.Rat, round func(*big.Rat) *big.Rat) bool {
	for _, m := range h.margins {
		exact := change.Cmp(m)
		if exact == 0 && !terminates(m) {
			continue
		}
		if round(a).Cmp(new(big.Rat).Add(round(b), m)) != exact || round(change).Cmp(m) != exact {
			return false
		}
	}
	for _, t := range h.thresholds {
		if round(a).Cmp(t) != a.Cmp(t) {
			return false
		}
	}
	return true
}

// mostDecimals is how many decimals a threshold can have that a person wrote.
const mostDecimals = 40

// terminates reports whether a number can be written with the decimals that a
// threshold may have.
func terminates(r *big.Rat) bool {
	places, exact := r.FloatPrec()
	return exact && places <= mostDecimals
}

// mostDigits is how long a number may be written out: past it a reader counts
// zeros.
const mostDigits = 14

// short is a number as it was written, or with an exponent where that is long.
func short(r *big.Rat, written string) string {
	whole, _, _ := strings.Cut(strings.TrimLeft(written, "+-"), ".")
	if len(whole) <= mostDigits-leastPlaces {
		return written
	}
	f, _ := r.Float64()
	text := strconv.FormatFloat(f, 'g', 6, 64)
	if written[0] == '+' {
		return "+" + text
	}
	return text
}

// printed is one metric by itself.
func printed(v metrics.Value) string {
	if !v.Present() {
		return "absent (" + v.Reason() + ")"
	}
	return short(v.Rat(), metrics.Fixed(v.Rat(), leastPlaces))
}

// precise is a metric for machines: as many digits as a float needs, or
// nothing.
func precise(v metrics.Value) string {
	if !v.Present() {
		return ""
	}
	return strconv.FormatFloat(v.Float64(), 'g', -1, 64)
}

// minus is a number with the sign that is as wide as a plus.
func minus(number string) string { return strings.Replace(number, "-", "−", 1) }

// took is a duration as people say it.
func took(d time.Duration) string {
	if d < 9950*time.Millisecond {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	d = d.Round(time.Second)
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// day is a moment as people read it.
func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
