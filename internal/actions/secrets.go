package actions

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/org/ct-action/internal/text"
)

// shortest is the least number of characters of a secret. A shorter one occurs in
// numbers and digests by chance.
const shortest = 4

// vocabulary is the words of our outputs. A secret that is one of these words, or
// stands within one, would make GitHub drop the output.
var vocabulary = []string{
	"true", "false", "null", "none",
	"skipped", "triggered", "promoted", "flagged", "rolled-back", "rehearsed", "released",
	"verified", "passed", "blocked", "notified", "failed", "refused", "invalid",
	"interrupted", "champion", "challenger", "previous", "quarantine",
	"schedule", "drift", "performance", "force", "cooldown", "brier", "holdout",
	"features", "drifted", "threshold", "rolling", "calibration", "promotion",
	"trigger_reasons", "pipeline", "continuous_training",
	".ct/", "/decision.json",
}

// Mask hides a secret from now on: in the log of the job, and in every text
// that goes through this Runner. Its base64 and URL-encoded forms are hidden
// too. Of a secret with several lines each line is hidden by itself, as logs
// are read line by line; those that are too short or too common to be secret
// (a brace of a JSON key) stay visible. An empty secret is none.
//
// A secret that would hide our own words is refused. The error never contains
// the secret; its reader must be told where the secret came from.
func (r *Runner) Mask(secret string) error {
	secret = strings.TrimSpace(secret)
	if secret == "" {
		return nil
	}
	forms, err := maskable(secret)
	if err != nil {
		return err
	}
	added := r.secrets.add(forms)
	if !r.active {
		return nil
	}
	for _, form := range added {
		r.sdk.AddMask(form)
	}
	return r.out.failure()
}

// Redact replaces every known secret in s by ***.
func (r *Runner) Redact(s string) string { return r.secrets.redact(s) }

// maskable returns the single-line texts that give the secret away.
func maskable(secret string) ([]string, error) {
	var forms []string
	var problem error
	for line := range strings.FieldsFuncSeq(secret, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimSpace(line)
		if err := refuse(line); err != nil {
			problem = cmp.Or(problem, err)
			continue
		}
		forms = append(forms, line)
	}
	if len(forms) == 0 {
		return nil, problem
	}
	return append(forms, text.Forms(secret)...), nil
}

// refuse says why a text must not be hidden.
func refuse(text string) error {
	n := utf8.RuneCountInString(text)
	switch {
	case n < shortest:
		return fmt.Errorf("secret of %d characters, expected at least %d: hiding it would hide parts of the outputs\nchoose a longer secret", n, shortest)
	case n < 6 && strings.TrimFunc(text, unicode.IsDigit) == "":
		return errors.New("secret that is a short number: hiding it would hide versions and metrics in the outputs\nchoose a longer secret")
	}
	lower := strings.ToLower(text)
	if slices.ContainsFunc(vocabulary, func(word string) bool { return strings.Contains(word, lower) }) {
		return errors.New("secret that is a common word: hiding it would hide outputs such as promoted=true\nchoose another secret")
	}
	return nil
}

// secrets are the texts to hide, known to a Runner and its copies.
type secrets struct {
	mu       sync.RWMutex
	forms    []string // longest first
	replacer *strings.Replacer
}

// add returns those forms that were not known before.
func (s *secrets) add(forms []string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var added []string
	for _, form := range forms {
		if !slices.Contains(s.forms, form) {
			s.forms = append(s.forms, form)
			added = append(added, form)
		}
	}
	// A replacer prefers its earlier arguments: with the longest first, no
	// secret is hidden only in part because another one stands within it.
	slices.SortStableFunc(s.forms, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var pairs []string
	for _, form := range s.forms {
		pairs = append(pairs, form, "***")
	}
	s.replacer = strings.NewReplacer(pairs...)
	return added
}

func (s *secrets) redact(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.replacer == nil {
		return text
	}
	return s.replacer.Replace(text)
}
