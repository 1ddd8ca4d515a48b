// Package jsonpointer follows JSON pointers (RFC 6901), such as
// /models/0/version, through documents as encoding/json decodes them into any.
//
// An index has one spelling: 1, and neither +1 nor 01. The RFC's -, which stands
// for the element after the last one, never names a value.
package jsonpointer

import (
	"strconv"
	"strings"
)

// A Pointer is the names and indices that lead from a document to a value in it.
// An empty one leads to the document itself.
type Pointer []string

var (
	unescape = strings.NewReplacer("~1", "/", "~0", "~")
	escape   = strings.NewReplacer("~", "~0", "/", "~1")
)

// Parse reads a pointer. ok is false where the text is not empty and does not begin
// with /, or has a ~ that neither 0 nor 1 follows.
func Parse(text string) (p Pointer, ok bool) {
	if text == "" {
		return nil, true
	}
	if text[0] != '/' || strings.Count(text, "~") != strings.Count(text, "~0")+strings.Count(text, "~1") {
		return nil, false
	}
	for _, name := range strings.Split(text[1:], "/") {
		p = append(p, unescape.Replace(name))
	}
	return p, true
}

// String is the text of which Parse makes the pointer.
func (p Pointer) String() string {
	var text strings.Builder
	for _, name := range p {
		text.WriteString("/" + escape.Replace(name))
	}
	return text.String()
}

// Get is the value that the pointer leads to; ok is false where there is none.
func (p Pointer) Get(document any) (value any, ok bool) {
	value, ok = document, true
	for i := 0; ok && i < len(p); i++ {
		value, ok = Step(value, p[i])
	}
	return value, ok
}

// Step is the value that one name or index leads to from another value.
func Step(value any, name string) (next any, ok bool) {
	switch value := value.(type) {
	case map[string]any:
		next, ok = value[name]
	case []any:
		i, err := strconv.Atoi(name)
		if ok = err == nil && strconv.Itoa(i) == name && i >= 0 && i < len(value); ok {
			next = value[i]
		}
	}
	return next, ok
}
