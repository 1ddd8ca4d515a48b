package triggers

import (
	"errors"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/metrics"
)

func TestZeroValuesDoNotRetrain(t *testing.T) {
	t.Parallel()
	if (Decision{}).Retrain {
		t.Error("the zero Decision retrains")
	}
	d := Decide(Policy{}, Signals{})
	lawful(t, d)
	if d.Retrain {
		t.Errorf("no signals retrain:\n%s", show(d))
	}
	if forced := Decide(Policy{}, Signals{Force: true}); forced.Retrain {
		t.Errorf("retrains without having read the registry:\n%s", show(forced))
	}
	if (Trigger{}).Status == Fired || (Decision{}).Fired("schedule") {
		t.Error("a trigger that was not evaluated has fired")
	}
}

func TestFired(t *testing.T) {
	t.Parallel()
	e := readExample(t, "testdata/decide/two-fire/signals.json")
	d := Decide(e.policy(t), e.signals(t))
	for name, want := range map[string]bool{"schedule": false, "drift": true, "performance": true, "force": false, "other": false} {
		if got := d.Fired(name); got != want {
			t.Errorf("%s fired: %v, want %v", name, got, want)
		}
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	for d, want := range map[string]string{
		"0s": "0s", "1s": "1s", "119s": "119s", "2m": "2m", "90s": "90s", "119m59s": "119m59s", "2h": "2h", "5h30m": "5h30m",
		"24h": "24h", "47h59m": "47h59m", "48h": "2d", "74h10m": "3d2h", "720h59m": "30d",
	} {
		if got := Age(duration(t, d)); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

var (
	thresholds  = []string{"0", "0.3", "0.30", "0.005", "0.00003", "0.8", "0.80", "0.123456789", "1"}
	drawDecimal = rapid.Map(rapid.SampledFrom(thresholds), metrics.MustDecimal)
)

// drawSignals is any of the situations that there are, near the thresholds as
// often as not.
func drawSignals(t *rapid.T) (Policy, Signals) {
	p := Policy{
		MaxAgeDays: rapid.IntRange(0, 40).Draw(t, "max age"), ScheduleOff: rapid.IntRange(0, 4).Draw(t, "schedule off") == 0,
		MaxDriftShare: drawDecimal.Draw(t, "max share"), DriftOff: rapid.IntRange(0, 4).Draw(t, "drift off") == 0,
		AUCFloor: drawDecimal.Draw(t, "floor"), PerformanceOff: rapid.IntRange(0, 4).Draw(t, "performance off") == 0,
		MinRows: rapid.IntRange(0, 3).Draw(t, "min rows"),
	}
	s := Signals{Now: time.Unix(1_700_000_000, 0), Force: rapid.Bool().Draw(t, "force")}
	s.Champion = Champion{Presence: Presence(rapid.IntRange(int(Unknown), int(Serving)).Draw(t, "presence")), Alias: "champion", Version: "7"}
	s.Champion.Created = s.Now.Add(-day*time.Duration(p.MaxAgeDays) + time.Duration(rapid.Int64Range(-2, 2).Draw(t, "seconds"))*time.Second)
	s.Drift = DriftSignal{File: drawFile(t, "drift.json"), Drift: Drift{Share: drawShare(t, p.MaxDriftShare)}}
	s.Performance = PerformanceSignal{File: drawFile(t, "labels.csv"), Rolling: Rolling{AUC: drawAUC(t, p.AUCFloor), Rows: rapid.IntRange(0, 5).Draw(t, "rows")}}
	return p, s
}

func drawFile(t *rapid.T, source string) File {
	f := File{Source: source}
	switch rapid.IntRange(0, 9).Draw(t, source) {
	case 0:
		f.Missing = true
	case 1:
		f.TooOld = time.Hour
	case 2:
		f.Err = errors.New(source + ": broken")
	}
	return f
}

func drawShare(t *rapid.T, near metrics.Decimal) float64 {
	threshold, _ := near.Rat().Float64()
	return rapid.OneOf(
		rapid.Float64Range(0, 1),
		rapid.Just(threshold),
		rapid.Map(rapid.SampledFrom([]float64{-1e-12, 1e-12, -1e-5, 1e-5}), func(step float64) float64 {
			return min(1, max(0, threshold+step))
		})).Draw(t, "share")
}

func drawAUC(t *rapid.T, near metrics.Decimal) metrics.Value {
	switch rapid.IntRange(0, 4).Draw(t, "AUC") {
	case 0:
		return metrics.Absent("one class only")
	case 1:
		return metrics.Exact(near.Rat())
	case 2:
		step := big.NewRat(rapid.Int64Range(-3, 3).Draw(t, "step"), rapid.SampledFrom([]int64{1000, 99_991, 1 << 40}).Draw(t, "of"))
		return metrics.Exact(step.Add(step, near.Rat()))
	}
	of := rapid.Int64Range(1, 1_000_000).Draw(t, "pairs")
	return metrics.Exact(big.NewRat(rapid.Int64Range(0, of).Draw(t, "won"), of))
}

func TestEveryDecisionIsLawful(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, s := drawSignals(t)
		d := Decide(p, s)
		lawful(t, d)
		if (s.Champion.Presence == NoChampion || s.Champion.Presence == Unknown) && d.Retrain {
			t.Fatalf("retrains with presence %d:\n%s", s.Champion.Presence, show(d))
		}
		broken := (s.Drift.Err != nil && !p.DriftOff) || (s.Performance.Err != nil && !p.PerformanceOff)
		if broken != (len(d.Errors) > 0) {
			t.Fatalf("broken: %v, but errors are %v", broken, d.Errors)
		}
		if s.Force && !d.Retrain && !broken && s.Champion.Presence.trainable() {
			t.Fatalf("forced in vain:\n%s", show(d))
		}
	})
}

func TestForceOnlyAdds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, s := drawSignals(t)
		s.Force = false
		before := Decide(p, s)
		s.Force = true
		after := Decide(p, s)
		if before.Retrain && !after.Retrain {
			t.Fatalf("force prevented a training:\n%s", show(after))
		}
		if got, want := after.Reasons, before.Reasons; after.Retrain && strings.Join(got, "|") != strings.Join(append(want, "force: asked for"), "|") {
			t.Fatalf("reasons %q, without force %q", got, want)
		}
	})
}

var (
	scheduleText    = regexp.MustCompile(`^schedule: champion v7 is (\d+)d old \(max (\d+)d\)(: did not fire)?$`)
	driftText       = regexp.MustCompile(`^drift: ([\d.]+)% of features drifted \(threshold ([\d.]+)%\)(: did not fire)?$`)
	performanceText = regexp.MustCompile(`^performance: rolling AUC (-?[\d.]+) (<|>=) floor ([\d.]+) \(n=\d+\)(: did not fire)?$`)
)

// TestPrintedRelationsAreTrue reads the texts of the triggers back.
func TestPrintedRelationsAreTrue(t *testing.T) {
	t.Parallel()
	read := 0
	rapid.Check(t, func(t *rapid.T) {
		p, s := drawSignals(t)
		for _, trigger := range Decide(p, s).Triggers {
			if trigger.Status != Fired && trigger.Status != Quiet {
				continue
			}
			var holds bool
			if m := scheduleText.FindStringSubmatch(trigger.Text); m != nil {
				holds = parsed(t, m[1]).Cmp(parsed(t, m[2])) >= 0
			} else if m := driftText.FindStringSubmatch(trigger.Text); m != nil {
				holds = parsed(t, m[1]).Cmp(parsed(t, m[2])) > 0
			} else if m := performanceText.FindStringSubmatch(trigger.Text); m != nil {
				if holds = parsed(t, m[1]).Cmp(parsed(t, m[3])) < 0; holds != (m[2] == "<") {
					t.Fatalf("%q is false", trigger.Text)
				}
			} else if trigger.Name == "force" || strings.HasSuffix(trigger.Text, "yet") {
				continue
			} else {
				t.Fatalf("%q: expected a relation", trigger.Text)
			}
			read++
			if holds != (trigger.Status == Fired) || holds == strings.HasSuffix(trigger.Text, ": did not fire") {
				t.Fatalf("%q, yet it is %s", trigger.Text, trigger.Status)
			}
		}
	})
	if read == 0 {
		t.Error("no relation was read")
	}
}

func parsed(t *rapid.T, text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q: expected a number", text)
	}
	return r
}

// TestThresholdsAreExact holds the status against the rule itself.
func TestThresholdsAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, s := drawSignals(t)
		p.ScheduleOff, p.DriftOff, p.PerformanceOff = false, false, false
		s.Champion.Presence, s.Drift.File, s.Performance.File = Serving, File{Source: "d"}, File{Source: "p"}
		d := Decide(p, s)
		if want := s.Now.Sub(s.Champion.Created) >= day*time.Duration(p.MaxAgeDays); p.MaxAgeDays > 0 && d.Fired("schedule") != want {
			t.Fatalf("schedule: fired is %v:\n%s", !want, show(d))
		}
		r := s.Performance.Rolling
		want := r.Rows >= p.MinRows && r.AUC.Present() && r.AUC.Rat().Cmp(p.AUCFloor.Rat()) < 0
		if d.Fired("performance") != want {
			t.Fatalf("performance: fired is %v:\n%s", !want, show(d))
		}
	})
}
