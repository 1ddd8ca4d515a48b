package inputs

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
)

// complete checks what the keys of one check say together, and fills in what
// they leave open.
func (f *configFile) complete(c, common *check) {
	if !c.has("metric") {
		f.missing(c, "metric", "the metric to judge by, such as auc; it is required")
	}
	metric, known := metrics.Lookup(strings.ReplaceAll(c.Metric, "-", "_"))
	if c.has("file") {
		f.ofTheirOwn(c)
	} else {
		f.ofOurs(c, metric, known)
	}
	f.direction(c, metric, known)
	f.conditions(c, metric, known && !c.has("file"))
	f.segmented(c, common)
	f.called(c)
}

// ofOurs checks a metric that this program computes.
func (f *configFile) ofOurs(c *check, metric metrics.Metric, known bool) {
	if c.has("pointer") {
		f.wrong(c, "pointer", c.Pointer, "file beside it: it points into that file")
	}
	if !c.has("metric") || c.broken["metric"] {
		return
	}
	if !known {
		f.wrong(c, "metric", c.Metric, orNearest("one of "+strings.Join(metricNames(), ", "), c.Metric, metricNames(), itself)+
			" (a metric of your own needs file)")
		return
	}
	c.Metric = metric.Name
	switch {
	case metric.Decision && !c.has("decision-threshold"):
		c.DecisionThreshold = metrics.MustDecimal("0.5")
	case !metric.Decision && c.has("decision-threshold"):
		f.wrong(c, "decision-threshold", c.DecisionThreshold.String(), "a metric at a threshold beside it; "+metric.Name+" is none")
	}
}

func metricNames() []string {
	var all []string
	for _, m := range metrics.Metrics() {
		all = append(all, m.Name)
	}
	return all
}

var placeholders = regexp.MustCompile(`\{[^{}]*\}`)

// ofTheirOwn checks a metric that is read from a file.
func (f *configFile) ofTheirOwn(c *check) {
	for _, key := range []string{"confidence", "decision-threshold", "segment", "segments", "min-rows", "require"} {
		if c.has(key) {
			f.wrong(c, key, "", "no "+key+" beside file: a number from a file has neither rows nor an interval")
		}
	}
	c.Segments, c.require = nil, nil
	if !c.has("pointer") {
		f.missing(c, "pointer", "where in the file the number stands, such as /expected_cost: beside it the file says of which version and holdout the number is")
	}
	if c.broken["file"] {
		return
	}
	found := placeholders.FindAllString(c.File, -1)
	if len(found) == 0 {
		f.wrong(c, "file", c.File, "{version} or {role} in the path: champion and challenger have a file each")
	}
	for _, name := range found {
		if name != "{version}" && name != "{role}" {
			f.wrong(c, "file", c.File, "no other placeholder than {version} and {role}")
			break
		}
	}
}

// direction settles whether more is better. A known metric has its direction,
// and nobody can turn it.
func (f *configFile) direction(c *check, metric metrics.Metric, known bool) {
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

// conditions collects the bounds of a check, and refuses those that nothing, or
// everything, could meet.
func (f *configFile) conditions(c *check, metric metrics.Metric, known bool) {
	some := false
	for _, kind := range conditionKinds {
		key := string(kind)
		some = some || c.has(key)
		if !c.has(key) || c.broken[key] {
			continue
		}
		bound := *c.bounds[kind]
		if known {
			f.within(c, kind, bound, metric)
		}
		c.Conditions = append(c.Conditions, gate.Condition{Kind: kind, Limit: bound})
	}
	if !some {
		f.missing(c, "threshold", "a condition: at least one of "+conditionNames())
	}
	f.contradiction(c, gate.MinAbsoluteChange, gate.MaxAbsoluteRegression)
	f.contradiction(c, gate.MinRelativeChange, gate.MaxRelativeRegression)
}

func conditionNames() string {
	var all []string
	for _, kind := range conditionKinds {
		all = append(all, string(kind))
	}
	return strings.Join(all, ", ")
}

// within holds a bound to the metric's range: a threshold lies in it, and no
// change is larger than it is wide.
func (f *configFile) within(c *check, kind gate.ConditionKind, bound metrics.Decimal, metric metrics.Metric) {
	least, most := metric.Min, metric.Max
	switch kind {
	case gate.Threshold:
	case gate.MinAbsoluteChange, gate.MaxAbsoluteRegression:
		least, most = 0, metric.Max-metric.Min
	default:
		return
	}
	if below(bound, least) || above(bound, most) {
		f.wrong(c, string(kind), bound.String(), "a value "+span(least, most)+", as "+metric.Name+" has them")
	}
}

func below(d metrics.Decimal, least float64) bool {
	return !math.IsInf(least, -1) && d.Rat().Cmp(new(big.Rat).SetFloat64(least)) < 0
}

func above(d metrics.Decimal, most float64) bool {
	return !math.IsInf(most, 1) && d.Rat().Cmp(new(big.Rat).SetFloat64(most)) > 0
}

// span is a range in words.
func span(least, most float64) string {
	switch {
	case math.IsInf(most, 1):
		return fmt.Sprintf("of at least %g", least)
	case math.IsInf(least, -1):
		return fmt.Sprintf("of at most %g", most)
	}
	return fmt.Sprintf("from %g to %g", least, most)
}

// contradiction refuses a change for the better beside a regression of the same
// unit: whoever asks for the one has ruled out the other.
func (f *configFile) contradiction(c *check, change, regression gate.ConditionKind) {
	better, worse := string(change), string(regression)
	if c.has(better) && c.has(worse) && !c.broken[better] && !c.broken[worse] {
		f.wrong(c, worse, c.bounds[regression].String(), "either "+better+" or "+worse+": a challenger that must be better may not be worse")
	}
}

// mostName is the longest name of a check.
const mostName = 100

// called settles the name of a check.
func (f *configFile) called(c *check) {
	if c.broken["name"] || c.broken["metric"] {
		return
	}
	key := "name"
	if !c.has(key) {
		c.Name, key = c.Metric+c.suffix(), "metric"
	}
	if c.Name == "" {
		return
	}
	same := strings.ToLower(strings.ReplaceAll(c.Name, "_", "-"))
	switch {
	case c.has("name") && len([]rune(c.Name)) > mostName:
		f.wrong(c, key, c.Name, "a name of at most "+strconv.Itoa(mostName)+" characters")
	case gate.Reserved(same):
		f.wrong(c, key, c.Name, "another name: "+same+" is a check that is made whatever the policy")
	case (same == gate.CheckAUC || same == gate.CheckBrier) && same != c.Metric:
		f.wrong(c, key, c.Name, "another name: "+same+" is a metric, and not what this check measures")
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
func (f *configFile) together(checks []*check, common *check) {
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
func (f *configFile) names(checks []*check) {
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
			f.missing(c, "name", fmt.Sprintf("a name: without one it is called %s, as the check on line %d is", shown(c.Name), earlier.at.Line))
		}
	}
}

// oneTask refuses metrics that no model could have all of.
func (f *configFile) oneTask(checks []*check) {
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
				c.Metric, tasks(metric.Tasks), called(checks[:i]), tasks(common)))
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

// called lists the metrics of checks, each once.
func called(checks []*check) string {
	var list []string
	for _, c := range checks {
		if _, known := metrics.Lookup(c.Metric); known && !c.has("file") && !slices.Contains(list, c.Metric) {
			list = append(list, c.Metric)
		}
	}
	return strings.Join(list, ", ")
}

// deciding asks for a check that can let a challenger through.
func (f *configFile) deciding(checks []*check) {
	if len(checks) > 0 && !slices.ContainsFunc(checks, func(c *check) bool { return !c.DryRun }) {
		f.wrong(checks[0], "dry-run", "true", "a check that decides: with dry-run on every one, nothing could pass")
	}
}
