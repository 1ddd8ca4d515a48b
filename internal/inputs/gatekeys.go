package inputs

import (
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
)

// gateKey is the one key of the configuration file that is no input: a mapping
// with the checks that replace auc and brier.
const gateKey = "gate"

// A check is one item of gate.checks while it is read; another one holds what
// gate itself says for all of them.
type check struct {
	gate.Requirement
	prefix  string // of its keys in problems: "gate.checks."
	example string // of the whole mapping
	at      Source

	given   map[string]Source                       // where the value of each key stands that is there
	broken  map[string]bool                         // keys whose value could not be read
	limits  map[gate.ConditionKind]*metrics.Decimal // of the conditions that are there
	segment string                                  // column, or column=value
	require []*combination                          // not yet matched with segments
	items   *yaml.Node                              // of gate: its checks
}

func newCheck(prefix, example string, at Source) *check {
	return &check{
		prefix: prefix, example: example, at: at,
		given: map[string]Source{}, broken: map[string]bool{}, limits: map[gate.ConditionKind]*metrics.Decimal{},
	}
}

// has says whether a key is there, readable or not.
func (c *check) has(key string) bool {
	_, ok := c.given[key]
	return ok
}

// A checkKey is one row of the table of a check's keys.
type checkKey struct {
	Input                                       // name, kind, range and meaning
	keep  func(*check) any                      // of a scalar: the field that holds it
	read  func(*configFile, *check, *yaml.Node) // of a list or a mapping
	above bool                                  // may stand in gate itself, for every check
	form  string                                // of a list or a mapping: what it accepts
}

// checkKeys are the keys of a check, in the order of the documentation.
func checkKeys() []checkKey {
	return slices.Concat(whatKeys(), conditionKeys(), evidenceKeys(), segmentKeys(), ownKeys())
}

func whatKeys() []checkKey {
	return []checkKey{
		{Input: Input{Name: "metric", Kind: KindText, Absent: "required", Meaning: "what is measured: one of the metrics below, or with file a name of your own"},
			keep: func(c *check) any { return &c.Metric }},
		{Input: Input{Name: "name", Kind: KindText, Absent: "the metric, and its segments", Meaning: "what the check is called in every report; no two are called the same"},
			keep: func(c *check) any { return &c.Name }},
	}
}

func conditionKeys() []checkKey {
	limit := func(kind gate.ConditionKind, least, most, meaning string) checkKey {
		return checkKey{
			Input: Input{Name: string(kind), Kind: KindDecimal, Min: least, Max: most, Meaning: meaning},
			keep: func(c *check) any {
				c.limits[kind] = new(metrics.Decimal)
				return c.limits[kind]
			},
		}
	}
	return []checkKey{
		limit(gate.Threshold, "", "", "value that the challenger must reach, or must not exceed where less is better"),
		limit(gate.MinAbsoluteChange, "0", "", "how much better than the champion it must be; 0 under a confidence asks what epsilon: auto does"),
		limit(gate.MinRelativeChange, "0", "10", "the same, as a share of the champion's absolute value"),
		limit(gate.MaxAbsoluteRegression, "0", "", "how much worse than the champion it may be"),
		limit(gate.MaxRelativeRegression, "0", "10", "the same, as a share of the champion's absolute value"),
	}
}

func evidenceKeys() []checkKey {
	return []checkKey{
		{Input: Input{Name: "confidence", Kind: KindDecimal, Min: "0.5", Max: "1", Open: true, Absent: "the input confidence", Meaning: "statistical confidence that this check asks for"},
			keep: func(c *check) any { return &c.Confidence }},
		{Input: Input{Name: "decision-threshold", Kind: KindDecimal, Min: "0", Max: "1", Default: "0.5", Meaning: "predicted positive is a score of at least this"},
			keep: func(c *check) any { return &c.DecisionThreshold }},
		{Input: Input{Name: "dry-run", Kind: KindBoolean, Default: "false", Meaning: "measured and reported; never decides"},
			keep: func(c *check) any { return &c.DryRun }},
	}
}

func segmentKeys() []checkKey {
	return []checkKey{
		{Input: Input{Name: "segment", Kind: KindText, Meaning: "a column each of whose values is judged, or column=value to judge one"},
			keep: func(c *check) any { return &c.segment }},
		{Input: Input{Name: "segments", Meaning: "columns each of whose values is judged, and lists of columns to be crossed; [] is all rows only"},
			read: (*configFile).segments, above: true, form: "a list of column names, and of lists of them to be crossed"},
		{Input: Input{Name: "min-rows", Kind: KindInteger, Unit: "rows", Min: "1", Max: "1000000000", Default: "100", Meaning: "a segment with fewer is listed as not judged"},
			keep: func(c *check) any { return &c.MinRows }, above: true},
		{Input: Input{Name: "require", Meaning: "values that the holdout must have"},
			read: (*configFile).require, above: true, form: "a mapping of columns to lists of values; for crossed columns, a list of mappings of columns to one value"},
	}
}

func ownKeys() []checkKey {
	return []checkKey{
		{Input: Input{Name: "file", Kind: KindPath, Meaning: "JSON file with a number of your own, one a version: {version} or {role} (champion, challenger) in its name"},
			keep: func(c *check) any { return &c.File }},
		{Input: Input{Name: "pointer", Kind: KindPointer, Absent: "required with file", Meaning: "where in that file the number stands; the objects around it say of which version and holdout it is"},
			keep: func(c *check) any { return &c.Pointer }},
		{Input: Input{Name: "greater-is-better", Kind: KindBoolean, Absent: "required with file", Meaning: "the direction of that number; of a known metric, it may be said and must be right"},
			keep: func(c *check) any { return &c.GreaterIsBetter }},
	}
}

// gateKeys are the keys of gate itself.
func gateKeys() []checkKey {
	keys := []checkKey{{
		Input: Input{Name: "checks", Absent: "required", Meaning: "what must hold; all of them must pass"},
		read:  func(_ *configFile, c *check, node *yaml.Node) { c.items = node },
		form:  "a list of mappings with the keys of a check",
	}}
	for _, key := range checkKeys() {
		if key.above {
			keys = append(keys, key)
		}
	}
	return keys
}
