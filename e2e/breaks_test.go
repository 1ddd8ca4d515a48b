//go:build e2e

package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A step of the story proves something only if the story fails where the step has no
// effect. Each of these takes one effect away, and plays what is needed to see it.
func TestCapstoneBreaks(t *testing.T) {
	adopt := chapter{"adopt", (*story).adopt}
	alert := chapter{"alert", (*story).alert}
	promotion := chapter{"promotion", (*story).promotion}
	for name, b := range map[string]struct {
		sabotage func(*story) error
		play     []chapter
		want     []string
	}{
		"reload does nothing": {
			func(s *story) error {
				return errors.Join(s.impatient(), s.edit(loop, `"${SERVICE_URL:?set this variable of the repository}/reload"`, `"$SERVICE_URL/healthz" || true`))
			},
			[]chapter{adopt, alert, promotion},
			[]string{"step 3, promotion:", `job deploy ended "failure", expected "success"`, "expected churn-reload-does-nothing v2"},
		},
		"verify asks for the wrong version": {
			func(s *story) error {
				return errors.Join(s.impatient(), s.edit(loop, "          mode: verify\n", "          mode: verify\n          champion-alias: previous\n          previous-alias: champion\n"))
			},
			[]chapter{adopt, alert, promotion},
			[]string{"step 3, promotion:", `job deploy ended "failure", expected "success"`},
		},
		"the quarantine tag is not set": {
			func(s *story) error {
				s.swallow = func(w registryWrite) bool { return w.Key == "quarantined" }
				return nil
			},
			[]chapter{adopt, alert, promotion, {"rollback", (*story).oddScores}},
			[]string{"step 4, rollback:", `tag quarantined of v2 is "" in the registry, expected "true"`},
		},
		"the segment check is missing": {
			func(s *story) error {
				s.policy, _, _ = strings.Cut(segmentCheck, "    - metric: brier\n      name:")
				return nil
			},
			[]chapter{adopt, alert, {"blind", (*story).blindPromotion}, {"rollback", (*story).blindRollback}, {"release", (*story).releaseGranted}},
			[]string{"step 5, release:", `output outcome of step release is "refused", expected "released"`},
		},
		"the deploy job ignores promoted": {
			func(s *story) error {
				return s.edit(loop, "      ${{ !cancelled() && needs.ct.outputs.promoted == 'true'\n      || !cancelled() && needs.ct.outputs.outcome == 'rolled-back' }}", "      ${{ !cancelled() }}")
			},
			[]chapter{adopt, {"quiet tick", (*story).quietTick}},
			[]string{"step 2, quiet tick:", `job deploy ended "success", expected ""`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if len(b.play) > 2 && os.Getenv("CT_CAPSTONE_BREAKS") == "" {
				t.Skip("plays for a minute or more: make capstone-breaks")
			}
			s := newStory(t, "churn-"+strings.ReplaceAll(name, " ", "-"), true, t.Output())
			if err := b.sabotage(s); err != nil {
				t.Fatal(err)
			}
			err := s.play(b.play)
			if err == nil {
				t.Fatal("the story was told to its end")
			}
			for _, want := range b.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the story ended with\n%v\nexpected %q in it", err, want)
				}
			}
			t.Logf("%s: %v", name, err)
		})
	}
}

const loop = ".github/workflows/continuous-training.yml"

// impatient has verify wait for seconds instead of minutes.
func (s *story) impatient() error {
	return s.edit(loop, "          mode: verify\n", "          mode: verify\n          verify-timeout: 8s\n          verify-interval: 1s\n")
}

// alert sends the drift alert of the example, without customers and monitor.
func (s *story) alert() error {
	text, err := os.ReadFile(filepath.Join(s.repository, "monitoring/drift_alert.json"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.repository, "monitoring/drift_summary.json"), text, 0o644); err != nil {
		return err
	}
	_, err = s.run("ct-action", "notify")
	return err
}
