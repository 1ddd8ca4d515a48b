package dataset

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// maxFile bounds what ReadFile takes in whole. The largest real drift report
// seen has a few megabytes.
const maxFile = 64 << 20

// Absolute is the path as a command needs it that is started elsewhere.
func (d Dir) Absolute(path string) string {
	path = d.resolve(path)
	if absolute, err := filepath.Abs(path); err == nil {
		return absolute
	}
	return path // there is no current directory: the command will say so
}

// Modified is when the file was last written. The error wraps fs.ErrNotExist
// if and only if the file is not there.
func (d Dir) Modified(path string) (time.Time, error) {
	info, err := d.stat(path)
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// ReadFile reads a file whole, up to 64 MiB.
func (d Dir) ReadFile(path string) ([]byte, error) {
	info, err := d.stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("reading %s: %d bytes, expected at most %d", d.name(path), info.Size(), maxFile)
	}
	content, err := os.ReadFile(d.resolve(path))
	if err != nil {
		return nil, fileError(d.name(path), err)
	}
	return content, nil
}

// stat also refuses what cannot be read as a file: a directory, a pipe.
func (d Dir) stat(path string) (fs.FileInfo, error) {
	info, err := os.Stat(d.resolve(path))
	if err != nil {
		return nil, fileError(d.name(path), err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("reading %s: expected a file, found %s", d.name(path), info.Mode().Type())
	}
	return info, nil
}
