package policyfile

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
)

// complete checks what the keys of one check say together, and fills in what
// they leave open.
func (f *reader) complete(c, common *check) {
	if !c.has("metric") {
		f.missing(c, "metric", "the metric to judge by, such as auc; it is required")
	}
	metric, known := metrics.Lookup(strings.ReplaceAll(c.Metric, "-", "_"))
	if c.has("file") {
		f.fromFile(c)
	} else {
		f.computed(c, metric, known)
	}
	f.direction(c, metric, known)
	for _, kind := range gate.ConditionKinds {
		if c.has(string(kind)) && !c.broken[string(kind)] {
			c.Conditions = append(c.Conditions, gate.Condition{Kind: kind, Limit: *c.limits[kind]})
		}
	}
	f.segmented(c, common)
	f.called(c)
	f.faults(c)
}

// faults reports what the gate itself would refuse, at its place in the file. A key
// that could not be read has its problem already.
func (f *reader) faults(c *check) {
	some := slices.ContainsFunc(gate.ConditionKinds, func(kind gate.ConditionKind) bool { return c.has(string(kind)) })
	for _, fault := range c.Validate() {
		key := fault.Key
		if key == "name" && !c.has(key) {
			key = "metric"
		}
		switch {
		case c.has(key) && !c.broken[key]:
			f.wrong(c, key, fault.Value, fault.Expected)
		case key == string(gate.Threshold) && !some:
			f.missing(c, key, fault.Expected)
		}
	}
}

// computed checks a metric that this program computes.
func (f *reader) computed(c *check, metric metrics.Metric, known bool) {
	if !known {
		return
	}
	c.Metric = metric.Name
	if metric.Decision && !c.has("decision-threshold") {
		c.DecisionThreshold = metrics.MustDecimal("0.5")
	}
}

var placeholders = regexp.MustCompile(`\{[^{}]*\}`)

// fromFile checks a metric that is read from a file.
func (f *reader) fromFile(c *check) {
	for _, key := range []string{"confidence", "decision-threshold", "segment", "segments", "min-rows", "require"} {
		if c.has(key) {
			f.wrong(c, key, "", gate.NoneBesideFile(key).Expected)
		}
	}
	c.Segments, c.require, c.Confidence, c.DecisionThreshold = nil, nil, metrics.Decimal{}, metrics.Decimal{}
	if !c.has("pointer") {
		f.missing(c, "pointer", "where in the file the number stands, such as /expected_cost: beside it the file says of which version and holdout the number is")
	}
	if c.broken["file"] {
		c.File = "{version}" // in the place of the one that was refused: the other keys are judged beside it
		return
	}
	found := placeholders.FindAllString(c.File, -1)
	if len(found) == 0 {
		f.wrong(c, "file", c.File, "{version} or {role} in the path: champion and challenger have a file each")
	}
	if slices.ContainsFunc(found, func(name string) bool { return name != "{version}" && name != "{role}" }) {
		f.wrong(c, "file", c.File, "no other placeholder than {version} and {role}")
	}
}

// direction settles whether more is better. That of a known metric cannot be
// changed.
func (f *reader) direction(c *check, metric metrics.Metric, known bool) {
	const key = "greater-is-better"
	switch {
	case c.has(key) && c.broken[key]:
	case c.has(key) && known && c.GreaterIsBetter != metric.GreaterIsBetter:
		f.wrong(c, key, strconv.FormatBool(c.GreaterIsBetter), fmt.Sprintf("%t: that is the direction of %s", metric.GreaterIsBetter, metric.Name))
	case !c.has(key) && c.has("file"):
		f.missing(c, key, "true or false; nobody else knows the direction of a number from a file")
	case !c.has("file"):
		c.GreaterIsBetter = metric.GreaterIsBetter
	}
}

// mostName is the longest name of a check.
const mostName = 100

// called settles the name of a check.
func (f *reader) called(c *check) {
	switch {
	case c.broken["name"]:
	case !c.has("name") && c.Metric != "" && !c.broken["metric"]:
		c.Name = c.Metric + c.suffix()
	case len([]rune(c.Name)) > mostName:
		f.wrong(c, "name", c.Name, "a name of at most "+strconv.Itoa(mostName)+" characters")
	}
}

// suffix is what the default name says of a check's own segments.
func (c *check) suffix() string {
	if len(c.Segments) == 0 || c.AllRows {
		return ""
	}
	if by := c.Segments[0]; by.Only {
		return " where " + by.Columns[0] + "=" + by.Require[0][0]
	}
	var columns []string
	for _, by := range c.Segments {
		columns = append(columns, crossed(by.Columns))
	}
	return " by " + strings.Join(columns, ", ")
}

// together checks what only all checks together can get wrong.
func (f *reader) together(checks []*check, common *check) {
	f.names(checks)
	f.oneTask(checks)
	f.deciding(checks)
	segmented := slices.ContainsFunc(checks, func(c *check) bool { return len(c.Segments) > 0 || c.broken["segments"] })
	if common.has("min-rows") && !segmented && !common.broken["segments"] {
		f.wrong(common, "min-rows", "", "segments beside it: it says how many rows a segment needs")
	}
	for _, wanted := range common.require {
		if !wanted.used && !common.broken["segments"] {
			f.wrongAt(common, "require", crossed(wanted.columns), "columns that a check has segments of; without them nothing would look", wanted.at)
		}
	}
}

// names refuses a second check of the same name.
func (f *reader) names(checks []*check) {
	first := map[string]*check{}
	for _, c := range checks {
		earlier, taken := first[c.Name]
		switch {
		case c.Name == "" || c.broken["name"]:
		case !taken:
			first[c.Name] = c
		case c.has("name"):
			f.wrong(c, "name", c.Name, fmt.Sprintf("a name of its own; the check on line %d has this one", earlier.at.Line))
		default:
			f.missing(c, "name", fmt.Sprintf("a name: without one it is called %s, as the check on line %d is", field.Shown(c.Name), earlier.at.Line))
		}
	}
}

// oneTask refuses metrics that no model could have all of.
func (f *reader) oneTask(checks []*check) {
	var common []metrics.Task
	for i, c := range checks {
		metric, known := metrics.Lookup(c.Metric)
		if !known || c.has("file") {
			continue
		}
		left := metric.Tasks
		if common != nil {
			left = slices.DeleteFunc(slices.Clone(common), func(t metrics.Task) bool { return !slices.Contains(metric.Tasks, t) })
		}
		if len(left) == 0 {
			f.wrong(c, "metric", c.Metric, fmt.Sprintf("metrics of one task: %s is for a %s target, those before it (%s) for a %s one",
				c.Metric, tasks(metric.Tasks), metricsOf(checks[:i]), tasks(common)))
			return
		}
		common = left
	}
	if common == nil || slices.Contains(common, metrics.Binary) {
		return
	}
	for _, c := range checks {
		if metric, _ := metrics.Lookup(c.Metric); metric.Decision && c.has("decision-threshold") {
			f.wrong(c, "decision-threshold", c.DecisionThreshold.String(), "no decision-threshold beside a metric for a "+tasks(common)+" target")
		}
	}
}

func tasks(list []metrics.Task) string {
	var words []string
	for _, task := range list {
		words = append(words, task.String())
	}
	return strings.Join(words, " or ")
}

// metricsOf lists the metrics of checks, each once.
func metricsOf(checks []*check) string {
	var list []string
	for _, c := range checks {
		if _, known := metrics.Lookup(c.Metric); known && !c.has("file") && !slices.Contains(list, c.Metric) {
			list = append(list, c.Metric)
		}
	}
	return strings.Join(list, ", ")
}

// deciding asks for a check that can let a challenger through.
func (f *reader) deciding(checks []*check) {
	if len(checks) > 0 && !slices.ContainsFunc(checks, func(c *check) bool { return !c.DryRun }) {
		f.wrong(checks[0], "dry-run", "true", "a check that decides: with dry-run on every one, nothing could pass")
	}
}
