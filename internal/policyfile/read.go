// Package policyfile reads the checks of a policy, which stand under gate in the
// configuration file, into the requirements of package gate. One table declares
// the keys; help and documentation follow from it. The gate itself says what is
// wrong with a single requirement (gate.Requirement.Validate). This package says
// what is wrong with the file: keys that are missing, and checks that contradict
// one another.
//
// Everything that is wrong is reported at once, each with its place.
package policyfile

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/text"
)

// Name is the key of the configuration file under which a policy stands.
const Name = "gate"

// A Policy is what stands there.
type Policy struct {
	Requirements []gate.Requirement // never nil: whatever is wrong with it, auc and brier do not come back
	At           Place              // of the checks, or of gate where there are none
	Problems     []Problem          // as they stand in the file
}

// A Place is a line and a column of the file, from 1.
type Place struct{ Line, Column int }

// A Problem is one thing that is wrong with a policy.
type Problem struct {
	Key      string // with the keys above it: gate.checks.metric
	Value    string // the offending value, quoted and cut short; "" where there is none
	Expected string // what would have been right
	Place
}

// A reader collects what it reads, and what is wrong with it.
type reader struct {
	Policy
	isInput func(name string) bool
}

// Read reads the value of the key gate. isInput tells of names that stand beside
// gate, and not under it.
func Read(key, value *yaml.Node, isInput func(name string) bool) Policy {
	f := &reader{isInput: isInput, Policy: Policy{Requirements: []gate.Requirement{}, At: at(key)}}
	common := newCheck("gate.", "checks: [{metric: auc, min-absolute-change: 0.005}]", f.At)
	if f.keys(common, value, GateKeys()) {
		f.policy(common)
	}
	slices.SortStableFunc(f.Problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return f.Policy
}

// Decorated reports an anchor, an alias or a tag. They are refused, because each
// makes a file mean something else than what stands on the line.
func Decorated(node *yaml.Node) bool {
	return node.Anchor != "" || node.Kind == yaml.AliasNode || node.Style&yaml.TaggedStyle != 0
}

// Plain is what is expected in the place of something decorated.
const Plain = "a plain value, without anchor, alias or tag"

// Scalar says what is wrong with a node in the place of a scalar, in words of what
// was expected; "" where it is one.
func Scalar(node *yaml.Node, expected string) string {
	switch {
	case node.Kind != yaml.ScalarNode && node.Kind != yaml.AliasNode:
		return expected + "; not a list or a mapping"
	case Decorated(node):
		return Plain
	}
	return ""
}

func at(node *yaml.Node) Place { return Place{node.Line, node.Column} }

// policy reads the checks below what holds for all of them.
func (f *reader) policy(common *check) {
	if !common.has("checks") {
		f.missing(common, "checks", "a list of checks; without one nothing could pass")
		return
	}
	f.At = common.given["checks"]
	if common.items.Kind != yaml.SequenceNode || len(common.items.Content) == 0 {
		f.wrong(common, "checks", "", "a list with at least one check; without one nothing could pass")
		return
	}
	if f.refuseDecoration("gate.checks", common.items) {
		return
	}
	var checks []*check
	for _, item := range common.items.Content {
		c := newCheck("gate.checks.", "{metric: auc, min-absolute-change: 0.005}", at(item))
		if f.keys(c, item, CheckKeys()) {
			f.complete(c, common)
			checks = append(checks, c)
			f.Requirements = append(f.Requirements, c.Requirement)
		}
	}
	f.together(checks, common)
}

// keys reads a mapping with the keys of a table. False means that it is none.
func (f *reader) keys(c *check, node *yaml.Node, table []Key) bool {
	group := strings.TrimSuffix(c.prefix, ".")
	if node.Kind != yaml.MappingNode {
		f.problem(at(node), Problem{Key: group, Expected: "a mapping, such as " + c.example})
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
func (f *reader) key(c *check, key, value *yaml.Node, table []Key) {
	name := strings.ReplaceAll(key.Value, "_", "-")
	i := slices.IndexFunc(table, func(k Key) bool { return k.Name == name })
	p := Problem{Key: c.prefix + field.Bare(key.Value)}
	switch {
	case key.Kind != yaml.ScalarNode:
		p.Key, p.Expected = strings.TrimSuffix(c.prefix, "."), "a plain key"
	case i < 0:
		p.Expected = f.insteadOf(name, table)
	case c.has(name):
		p.Expected = "each key once; it stands on line " + strconv.Itoa(c.given[name].Line) + " already"
	default:
		c.given[name] = at(value)
		f.value(c, table[i], value)
		return
	}
	f.problem(at(key), p)
}

// insteadOf is what was expected in the place of an unknown key.
func (f *reader) insteadOf(name string, table []Key) string {
	var keys []string
	for _, key := range table {
		keys = append(keys, key.Name)
	}
	expected := text.OrNearest("one of the keys "+strings.Join(keys, ", "), name, keys)
	if f.isInput(name) {
		expected += "; " + name + " is an input: it stands beside gate, at the beginning of a line"
	}
	return expected
}

// value reads what stands behind a key.
func (f *reader) value(c *check, key Key, node *yaml.Node) {
	before := len(f.Problems)
	if key.read != nil {
		key.read(f, c, node)
	} else {
		f.field(c, key, node)
	}
	c.broken[key.Name] = len(f.Problems) > before
}

// field reads a scalar into the field that its row names.
func (f *reader) field(c *check, key Key, node *yaml.Node) {
	name := c.prefix + key.Name
	written, ok := f.plain(name, key.Expected(), node)
	if !ok {
		return
	}
	if written = strings.TrimSpace(written); written == "" || !key.Store(key.keep(c), written) {
		f.problem(at(node), Problem{Key: name, Value: field.Shown(written), Expected: key.Expected()})
	}
}

// plain is the text of a scalar. A blank one is a mistake here, unlike that of an
// input: a check that lacks some of its keys would demand less.
func (f *reader) plain(name, expected string, node *yaml.Node) (string, bool) {
	wrong := Scalar(node, expected)
	if wrong == "" && node.Tag == "!!null" {
		wrong = expected + "; nothing stands here"
	}
	if wrong != "" {
		f.problem(at(node), Problem{Key: name, Expected: wrong})
		return "", false
	}
	return node.Value, true
}

// wrong is a problem with the value of a key.
func (f *reader) wrong(c *check, key, value, expected string) {
	f.wrongAt(c, key, value, expected, c.given[key])
}

func (f *reader) wrongAt(c *check, key, value, expected string, at Place) {
	p := Problem{Key: c.prefix + key, Expected: expected}
	if value != "" {
		p.Value = field.Shown(value)
	}
	f.problem(at, p)
}

// missing is a problem with a key that is not there.
func (f *reader) missing(c *check, key, expected string) {
	f.wrongAt(c, key, "", expected, c.at)
}

// refuseDecoration reports a node that is decorated.
func (f *reader) refuseDecoration(key string, node *yaml.Node) bool {
	if Decorated(node) {
		f.problem(at(node), Problem{Key: key, Expected: Plain})
	}
	return Decorated(node)
}

// problem adds a problem at a place in the file.
func (f *reader) problem(at Place, p Problem) {
	p.Place = at
	f.Problems = append(f.Problems, p)
}
