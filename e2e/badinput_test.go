//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What comes from outside may be anything. Each of these is an error at the step where
// it belongs, which says what is wrong, and nobody is served worse for it.
func TestCapstoneBadInput(t *testing.T) {
	for name, play := range map[string]func(*story) error{
		"the service answers nonsense": func(s *story) error {
			nonsense := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>sign in</html>") }))
			s.t.Cleanup(nonsense.Close)
			s.serviceURL = nonsense.URL
			return s.deployFails("verify", "sign in")
		},
		"the model's signature changed": func(s *story) error {
			if err := s.edit("src/train.py", `NUMERIC = ["tenure", "monthly_charges", "total_charges"]`, `NUMERIC = ["tenure", "monthly_charges"]`); err != nil {
				return err
			}
			return errors.Join(
				s.deployFails("", "v2 has another signature than v1: it does not know 'total_charges'"),
				s.serves("1", "champion=2 previous=1"), s.traffic.batch(50))
		},
		"nobody was served yet": func(s *story) error {
			err := s.monitor()
			if err == nil || !strings.Contains(err.Error(), "predictions") || strings.Contains(err.Error(), "Traceback") {
				return fmt.Errorf("the monitor said %w, expected an error that names the log", err)
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, "churn-"+strings.NewReplacer(" ", "-", "'", "").Replace(name), true, t.Output())
			if err := s.play([]chapter{{"adopt", (*story).adopt}, {name, play}}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// deployFails has the alert promote v2, and the deploy job fail with a text.
func (s *story) deployFails(step, text string) error {
	if err := errors.Join(s.impatient(), s.alert()); err != nil {
		return err
	}
	r := s.alerted()
	outcome := "outcome=failed"
	if step == "" {
		outcome = ""
	}
	return errors.Join(r.want("ct=success deploy=failure", "ct", "outcome=promoted champion-version=2"), r.want("", step, outcome, text))
}
