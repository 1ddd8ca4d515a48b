package cli

import (
	"errors"
	"reflect"
	"slices"

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
// errors.As finds a redacted copy in it, and nothing of a type that could still show
// one.
type redactedError struct {
	hide redactor
	err  error
}

func (e redactedError) Error() string        { return e.hide(e.err.Error()) }
func (e redactedError) Is(target error) bool { return errors.Is(e.err, target) }

func (e redactedError) As(target any) bool {
	asked := reflect.ValueOf(target).Elem()
	found := reflect.New(asked.Type())
	switch {
	case !errors.As(e.err, found.Interface()):
		return false
	case asked.Kind() == reflect.Interface && !answersText(asked.Type()):
		asked.Set(found.Elem())
	case asked.Kind() != reflect.Interface && !keepsText(asked.Type()):
		asked.Set(e.hide.copied(found.Elem()))
	default:
		return false
	}
	return true
}

// answersText reports whether a method of an interface returns a text.
func answersText(t reflect.Type) bool {
	for i := range t.NumMethod() {
		for result := range t.Method(i).Type.Outs() {
			if holdsText(result, true) {
				return true
			}
		}
	}
	return false
}

// keepsText reports whether a text is in an unexported field of a type, where it
// cannot be redacted.
func keepsText(t reflect.Type) bool { return holdsText(t, false) }

// holdsText reports whether a text from outside may be within a type: in any of its
// fields, or only in the unexported ones. A type that contains itself is taken to
// hold one.
func holdsText(t reflect.Type, anyField bool, within ...reflect.Type) bool {
	switch t.Kind() {
	case reflect.String:
		return anyField && t == reflect.TypeFor[string]()
	case reflect.Uint8, reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return anyField
	case reflect.Slice, reflect.Array, reflect.Pointer:
		return holdsText(t.Elem(), anyField, within...)
	case reflect.Map:
		return holdsText(t.Key(), anyField, within...) || holdsText(t.Elem(), anyField, within...)
	case reflect.Struct:
		if slices.Contains(within, t) {
			return true
		}
		for i := range t.NumField() {
			field := t.Field(i)
			if holdsText(field.Type, anyField || !field.IsExported(), append(within, t)...) {
				return true
			}
		}
	}
	return false
}

type redactedErrors struct {
	redactedError
	members []error
}

func (e redactedErrors) Unwrap() []error { return e.members }
