package gate

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
)

// printedPlaces is how many decimals a metric is printed with when that many
// tell the truth.
const printedPlaces = 4

// speak gives a condition its line.
func (t test) speak(c *ConditionFinding, f Finding) {
	switch {
	case c.Status == Absent:
	case t.confidence == nil:
		c.Reason = t.relation(*c, f)
	case t.byValue(*c):
		c.Reason = t.relation(*c, f) + " (no interval: the values themselves)"
	default:
		c.Reason = t.bounded(*c, f) + lessChance(c.demand, f)
	}
}

// relation compares the values themselves: "0.8350 < 0.8312 + 0.005".
func (t test) relation(c ConditionFinding, f Finding) string {
	d, a, champion := c.demand, f.Challenger.Rat(), f.Champion.Rat()
	if champion == nil {
		champion = new(big.Rat)
	}
	places := metrics.Places(printedPlaces, func(round func(*big.Rat) *big.Rat) bool {
		return d.reached(round(a), d.at(round(champion))) == c.met
	})
	words := d.phrase()
	is := words.fails
	if c.met {
		is = words.passes
	}
	return fmt.Sprintf("%s%s %s %s", t.lead, metrics.Fixed(a, places), is, d.written(champion, places))
}

// written is the limit beside the champion's value: nothing is added where it
// is 0.
func (d demand) written(champion *big.Rat, places int) string {
	if !d.compares() {
		return d.Limit.String()
	}
	number, change := metrics.Fixed(champion, places), d.change()
	amount, less := strings.CutPrefix(change, "-")
	if d.relative() && champion.Sign() < 0 {
		amount += " of " + strings.TrimPrefix(number, "-")
	}
	switch {
	case d.Limit.Sign() == 0:
		return number
	case less:
		return number + " - " + amount
	}
	return number + " + " + amount
}

// needed is what a finding's conditions ask for, for a table.
func (t test) needed(f Finding) string {
	var parts []string
	for _, d := range t.applicable() {
		parts = append(parts, d.asks(f))
	}
	switch {
	case parts != nil:
		return strings.Join(parts, ", ")
	case t.reported:
		return "reported only"
	}
	return "a finite value"
}

// asks is "≥ +0.005", or "≥ 0.7" of a threshold.
func (d demand) asks(f Finding) string {
	words := d.phrase()
	if d.auto {
		return words.needed + " " + d.autoText(f)
	}
	if !d.compares() {
		return words.needed + " " + d.Limit.String()
	}
	return words.needed + " " + d.signedChange()
}

// signedChange is change with its sign: "+0.005".
func (d demand) signedChange() string {
	text := d.change()
	if !strings.HasPrefix(text, "-") && d.Limit.Sign() != 0 {
		text = "+" + text
	}
	return text
}

// autoText is the epsilon that epsilon: auto comes to: how far the lower bound
// is below the difference.
func (d demand) autoText(f Finding) string {
	epsilon := rational(f.Difference - f.Interval[0])
	if epsilon == nil {
		return "0 (auto)"
	}
	places := metrics.Places(printedPlaces, func(round func(*big.Rat) *big.Rat) bool {
		return round(rational(f.Difference)).Cmp(round(epsilon)) == rational(f.Difference).Cmp(epsilon)
	})
	return metrics.Signed(epsilon, places) + " (auto)"
}

// found is what a condition compares, for a table: the change, or the value
// where a threshold is asked for.
func (t test) found(c ConditionFinding, f Finding) string {
	if c.Status == Absent {
		return "no evidence"
	}
	d := c.demand
	if !d.compares() {
		return metrics.Fixed(f.Challenger.Rat(), t.tablePlaces(d, f.Challenger.Rat(), d.Limit.Rat()))
	}
	change, target := new(big.Rat).Sub(f.Challenger.Rat(), f.Champion.Rat()), d.onChange(f.Champion.Rat())
	if d.relative() && f.Champion.Rat().Sign() != 0 {
		percent := new(big.Rat).Quo(big.NewRat(100, 1), new(big.Rat).Abs(f.Champion.Rat()))
		change.Mul(change, percent)
		target.Mul(target, percent)
		return metrics.Signed(change, t.tablePlaces(d, change, target)) + "%"
	}
	if d.auto {
		if epsilon := rational(f.Difference - f.Interval[0]); epsilon != nil {
			target = epsilon
		}
	}
	return metrics.Signed(change, t.tablePlaces(d, change, target))
}

// tablePlaces keeps the relation of two cells of a table true.
func (t test) tablePlaces(d demand, value, target *big.Rat) int {
	return metrics.Places(printedPlaces, func(round func(*big.Rat) *big.Rat) bool {
		return d.reached(round(value), target) == d.reached(value, target)
	})
}

// A quantity is the number in the text of a condition under a confidence: the
// difference, the value where a threshold is asked for, or how far the value is from
// a relative limit. low and high are the ends of its interval, target is what it
// must reach.
type quantity struct {
	value, low, high, target *big.Rat
	from                     string // what it is a distance from, where that is not the champion
	signed                   bool
}

func (c ConditionFinding) quantity(f Finding) quantity {
	q := quantity{target: new(big.Rat), signed: true}
	switch d := c.demand; {
	case d.relative():
		q.from = " from champion " + d.signedChange()
	case d.compares():
		q.target = d.onChange(f.Champion.Rat())
	default:
		q.target, q.signed = d.Limit.Rat(), false
	}
	from := func(margin *big.Rat) *big.Rat {
		if margin == nil {
			return nil
		}
		moved := new(big.Rat).Mul(margin, big.NewRat(int64(c.demand.sense), 1))
		return moved.Add(moved, q.target)
	}
	q.value, q.low, q.high = from(c.exact), from(rational(c.Lower)), from(rational(c.Upper))
	if c.demand.sense < 0 {
		q.low, q.high = q.high, q.low
	}
	return q
}

// places is how many decimals leave every number on its side of the target.
func (q quantity) places(d demand) int {
	return metrics.Places(printedPlaces, func(round func(*big.Rat) *big.Rat) bool {
		for _, number := range []*big.Rat{q.value, q.low, q.high} {
			if number != nil && d.reached(round(number), q.target) != d.reached(number, q.target) {
				return false
			}
		}
		return true
	})
}

func (q quantity) print(number *big.Rat, places int) string {
	if q.signed {
		return metrics.Signed(number, places)
	}
	return metrics.Fixed(number, places)
}

// bounded says what the bounds of a condition decide.
func (t test) bounded(c ConditionFinding, f Finding) string {
	q := c.quantity(f)
	places := q.places(c.demand)
	text := t.lead + q.print(q.value, places)
	if q.low != nil && q.high != nil {
		text += fmt.Sprintf(" (%s interval %s … %s)", percent(2*float(t.confidence)-1), q.print(q.low, places), q.print(q.high, places))
	}
	text += q.from
	confidence, needed, words := shortened(t.confidence), c.demand.needs(f), c.demand.phrase()
	switch c.Status {
	case Passed:
		return fmt.Sprintf("%s %s %s at confidence %s", text, words.needed, needed, confidence)
	case Failed:
		return fmt.Sprintf("%s %s %s at confidence %s", text, strings.Replace(words.fails, "<=", "≤", 1), needed, confidence)
	}
	return fmt.Sprintf("inconclusive at confidence %s: %s against %s %s; %s", confidence, text, words.needed, needed, settles(c, f, q))
}

// needs is the target in words.
func (d demand) needs(f Finding) string {
	_, text, _ := strings.Cut(d.asks(f), " ")
	if d.relative() {
		return "0"
	}
	if d.auto {
		return strings.Replace(text, "(auto)", "(epsilon auto)", 1)
	}
	return text
}

// settles says what would end an inconclusive condition: first what this holdout
// can show, which is no matter of luck, and then what the difference seen would
// take, which is.
func settles(c ConditionFinding, f Finding, q quantity) string {
	if c.cause != "" {
		return c.cause
	}
	shows := fmt.Sprintf("%s cannot tell", text.Count(f.Rows, "row"))
	if smallest := q.smallest(c); smallest != "" {
		shows = fmt.Sprintf("%s show %s with power %v", text.Count(f.Rows, "row"), smallest, power)
	}
	if c.RowsNeeded == 0 {
		return shows + "; at the difference seen no number would"
	}
	return shows + "; " + RowsWould(c.RowsNeeded, c.RowsNeededRange)
}

// RowsWould says how many rows would do, and the range of that number: "at the
// difference seen about 52,000 would (2,200 to any number)".
func RowsWould(rows int, ends [2]int) string {
	return fmt.Sprintf("at the difference seen about %s would%s", text.Grouped(about(rows)), spread(ends))
}

// smallest is the value nearest to the target that the rows can show, such as
// "+0.0260 or more"; empty where it is not known.
func (q quantity) smallest(c ConditionFinding) string {
	by := rational(c.Smallest)
	if by == nil {
		return ""
	}
	least, better := by.Mul(by, big.NewRat(int64(c.demand.sense), 1)), "more"
	if c.demand.sense < 0 {
		better = "less"
	}
	least.Add(least, q.target)
	return q.print(least, apart(least, q.target)) + " or " + better
}

// spread is the range of a number of rows, " (2,100 to any number)"; empty where
// there is none.
func spread(rows [2]int) string {
	if rows[0] == 0 {
		return ""
	}
	most := "any number"
	if rows[1] > 0 {
		most = text.Grouped(about(rows[1]))
	}
	return fmt.Sprintf(" (%s to %s)", text.Grouped(about(rows[0])), most)
}

// shownInterval is " (90% interval -0.0031 … +0.0069)", empty where there is none.
func shownInterval(f Finding) string {
	low, high := rational(f.Interval[0]), rational(f.Interval[1])
	if low == nil || high == nil {
		return ""
	}
	return fmt.Sprintf(" (%s interval %s … %s)", percent(f.IntervalLevel), metrics.Signed(low, printedPlaces), metrics.Signed(high, printedPlaces))
}

// rational is nil where f is no finite number.
func rational(f float64) *big.Rat { return new(big.Rat).SetFloat64(f) }

// shortened writes a confidence with four decimals, or as many more as keep it
// below 1.
func shortened(c *big.Rat) string {
	places := metrics.Places(printedPlaces, func(round func(*big.Rat) *big.Rat) bool { return round(c).Cmp(big.NewRat(1, 1)) < 0 })
	return strings.TrimRight(metrics.Fixed(c, places), "0")
}

// percent writes a level: "90%", "99.69%", never "100%" of less than that.
func percent(level float64) string {
	for places := 2; places < 20; places++ {
		text := strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(100*level, 'f', places, 64), "0"), ".")
		if level >= 1 || text != "100" && text != "1" {
			return text + "%"
		}
	}
	return "100%"
}

// about rounds a number of rows up to two digits.
func about(rows int) int {
	unit := 1
	for rows/unit >= 100 {
		unit *= 10
	}
	return (rows + unit - 1) / unit * unit
}

// beyond is a number with as many decimals as tell it apart from beside, and
// rounded up or down so that what is printed suffices.
func beyond(number *big.Rat, up bool, beside *big.Rat) string {
	places := apart(number, beside)
	text := metrics.Fixed(number, places)
	printed, _ := new(big.Rat).SetString(text) // Fixed writes plain decimals
	step, _ := new(big.Rat).SetString("1e-" + strconv.Itoa(places))
	switch {
	case up && printed.Cmp(number) < 0:
		text = metrics.Fixed(printed.Add(printed, step), places)
	case !up && printed.Cmp(number) > 0:
		text = metrics.Fixed(printed.Sub(printed, step), places)
	}
	return text
}

// apart is how many decimals show two numbers as different.
func apart(a, b *big.Rat) int {
	return metrics.Places(printedPlaces, func(round func(*big.Rat) *big.Rat) bool {
		return a.Cmp(b) == 0 || round(a).Cmp(round(b)) != 0
	})
}
