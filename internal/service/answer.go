package service

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/org/ct-action/internal/jsonpointer"
	"github.com/org/ct-action/internal/text"
)

// An answer is the service's JSON, with numbers as they were written.
type answer struct{ document any }

// decode reads one JSON value and nothing after it.
func (e *endpoint) decode(body []byte) (answer, error) {
	var a answer
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&a.document); err != nil {
		return answer{}, misdirected{fmt.Errorf("the answer is not JSON: %s", e.instead(body))}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return answer{}, misdirected{errors.New("the answer is not one JSON value: more follows it")}
	}
	return a, nil
}

// instead is what came in place of JSON.
func (e *endpoint) instead(body []byte) string {
	switch body = bytes.TrimSpace(body); {
	case len(body) == 0:
		return "it is empty"
	case body[0] == '<':
		return "an HTML page\nhint: " + e.input + "-url is the address that answers with JSON, path included; a page may also be a login before it"
	}
	return e.quote(body)
}

// pointer reads a JSON pointer into place; an empty text leaves it empty.
func pointer(place *jsonpointer.Pointer, name, text string) error {
	p, ok := jsonpointer.Parse(text)
	if !ok {
		return fmt.Errorf("%s: %q is not a JSON pointer (RFC 6901); expected such as /version or /models/0/version\nhint: inside a name, / is written ~1 and ~ is written ~0", name, text)
	}
	*place = p
	return nil
}

// optional is the text at the pointer; "" where the answer has none there, and
// for an empty pointer.
func (a answer) optional(p jsonpointer.Pointer) (string, error) {
	value, ok := p.Get(a.document)
	if len(p) == 0 || !ok || value == nil {
		return "", nil
	}
	return textOf(p, value)
}

// required is the text at the pointer, or an error that tells what is there.
func (a answer) required(p jsonpointer.Pointer) (string, error) {
	value, ok := p.Get(a.document)
	if !ok {
		return "", misdirected{fmt.Errorf("no %s in the answer: %s\nhint: verify-version-pointer says where the version stands", p, a.around(p))}
	}
	if value == nil {
		return "", fmt.Errorf("%s is null: the service has no model loaded", p)
	}
	s, err := textOf(p, value)
	if err == nil && s == "" {
		err = fmt.Errorf("%s is empty: the service has no model loaded", p)
	}
	return s, err
}

// around describes the value at which the pointer leads no further.
func (a answer) around(p jsonpointer.Pointer) string {
	node := a.document
	for i, name := range p {
		next, ok := jsonpointer.Step(node, name)
		if !ok {
			return cmp.Or(p[:i].String(), "it") + " is " + kind(node)
		}
		node = next
	}
	return p.String() + " is " + kind(node)
}

// textOf is a string or a number as text.
func textOf(p jsonpointer.Pointer, value any) (string, error) {
	switch v := value.(type) {
	case string:
		return strings.TrimSpace(v), nil
	case json.Number:
		return number(v), nil
	}
	return "", misdirected{fmt.Errorf("%s is %s; expected text or a number", p, kind(value))}
}

// number writes whole numbers without a fraction, as a registry counts
// versions, and others as the service did.
func number(n json.Number) string {
	const exact = 1 << 53
	f, err := n.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) > exact {
		return n.String()
	}
	return strconv.FormatInt(int64(f), 10)
}

// kind is a JSON value in words, with the names that an object has.
func kind(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case string:
		return "a text"
	case json.Number:
		return "a number"
	case []any:
		return fmt.Sprintf("an array of %d", len(v))
	case map[string]any:
		return object(v)
	}
	return fmt.Sprintf("a %T", value)
}

// maxNames is how many names of an object a message lists.
const maxNames = 12

func object(v map[string]any) string {
	if len(v) == 0 {
		return "an empty object"
	}
	names := slices.Sorted(maps.Keys(v))
	rest := ""
	if len(names) > maxNames {
		rest = fmt.Sprintf(" and %d more", len(names)-maxNames)
		names = names[:maxNames]
	}
	for i, name := range names {
		names[i] = text.Line(name, 40)
	}
	return "an object with " + strings.Join(names, ", ") + rest
}
