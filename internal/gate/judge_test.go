package gate

import (
	"bytes"
	"encoding/json"
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
	"github.com/org/ct-action/internal/paired"
	"github.com/org/ct-action/internal/state"
)

// TestJudge runs every directory of testdata: evidence.json says in what the
// evidence differs from that of the case "passed", want.txt is the verdict.
func TestJudge(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*/evidence.json")
	if err != nil || len(files) < 50 {
		t.Fatalf("finding cases: %d found, %v", len(files), err)
	}
	for _, file := range files {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			s := scene(t, file)
			golden.Compare(t, filepath.Join(dir, "want.txt"), s.show(t))
		})
	}
}

// An example is evidence.json. What a case leaves out is as in base.
type example struct {
	About  string `json:"about"`
	Policy struct {
		Epsilon          string `json:"epsilon"`
		MaxBrierIncrease string `json:"max_brier_increase"`
		CooldownDays     int    `json:"cooldown_days"`
		measuredPolicy
	} `json:"policy"`
	Champion   string `json:"champion"`
	Challenger string `json:"challenger"`

	// A fraction, a decimal, or "absent: " and the reason.
	ChampionMetrics   scores `json:"champion_metrics"`
	ChallengerMetrics scores `json:"challenger_metrics"`

	// Where there are labels, the metrics are worked out.
	Labels           []int  `json:"labels"`
	ChampionScores   column `json:"champion_scores"`
	ChallengerScores column `json:"challenger_scores"`

	Cooldown    string `json:"cooldown"` // elapsed, or "none"
	Quarantined bool   `json:"quarantined"`
	Quarantine  string `json:"quarantine"`
	Holdout     struct {
		SHA256   string `json:"sha256"`
		Recorded string `json:"recorded"`
		Accepted string `json:"accepted"`
		Use      int    `json:"use"`
		Overlap  string `json:"overlap"`
	} `json:"holdout"`
	OtherVersions int `json:"other_versions"`

	Measured *fake `json:"measured"`
}

type scores struct {
	AUC   string `json:"auc"`
	Brier string `json:"brier"`
}

// A column holds numbers, and texts where JSON has none ("NaN").
type column []any

const base = `{
	"policy": {"epsilon": "0.005", "max_brier_increase": "0", "cooldown_days": 7},
	"champion": "7", "challenger": "8",
	"champion_metrics": {"auc": "0.8312", "brier": "0.1400"},
	"challenger_metrics": {"auc": "0.8471", "brier": "0.1312"},
	"cooldown": "240h",
	"holdout": {
		"sha256": "aaaa00000000000000000000000000000000000000000000000000000000bbbb",
		"recorded": "aaaa00000000000000000000000000000000000000000000000000000000bbbb"}
}`

func scene(t *testing.T, file string) example {
	t.Helper()
	differs, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var e example
	for _, text := range []string{base, string(differs)} {
		decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&e); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	return e
}

func (e example) policy(t *testing.T) Policy {
	t.Helper()
	p := Policy{Limits: Limits{CooldownDays: e.Policy.CooldownDays}}
	e.Policy.measuredPolicy.into(t, &p)
	for text, to := range map[*string]*metrics.Decimal{&e.Policy.Epsilon: &p.Epsilon, &e.Policy.MaxBrierIncrease: &p.MaxBrierIncrease} {
		d, err := metrics.ParseDecimal(*text)
		if err != nil {
			t.Fatal(err)
		}
		*to = d
	}
	return p
}

func (e example) evidence(t *testing.T) Evidence {
	t.Helper()
	ev := Evidence{
		Champion: e.Champion, Challenger: e.Challenger,
		Measured:    bare{CheckAUC: both(t, e.ChampionMetrics.AUC, e.ChallengerMetrics.AUC), CheckBrier: both(t, e.ChampionMetrics.Brier, e.ChallengerMetrics.Brier)},
		Quarantined: e.Quarantined, Quarantine: e.Quarantine,
		Holdout:       Holdout{SHA256: e.Holdout.SHA256, Recorded: e.Holdout.Recorded, Accepted: e.Holdout.Accepted, Use: e.Holdout.Use, Overlap: e.Holdout.Overlap},
		OtherVersions: e.OtherVersions,
	}
	if e.Measured != nil {
		ev.Measured = e.Measured
	}
	if e.Labels != nil {
		ev.Measured = scored{e.sample(t)}
	}
	if e.Cooldown != "none" {
		elapsed, err := time.ParseDuration(e.Cooldown)
		if err != nil {
			t.Fatal(err)
		}
		ev.Cooldown = state.Cooldown{Last: time.Unix(1_700_000_000, 0), Elapsed: elapsed}
	}
	return ev
}

// bare is Measured as two values of each metric and nothing else: no scatter of
// them is known, and no segment.
type bare map[string][2]metrics.Value // champion and challenger

func both(t *testing.T, champion, challenger string) [2]metrics.Value {
	t.Helper()
	return [2]metrics.Value{value(t, champion), value(t, challenger)}
}

func (b bare) Estimate(r Requirement, s Segment) paired.Estimate {
	if s.Columns != nil {
		return paired.Estimate{Positives: -1}
	}
	return paired.Estimate{Champion: b[r.Metric][0], Challenger: b[r.Metric][1], Positives: -1}
}

func (bare) Segments([]string) ([]SegmentRows, bool) { return nil, false }

func value(t *testing.T, text string) metrics.Value {
	t.Helper()
	if reason, ok := strings.CutPrefix(text, "absent: "); ok {
		return metrics.Absent(reason)
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q: expected a fraction", text)
	}
	return metrics.Exact(r)
}

// scored is Measured by rows.
type scored struct{ sample metrics.Sample }

func (s scored) Estimate(r Requirement, _ Segment) paired.Estimate {
	m, _ := metrics.Lookup(r.Metric)
	return paired.Measure(m, s.sample, metrics.Decimal{})
}

func (scored) Segments([]string) ([]SegmentRows, bool) { return nil, false }

func (e example) sample(t *testing.T) metrics.Sample {
	t.Helper()
	s := metrics.Sample{Task: metrics.Binary, Rows: len(e.Labels)}
	for _, label := range e.Labels {
		s.Positive = append(s.Positive, label == 1)
	}
	s.Champion.Values, s.Challenger.Values = e.ChampionScores.numbers(t), e.ChallengerScores.numbers(t)
	return s
}

func (c column) numbers(t *testing.T) []float64 {
	t.Helper()
	numbers := []float64{}
	for _, cell := range c {
		number, err := strconv.ParseFloat(fmt.Sprint(cell), 64)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, number)
	}
	return numbers
}

// show writes everything that a verdict says.
func show(v Verdict) string {
	var b strings.Builder
	fmt.Fprintf(&b, "passed: %v\n", v.Passed())
	blocked, known := v.Blocked()
	fmt.Fprintf(&b, "metrics block: %v, known: %v\n", blocked, known)
	for _, c := range v.Checks {
		fmt.Fprintf(&b, "\n%s %s\n  text    %s\n  found   %s\n  needed  %s\n", c.Name, c.Status, c.Text, c.Found, c.Needed)
	}
	return b.String()
}
