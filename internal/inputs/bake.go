package inputs

import (
	"fmt"
	"time"

	"github.com/org/ct-action/internal/bake"
)

// mostMeasurements is how many a bake may have: one a minute for a day.
const mostMeasurements = 1440

// BakeRules are the conditions and limits of the bake.
func (in Inputs) BakeRules() bake.Rules {
	success, _ := bake.ParseCondition(in.SuccessCondition) // check has reported a broken one
	failure, _ := bake.ParseCondition(in.FailureCondition)
	return bake.Rules{Success: success, Failure: failure, FailureLimit: in.FailureLimit, InconclusiveLimit: in.InconclusiveLimit}
}

// Measurements is how many the bake has, the first one an interval after its delay.
func (in Inputs) Measurements() int {
	if in.BakeInterval <= 0 {
		return 0
	}
	return int(in.BakeFor / in.BakeInterval)
}

// baked are the inputs that verify reads in a bake alone.
var baked = []string{
	"bake-delay", "bake-interval", "bake-url", "bake-query", "bake-pointer", "bake-token",
	"success-condition", "failure-condition", "failure-limit", "inconclusive-limit",
}

// bake asks for what a bake cannot do without, and refuses one that could never find
// anything.
func (c *checker) bake() {
	if c.in.Mode != ModeVerify || c.broken["bake-for"] {
		return
	}
	if c.in.BakeFor == 0 {
		c.unread(baked, "a flag that verify reads; this one takes --bake-for")
		return
	}
	c.need("bake-url", "the address where production is measured; a bake needs it")
	switch {
	case !c.has("bake-pointer"):
		c.need("bake-query", "what is measured; a bake needs it, or bake-pointer")
	case c.has("bake-query"):
		c.refuse("bake-query", c.in.BakeQuery, "one thing to measure; bake-pointer is given too ("+c.in.sourceOf("bake-pointer").Where+")")
	}
	if !c.has("failure-condition") {
		c.need("success-condition", "what a measurement should be, such as <= 0.05; a bake needs it, or failure-condition")
	}
	c.condition("success-condition", c.in.SuccessCondition)
	c.condition("failure-condition", c.in.FailureCondition)
	c.measurements()
}

func (c *checker) condition(name, value string) {
	if _, err := bake.ParseCondition(value); err != nil {
		c.refuse(name, value, err.Error()[len("expected "):])
	}
}

// measurements refuses a window that ends before it can decide.
func (c *checker) measurements() {
	if c.broken["bake-interval"] || c.broken["failure-limit"] {
		return
	}
	interval := c.in.BakeInterval.String()
	switch n := c.in.Measurements(); {
	case n == 0:
		c.refuse("bake-interval", interval, fmt.Sprintf("at most bake-for, which is %s", c.in.BakeFor))
	case n > mostMeasurements:
		c.refuse("bake-interval", interval, fmt.Sprintf("at least %s, as a bake of %s may have %d measurements",
			(c.in.BakeFor+mostMeasurements-1).Truncate(time.Second)/mostMeasurements, c.in.BakeFor, mostMeasurements))
	case c.in.FailureLimit >= n:
		c.refuse("failure-limit", fmt.Sprint(c.in.FailureLimit), fmt.Sprintf("fewer than the %d measurements of this bake (bake-for / bake-interval), or it could never fail", n))
	}
}

// unread refuses flags that do nothing without another one.
func (c *checker) unread(names []string, expected string) {
	for _, name := range names {
		if source := c.in.sourceOf(name); source.origin == fromFlag {
			c.problems = append(c.problems, Problem{Input: name, Place: source.Place, Expected: expected})
		}
	}
}
