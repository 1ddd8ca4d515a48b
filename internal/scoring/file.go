package scoring

import (
	"errors"
	"strings"
)

// A FileError is about a file of the user's, so that it can be shown there.
type FileError struct {
	File string // relative to the workspace
	Err  error
}

// InFile says which file an error is about; nil stays nil.
func InFile(path string, err error) error {
	if err == nil {
		return nil
	}
	return &FileError{path, err}
}

// Error is the cause, after the file's name where that does not carry it.
func (e *FileError) Error() string {
	if text := e.Err.Error(); strings.Contains(text, e.File) {
		return text
	}
	return e.File + ": " + e.Err.Error()
}

func (e *FileError) Unwrap() error { return e.Err }

// Position is the place in the file, zeros where the cause knows none.
func (e *FileError) Position() (line, column int) {
	var place interface{ Position() (line, column int) }
	if errors.As(e.Err, &place) {
		return place.Position()
	}
	return 0, 0
}
