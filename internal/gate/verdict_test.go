package gate

import (
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/state"
)

func TestZeroValuesDoNotPass(t *testing.T) {
	t.Parallel()
	if (Verdict{}).Passed() {
		t.Error("the zero Verdict passed")
	}
	if v := Judge(Policy{}, Evidence{}); v.Passed() || len(v.Checks) != 5 {
		t.Errorf("no evidence passed:\n%s", show(v))
	}
	if (Check{}).Status == Passed || (Verdict{}).Check(CheckAUC).Status != NotMade {
		t.Error("a check that was not made has passed")
	}
	if blocked, known := (Verdict{}).Blocked(); blocked || known {
		t.Error("the zero Verdict knows something")
	}
	if (Verdict{Checks: []Check{NoChampion(3)}}).Passed() {
		t.Error("a model without a champion passed")
	}
}

func TestFailedListsEveryCheckThatDidNotPass(t *testing.T) {
	t.Parallel()
	s := scene(t, "testdata/fails-everything/evidence.json")
	v := Judge(s.policy(t), s.evidence(t))
	var names []string
	for _, c := range v.Failed() {
		names = append(names, c.Name)
	}
	if got, want := strings.Join(names, " "), "auc brier cooldown quarantine holdout"; got != want {
		t.Errorf("failed: %s, expected %s", got, want)
	}
}

// drawValue is a metric: often absent, often near others, of any denominator.
func drawValue(t *rapid.T, name string) metrics.Value {
	if rapid.IntRange(0, 9).Draw(t, name+" is absent") == 0 {
		return metrics.Absent("no rows")
	}
	return metrics.Exact(drawRat(t, name))
}

func drawRat(t *rapid.T, name string) *big.Rat {
	denominator := rapid.OneOf(rapid.Int64Range(1, 20), rapid.SampledFrom([]int64{3, 7, 10_000, 1_000_000, 999_999_937})).Draw(t, name+" denominator")
	r := big.NewRat(rapid.Int64Range(0, denominator).Draw(t, name+" numerator"), denominator)
	if rapid.Bool().Draw(t, name+" is near 0.7") {
		r.Quo(r, big.NewRat(1_000_000, 1)).Add(r, big.NewRat(7, 10))
	}
	return r
}

func drawMargin(t *rapid.T, name string) metrics.Decimal {
	return metrics.MustDecimal(rapid.SampledFrom([]string{"0", "0.005", "0.0050", "0.00003", "0.0000007", "0.1", "1", "-0.002"}).Draw(t, name))
}

func drawPolicy(t *rapid.T) Policy {
	return Policy{
		Epsilon: drawMargin(t, "epsilon"), MaxBrierIncrease: drawMargin(t, "max-brier-increase"),
		Limits: Limits{CooldownDays: rapid.IntRange(0, 10).Draw(t, "cooldown-days")},
	}
}

func drawEvidence(t *rapid.T) Evidence {
	text := rapid.SampledFrom([]string{"", "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"})
	e := Evidence{
		Champion:   rapid.SampledFrom([]string{"", "7", "7", "7"}).Draw(t, "champion"),
		Challenger: rapid.SampledFrom([]string{"", "7", "8", "8", "8", "8"}).Draw(t, "challenger"),
		Measured: bare{
			CheckAUC:   {drawValue(t, "champion's AUC"), drawValue(t, "challenger's AUC")},
			CheckBrier: {drawValue(t, "champion's Brier"), drawValue(t, "challenger's Brier")},
		},
		Quarantined:   rapid.IntRange(0, 4).Draw(t, "quarantined") == 0,
		Holdout:       Holdout{SHA256: text.Draw(t, "scored"), Recorded: text.Draw(t, "recorded"), Accepted: text.Draw(t, "accepted")},
		OtherVersions: rapid.IntRange(0, 1).Draw(t, "other versions"),
	}
	if rapid.Bool().Draw(t, "was promoted") {
		elapsed := rapid.Int64Range(0, int64(12*24*time.Hour)).Draw(t, "elapsed")
		e.Cooldown = state.Cooldown{Last: time.Unix(1_700_000_000, 0), Elapsed: time.Duration(elapsed)}
	}
	return e
}

// drawGood is evidence that passes, so that properties of passing are not
// tried on failures alone.
func drawGood(t *rapid.T) (Policy, Evidence) {
	p, e := drawPolicy(t), drawEvidence(t)
	e.Challenger, e.Quarantined, e.OtherVersions, e.Cooldown = "8", false, 0, state.Cooldown{}
	e.Holdout = Holdout{SHA256: "aaaaaaaaaaaaaaaa", Recorded: "aaaaaaaaaaaaaaaa"}
	auc, brier := drawRat(t, "AUC"), drawRat(t, "Brier")
	e.Measured = bare{ // exactly enough
		CheckAUC:   {metrics.Exact(auc), metrics.Exact(new(big.Rat).Add(auc, p.Epsilon.Rat()))},
		CheckBrier: {metrics.Exact(brier), metrics.Exact(new(big.Rat).Add(brier, p.MaxBrierIncrease.Rat()))},
	}
	return p, e
}

// worse makes one thing worse, by however little; it is said which.
var worse = map[string]func(p *Policy, e *Evidence){
	"a lower AUC": func(_ *Policy, e *Evidence) { e.change(CheckAUC, challenger, -1) },
	"a better champion": func(_ *Policy, e *Evidence) {
		e.change(CheckAUC, champion, 1)
		e.change(CheckBrier, champion, -1)
	},
	"a higher Brier":       func(_ *Policy, e *Evidence) { e.change(CheckBrier, challenger, 1) },
	"no AUC":               func(_ *Policy, e *Evidence) { e.lose(CheckAUC, challenger) },
	"no Brier":             func(_ *Policy, e *Evidence) { e.lose(CheckBrier, challenger) },
	"no AUC of champion":   func(_ *Policy, e *Evidence) { e.lose(CheckAUC, champion) },
	"no Brier of champion": func(_ *Policy, e *Evidence) { e.lose(CheckBrier, champion) },
	"nothing scored":       func(_ *Policy, e *Evidence) { e.Measured = nil },
	"a later promotion": func(_ *Policy, e *Evidence) {
		e.Cooldown = state.Cooldown{Last: time.Unix(1_700_000_000, 0), Elapsed: max(0, e.Cooldown.Elapsed-time.Second)}
	},
	"a longer cooldown": func(p *Policy, _ *Evidence) { p.CooldownDays++ },
	"a quarantine":      func(_ *Policy, e *Evidence) { e.Quarantined = true },
	"another holdout":   func(_ *Policy, e *Evidence) { e.Holdout.SHA256, e.Holdout.Recorded = "c", "d" },
	"no digest":         func(_ *Policy, e *Evidence) { e.Holdout.SHA256 = "" },
	"another accepted":  func(_ *Policy, e *Evidence) { e.Holdout.Accepted = "e" },
	"the champion":      func(_ *Policy, e *Evidence) { e.Challenger = e.Champion },
	"more versions":     func(_ *Policy, e *Evidence) { e.OtherVersions++ },
}

// Places in the pair of a bare's metric.
const champion, challenger = 0, 1

// with replaces one value of a bare's metric.
func (e *Evidence) with(metric string, whose int, by func(metrics.Value) metrics.Value) {
	b := maps.Clone(e.Measured.(bare))
	values := b[metric]
	values[whose] = by(values[whose])
	b[metric] = values
	e.Measured = b
}

func (e *Evidence) change(metric string, whose int, by int64) {
	e.with(metric, whose, func(v metrics.Value) metrics.Value { return moved(v, by) })
}

func (e *Evidence) lose(metric string, whose int) {
	e.with(metric, whose, func(metrics.Value) metrics.Value { return metrics.Value{} })
}

func moved(v metrics.Value, by int64) metrics.Value {
	if !v.Present() {
		return v
	}
	return metrics.Exact(v.Rat().Add(v.Rat(), big.NewRat(by, 1_000_000_007)))
}

func TestNothingWorseMakesItPass(t *testing.T) {
	t.Parallel()
	for name, worsen := range worse {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				p, e := drawPolicy(t), drawEvidence(t)
				before := Judge(p, e)
				worsen(&p, &e)
				if after := Judge(p, e); after.Passed() && !before.Passed() {
					t.Fatalf("passed only once it was worse:\n%s\nbefore:\n%s", show(after), show(before))
				}
			})
		})
	}
}

// TestExactlyEnoughPasses also keeps the properties of passing honest: what
// drawGood draws does pass, and the least step back from it does not.
func TestExactlyEnoughPasses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := drawGood(t)
		if v := Judge(p, e); !v.Passed() {
			t.Fatalf("exactly enough did not pass:\n%s", show(v))
		}
		if e.Champion == "" {
			return
		}
		for _, step := range []string{"a lower AUC", "a higher Brier"} {
			less := e
			worse[step](&p, &less)
			if v := Judge(p, less); v.Passed() {
				t.Fatalf("%s passed:\n%s", step, show(v))
			}
		}
	})
}

func TestEveryRuleMustHaveBeenChecked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := Judge(drawGood(t))
		if len(v.Checks) != 5 || !v.Passed() {
			t.Fatalf("expected five checks that pass:\n%s", show(v))
		}
		for i := range v.Checks {
			fewer := Verdict{Checks: append(append([]Check{}, v.Checks[:i]...), v.Checks[i+1:]...)}
			if fewer.Passed() {
				t.Fatalf("passed without %s", v.Checks[i].Name)
			}
			for _, status := range []Status{NotMade, Failed, Absent} {
				changed := Verdict{Checks: append([]Check{}, v.Checks...)}
				changed.Checks[i].Status = status
				if changed.Passed() {
					t.Fatalf("passed with %s %s", v.Checks[i].Name, status)
				}
			}
		}
	})
}

func TestAbsentEvidenceNeverPasses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvidence(t)
		v := Judge(drawPolicy(t), e)
		measured := e.Measured.(bare)
		m := []metrics.Value{measured[CheckAUC][challenger], measured[CheckBrier][challenger]}
		if e.Champion != "" {
			m = append(m, measured[CheckAUC][champion], measured[CheckBrier][champion])
		}
		for _, value := range m {
			if !value.Present() && v.Passed() {
				t.Fatalf("passed without a metric:\n%s", show(v))
			}
		}
		for _, c := range v.Checks {
			if c.Status == Absent && v.Passed() {
				t.Fatalf("passed with absent evidence:\n%s", show(v))
			}
		}
	})
}

func TestChampionNeverReplacesItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := drawGood(t)
		e.Champion, e.Challenger = "7", "7"
		v := Judge(p, e)
		if v.Passed() || v.Check(CheckChallenger).Status != Failed {
			t.Fatalf("the champion would replace itself:\n%s", show(v))
		}
	})
}

var relations = map[string]*regexp.Regexp{
	CheckAUC:   regexp.MustCompile(`^AUC gate: (\S+) (<|>=) (\S+)(?: ([+-]) (\S+))?$`),
	CheckBrier: regexp.MustCompile(`^calibration gate: Brier (\S+) (<=|>) (\S+)(?: ([+-]) (\S+))?$`),
}

// TestPrintedRelationsAreTrue reads the texts back, and the table's two cells.
func TestPrintedRelationsAreTrue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := drawGood(t)
		e.Champion = "7"
		if rapid.Bool().Draw(t, "near") {
			e.with(CheckAUC, challenger, func(v metrics.Value) metrics.Value { return nudged(t, v, "AUC nudge") })
			e.with(CheckBrier, challenger, func(v metrics.Value) metrics.Value { return nudged(t, v, "Brier nudge") })
		} else {
			e.with(CheckAUC, challenger, func(metrics.Value) metrics.Value { return metrics.Exact(drawRat(t, "any AUC")) })
			e.with(CheckBrier, challenger, func(metrics.Value) metrics.Value { return metrics.Exact(drawRat(t, "any Brier")) })
		}
		v := Judge(p, e)
		for name, form := range relations {
			c := v.Check(name)
			m := form.FindStringSubmatch(c.Text)
			if m == nil {
				t.Fatalf("%q: expected a relation", c.Text)
			}
			bound := parse(t, m[3])
			if m[5] != "" {
				bound.Add(bound, parse(t, m[4]+m[5]))
			}
			if !holds(parse(t, m[1]), m[2], bound) {
				t.Fatalf("%q is false", c.Text)
			}
			if passes := strings.HasSuffix(m[2], "="); passes != (c.Status == Passed) {
				t.Fatalf("%q is %s", c.Text, c.Status)
			}
			sign, margin, _ := strings.Cut(c.Needed, " ")
			if in := holds(parse(t, c.Found), map[string]string{"≥": ">=", "≤": "<="}[sign], parse(t, margin)); in != (c.Status == Passed) {
				t.Fatalf("found %s, needed %s, yet %s", c.Found, c.Needed, c.Status)
			}
		}
	})
}

// nudged moves a metric by next to nothing, up or down.
func nudged(t *rapid.T, v metrics.Value, name string) metrics.Value {
	tiny := big.NewRat(rapid.Int64Range(-2, 2).Draw(t, name), rapid.SampledFrom([]int64{1000, 99_991, 1 << 40}).Draw(t, name+" of"))
	return metrics.Exact(tiny.Add(tiny, v.Rat()))
}

func parse(t *rapid.T, text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q: expected a number", text)
	}
	return r
}

func holds(a *big.Rat, relation string, b *big.Rat) bool {
	return map[string]bool{"<": a.Cmp(b) < 0, "<=": a.Cmp(b) <= 0, ">": a.Cmp(b) > 0, ">=": a.Cmp(b) >= 0}[relation]
}

var cooldownRelation = regexp.MustCompile(`^cooldown: last promotion (\d+)d ago \((<|>=) (\d+)d\)$`)

func TestPrintedCooldownIsTrue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := drawGood(t)
		e.Champion = "7"
		whole := time.Duration(p.CooldownDays) * 24 * time.Hour
		near := time.Duration(rapid.Int64Range(-2, 2).Draw(t, "seconds")) * time.Second
		e.Cooldown = state.Cooldown{Last: time.Unix(1_700_000_000, 0), Elapsed: max(0, whole+near)}
		c := Judge(p, e).Check(CheckCooldown)
		m := cooldownRelation.FindStringSubmatch(c.Text)
		if m == nil || !holds(parse(t, m[1]), m[2], parse(t, m[3])) {
			t.Fatalf("%q is false", c.Text)
		}
		if enough := e.Cooldown.Elapsed >= whole; enough != (c.Status == Passed) || enough != (m[2] == ">=") {
			t.Fatalf("%v of %d days: %s %q", e.Cooldown.Elapsed, p.CooldownDays, c.Status, c.Text)
		}
	})
}

// TestTextsAreOneLine: a tag and a record can hold anything.
func TestTextsAreOneLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := drawGood(t)
		e.Quarantined, e.Quarantine = true, rapid.String().Draw(t, "tag")+"\n\x1b\u202e\xff"+strings.Repeat("x", rapid.IntRange(0, 5000).Draw(t, "more"))
		e.Holdout.Recorded = rapid.String().Draw(t, "record")
		for _, c := range Judge(p, e).Checks {
			for _, text := range []string{c.Text, c.Found, c.Needed} {
				if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(text) || len([]rune(text)) > 300 {
					t.Fatalf("%s: %q", c.Name, text)
				}
			}
		}
	})
}

func TestShort(t *testing.T) {
	t.Parallel()
	for sha256, want := range map[string]string{
		"": "", "abc": "abc", "0123456789a": "0123456789a", "0123456789ab": "0123…89ab", strings.Repeat("é", 20): "éé…éé",
	} {
		if got := Short(sha256); got != want {
			t.Errorf("Short(%q) = %q, want %q", sha256, got, want)
		}
	}
}

func TestStatusNames(t *testing.T) {
	t.Parallel()
	if got := fmt.Sprint([]Status{NotMade, Failed, Absent, Passed}); got != "[not_made failed absent passed]" {
		t.Error(got)
	}
}
