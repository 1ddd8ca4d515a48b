package triggers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/org/ct-action/internal/foreign"
	"github.com/org/ct-action/internal/text"
)

// mostText is how many characters of a text in a monitor's file are shown.
const mostText = 60

// number is a JSON number as it was written, or the NaN, Infinity or -Infinity
// that Python writes in place of one.
type number string

// object and list are JSON's objects and arrays.
type (
	object map[string]any
	list   []any
)

func (o object) keys() []string { return slices.Sorted(maps.Keys(o)) }

// bare are the words that Python writes for NaN and the infinities, which JSON
// does not have. Each is replaced by a string of the same length, so that
// positions in the file stay what they are. The string is made of DEL, a
// character that no report contains.
var bare = []string{"-Infinity", "Infinity", "NaN"}

// withoutBare replaces the bare words outside strings, in a copy if there are
// any.
func withoutBare(data []byte) []byte {
	if !bytes.Contains(data, []byte("NaN")) && !bytes.Contains(data, []byte("Infinity")) {
		return data
	}
	data = bytes.Clone(data)
	inString := false
	for i := 0; i < len(data); i++ {
		switch {
		case inString && data[i] == '\\':
			i++
		case data[i] == '"':
			inString = !inString
		case !inString:
			i += blank(data[i:])
		}
	}
	return data
}

// blank overwrites a bare word at the start of data and returns how many more
// bytes of it there are to pass over.
func blank(data []byte) int {
	for _, word := range bare {
		if bytes.HasPrefix(data, []byte(word)) {
			copy(data, `"`+standIn(word)+`"`)
			return len(word) - 1
		}
	}
	return 0
}

// standIn is the string that takes the place of a bare word, in quotes.
func standIn(word string) string { return strings.Repeat("\x7f", len(word)-2) }

// restored is the bare word that a string stands for, if it stands for one.
func restored(s string) (number, bool) {
	for _, word := range bare {
		if s == standIn(word) {
			return number(word), true
		}
	}
	return "", false
}

// decodeObject reads a JSON object strictly, except for the bare words. Errors say
// where the mistake is. A key that is there twice is one: nobody knows which of
// two shares was meant.
func decodeObject(data []byte) (object, error) {
	if err := looksLikeJSON(data); err != nil {
		return nil, err
	}
	data = withoutBare(data)
	if err := json.Unmarshal(data, new(json.RawMessage)); err != nil { // checks syntax and depth
		return nil, positioned(data, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	value, err := decode(decoder, "")
	if err != nil {
		return nil, err
	}
	top, ok := value.(object)
	if text, isText := value.(string); isText && strings.HasPrefix(strings.TrimSpace(text), "{") {
		return nil, errors.New("the file is JSON that was encoded twice, a text with the report in it: expected the report\nwrite what report.json() returns as it is, without json.dump around it; or use report.save_json")
	}
	if !ok {
		return nil, fmt.Errorf("found %s at the top of the file, expected an object {…}", describe(value))
	}
	return top, nil
}

// looksLikeJSON recognises what people save by mistake in place of a report.
func looksLikeJSON(data []byte) error {
	text := bytes.TrimSpace(data)
	switch {
	case len(text) == 0:
		return errors.New("the file is empty: expected JSON\n" + shapes)
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return errors.New("line 1, column 1: byte order mark: expected UTF-8 without one\nwrite the file with encoding=\"utf-8\"")
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return errors.New("the file is UTF-16: expected UTF-8\nwrite the file with encoding=\"utf-8\"")
	case text[0] == '<':
		return errors.New("the file is a web page: expected JSON\nsave the report with save_json, not save_html; a download may have met a login page")
	}
	is := foreign.NotJSON(data)
	if is != nil && !strings.Contains(is.Error(), "\n") {
		return fmt.Errorf("%w\nsave the report with save_json", is)
	}
	return is
}

// positioned says where a syntax error is.
func positioned(data []byte, err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	before := data[:max(0, min(int(syntax.Offset), len(data))-1)]
	if strings.HasPrefix(syntax.Error(), "unexpected end") {
		before = data
	}
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return &syntaxError{line, column, err}
}

// A syntaxError is where a file stops being JSON.
type syntaxError struct {
	line, column int // from 1
	err          error
}

func (e *syntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %v: expected JSON", e.line, e.column, e.err)
}

func (e *syntaxError) Unwrap() error { return e.err }

// Position is where an editor would show it, from 1.
func (e *syntaxError) Position() (line, column int) { return e.line, e.column }

// decode reads the next value, which stands at path. Its syntax and depth have
// been checked.
func decode(d *json.Decoder, path string) (any, error) {
	token, err := d.Token()
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return decodeMembers(d, path)
		}
		return decodeItems(d, path)
	case json.Number:
		return number(token), nil
	case string:
		if word, ok := restored(token); ok {
			return word, nil
		}
	}
	return token, err // a string, true, false, null
}

func decodeMembers(d *json.Decoder, path string) (any, error) {
	members := object{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string) // an object's key is always one
		if _, twice := members[key]; twice {
			return nil, fmt.Errorf("%s is there twice: expected each key once", join(path, key))
		}
		if members[key], err = decode(d, join(path, key)); err != nil {
			return nil, err
		}
	}
	_, err := d.Token() // }
	return members, err
}

func decodeItems(d *json.Decoder, path string) (any, error) {
	items := list{}
	for d.More() {
		item, err := decode(d, at(path, len(items)))
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	_, err := d.Token() // ]
	return items, err
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// describe says what a value is, for "found …".
func describe(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(value)
	case number:
		return text.Clip(string(value), mostText)
	case string:
		return "the text " + text.Quote(value, mostText)
	case list:
		return "a list"
	}
	return "an object"
}
