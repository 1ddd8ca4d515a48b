package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// maxFile bounds what ReadFile takes in whole. The largest real drift report
// seen has a few megabytes.
const maxFile = 64 << 20

// Absolute is the path for a command that is started in another folder. The path of
// standard input stays as it is.
func (d Dir) Absolute(path string) string {
	if path == Stdin {
		return path
	}
	path = d.resolve(path)
	if absolute, err := filepath.Abs(path); err == nil {
		return absolute
	}
	return path // there is no current directory: the command will say so
}

// Modified is when the file was last written; of several parts, the newest.
// The error wraps fs.ErrNotExist if and only if the file is not there. When
// standard input was written is not known, which is an error.
func (d Dir) Modified(path string) (time.Time, error) {
	if path == Stdin {
		return time.Time{}, errors.New("when standard input was written is not known, expected the path of a file")
	}
	parts, err := d.parts(path)
	if err != nil {
		return time.Time{}, err
	}
	var newest time.Time
	for _, part := range parts {
		info, err := d.stat(part)
		if err != nil {
			return time.Time{}, err
		}
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest, nil
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
	if path == Stdin {
		return nil, errors.New("standard input is not read here, expected the path of a file")
	}
	info, err := os.Stat(d.resolve(path))
	if err != nil {
		return nil, fileError(d.name(path), err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("reading %s: expected a file, found %s", d.name(path), kindOf(info))
	}
	return info, nil
}

// kindOf names what is there that is no file.
func kindOf(info fs.FileInfo) string {
	switch mode := info.Mode(); {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}
