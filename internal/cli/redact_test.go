package cli

import (
	"errors"
	"fmt"
	"html"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/actions"
	"github.com/org/ct-action/internal/document"
	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/scoring"
	"github.com/org/ct-action/internal/summary"
)

// secret is one that Markdown and JSON would escape.
const secret = `zQ_a*s|s<w@x"&zZ`

const said = "said " + secret

func hide(t *testing.T) redactor {
	t.Helper()
	runner := actions.New(func(string) string { return "" }, io.Discard, io.Discard)
	if err := runner.Mask(secret); err != nil {
		t.Fatal(err)
	}
	return runner.Redact
}

// words are the types over string whose values are the program's own.
var words = []reflect.Type{
	reflect.TypeFor[inputs.Mode](), reflect.TypeFor[inputs.OnFlag](), reflect.TypeFor[inputs.OnInconclusive](),
	reflect.TypeFor[inputs.OnVerifyFailure](), reflect.TypeFor[inputs.StateStore](), reflect.TypeFor[loop.Outcome](),
	reflect.TypeFor[gate.ConditionKind](),
	reflect.TypeFor[field.Secret](), // shows itself to nobody
}

// reserved are the types with strings in unexported fields, each because no text
// from outside gets there, or none gets out.
var reserved = []string{
	"gate.ConditionFinding", // the gate's words, and names of the policy's keys
	"inputs.Inputs",         // which layer, file and line gave an input
	"metrics.Decimal",       // digits
	"metrics.Value",         // by its method Reason
	"time.Time",             // a time zone
}

// A filler puts the secret into every string that a value can hold.
type filler struct {
	t       *testing.T
	strings int
	kept    []string // types of which it cannot reach every string
}

func (f *filler) fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			f.strings++
			v.SetString(said)
		} else if !slices.Contains(words, v.Type()) {
			f.t.Errorf("%s is a string that is left as it is: expected it among words, where its values are the program's own", v.Type())
		}
	case reflect.Struct:
		f.fields(v)
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		f.fill(v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key)
		f.fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Interface:
		f.strings++
		v.Set(reflect.ValueOf(errors.Join(fmt.Errorf("%s: %w", said, promote.ErrUnknownOutcome), errors.New("and "+said))))
	}
}

func (f *filler) fields(v reflect.Value) {
	if v.Type() == reflect.TypeFor[metrics.Value]() {
		v.Set(reflect.ValueOf(metrics.Absent(said)))
	}
	for i := range v.NumField() {
		if field := v.Type().Field(i); field.IsExported() {
			f.fill(v.Field(i))
		} else if holdsStrings(field.Type) {
			f.kept = append(f.kept, v.Type().String())
		}
	}
}

// holdsStrings reports whether a string is anywhere within a type.
func holdsStrings(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Interface:
		return true
	case reflect.Slice, reflect.Array, reflect.Pointer:
		return holdsStrings(t.Elem())
	case reflect.Map:
		return holdsStrings(t.Key()) || holdsStrings(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if holdsStrings(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// leaks are the places of a value where the secret still is.
func leaks(v reflect.Value, at string) (found []string) {
	switch v.Kind() {
	case reflect.String:
		if strings.Contains(v.String(), secret) {
			found = append(found, at)
		}
	case reflect.Struct:
		if value, ok := v.Interface().(metrics.Value); ok && strings.Contains(value.Reason(), secret) {
			found = append(found, at)
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				found = append(found, leaks(v.Field(i), at+"."+v.Type().Field(i).Name)...)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			found = append(found, leaks(v.Index(i), at+"[]")...)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			found = append(found, append(leaks(key, at+" key"), leaks(v.MapIndex(key), at+"{}")...)...)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			found = leaks(v.Elem(), at)
		}
	case reflect.Interface:
		if err, ok := v.Interface().(error); ok && strings.Contains(err.Error(), secret) {
			found = append(found, at)
		}
	}
	return found
}

// filled is a report with the secret wherever a text can be.
func filled(t *testing.T) *loop.Report {
	t.Helper()
	r := &loop.Report{}
	f := &filler{t: t}
	f.fill(reflect.ValueOf(r).Elem())
	slices.Sort(f.kept)
	if kept := slices.Compact(f.kept); !slices.Equal(kept, reserved) {
		t.Errorf("strings are in unexported fields of %q,\nexpected %q\na text from outside needs an exported way to it, as metrics.Value has", kept, reserved)
	}
	if f.strings < 100 {
		t.Errorf("filled %d strings, expected at least 100", f.strings)
	}
	return r
}

// TestRedactReport: no string of a report is left unguarded, and the report that
// the program acts on stays as it was.
func TestRedactReport(t *testing.T) {
	t.Parallel()
	r := filled(t)
	before := leaks(reflect.ValueOf(r), "Report")
	shown := hide(t).report(r)
	for _, at := range leaks(reflect.ValueOf(shown), "Report") {
		t.Errorf("%s shows the secret", at)
	}
	if after := leaks(reflect.ValueOf(r), "Report"); len(before) < 100 || !slices.Equal(before, after) {
		t.Errorf("the report itself has changed: %d texts before, %d after", len(before), len(after))
	}
	if !errors.Is(shown.Err, promote.ErrUnknownOutcome) || len(summary.Apart(shown.Err)) != 2 {
		t.Errorf("redacting has lost what kind of error it is: %v", shown.Err)
	}
}

// TestNothingShows renders such a report for every way that a mode can end.
func TestNothingShows(t *testing.T) {
	t.Parallel()
	r := filled(t)
	r.Started, r.Decided, r.Gated = time.Now(), true, true
	r.Triggers.Triggers[0].Look = nil // there is none of an AUC that is absent
	for _, mode := range inputs.Modes() {
		for _, outcome := range outcomes(t) {
			r.Mode, r.Inputs.Mode, r.Outcome = mode.Mode, mode.Mode, outcome
			shown := hide(t).report(r)
			decision, err := document.Decision(shown)
			if err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{
				"document": string(decision), "summary": summary.Markdown(shown), "review": summary.Review(shown, ""),
				"console": summary.Console(loop.Ended, shown, summary.Style{}), "outputs": fmt.Sprint(summary.Outputs(shown)),
			} {
				text = html.UnescapeString(strings.NewReplacer(`\`, "", "<!-- -->", "").Replace(text))
				if strings.Contains(text, "zQ_a") || !strings.Contains(text, "***") && name != "outputs" {
					t.Errorf("%s, %s: the %s shows the secret, or nothing:\n%s", mode.Mode, outcome, name, text)
				}
			}
		}
	}
}

// TestRedactedErrors: what errors.As finds is redacted too.
func TestRedactedErrors(t *testing.T) {
	t.Parallel()
	problem := inputs.Problem{Input: "epsilon", Value: said, Expected: "a number", Place: inputs.Place{File: "ct.yml", Line: 3}}
	err := hide(t).error(fmt.Errorf("reading: %w", errors.Join(inputs.Problems{problem}, scoring.InFile("a.csv", errors.New(said)))))
	var problems inputs.Problems
	if !errors.As(err, &problems) || problems[0].Value != "said ***" || problems[0].Line != 3 {
		t.Errorf("found %+v", problems)
	}
	var one inputs.Problem
	if !errors.As(hide(t).error(fmt.Errorf("reading: %w", problem)), &one) || one.Value != "said ***" || one.Line != 3 {
		t.Errorf("found %+v", one)
	}
	if strings.Contains(err.Error(), secret) {
		t.Error(err)
	}
}

// A placed error knows its place, and keeps its text where it cannot be redacted.
type placed struct{ said string }

func (p *placed) Error() string                { return p.said }
func (p *placed) Position() (line, column int) { return 3, 7 }

// TestRedactedRefusals: what could show a secret is not found behind a redacted
// error, by its type or by an interface, and asking for it changes nothing.
func TestRedactedRefusals(t *testing.T) {
	t.Parallel()
	kept := &placed{"as it was"}
	var worded interface{ Error() string }
	var position interface{ Position() (line, column int) }
	var file *scoring.FileError
	err := hide(t).error(fmt.Errorf("reading: %w", scoring.InFile("a.csv", &placed{said})))
	asked := func(target any) bool { return err.(interface{ As(any) bool }).As(target) }
	if asked(&kept) || asked(&worded) || asked(&position) || asked(&file) || kept.said != "as it was" || worded != nil {
		t.Errorf("found %v, %v, %v, %v", kept, worded, position, file)
	}
}
