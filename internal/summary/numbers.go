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

// compare rounds a metric of both versions: to four decimals, and more where
// fewer would show another one as the larger, or a change that seems to be
// enough (or not) when it is not (or is). An exact tie shows as one, at the
// latest with as many decimals as the margin has.
func compare(champion, challenger metrics.Value, margin metrics.Decimal) pair {
	if !champion.Present() || !challenger.Present() {
		return pair{champion: printed(champion), challenger: printed(challenger)}
	}
	a, b, m := challenger.Rat(), champion.Rat(), margin.Rat()
	change, bound := new(big.Rat).Sub(a, b), new(big.Rat).Add(b, m)
	places := metrics.Places(leastPlaces, func(round func(*big.Rat) *big.Rat) bool {
		return a.Cmp(b) == round(a).Cmp(round(b)) &&
			a.Cmp(bound) == round(a).Cmp(new(big.Rat).Add(round(b), m)) &&
			change.Cmp(m) == round(change).Cmp(m)
	})
	return pair{
		champion: metrics.Fixed(b, places), challenger: metrics.Fixed(a, places),
		change: metrics.Signed(change, places),
	}
}

// printed is one metric by itself.
func printed(v metrics.Value) string {
	if !v.Present() {
		return "absent (" + v.Reason() + ")"
	}
	return metrics.Fixed(v.Rat(), leastPlaces)
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

// thousands groups digits: 2,000.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// took is a duration as people say it.
func took(d time.Duration) string {
	tenths := d < 9950*time.Millisecond
	if !tenths {
		d = d.Round(time.Second)
	}
	switch {
	case tenths:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// day is a moment as people read it.
func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
