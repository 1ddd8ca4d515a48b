package triggers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/golden"
	"github.com/org/ct-action/internal/metrics"
)

// TestDecide runs every directory of testdata/decide: signals.json says in
// what the signals differ from those of the case "quiet", want.txt is the
// decision.
func TestDecide(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/decide/*/signals.json")
	if err != nil || len(files) < 60 {
		t.Fatalf("finding cases: %d found, %v", len(files), err)
	}
	for _, file := range files {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			e := readExample(t, file)
			d := Decide(e.policy(t), e.signals(t))
			lawful(t, d)
			golden.Compare(t, filepath.Join(dir, "want.txt"), show(d))
		})
	}
}

// lawful holds what is true of every decision.
func lawful(t interface{ Errorf(string, ...any) }, d Decision) {
	if d.Retrain != (len(d.Reasons) > 0) || d.Reasons == nil {
		t.Errorf("retrain is %v for the reasons %q", d.Retrain, d.Reasons)
	}
	if len(d.Errors) > 0 && d.Retrain {
		t.Errorf("retrains on errors %v", d.Errors)
	}
	if len(d.Triggers) != 4 {
		t.Errorf("%d triggers were reported, expected all 4", len(d.Triggers))
	}
	for _, trigger := range d.Triggers {
		if trigger.Text == "" || trigger.Measured == "" || trigger.Fires == "" || strings.Contains(trigger.Text, "\n") {
			t.Errorf("trigger not described in one line: %+v", trigger)
		}
	}
}

// An example is signals.json. What a case leaves out is as in base, but a
// signal that it gives is given whole.
type example struct {
	About  string `json:"about"`
	Policy struct {
		MaxAgeDays     int    `json:"max_age_days"`
		ScheduleOff    bool   `json:"schedule_off"`
		MaxDriftShare  string `json:"max_drift_share"`
		DriftOff       bool   `json:"drift_off"`
		AUCFloor       string `json:"auc_floor"`
		MinRows        int    `json:"min_rows"`
		PerformanceOff bool   `json:"performance_off"`
		AllowBelow     bool   `json:"allow_below_chance"`
	} `json:"policy"`
	Champion struct {
		Presence string `json:"presence"`
		Alias    string `json:"alias"`
		Age      string `json:"age"` // or "unknown"
	} `json:"champion"`
	Drift       json.RawMessage `json:"drift"`
	Performance json.RawMessage `json:"performance"`
	Force       bool            `json:"force"`
}

// A signal is either of the two files. Share is a number, or a text where
// JSON has none ("NaN"); AUC is a fraction, or "absent: " and the reason.
type signal struct {
	Source    string    `json:"source"`
	Missing   bool      `json:"missing"`
	TooOld    string    `json:"too_old"`
	Error     string    `json:"error"`
	Share     any       `json:"share"`
	Shares    []float64 `json:"shares"`
	Drifted   int       `json:"drifted"` // of the first of them, or of the only one
	Columns   int       `json:"columns"`
	Names     []string  `json:"names"`
	Of        string    `json:"of"`
	Digest    string    `json:"report_sha256"`
	Warnings  []string  `json:"warnings"`
	AUC       string    `json:"auc"`
	Rows      int       `json:"rows"`
	Positives int       `json:"positives"`
}

const base = `{
	"policy": {"max_age_days": 30, "max_drift_share": "0.3", "auc_floor": "0.80", "min_rows": 500},
	"champion": {"presence": "serving", "alias": "champion", "age": "240h"},
	"drift": {"source": "monitoring/drift.json", "share": 0.12},
	"performance": {"source": "monitoring/labels.csv", "auc": "83/100", "rows": 1842}
}`

var presences = map[string]Presence{
	"unknown": Unknown, "no model": NoModel, "no version": NoVersion, "no champion": NoChampion, "serving": Serving,
}

func readExample(t *testing.T, file string) example {
	t.Helper()
	differs, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var e example
	strict(t, []byte(base), &e)
	strict(t, differs, &e)
	return e
}

func strict(t *testing.T, data []byte, to any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(to); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
}

func (e example) policy(t *testing.T) Policy {
	t.Helper()
	p := e.Policy
	return Policy{
		MaxAgeDays: p.MaxAgeDays, ScheduleOff: p.ScheduleOff,
		MaxDriftShare: metrics.MustDecimal(p.MaxDriftShare), DriftOff: p.DriftOff,
		AUCFloor: metrics.MustDecimal(p.AUCFloor), MinRows: p.MinRows, PerformanceOff: p.PerformanceOff,
		AllowBelowChance: p.AllowBelow,
	}
}

func (e example) signals(t *testing.T) Signals {
	t.Helper()
	presence, ok := presences[e.Champion.Presence]
	if !ok {
		t.Fatalf("presence %q", e.Champion.Presence)
	}
	s := Signals{Now: time.Unix(1_700_000_000, 0), Force: e.Force, Champion: Champion{Presence: presence, Alias: e.Champion.Alias}}
	if presence == Serving {
		s.Champion.Version = "7"
		if e.Champion.Age != "unknown" {
			s.Champion.Created = s.Now.Add(-duration(t, e.Champion.Age))
		}
	}
	var d, p signal
	strict(t, e.Drift, &d)
	strict(t, e.Performance, &p)
	s.Drift = DriftSignal{File: d.file(t), Drift: d.drift(t)}
	s.Performance = PerformanceSignal{File: p.file(t), Rolling: p.rolling(t)}
	return s
}

func (s signal) file(t *testing.T) File {
	t.Helper()
	f := File{Source: s.Source, Missing: s.Missing, TooOld: duration(t, s.TooOld)}
	if s.Error != "" {
		f.Err = errors.New(s.Error)
	}
	return f
}

func (s signal) drift(t *testing.T) Drift {
	t.Helper()
	d := Drift{Warnings: s.Warnings}
	if s.Share != nil {
		share, err := strconv.ParseFloat(fmt.Sprint(s.Share), 64)
		if err != nil {
			t.Fatal(err)
		}
		d.Share = share
	}
	for i, share := range s.Shares {
		d.Shares = append(d.Shares, Share{Path: fmt.Sprintf("metrics[%d]", i), Value: share})
	}
	if s.Columns > 0 && len(d.Shares) == 0 {
		d.Shares = []Share{{Path: "share_drifted_features", Value: d.Share}}
	}
	if s.Columns > 0 {
		d.Shares[0].Drifted, d.Shares[0].Columns, d.Shares[0].Names, d.Shares[0].Of = s.Drifted, s.Columns, s.Names, s.Of
	}
	d.ReportSHA256 = s.Digest
	return d
}

func (s signal) rolling(t *testing.T) Rolling {
	t.Helper()
	r := Rolling{Rows: s.Rows, Positives: s.Positives}
	if reason, ok := strings.CutPrefix(s.AUC, "absent: "); ok {
		r.AUC = metrics.Absent(reason)
	} else if s.AUC != "" {
		auc, ok := new(big.Rat).SetString(s.AUC)
		if !ok {
			t.Fatalf("%q: expected a fraction", s.AUC)
		}
		r.AUC = metrics.Exact(auc)
	}
	return r
}

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// show writes everything that a decision says.
func show(d Decision) string {
	var b strings.Builder
	fmt.Fprintf(&b, "retrain: %v\n", d.Retrain)
	for _, reason := range d.Reasons {
		fmt.Fprintf(&b, "reason: %s\n", reason)
	}
	for _, err := range d.Errors {
		fmt.Fprintf(&b, "error: %v\n", err)
	}
	for _, warning := range d.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", warning)
	}
	for _, t := range d.Triggers {
		fmt.Fprintf(&b, "\n%s %s\n  text      %s\n  measured  %s\n  fires     %s\n", t.Name, t.Status, t.Text, t.Measured, t.Fires)
	}
	return b.String()
}
