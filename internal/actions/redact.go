package actions

import (
	"io"
	"strings"
	"sync"
)

// Redacting returns a writer that hides known secrets in what passes through it to
// w. A command may write a secret in pieces. So an end of a piece that could be the
// beginning of a secret is held back until what follows shows whether it is.
func (r *Runner) Redacting(w io.Writer) io.Writer { return &redacting{to: w, runner: r} }

type redacting struct {
	mu     sync.Mutex
	to     io.Writer
	runner *Runner
	held   string
}

func (w *redacting) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	sure, open := w.runner.secrets.cut(w.runner.Redact(w.held + string(b)))
	w.held = open
	if _, err := io.WriteString(w.to, sure); err != nil {
		return 0, err
	}
	return len(b), nil
}

// cut splits a text before its longest end that is the beginning of a secret, but
// not a whole one.
func (s *secrets) cut(text string) (sure, open string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.forms) == 0 {
		return text, ""
	}
	// Forms are sorted, the longest first: no open end is longer than that one.
	for at := max(0, len(text)-len(s.forms[0])+1); at < len(text); at++ {
		for _, form := range s.forms {
			if len(text)-at < len(form) && strings.HasPrefix(form, text[at:]) {
				return text[:at], text[at:]
			}
		}
	}
	return text, ""
}
