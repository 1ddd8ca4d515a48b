package policyfile

import (
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/gate"
)

// leastSegment is min-rows where nobody gave it.
const leastSegment = 100

// A combination is what require asks for: a row with these values in these
// columns.
type combination struct {
	columns, values []string
	at              Place
	used            bool
}

// segments reads a list of columns, and of lists of columns to be crossed.
func (f *reader) segments(c *check, node *yaml.Node) {
	name := c.prefix + "segments"
	if node.Kind != yaml.SequenceNode {
		f.problem(at(node), Problem{Key: name, Expected: "a list of column names, such as [contract, region]; [[contract, region]] crosses the two"})
		return
	}
	if f.refuseDecoration(name, node) {
		return
	}
	for _, item := range node.Content {
		columns, ok := f.columns(name, item)
		switch {
		case !ok:
		case slices.ContainsFunc(c.Segments, func(by gate.SegmentBy) bool { return sameColumns(by.Columns, columns) }):
			f.problem(at(item), Problem{Key: name, Value: field.Shown(crossed(columns)), Expected: "each segmentation once"})
		default:
			c.Segments = append(c.Segments, gate.SegmentBy{Columns: columns})
		}
	}
}

// columns reads one item of segments: a column, or several to be crossed.
func (f *reader) columns(name string, node *yaml.Node) ([]string, bool) {
	items := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		if f.refuseDecoration(name, node) {
			return nil, false
		}
		items = node.Content
	}
	var columns []string
	for _, item := range items {
		column, ok := f.column(name, item)
		if !ok {
			return nil, false
		}
		if slices.Contains(columns, column) {
			f.problem(at(item), Problem{Key: name, Value: field.Shown(column), Expected: "different columns to cross"})
			return nil, false
		}
		columns = append(columns, column)
	}
	if len(columns) == 0 {
		f.problem(at(node), Problem{Key: name, Expected: "the columns to cross; this list has none"})
	}
	return columns, len(columns) > 0
}

const columnForm = "a column's name: one line of at most 500 characters"

func (f *reader) column(name string, node *yaml.Node) (string, bool) {
	text, ok := f.plain(name, columnForm, node)
	if ok && !isColumn(text) {
		f.problem(at(node), Problem{Key: name, Value: field.Shown(text), Expected: columnForm})
		return "", false
	}
	return text, ok
}

func isColumn(text string) bool {
	return text != "" && utf8.ValidString(text) && field.Printable(text, 500)
}

// require reads values that must be there: a mapping of columns to their
// values, or a list of mappings, each of which is one combination.
func (f *reader) require(c *check, node *yaml.Node) {
	name := c.prefix + "require"
	switch {
	case node.Kind != yaml.MappingNode && node.Kind != yaml.SequenceNode:
		f.problem(at(node), Problem{Key: name, Expected: "a mapping of columns to values, such as contract: [Month-to-month, Two year]"})
	case f.refuseDecoration(name, node):
	case node.Kind == yaml.MappingNode:
		f.eachColumn(name, node, func(column string, value *yaml.Node) {
			for _, text := range f.texts(name, value) {
				c.require = append(c.require, &combination{columns: []string{column}, values: []string{text}, at: at(value)})
			}
		})
	default:
		for _, item := range node.Content {
			f.combination(c, name, item)
		}
	}
}

// combination reads one item of the list form of require.
func (f *reader) combination(c *check, name string, node *yaml.Node) {
	if node.Kind != yaml.MappingNode || len(node.Content) == 0 {
		f.problem(at(node), Problem{Key: name, Expected: "a mapping of each crossed column to one value, such as {contract: Two year, region: north}"})
		return
	}
	if f.refuseDecoration(name, node) {
		return
	}
	found, before := &combination{at: at(node)}, len(f.Problems)
	f.eachColumn(name, node, func(column string, value *yaml.Node) {
		if text, ok := f.plain(name, "one value of the column "+field.Bare(column), value); ok {
			found.columns, found.values = append(found.columns, column), append(found.values, text)
		}
	})
	if len(f.Problems) == before {
		c.require = append(c.require, found)
	}
}

// eachColumn walks a mapping of columns, each of which stands there once.
func (f *reader) eachColumn(name string, node *yaml.Node, do func(string, *yaml.Node)) {
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		column, ok := f.column(name, key)
		if ok && seen[column] {
			f.problem(at(key), Problem{Key: name, Value: field.Shown(column), Expected: "each column once"})
		} else if ok {
			seen[column] = true
			do(column, node.Content[i+1])
		}
	}
}

// texts reads one value of a column, or a list of them.
func (f *reader) texts(name string, node *yaml.Node) []string {
	const form = "a value of the column, or a list of values"
	items := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		if f.refuseDecoration(name, node) {
			return nil
		}
		items = node.Content
	}
	if len(items) == 0 {
		f.problem(at(node), Problem{Key: name, Expected: form + "; this one is empty"})
	}
	var values []string
	for _, item := range items {
		if text, ok := f.plain(name, form, item); ok && !slices.Contains(values, text) {
			values = append(values, text)
		}
	}
	return values
}

// segmented settles which segments a check is judged in, and how.
func (f *reader) segmented(c, common *check) {
	switch {
	case c.has("segment") && c.has("segments"):
		f.wrong(c, "segment", c.segment, "either segment or segments, not both")
	case c.has("segment"):
		f.oneSegment(c)
	case !c.has("segments") && !c.has("file"):
		c.Segments, c.AllRows = slices.Clone(common.Segments), len(common.Segments) > 0
	}
	f.rowsOfSegments(c, common)
	f.required(c, common)
}

// required assigns each required combination to the segments of its columns.
func (f *reader) required(c, common *check) {
	if !c.has("require") {
		for _, wanted := range common.require {
			wanted.used = wanted.in(c.Segments) || wanted.used
		}
		return
	}
	for _, wanted := range c.require {
		if !wanted.in(c.Segments) && !c.broken["segments"] && !c.broken["segment"] {
			f.wrongAt(c, "require", crossed(wanted.columns), "columns that this check has segments of; without them nothing would look", wanted.at)
		}
	}
}

// oneSegment reads segment: a column, or column=value.
func (f *reader) oneSegment(c *check) {
	if c.broken["segment"] {
		return
	}
	column, value, single := strings.Cut(c.segment, "=")
	if column == "" {
		f.wrong(c, "segment", c.segment, "a column's name, or column=value")
		return
	}
	by := gate.SegmentBy{Columns: []string{column}}
	if single {
		by.Require, by.Only = [][]string{{value}}, true
	}
	c.Segments = []gate.SegmentBy{by}
}

// rowsOfSegments settles how many rows a segment needs. Without segments, min-rows
// would have no effect and is refused.
func (f *reader) rowsOfSegments(c, common *check) {
	switch {
	case len(c.Segments) == 0:
		if c.has("min-rows") && !c.broken["segments"] && !c.broken["segment"] && !common.broken["segments"] {
			f.wrong(c, "min-rows", "", "segments beside it: it says how many rows a segment needs")
		}
		c.MinRows = 0
	case c.has("min-rows"):
	case common.has("min-rows"):
		c.MinRows = common.MinRows
	default:
		c.MinRows = leastSegment
	}
}

// in adds the combination to those of the segments that have its columns, and
// reports whether there are any.
func (w *combination) in(segments []gate.SegmentBy) bool {
	found := false
	for i, by := range segments {
		if by.Only || !sameColumns(by.Columns, w.columns) {
			continue
		}
		var values []string
		for _, column := range by.Columns {
			values = append(values, w.values[slices.Index(w.columns, column)])
		}
		segments[i].Require, found = append(slices.Clip(by.Require), values), true
	}
	return found
}

// sameColumns says whether two lists name the same columns, in any order.
func sameColumns(a, b []string) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(column string) bool { return !slices.Contains(b, column) })
}

// crossed names several columns as one.
func crossed(columns []string) string { return strings.Join(columns, " × ") }
