package actions

import (
	"io"
	"strings"
	"sync"
)

// Redacting returns a writer that hides known secrets in what passes through
// it to w. A command writes when it likes, so a secret may come in pieces: an
// end that could be the beginning of one is held back until more of it, or the
// end of its line, tells.
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

// cut splits a text before the longest end of it that is a beginning of a
// secret, but not the whole of one.
func (s *secrets) cut(text string) (sure, open string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.forms) == 0 {
		return text, ""
	}
	// Forms are sorted, the longest first, and no longer end can be open.
	for at := max(0, len(text)-len(s.forms[0])+1); at < len(text); at++ {
		for _, form := range s.forms {
			if len(text)-at < len(form) && strings.HasPrefix(form, text[at:]) {
				return text[:at], text[at:]
			}
		}
	}
	return text, ""
}
