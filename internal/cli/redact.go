package cli

import (
	"errors"
	"reflect"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
)

// A redactor hides the known secrets in a text.
type redactor func(string) string

// report is a copy of the report without the secrets, to be written where its
// texts are escaped for Markdown or JSON: an escaped secret would not be
// recognised any more. Every string that the report holds is redacted, whatever
// its field means, so that a new field cannot be forgotten. The report itself keeps
// its texts, since a model is not found by a redacted name.
//
// Types of their own over string (Outcome, Mode) are left as they are: their values
// are the program's words, never somebody's text.
func (hide redactor) report(r *loop.Report) *loop.Report {
	return hide.copied(reflect.ValueOf(r)).Interface().(*loop.Report)
}

// copied is a deep copy with every string redacted. Unexported fields are copied as
// they are; only metrics.Value holds a text from outside in one, and is handled by
// itself.
func (hide redactor) copied(v reflect.Value) reflect.Value {
	made := reflect.New(v.Type()).Elem()
	made.Set(v)
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			made.SetString(hide(v.String()))
		}
	case reflect.Struct:
		hide.fields(made)
	case reflect.Array:
		hide.elements(made, v)
	case reflect.Slice:
		if !v.IsNil() {
			made.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			hide.elements(made, v)
		}
	case reflect.Map:
		if !v.IsNil() {
			made.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		}
		for entries := v.MapRange(); entries.Next(); {
			made.SetMapIndex(hide.copied(entries.Key()), hide.copied(entries.Value()))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			made.Set(reflect.New(v.Type().Elem()))
			made.Elem().Set(hide.copied(v.Elem()))
		}
	case reflect.Interface:
		hide.inside(made)
	}
	return made
}

// fields redacts a struct in place.
func (hide redactor) fields(v reflect.Value) {
	if value, ok := v.Interface().(metrics.Value); ok {
		if !value.Present() {
			v.Set(reflect.ValueOf(metrics.Absent(hide(value.Reason()))))
		}
		return
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			v.Field(i).Set(hide.copied(v.Field(i)))
		}
	}
}

func (hide redactor) elements(made, v reflect.Value) {
	for i := range v.Len() {
		made.Index(i).Set(hide.copied(v.Index(i)))
	}
}

// inside redacts what an interface holds, in place.
func (hide redactor) inside(v reflect.Value) {
	if v.IsNil() {
		return
	}
	if err, ok := v.Interface().(error); ok {
		v.Set(reflect.ValueOf(hide.error(err)))
		return
	}
	v.Set(hide.copied(v.Elem()))
}

// error is the error without the secrets. Joined ones stay joined.
func (hide redactor) error(err error) error {
	one := redactedError{hide, err}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return one
	}
	var members []error
	for _, member := range joined.Unwrap() {
		members = append(members, hide.error(member))
	}
	return redactedErrors{one, members}
}

// A redactedError matches what another error matches, and shows none of its secrets.
type redactedError struct {
	hide redactor
	err  error
}

func (e redactedError) Error() string        { return e.hide(e.err.Error()) }
func (e redactedError) Is(target error) bool { return errors.Is(e.err, target) }

// As finds the problems of the inputs, which pages and documents list, as redacted
// copies. It finds no other type, which could keep a text where it cannot be reached.
func (e redactedError) As(target any) bool {
	switch target.(type) {
	case *inputs.Problems, *inputs.Problem:
	default:
		return false
	}
	if !errors.As(e.err, target) {
		return false
	}
	found := reflect.ValueOf(target).Elem()
	found.Set(e.hide.copied(found))
	return true
}

type redactedErrors struct {
	redactedError
	members []error
}

func (e redactedErrors) Unwrap() []error { return e.members }
