package inputs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/policyfile"
	"github.com/org/ct-action/internal/text"
)

// DefaultConfig is the configuration file that is read when none is named and
// this one is there.
const DefaultConfig = ".github/ct.yml"

// maxConfig bounds a configuration file: its few dozen lines need no more.
const maxConfig = 64 << 10

// A configFile is one configuration file while it is read.
type configFile struct {
	path     string
	values   layer
	problems Problems
	lines    map[string]int // line on which each key was first seen

	policy policyfile.Policy // what stands under gate
	checks Place             // where its checks are
}

// readConfig reads a YAML mapping of inputs, flat but for the key gate. It walks
// the nodes and does not decode into a struct, because a node knows its line and
// column, and because its text is what the user wrote: 0.0050 stays so, and yes is
// not a boolean.
func readConfig(path string, data []byte) configFile {
	file := &configFile{path: field.Bare(path), values: layer{}, lines: map[string]int{}}
	if len(data) > maxConfig {
		file.problem(1, 1, Problem{Expected: "a file of at most 64 KiB"})
		return *file
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if !errors.Is(err, io.EOF) {
			file.syntax(err, data)
		}
		return *file
	}
	if len(document.Content) > 0 {
		file.mapping(document.Content[0])
	}
	var second yaml.Node
	switch err := decoder.Decode(&second); {
	case err == nil:
		file.problem(second.Line, second.Column, Problem{Expected: "one document; a second one begins here"})
	case !errors.Is(err, io.EOF):
		file.syntax(err, data)
	}
	return *file
}

// mapping reads the document's top node.
func (f *configFile) mapping(node *yaml.Node) {
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return // nothing but comments
	}
	if node.Kind != yaml.MappingNode {
		f.problem(node.Line, node.Column, Problem{Expected: "a mapping of input names to values, such as model-name: churn"})
		return
	}
	if policyfile.Decorated(node) {
		f.problem(node.Line, node.Column, Problem{Expected: policyfile.Plain})
	}
	for at := 0; at+1 < len(node.Content); at += 2 {
		f.entry(node.Content[at], node.Content[at+1])
	}
}

// entry reads one line of the mapping.
func (f *configFile) entry(key, value *yaml.Node) {
	if key.Kind != yaml.ScalarNode {
		f.problem(key.Line, key.Column, Problem{Expected: "an input's name as the key"})
		return
	}
	first, seen := f.lines[key.Value]
	if seen {
		f.problem(key.Line, key.Column, Problem{
			Input: field.Bare(key.Value), Expected: fmt.Sprintf("each input once; it stands on line %d already", first),
		})
		return
	}
	f.lines[key.Value] = key.Line
	input, known := lookup(key.Value)
	switch {
	case key.Value == policyfile.Name:
		f.gate(key, value)
	case !known:
		f.problem(key.Line, key.Column, Problem{
			Input: field.Bare(key.Value), Expected: text.OrNearest("the name of an input", key.Value, append(names(), policyfile.Name)),
		})
	case input.Secret:
		f.problem(key.Line, key.Column, Problem{
			Input: input.Name, Value: field.Shown(field.Hidden),
			Expected: "no secret in a file; pass it with `" + input.Name + ":` of the workflow, or " + input.Variable(),
		})
	case input.Name == "config":
		f.problem(key.Line, key.Column, Problem{
			Input: input.Name, Expected: "no configuration file inside the configuration file",
		})
	default:
		f.scalar(input, value)
	}
}

// gate reads the checks of the policy.
func (f *configFile) gate(key, value *yaml.Node) {
	f.policy = policyfile.Read(key, value, func(name string) bool { _, ok := lookup(name); return ok })
	f.checks = f.at(f.policy.At.Line, f.policy.At.Column)
	for _, p := range f.policy.Problems {
		f.problem(p.Line, p.Column, Problem{Input: p.Key, Value: p.Value, Expected: p.Expected})
	}
}

// scalar keeps the literal text of a known input's value.
func (f *configFile) scalar(input Input, node *yaml.Node) {
	if wrong := policyfile.Scalar(node, input.Expected()); wrong != "" {
		f.problem(node.Line, node.Column, Problem{Input: input.Name, Expected: wrong})
		return
	}
	if node.Tag == "!!null" {
		return
	}
	f.values.add(input.Name, node.Value, fromConfig, f.at(node.Line, node.Column))
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?(.*)`)

// syntax reports what the parser could not read. It knows the line, at best;
// the column is that of the line's first character.
func (f *configFile) syntax(err error, data []byte) {
	line, column, text := 0, 0, err.Error()
	if parts := yamlLine.FindStringSubmatch(text); parts != nil {
		line = 1 // the parser names no line where it is the first
		if parts[1] != "" {
			line, _ = strconv.Atoi(parts[1])
		}
		text = parts[2]
	}
	lines := strings.Split(string(data), "\n")
	if line > 0 && line <= len(lines) {
		written := lines[line-1]
		column = len(written) - len(strings.TrimLeft(written, " \t")) + 1
	}
	f.problem(line, column, Problem{Expected: "YAML: " + field.Bare(text)})
}

// problem adds a problem at a place in the file.
func (f *configFile) problem(line, column int, p Problem) {
	p.Place = f.at(line, column)
	f.problems = append(f.problems, p)
}

// at is a place in the file, as compilers write it.
func (f *configFile) at(line, column int) Place {
	where := f.path
	if line > 0 {
		where += ":" + strconv.Itoa(line)
		if column > 0 {
			where += ":" + strconv.Itoa(column)
		}
	}
	return Place{Where: where, File: f.path, Line: line, Column: column}
}
