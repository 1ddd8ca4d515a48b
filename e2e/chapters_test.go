//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/org/ct-action/internal/pythontest"
)

// The chapters of the story.

// adopt trains v1 outside of the loop, makes it @champion by hand, and starts the
// service.
func (s *story) adopt() error {
	if _, err := s.run("python", "src/train.py", "--data", "data/window-old.csv"); err != nil {
		return err
	}
	if err := call(s.mlflow, http.MethodPost, "registered-models/alias", map[string]string{"name": s.model, "alias": "champion", "version": "1"}, nil); err != nil {
		return err
	}
	if err := s.startService(); err != nil {
		return err
	}
	return s.serves("1", "champion=1")
}

func (s *story) quietDay() error {
	if err := s.traffic.flow("data/window-old.csv", "0"); err != nil {
		return err
	}
	if err := s.traffic.batch(600); err != nil {
		return err
	}
	if err := s.monitor(); err != nil {
		return err
	}
	if n := len(s.github.Dispatches()); n > 0 {
		return fmt.Errorf("%d events were sent, expected none on a quiet day", n)
	}
	return s.quietTick()
}

func (s *story) quietTick() error {
	r := s.tick()
	return errors.Join(
		r.want("ct=success deploy=", "ct", "outcome=skipped retrain=false promoted=false champion-version=1", "no trigger fired; nothing to do", "GITHUB_TOKEN can neither read nor write repository variables"),
		s.serves("1", "champion=1"))
}

func (s *story) drift() error {
	if err := s.traffic.flow("data/telco-churn.csv", "0.6"); err != nil {
		return err
	}
	if err := s.traffic.batch(600); err != nil {
		return err
	}
	if err := s.monitor(); err != nil {
		return err
	}
	sent := s.github.Dispatches()
	if len(sent) != 1 || sent[0].EventType != "drift-alert" {
		return fmt.Errorf("events %+v, expected one drift-alert", sent)
	}
	s.teller.say("GitHub received repository_dispatch %s", sent[0].EventType)
	return s.serves("1", "champion=1")
}

// monitor runs the monitor on what the service has logged since the customers are as
// they are now, and tells its verdict.
func (s *story) monitor() error {
	_, err := s.run("python", "src/monitor.py", "--reference", "data/window-old.csv", "--log", "predictions",
		"--since", s.traffic.since.UTC().Format(time.RFC3339), "--out", "monitoring", "--notify")
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(s.repository, "monitoring/drift_summary.json"))
	if err != nil {
		return err
	}
	var summary struct {
		Share float64 `json:"share_drifted_features"`
		Rows  int     `json:"rows"`
	}
	if err := json.Unmarshal(text, &summary); err != nil {
		return err
	}
	s.teller.say("%.0f%% of the features drifted in %d rows", 100*summary.Share, summary.Rows)
	return nil
}

// alerted is what starts when GitHub has received the drift alert.
func (s *story) alerted() *run {
	alert := s.github.Dispatches()[0]
	return s.workflow("continuous-training.yml", "repository_dispatch", map[string]any{"action": alert.EventType, "client_payload": alert.Payload})
}

func (s *story) promotion() error {
	r := s.alerted()
	s.promoted = r
	return errors.Join(
		r.want("ct=success", "ct", "outcome=promoted retrain=true promoted=true champion-version=2 previous-version=1", "retraining because:", "of features drifted", "PROMOTED v2 -> @champion"),
		r.want("deploy=success", "verify", "outcome=verified", "serves v2"),
		r.summarizes("ct", "v2 promoted"),
		s.serves("2", "champion=2 previous=1"),
		s.traffic.batch(300))
}

// rehearsal is the fire drill of rehearsal.yml, here on the service that customers ask:
// they must not notice.
func (s *story) rehearsal() error {
	if err := s.edit(".github/workflows/rehearsal.yml", "churn-classifier-staging", s.model); err != nil {
		return err
	}
	r := s.workflow("rehearsal.yml", "schedule", map[string]any{"schedule": "23 9 1 * *"})
	return errors.Join(
		r.want("rehearse=success deploy=", "rehearse", "outcome=rehearsed promoted=false served-version=2", "REHEARSED: the service served v1"),
		s.quarantined("2", ""),
		s.serves("2", "champion=2 previous=1"))
}

func (s *story) oddScores() error { return s.rollback("2", "1", "support reports odd scores") }

// rollback presses the button.
func (s *story) rollback(from, to, reason string) error {
	r := s.workflow("rollback.yml", "workflow_dispatch", map[string]any{"inputs": map[string]string{"model": s.model, "reason": reason, "rollback-to": ""}})
	return errors.Join(
		r.want("rollback=success", "rollback", "outcome=rolled-back champion-version="+to+" quarantined-version="+from,
			"ROLLED BACK: @champion v"+from+" -> v"+to+". v"+from+" tagged quarantined."),
		s.quarantined(from, "true"),
		r.want("deploy=success", "", "", "serves v"+to),
		s.serves(to, "champion="+to+" previous="+to))
}

// quarantineHolds: drift is still there, so the tick goes on to a judgement; instead
// of training it is given v2.
func (s *story) quarantineHolds() error {
	if err := s.config("challenger-version: 2\n"); err != nil {
		return err
	}
	r := s.tick()
	return errors.Join(
		r.want("ct=failure deploy=", "ct", "outcome=flagged promoted=false", "FLAGGED v2. Champion v1 stays.", "quarantine: v2 is quarantined"),
		r.failed("quarantine"),
		s.edit(".github/ct.yml", "challenger-version: 2\n", ""),
		s.serves("1", "champion=1"))
}

const segment = "contract=One year"

func (s *story) blindPromotion() error {
	said, err := s.run("python", "data/lose_outcomes.py", "--segment", segment, "--out", "data/window-lost.csv")
	if err != nil {
		return err
	}
	s.teller.say("%s", said)
	if err := s.edit(".github/ct.yml", "data/window-fresh.csv", "data/window-lost.csv"); err != nil {
		return err
	}
	version, err := s.next()
	if err != nil {
		return err
	}
	r := s.tick()
	return errors.Join(
		r.want("ct=success", "ct", "outcome=promoted promoted=true champion-version="+version, "PROMOTED v"+version+" -> @champion"),
		r.want("deploy=success", "verify", "outcome=verified", "serves v"+version),
		s.serves(version, "champion="+version+" previous=1"))
}

// next is the version that a training would register now.
func (s *story) next() (string, error) {
	var answer struct {
		Versions []struct{} `json:"model_versions"`
	}
	err := call(s.mlflow, http.MethodGet, "model-versions/search?filter="+"name%3D%27"+s.model+"%27", nil, &answer)
	return fmt.Sprint(len(answer.Versions) + 1), err
}

// A segmentRow is what src/segments.py says of one version in one segment.
type segmentRow struct {
	Version, Segment string
	Customers, Left  int
	Foreseen, Brier  float64
}

// productionShows sends customers whose outcome becomes known, and compares what the
// version foresaw with what came.
func (s *story) productionShows() error {
	if err := s.traffic.batch(1200); err != nil {
		return err
	}
	const labels = "monitoring/labeled_predictions.csv"
	if _, err := s.runQuietly("cp", s.traffic.outcomes(), labels); err != nil {
		return err
	}
	said, err := s.run("python", "src/segments.py", "--labels", labels, "--log", "predictions", "--column", "contract")
	if err != nil {
		return err
	}
	var rows []segmentRow
	if err := json.Unmarshal([]byte(lastLine(said)), &rows); err != nil {
		return err
	}
	champion := s.champion()
	rows = slices.DeleteFunc(rows, func(r segmentRow) bool { return r.Version != champion })
	blind := slices.IndexFunc(rows, func(r segmentRow) bool { return "contract="+r.Segment == segment })
	if blind < 0 {
		return fmt.Errorf("no labelled prediction of v%s with %s", champion, segment)
	}
	for i, r := range rows {
		s.teller.say("v%s, %-14s  %4d customers: %d left, %.1f were foreseen", r.Version, r.Segment, r.Customers, r.Left, r.Foreseen)
		if missed := float64(r.Left) > 3*r.Foreseen; missed != (i == blind) {
			return fmt.Errorf("v%s with %s: %d left and %.1f were foreseen, expected v%s to be blind with %s and nowhere else", r.Version, r.Segment, r.Left, r.Foreseen, r.Version, segment)
		}
	}
	return nil
}

func (s *story) champion() string {
	got, err := readAliases(s.mlflow, s.model)
	if err != nil {
		s.t.Fatal(err)
	}
	return got["champion"]
}

func (s *story) blindRollback() error {
	return s.rollback(s.champion(), "1", "v3 foresees nobody who leaves with a one-year contract")
}

func (s *story) release(version string) *run {
	return s.workflow("release-quarantine.yml", "workflow_dispatch", map[string]any{"inputs": map[string]string{"version": version, "override": "false", "reason": ""}})
}

func (s *story) blind() string { return s.watch.last("1") }

func (s *story) releaseRefused() error {
	blind := s.blind()
	return errors.Join(
		s.release(blind).want("release=failure", "release", "outcome=refused", "today's gate would promote v"+blind+" again: its metric checks pass, only the quarantine stops it"),
		s.quarantined(blind, "true"))
}

// segmentCheck is what the postmortem adds to the policy. The first two checks are
// what the gate does without a list of its own.
const segmentCheck = `
gate:
  checks:
    - metric: auc
      min-absolute-change: 0.005
    - metric: brier
      max-absolute-regression: 0
    - metric: brier
      name: brier of one-year contracts
      segment: contract=One year
      max-absolute-regression: 0
`

func (s *story) releaseGranted() error {
	if err := s.config(s.policy); err != nil {
		return err
	}
	s.teller.say("%s", strings.TrimSpace(s.policy))
	blind := s.blind()
	return errors.Join(
		s.release(blind).want("release=success", "release", "outcome=released", "RELEASED v"+blind),
		s.quarantined(blind, "false"),
		s.serves("1", "champion=1"))
}

func (s *story) blindFlagged() error {
	version, err := s.next()
	if err != nil {
		return err
	}
	r := s.tick()
	return errors.Join(
		r.want("ct=failure deploy=", "ct", "outcome=flagged promoted=false challenger-version="+version, "FLAGGED v"+version+". Champion v1 stays."),
		r.failed("brier of one-year contracts"),
		s.serves("1", "champion=1 challenger="+version))
}

func (s *story) mended() error {
	if err := s.edit(".github/ct.yml", "data/window-lost.csv", "data/window-fresh.csv"); err != nil {
		return err
	}
	version, err := s.next()
	if err != nil {
		return err
	}
	r := s.tick()
	return errors.Join(
		r.want("ct=success", "ct", "outcome=promoted promoted=true champion-version="+version, "PROMOTED v"+version+" -> @champion"),
		r.want("deploy=success", "verify", "outcome=verified", "serves v"+version),
		s.serves(version, "champion="+version+" previous=1"),
		s.traffic.batch(300))
}

// epilogue counts what customers saw.
func (s *story) epilogue() error {
	if err := s.traffic.stop(); err != nil {
		return err
	}
	if missing := 5000 - s.traffic.total.Sent; missing > 0 {
		if err := s.traffic.batch(missing); err != nil {
			return err
		}
	}
	sum := s.traffic.total
	delays, err := s.watch.delays()
	if err != nil {
		return err
	}
	order := s.watch.order()
	s.teller.print("\n")
	s.teller.say("%d requests, %d failed", sum.Sent, sum.Failed)
	s.teller.say("versions served, in order: %s", strings.Join(order, " "))
	s.teller.say("longest time from the move of @champion to the service serving it: %.1f s", slices.Max(delays).Seconds())
	if sum.Failed > 0 || sum.Sent < 5000 {
		return fmt.Errorf("%d of %d requests failed, expected none of at least 5000", sum.Failed, sum.Sent)
	}
	if want := []string{"1", "2", "1", "2", "1", "3", "1", "5"}; !slices.Equal(order, want) {
		return fmt.Errorf("the service served the versions %v, expected %v", order, want)
	}
	if got := slices.Sorted(maps.Keys(sum.Versions)); !slices.Equal(got, []string{"1", "2", "3", "5"}) {
		return fmt.Errorf("the customers were served by the versions %v, expected 1, 2, 3 and 5", got)
	}
	return nil
}

// startService starts the real service on the repository's model.
func (s *story) startService() error {
	var err error
	s.server, err = pythontest.Serve(s.repository, filepath.Join(s.t.TempDir(), "service.log"), s.environment(),
		pythontest.Interpreter(s.t), "-m", "uvicorn", "service.app:app", "--host", "127.0.0.1", "--port", "0")
	if err != nil {
		return err
	}
	s.t.Cleanup(s.server.Stop)
	s.serviceURL = s.server.URI
	go s.watch.follow(s.t.Context(), s.serviceURL)
	return nil
}
