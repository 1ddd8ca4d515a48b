// Package bake judges a model by what production shows after its promotion.
//
// For a while, a value is measured again and again: the share of requests that fail, a
// latency, the mean of the scores. Each measurement is held against a condition, and the
// run of them against limits. The words and their meaning are those of the analysis of
// Argo Rollouts (https://argo-rollouts.readthedocs.io/en/stable/features/analysis/):
//
//   - A measurement is Successful, Failed or Inconclusive. With a success condition
//     alone, whatever does not meet it has failed; with a failure condition alone,
//     whatever does not meet it is successful; with both, a value that meets neither is
//     inconclusive, and one that meets both has failed.
//   - The bake has failed as soon as more measurements failed than the failure limit
//     allows, and is inconclusive as soon as more were inconclusive than the
//     inconclusive limit allows. Else it is successful at its end.
//
// Two things are stricter than there. What could not be measured is an inconclusive
// measurement and no error of its own, and a bake without one successful measurement is
// inconclusive: absent evidence neither passes nor rolls back.
package bake

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// A Phase is the state of a measurement or of a bake. The zero value passes nothing and
// rolls nothing back.
type Phase int

const (
	Inconclusive Phase = iota
	Running            // of a bake alone
	Successful
	Failed
)

// String is the phase as the decision document spells it.
func (p Phase) String() string {
	return [...]string{"inconclusive", "running", "successful", "failed"}[p]
}

// A Measurement is one value. The zero value measured nothing.
type Measurement struct {
	After time.Duration // since the bake began
	Value float64       // NaN where nothing could be measured
	Phase Phase
	Text  string // why it is inconclusive, "" where the value says so itself
}

// A Condition is a comparison with a number, such as <= 0.05. The zero value is none,
// and holds for no value.
type Condition struct {
	operator string
	limit    float64
}

// Comparisons lists the operators of a condition.
const Comparisons = "<, <=, >, >=, == or !="

var condition = regexp.MustCompile(`^\s*(<=|>=|==|!=|<|>)\s*([-+0-9.eE]+)\s*$`)

// ParseCondition reads a condition: an operator and a finite decimal number. An empty
// text is none.
func ParseCondition(text string) (Condition, error) {
	if text == "" {
		return Condition{}, nil
	}
	m := condition.FindStringSubmatch(text)
	if m == nil {
		return Condition{}, fmt.Errorf("expected an operator (%s) and a number, such as <= 0.05", Comparisons)
	}
	limit, err := strconv.ParseFloat(m[2], 64)
	if err != nil || math.IsInf(limit, 0) || math.IsNaN(limit) {
		return Condition{}, fmt.Errorf("expected a finite number after %s, such as <= 0.05", m[1])
	}
	return Condition{m[1], limit}, nil
}

// Given reports whether there is a condition.
func (c Condition) Given() bool { return c.operator != "" }

// Holds reports whether a value meets the condition. NaN meets none, != included.
func (c Condition) Holds(value float64) bool {
	if math.IsNaN(value) {
		return false
	}
	order := cmp.Compare(value, c.limit)
	switch c.operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "==":
		return order == 0
	case "!=":
		return order != 0
	}
	return false
}

// String is the condition as it is written, "" where there is none.
func (c Condition) String() string {
	if !c.Given() {
		return ""
	}
	return c.operator + " " + strconv.FormatFloat(c.limit, 'g', -1, 64)
}

// Rules are the conditions and limits of a bake. The zero value finds every measurement
// inconclusive.
type Rules struct {
	Success, Failure  Condition
	FailureLimit      int // failed measurements that a bake may have
	InconclusiveLimit int // inconclusive ones that it may have
}

// Measure is the phase of a value. NaN and the infinities, which a query gives for a
// ratio without requests, are inconclusive.
func (r Rules) Measure(value float64) Phase {
	meets, fails := r.Success.Holds(value), r.Failure.Holds(value)
	switch {
	case math.IsNaN(value), math.IsInf(value, 0), !r.Success.Given() && !r.Failure.Given():
		return Inconclusive
	case fails, !r.Failure.Given() && !meets:
		return Failed
	case meets, !r.Success.Given():
		return Successful
	}
	return Inconclusive
}

// Assess is the phase of a bake; over says that no measurement follows.
func (r Rules) Assess(measurements []Measurement, over bool) Phase {
	switch {
	case Count(measurements, Failed) > r.FailureLimit:
		return Failed
	case Count(measurements, Inconclusive) > r.InconclusiveLimit:
		return Inconclusive
	case !over:
		return Running
	case Count(measurements, Successful) == 0:
		return Inconclusive
	}
	return Successful
}

// Count is how many measurements are of a phase.
func Count(measurements []Measurement, phase Phase) int {
	n := 0
	for _, m := range measurements {
		if m.Phase == phase {
			n++
		}
	}
	return n
}
