package inputs

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/text"
)

// gate reads the mapping of that name. Its problems are listed as they stand
// in the file.
func (f *configFile) gate(key, node *yaml.Node) {
	before := len(f.problems)
	common := newCheck("gate.", "checks: [{metric: auc, min-absolute-change: 0.005}]", f.at(key.Line, key.Column))
	f.requirements = []gate.Requirement{} // whatever is wrong with it, auc and brier do not come back
	f.checks.at = common.at
	if f.keys(common, node, gateKeys()) {
		f.policy(common)
	}
	f.checks.broken = len(f.problems) > before
	slices.SortStableFunc(f.problems[before:], func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// policy reads the checks below what holds for all of them.
func (f *configFile) policy(common *check) {
	if !common.has("checks") {
		f.missing(common, "checks", "a list of checks; without one nothing could pass")
		return
	}
	f.checks.at = common.given["checks"]
	if common.items.Kind != yaml.SequenceNode || len(common.items.Content) == 0 {
		f.wrong(common, "checks", "", "a list with at least one check; without one nothing could pass")
		return
	}
	if f.refuseDecoration("gate.checks", common.items) {
		return
	}
	var checks []*check
	for _, item := range common.items.Content {
		c := newCheck("gate.checks.", "{metric: auc, min-absolute-change: 0.005}", f.at(item.Line, item.Column))
		if f.keys(c, item, checkKeys()) {
			f.complete(c, common)
			checks = append(checks, c)
			f.requirements = append(f.requirements, c.Requirement)
		}
	}
	f.together(checks, common)
}

// keys reads a mapping with the keys of a table. False means that it is none.
func (f *configFile) keys(c *check, node *yaml.Node, table []checkKey) bool {
	group := strings.TrimSuffix(c.prefix, ".")
	if node.Kind != yaml.MappingNode {
		f.problem(node.Line, node.Column, Problem{Input: group, Expected: "a mapping, such as " + c.example})
		return false
	}
	if f.refuseDecoration(group, node) {
		return false
	}
	for at := 0; at+1 < len(node.Content); at += 2 {
		f.key(c, node.Content[at], node.Content[at+1], table)
	}
	return true
}

// key reads one line of such a mapping. MLflow's underscores stand for hyphens.
func (f *configFile) key(c *check, key, value *yaml.Node, table []checkKey) {
	name := strings.ReplaceAll(key.Value, "_", "-")
	i := slices.IndexFunc(table, func(k checkKey) bool { return k.Name == name })
	p := Problem{Input: c.prefix + bare(key.Value)}
	switch {
	case key.Kind != yaml.ScalarNode:
		p.Input, p.Expected = strings.TrimSuffix(c.prefix, "."), "a plain key"
	case i < 0:
		p.Expected = insteadOf(name, table)
	case c.has(name):
		p.Expected = "each key once; it stands on line " + strconv.Itoa(c.given[name].Line) + " already"
	default:
		c.given[name] = f.at(value.Line, value.Column)
		f.value(c, table[i], value)
		return
	}
	f.problem(key.Line, key.Column, p)
}

// insteadOf is what was expected in the place of an unknown key.
func insteadOf(name string, table []checkKey) string {
	var keys []string
	for _, key := range table {
		keys = append(keys, key.Name)
	}
	expected := text.OrNearest("one of the keys "+strings.Join(keys, ", "), name, keys)
	if _, ok := lookup(name); ok {
		expected += "; " + name + " is an input: it stands beside gate, at the beginning of a line"
	}
	return expected
}

// value reads what stands behind a key.
func (f *configFile) value(c *check, key checkKey, node *yaml.Node) {
	before := len(f.problems)
	if key.read != nil {
		key.read(f, c, node)
	} else {
		f.field(c, key, node)
	}
	c.broken[key.Name] = len(f.problems) > before
}

// field reads a scalar into the field that its row names.
func (f *configFile) field(c *check, key checkKey, node *yaml.Node) {
	input := key.Input
	input.Name = c.prefix + key.Name
	text, ok := f.plain(input.Name, input.Expected(), node)
	if !ok {
		return
	}
	if text = strings.TrimSpace(text); text == "" || !input.store(key.keep(c), text) {
		f.problems = append(f.problems, input.invalid(text, f.at(node.Line, node.Column), input.Expected()))
	}
}

// plain is the text of a scalar. Here, unlike above, a blank one is a mistake:
// a check with half of its keys would be a laxer one.
func (f *configFile) plain(name, expected string, node *yaml.Node) (string, bool) {
	switch {
	case node.Kind != yaml.ScalarNode && node.Kind != yaml.AliasNode:
		f.problem(node.Line, node.Column, Problem{Input: name, Expected: expected + "; not a list or a mapping"})
		return "", false
	case f.refuseDecoration(name, node):
		return "", false
	case node.Tag == "!!null":
		f.problem(node.Line, node.Column, Problem{Input: name, Expected: expected + "; nothing stands here"})
		return "", false
	}
	return node.Value, true
}

// wrong is a problem with the value of a key.
func (f *configFile) wrong(c *check, key, value, expected string) {
	f.wrongAt(c, key, value, expected, c.given[key])
}

func (f *configFile) wrongAt(c *check, key, value, expected string, at Source) {
	p := Problem{Input: c.prefix + key, Expected: expected}
	if value != "" {
		p.Value = shown(value)
	}
	f.problem(at.Line, at.Column, p)
}

// missing is a problem with a key that is not there.
func (f *configFile) missing(c *check, key, expected string) {
	f.wrongAt(c, key, "", expected, c.at)
}
