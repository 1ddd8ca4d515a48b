package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// parts returns the files that a path stands for, each a path of its own: the
// file itself, or the part files of a folder or of a glob, sorted by name;
// Stdin is itself. A file whose name has the letters of a glob is that file.
// The error wraps fs.ErrNotExist if and only if there is nothing.
func (d Dir) parts(path string) ([]string, error) {
	if path == Stdin {
		return []string{path}, nil
	}
	parts, err := d.partFiles(path)
	if err != nil {
		return nil, err
	}
	before := ""
	for _, part := range parts {
		if folder := filepath.Dir(part); folder != before && !strings.EqualFold(filepath.Ext(part), ".csv") {
			if err := errors.Join(d.unmanaged(folder), d.written(folder)); err != nil {
				return nil, err
			}
			before = folder
		}
	}
	return parts, nil
}

func (d Dir) partFiles(path string) ([]string, error) {
	info, err := os.Stat(d.resolve(path))
	switch {
	case err == nil && info.IsDir():
		return d.folder(path)
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(path, "*?["):
		return d.glob(path)
	case err != nil:
		return nil, fileError(d.name(path), err)
	}
	return []string{path}, nil
}

// beside reports whether an engine wrote a file for itself: _SUCCESS,
// _metadata, the checksums .part-….crc, .DS_Store.
func beside(name string) bool { return strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") }

func (d Dir) folder(path string) ([]string, error) {
	if err := errors.Join(d.unmanaged(path), d.written(path)); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(d.resolve(path)) // sorted by name
	if err != nil {
		return nil, fileError(d.name(path), err)
	}
	var parts []string
	for _, e := range entries {
		part := filepath.Join(path, e.Name())
		switch {
		case beside(e.Name()):
		case e.IsDir() && strings.Contains(e.Name(), "="):
			return nil, fmt.Errorf("%s is partitioned by folders such as %s, expected a folder of part files\nwrite it without partitions: the columns that are in folder names are in none of the files", d.name(path), quote(e.Name()))
		case e.IsDir():
			return nil, fmt.Errorf("%s holds the folder %s, expected nothing but part files", d.name(path), quote(e.Name()))
		default:
			parts = append(parts, part)
		}
	}
	if parts == nil {
		return nil, fmt.Errorf("%s is a folder without part files, expected CSV or Parquet files", d.name(path))
	}
	return parts, nil
}

func (d Dir) glob(path string) ([]string, error) {
	pattern := path
	if !filepath.IsAbs(path) && d.Root != "" {
		pattern = filepath.Join(literal(d.Root), path)
	}
	matches, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w, expected one such as data/part-*.csv", d.name(path), err)
	}
	var parts []string
	for _, match := range matches {
		if !filepath.IsAbs(path) && d.Root != "" {
			if match, err = filepath.Rel(d.Root, match); err != nil {
				return nil, fmt.Errorf("reading %s: %w", d.name(path), err)
			}
		}
		if !beside(filepath.Base(match)) {
			parts = append(parts, match)
		}
	}
	if parts == nil {
		return nil, fmt.Errorf("reading %s: no file has such a name: %w", d.name(path), fs.ErrNotExist)
	}
	slices.Sort(parts)
	return parts, nil
}

// literal makes a path a pattern that only it matches.
func literal(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
