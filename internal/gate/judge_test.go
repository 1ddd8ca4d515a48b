package gate

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/state"
)

var update = flag.Bool("update", false, "rewrite want.txt of every case")

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
			golden(t, filepath.Join(dir, "want.txt"), s.show(t))
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
	p := Policy{CooldownDays: e.Policy.CooldownDays}
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
		ChampionMetrics: e.ChampionMetrics.values(t), ChallengerMetrics: e.ChallengerMetrics.values(t),
		Quarantined: e.Quarantined, Quarantine: e.Quarantine,
		Holdout:       Holdout{SHA256: e.Holdout.SHA256, Recorded: e.Holdout.Recorded, Accepted: e.Holdout.Accepted, Use: e.Holdout.Use, Overlap: e.Holdout.Overlap},
		OtherVersions: e.OtherVersions,
	}
	if e.Measured != nil {
		ev.Measured = e.Measured
	}
	if e.Labels != nil {
		ev.ChampionMetrics, ev.ChallengerMetrics = e.ChampionScores.measured(t, e.Labels), e.ChallengerScores.measured(t, e.Labels)
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

func (s scores) values(t *testing.T) Metrics {
	t.Helper()
	return Metrics{AUC: value(t, s.AUC), Brier: value(t, s.Brier)}
}

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

func (c column) measured(t *testing.T, labels []int) Metrics {
	t.Helper()
	var positive []bool
	for _, label := range labels {
		positive = append(positive, label == 1)
	}
	var numbers []float64
	for _, cell := range c {
		number, err := strconv.ParseFloat(fmt.Sprint(cell), 64)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, number)
	}
	return Metrics{AUC: metrics.AUC(positive, numbers), Brier: metrics.Brier(positive, numbers)}
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

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n%s\nexpected:\n%s", file, got, want)
	}
}
