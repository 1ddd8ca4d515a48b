package train

import (
	"fmt"
	"os"
)

// Scratch makes a private directory for what commands hand back, and returns
// what removes it again.
func (s Shell) Scratch() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "ct-action-")
	if err != nil {
		return "", nil, fmt.Errorf("making a directory for the scores: %w", err)
	}
	return dir, func() { os.RemoveAll(dir) }, nil
}
