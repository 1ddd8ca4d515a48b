package dataset

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// An Input is a stream that is read as often as a file is. A file, as in
// `< scores.csv`, is read where it lies; what comes through a pipe is kept in a
// temporary file without a name, which the machine removes with the process:
// it takes the disk of TMPDIR, and no memory.
type Input struct {
	once func() (*os.File, error)
}

// NewInput returns an Input that reads the stream when it is first asked for.
func NewInput(stream *os.File) *Input {
	return &Input{sync.OnceValues(func() (*os.File, error) { return seekable(stream) })}
}

func seekable(stream *os.File) (*os.File, error) {
	info, err := stream.Stat()
	if err == nil && info.Mode().IsRegular() {
		return stream, nil
	}
	kept, err := os.CreateTemp("", "stdin-*")
	if err != nil {
		return nil, err
	}
	_, copyErr := io.Copy(kept, stream)
	if err := errors.Join(copyErr, os.Remove(kept.Name())); err != nil {
		return nil, errors.Join(err, kept.Close())
	}
	return kept, nil
}

func (d Dir) openStdin() (*file, error) {
	name := d.name(Stdin)
	if d.Stdin == nil {
		return nil, fmt.Errorf("there is no %s here, expected the path of a CSV or Parquet file", name)
	}
	f, err := d.Stdin.once()
	if err != nil {
		return nil, fileError(name, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, fileError(name, err)
	}
	return &file{ReaderAt: f, raw: io.NewSectionReader(f, 0, info.Size()), name: name, size: info.Size()}, nil
}
