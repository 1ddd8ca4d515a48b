package scoring

import (
	"errors"
	"strings"
)

// A FileError is about one of the user's files, where it can be shown.
type FileError struct {
	File string // relative to the workspace
	Err  error
}

// InFile is an error about a file; nil stays nil. Those that errors.Join has put
// together stay apart: each is shown by itself, at its own place.
func InFile(path string, err error) error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return &FileError{path, err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, InFile(path, one))
	}
	return errors.Join(all...)
}

// Error is the cause, behind the file's name unless the cause names it itself.
func (e *FileError) Error() string {
	text := e.Err.Error()
	if strings.Contains(text, e.File) {
		return text
	}
	return e.File + ": " + text
}

func (e *FileError) Unwrap() error { return e.Err }

// Position is the place in the file, zeros where the cause does not know it.
func (e *FileError) Position() (line, column int) {
	var place interface{ Position() (line, column int) }
	if errors.As(e.Err, &place) {
		return place.Position()
	}
	return 0, 0
}
