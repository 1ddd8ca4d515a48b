// Package ledger counts in a file how often each holdout was judged on, where there
// is no registry to keep the count.
//
// The file is JSON, and small: a schema, and the uses of each holdout by its
// digest.
//
//	{"schema": 1, "uses": {"3f2a…": 4}}
//
// A count is never lost. A process that counts first creates NAME.lock, which fails
// while another process has it; it writes the new ledger into that file and renames
// it to NAME, so that every reader sees either the old ledger or the new one. A
// file that cannot be understood is an error and stays as it is: taking it for an
// empty one would lose what it counted.
package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// schema is the version of the file. A newer one is refused: what it counts is
// not known.
const schema = 1

// patience is how long a lock is waited for. A lock is held only while a small file
// is written; one that stays longer was left by a process that was killed.
const patience, pause = 10 * time.Second, 10 * time.Millisecond

// Files are ledgers in the file system. The zero value is ready to use.
type Files struct {
	patience time.Duration // 0: the constant
}

type document struct {
	Schema int            `json:"schema"`
	Uses   map[string]int `json:"uses"`
}

// Uses is how often the ledger has counted the holdout of a digest, 0 where the
// file does not exist.
func (Files) Uses(path, sha256 string) (int, error) {
	d, err := read(path)
	if err != nil {
		return 0, err
	}
	return d.Uses[sha256], nil
}

// Use counts one more use of the holdout of a digest, and returns its number. The
// file is made where there is none; its folder is not.
func (f Files) Use(path, sha256 string) (int, error) {
	if !digestForm.MatchString(sha256) {
		return 0, fmt.Errorf("ledger %s: %q is no SHA-256 of a holdout, expected 64 digits", path, sha256)
	}
	path, err := target(path)
	if err != nil {
		return 0, err
	}
	lock, err := f.lock(path)
	if err != nil {
		return 0, err
	}
	uses, err := count(path, sha256, lock)
	if err != nil {
		err = errors.Join(err, os.Remove(lock.Name()))
	}
	return uses, err
}

// count writes the next file into the lock, closes it, and puts it in the
// ledger's place.
func count(path, sha256 string, lock *os.File) (uses int, err error) {
	defer func() { err = errors.Join(err, closed(lock)) }()
	d, err := read(path)
	if err != nil {
		return 0, err
	}
	if d.Uses == nil {
		d.Uses = map[string]int{}
	}
	d.Uses[sha256]++
	content, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return 0, fmt.Errorf("ledger %s: %w", path, err)
	}
	_, err = lock.Write(append(content, '\n'))
	if err = errors.Join(err, lock.Sync(), lock.Close()); err == nil {
		err = os.Rename(lock.Name(), path)
	}
	if err != nil {
		return 0, fmt.Errorf("writing the ledger %s: %w", path, err)
	}
	return d.Uses[sha256], nil
}

// closed closes a file that may be closed already.
func closed(f *os.File) error {
	if err := f.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// lock makes the file that the next ledger is written into. Where it exists
// another process counts just now.
func (f Files) lock(path string) (*os.File, error) {
	wait := f.patience
	if wait == 0 {
		wait = patience
	}
	name := path + ".lock"
	for end := time.Now().Add(wait); ; time.Sleep(pause) {
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		switch {
		case err == nil:
			return file, nil
		case !errors.Is(err, fs.ErrExist):
			return nil, fmt.Errorf("locking the ledger %s: %w\nits folder must exist, and this process must be able to write there", path, err)
		case time.Now().After(end):
			return nil, fmt.Errorf("ledger %s: locked by another judge for %s\nif none is running, one was killed: remove %s", path, wait, name)
		}
	}
}

// target is the file itself where path is a symbolic link: renaming would
// replace the link, and each user of the file would count alone.
func target(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, nil
	case err != nil:
		return "", fmt.Errorf("ledger %s: %w", path, err)
	}
	return real, nil
}

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// mostLedger bounds the file: 50,000 holdouts.
const mostLedger = 4 << 20

// read is the ledger as it is; one that does not exist has counted nothing.
func read(path string) (document, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return document{Schema: schema}, nil
	}
	if err != nil {
		return document{}, fmt.Errorf("reading the ledger: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	content, err := io.ReadAll(io.LimitReader(f, mostLedger+1))
	if err == nil && len(content) > mostLedger {
		err = fmt.Errorf("more than %d bytes", mostLedger)
	}
	var d document
	if err == nil {
		d, err = parse(content)
	}
	if err != nil {
		return document{}, fmt.Errorf("reading the ledger %s: %w\nrestore it from a copy; without one, name another file and take a fresh holdout, as its earlier uses are not known", path, err)
	}
	return d, nil
}

func parse(content []byte) (d document, err error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return d, fmt.Errorf(`%w, expected {"schema": %d, "uses": {…}}`, err, schema)
	}
	if decoder.More() {
		return d, errors.New("there is more after its end, expected one JSON object")
	}
	if d.Schema != schema {
		return d, fmt.Errorf("schema %d, expected %d: another release wrote it", d.Schema, schema)
	}
	if d.Uses == nil {
		return d, errors.New(`no "uses", expected an object, {} where nothing is counted`)
	}
	for sha256, uses := range d.Uses {
		if !digestForm.MatchString(sha256) || uses < 1 {
			return d, fmt.Errorf("uses: %q: %d, expected 64 hex digits and a count of at least 1", sha256, uses)
		}
	}
	return d, nil
}
