package policyfile

import (
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
)

// A check is one item of gate.checks while it is read; another one holds what
// gate itself says for all of them.
type check struct {
	gate.Requirement
	prefix  string // of its keys in problems: "gate.checks."
	example string // of the whole mapping
	at      Place

	given   map[string]Place                        // where the value of each key stands that is there
	broken  map[string]bool                         // keys whose value could not be read
	limits  map[gate.ConditionKind]*metrics.Decimal // of the conditions that are there
	segment string                                  // column, or column=value
	require []*combination                          // not yet matched with segments
	items   *yaml.Node                              // of gate: its checks
}

func newCheck(prefix, example string, at Place) *check {
	return &check{
		prefix: prefix, example: example, at: at,
		given: map[string]Place{}, broken: map[string]bool{}, limits: map[gate.ConditionKind]*metrics.Decimal{},
	}
}

// has says whether a key is there, readable or not.
func (c *check) has(key string) bool {
	_, ok := c.given[key]
	return ok
}

// A Key is one row of the table of a check's keys.
type Key struct {
	field.Field        // name, kind, range and meaning
	Form        string // of a list or a mapping: what it accepts
	Common      bool   // may stand in gate itself, for every check

	keep func(*check) any                  // of a scalar: the field that holds it
	read func(*reader, *check, *yaml.Node) // of a list or a mapping
}

// CheckKeys are the keys of a check, in the order of the documentation.
func CheckKeys() []Key {
	return slices.Concat(whatKeys(), conditionKeys(), evidenceKeys(), segmentKeys(), ownKeys())
}

func whatKeys() []Key {
	return []Key{
		{Field: field.Field{Name: "metric", Kind: field.Text, Absent: "required", Meaning: "what is measured: one of the metrics below, or with file a name of your own"},
			keep: func(c *check) any { return &c.Metric }},
		{Field: field.Field{Name: "name", Kind: field.Text, Absent: "the metric, and its segments", Meaning: "what the check is called in every report; no two are called the same"},
			keep: func(c *check) any { return &c.Name }},
	}
}

func conditionKeys() []Key {
	limit := func(kind gate.ConditionKind, least, most, meaning string) Key {
		return Key{
			Field: field.Field{Name: string(kind), Kind: field.Decimal, Min: least, Max: most, Meaning: meaning},
			keep: func(c *check) any {
				c.limits[kind] = new(metrics.Decimal)
				return c.limits[kind]
			},
		}
	}
	return []Key{
		limit(gate.Threshold, "", "", "value that the challenger must reach, or must not exceed where less is better"),
		limit(gate.MinAbsoluteChange, "0", "", "how much better than the champion it must be; 0 under a confidence asks what epsilon: auto does"),
		limit(gate.MinRelativeChange, "0", "10", "the same, as a share of the champion's absolute value"),
		limit(gate.MaxAbsoluteRegression, "0", "", "how much worse than the champion it may be"),
		limit(gate.MaxRelativeRegression, "0", "10", "the same, as a share of the champion's absolute value"),
	}
}

func evidenceKeys() []Key {
	return []Key{
		{Field: field.Field{Name: "confidence", Kind: field.Decimal, Min: "0.5", Max: "1", Open: true, Absent: "the input confidence", Meaning: "statistical confidence that this check asks for"},
			keep: func(c *check) any { return &c.Confidence }},
		{Field: field.Field{Name: "decision-threshold", Kind: field.Decimal, Min: "0", Max: "1", Default: "0.5", Meaning: "predicted positive is a score of at least this"},
			keep: func(c *check) any { return &c.DecisionThreshold }},
		{Field: field.Field{Name: "dry-run", Kind: field.Boolean, Default: "false", Meaning: "measured and reported; never decides"},
			keep: func(c *check) any { return &c.DryRun }},
	}
}

func segmentKeys() []Key {
	return []Key{
		{Field: field.Field{Name: "segment", Kind: field.Text, Meaning: "a column each of whose values is judged, or column=value to judge one"},
			keep: func(c *check) any { return &c.segment }},
		{Field: field.Field{Name: "segments", Meaning: "columns each of whose values is judged, and lists of columns to be crossed; [] is all rows only"},
			read: (*reader).segments, Common: true, Form: "a list of column names, and of lists of them to be crossed"},
		{Field: field.Field{Name: "min-rows", Kind: field.Integer, Unit: "rows", Min: "1", Max: "1000000000", Default: "100", Meaning: "a segment with fewer is listed as not judged"},
			keep: func(c *check) any { return &c.MinRows }, Common: true},
		{Field: field.Field{Name: "require", Meaning: "values that the holdout must have"},
			read: (*reader).require, Common: true, Form: "a mapping of columns to lists of values; for crossed columns, a list of mappings of columns to one value"},
	}
}

func ownKeys() []Key {
	return []Key{
		{Field: field.Field{Name: "file", Kind: field.Path, Meaning: "JSON file with a number of your own, one a version: {version} or {role} (champion, challenger) in its name"},
			keep: func(c *check) any { return &c.File }},
		{Field: field.Field{Name: "pointer", Kind: field.Pointer, Absent: "required with file", Meaning: "where in that file the number stands; the objects around it say of which version and holdout it is"},
			keep: func(c *check) any { return &c.Pointer }},
		{Field: field.Field{Name: "greater-is-better", Kind: field.Boolean, Absent: "required with file", Meaning: "the direction of that number; of a known metric, it may be said and must be right"},
			keep: func(c *check) any { return &c.GreaterIsBetter }},
	}
}

// GateKeys are the keys of gate itself.
func GateKeys() []Key {
	keys := []Key{{
		Field: field.Field{Name: "checks", Absent: "required", Meaning: "what must hold; all of them must pass"},
		read:  func(_ *reader, c *check, node *yaml.Node) { c.items = node },
		Form:  "a list of mappings with the keys of a check",
	}}
	for _, key := range CheckKeys() {
		if key.Common {
			keys = append(keys, key)
		}
	}
	return keys
}

// Starting are the lines that the configuration file of a regression or a
// multiclass model can begin with: one check that asks for an improvement and one
// that bounds a loss, as the two default checks do for a binary classifier.
func Starting(task metrics.Task) []string {
	checks := []string{
		"    - metric: macro_f1",
		"      min-absolute-change: 0.005",
		"    - metric: log_loss",
		"      max-absolute-regression: 0",
	}
	if task == metrics.Numeric {
		checks = []string{
			"    - metric: rmse",
			"      min-relative-change: 0.01",
			"    - metric: mae",
			"      max-relative-regression: 0",
		}
	}
	return append([]string{"gate:", "  checks:"}, checks...)
}
