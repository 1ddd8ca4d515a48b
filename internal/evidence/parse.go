package evidence

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/foreign"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
)

// Schema is the version of the file format that Parse reads.
const Schema = 1

// tasks by the name that the file gives them.
var tasks = map[string]metrics.Task{"binary": metrics.Binary, "continuous": metrics.Numeric, "multiclass": metrics.Multiclass}

// largest is the largest count that a float64 holds exactly.
const largest = 1 << 53

// Parse reads an evidence file; name is only for errors. The error joins every
// problem, each with its JSON path, what was found and what was expected.
func Parse(name string, data []byte) (*Sums, error) {
	r := &reader{name: name}
	if !json.Valid(data) {
		return nil, r.syntax(data)
	}
	top, ok := r.object("", data)
	if !ok {
		return nil, errors.Join(r.problems...)
	}
	if version, ok := number(top["schema"]); !ok || version != Schema {
		r.problem("schema", shown(top["schema"]), "%d, the version that this program reads", Schema)
		return nil, errors.Join(r.problems...)
	}
	r.keys("", top, []string{"schema", "task", "segments"}, []string{"producer", "bins", "holdout_sha256"})
	e := &Sums{task: r.task(top["task"]), width: r.bins(top["bins"]), known: memory{}}
	r.producer(top["producer"])
	e.HoldoutSHA256 = r.digest("holdout_sha256", top["holdout_sha256"])
	for i, item := range r.list("segments", top["segments"]) {
		e.segments = append(e.segments, r.segment(fmt.Sprintf("segments[%d]", i), item, e))
	}
	if len(r.problems) == 0 {
		r.whole(e)
	}
	if len(r.problems) > 0 {
		return nil, errors.Join(r.problems...)
	}
	return e, nil
}

// A reader collects what is wrong with a file.
type reader struct {
	name     string
	problems []error
}

// most is how many problems an error lists, because a wrong script repeats its mistake
// in every cell.
const most = 20

func (r *reader) problem(path, found, expected string, args ...any) {
	switch {
	case len(r.problems) > most:
	case len(r.problems) == most:
		r.problems = append(r.problems, fmt.Errorf("%s: more problems than %d: mend these first", r.name, most))
	default:
		r.problems = append(r.problems, fmt.Errorf("%s: %s: %s: expected %s", r.name, path, found, fmt.Sprintf(expected, args...)))
	}
}

func (r *reader) syntax(data []byte) error {
	if err := foreign.NotJSON(data); err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	err := json.NewDecoder(bytes.NewReader(data)).Decode(new(any))
	if err == nil {
		err = errors.New("text after the end of the object")
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("an empty file")
	}
	return fmt.Errorf("%s: %w: expected one JSON object as docs/evidence.md describes it; NaN and Infinity are not JSON", r.name, err)
}

// shown is a value as an error shows it.
func shown(raw json.RawMessage) string {
	if raw == nil {
		return "missing"
	}
	return text.Line(string(raw), 60)
}

// object reads an object. ok is false where there is none: silently where the key
// is missing, and with a problem where it holds something else.
func (r *reader) object(path string, raw json.RawMessage) (fields map[string]json.RawMessage, ok bool) {
	if raw == nil {
		return nil, false
	}
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		r.problem(cmp.Or(path, "the file"), shown(raw), "an object") // the file's own object has no path
		return nil, false
	}
	return fields, true
}

func join(path, key string) string { return strings.TrimPrefix(path+"."+key, ".") }

// keys reports the keys of an object that are missing or unknown. A key with a typo
// would otherwise be evidence that nobody reads.
func (r *reader) keys(path string, fields map[string]json.RawMessage, required, optional []string) {
	for _, key := range required {
		if fields[key] == nil {
			r.problem(join(path, key), "missing", "the keys %s", strings.Join(required, ", "))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(required, key) && !slices.Contains(optional, key) {
			r.problem(join(path, key), "unknown key", "%s", text.OneOf(slices.Concat(required, optional), key))
		}
	}
}

func (r *reader) list(path string, raw json.RawMessage) []json.RawMessage {
	var items []json.RawMessage
	if raw == nil {
		return nil
	}
	if err := json.Unmarshal(raw, &items); err != nil || len(items) == 0 {
		r.problem(path, shown(raw), "a list with at least one item")
	}
	return items
}

// number reads a JSON number that a float64 can hold.
func number(raw json.RawMessage) (float64, bool) {
	var x *float64
	if raw == nil || json.Unmarshal(raw, &x) != nil || x == nil {
		return 0, false
	}
	return *x, true
}

func (r *reader) count(path string, raw json.RawMessage) int {
	x, ok := number(raw)
	if raw == nil {
		return 0 // keys has reported it
	}
	if !ok || !isCount(x) {
		r.problem(path, shown(raw), "a whole number of rows, 0 or more")
		return 0
	}
	return int(x)
}

func isCount(x float64) bool { return x >= 0 && x <= largest && x == math.Trunc(x) }

func (r *reader) task(raw json.RawMessage) metrics.Task {
	var name string
	_ = json.Unmarshal(raw, &name) // not a text: no task has that name
	task, ok := tasks[name]
	if !ok && raw != nil {
		r.problem("task", shown(raw), "binary, continuous or multiclass")
	}
	return task
}

// bins is the width of the histogram's bins; 0: the scores themselves.
func (r *reader) bins(raw json.RawMessage) float64 {
	fields, ok := r.object("bins", raw)
	if !ok {
		return 0
	}
	r.keys("bins", fields, []string{"kind"}, []string{"width"})
	width, isNumber := number(fields["width"])
	switch kind := shown(fields["kind"]); {
	case kind == `"distinct"` && fields["width"] == nil:
		return 0
	case kind == `"width"` && isNumber && width > 0 && width < 1:
		return width
	}
	r.problem("bins", shown(raw), `{"kind": "distinct"}, or {"kind": "width", "width": w} with 0 < w < 1`)
	return 0
}

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// digest is empty where the key is missing or null.
func (r *reader) digest(path string, raw json.RawMessage) (digest string) {
	if raw != nil && shown(raw) != "null" && (json.Unmarshal(raw, &digest) != nil || !digestForm.MatchString(digest)) {
		r.problem(path, shown(raw), "64 hexadecimal digits in lower case")
		return ""
	}
	return digest
}

func (r *reader) producer(raw json.RawMessage) {
	fields, ok := r.object("producer", raw)
	if !ok {
		return
	}
	r.keys("producer", fields, nil, []string{"engine", "query", "created"})
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if json.Unmarshal(fields[key], new(string)) != nil {
			r.problem(join("producer", key), shown(fields[key]), "a text")
		}
	}
}
