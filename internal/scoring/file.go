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

// InFile is an error about a file; nil stays nil.
func InFile(path string, err error) error {
	if err == nil {
		return nil
	}
	return &FileError{path, err}
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
