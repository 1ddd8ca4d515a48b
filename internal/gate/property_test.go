package gate

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
	"github.com/org/ct-action/internal/text"
)

// sums is evidence drawn at random: an estimate for each metric and segment,
// all of one column "s".
type sums struct {
	estimates map[string]paired.Estimate // by metric and segment value
	values    []SegmentRows
}

func (s sums) Estimate(r Requirement, segment Segment) paired.Estimate {
	return s.estimates[r.Metric+"/"+strings.Join(segment.Values, ",")]
}

func (s sums) Segments(columns []string) ([]SegmentRows, bool) {
	return s.values, slices.Equal(columns, []string{"s"})
}

var drawnMetrics = []string{"auc", "brier", "recall", "rmse", "mine"}

func drawEstimate(t *rapid.T, name string) paired.Estimate {
	number := func(what string) metrics.Value {
		if rapid.IntRange(0, 19).Draw(t, name+what+" is absent") == 0 {
			return metrics.Absent("NaN")
		}
		return metrics.Exact(big.NewRat(rapid.Int64Range(-200, 1000).Draw(t, name+what), 1000))
	}
	e := paired.Estimate{Champion: number(" champion"), Challenger: number(" challenger"), Rows: rapid.IntRange(1, 5000).Draw(t, name+" rows"), Positives: -1}
	if e.Champion.Present() && rapid.Bool().Draw(t, name+" is near") {
		step := big.NewRat(rapid.Int64Range(-5, 5).Draw(t, name+" step"), 1000)
		e.Challenger = metrics.Exact(step.Add(step, e.Champion.Rat()))
	}
	if rapid.Bool().Draw(t, name+" is binary") {
		e.Positives = rapid.IntRange(0, e.Rows).Draw(t, name+" positives")
	}
	e.Effective = countingAlike(e)
	if rapid.IntRange(0, 9).Draw(t, name+" scatters") > 0 {
		se := rapid.SampledFrom([]float64{0, 1e-9, 0.001, 0.02, 0.3, math.NaN()}).Draw(t, name+" standard error")
		e.Parts = []paired.Part{{Freedom: 200, VarDifference: se * se, VarChampion: se * se / 2}}
	}
	return e
}

func drawSums(t *rapid.T) sums {
	s := sums{estimates: map[string]paired.Estimate{}}
	for i := range rapid.IntRange(0, 4).Draw(t, "segments") {
		s.values = append(s.values, SegmentRows{Segment{[]string{"s"}, []string{fmt.Sprint("v", i)}}, rapid.IntRange(0, 300).Draw(t, "segment rows")})
	}
	for _, m := range drawnMetrics {
		s.estimates[m+"/"] = drawEstimate(t, m)
		for _, v := range s.values {
			s.estimates[m+"/"+v.Segment.Values[0]] = drawEstimate(t, m+v.Segment.Values[0])
		}
	}
	return s
}

func drawRequirement(t *rapid.T, name string) Requirement {
	r := Requirement{Name: name, Metric: rapid.SampledFrom(drawnMetrics).Draw(t, name+" metric"), MinRows: 50}
	if r.Metric == "mine" {
		r.File, r.GreaterIsBetter = "f.json", rapid.Bool().Draw(t, name+" greater is better")
	} else if rapid.IntRange(0, 2).Draw(t, name+" by segment") == 0 {
		r.Segments, r.AllRows = []SegmentBy{{Columns: []string{"s"}}}, rapid.Bool().Draw(t, name+" all rows")
	}
	for range rapid.IntRange(0, 9).Draw(t, name+" conditions")/4 + rapid.IntRange(0, 1).Draw(t, name+" one more") {
		r.Conditions = append(r.Conditions, Condition{
			rapid.SampledFrom([]ConditionKind{Threshold, MinAbsoluteChange, MinRelativeChange, MaxAbsoluteRegression, MaxRelativeRegression}).Draw(t, name+" kind"),
			metrics.MustDecimal(rapid.SampledFrom([]string{"0", "0.005", "0.1", "0.3"}).Draw(t, name+" bound")),
		})
	}
	if r.File == "" && rapid.IntRange(0, 2).Draw(t, name+" has a confidence of its own") == 0 {
		r.Confidence = metrics.MustDecimal("0.9")
	}
	return r
}

func drawMeasured(t *rapid.T) (Policy, Evidence) {
	p, e := drawGood(t)
	p.Confidence = metrics.MustDecimal(rapid.SampledFrom([]string{"0", "0.8", "0.95"}).Draw(t, "confidence"))
	p.HoldoutBudget = rapid.SampledFrom([]int{0, 1, 32}).Draw(t, "budget")
	p.PromoteIfPoint = rapid.IntRange(0, 3).Draw(t, "promote-if-point") == 0
	p.EpsilonAuto = rapid.Bool().Draw(t, "epsilon: auto")
	e.Measured, e.Holdout.Use = drawSums(t), rapid.IntRange(1, 40).Draw(t, "use")
	if rapid.Bool().Draw(t, "own checks") {
		p.Requirements = []Requirement{}
		for i := range rapid.IntRange(0, 3).Draw(t, "checks") {
			p.Requirements = append(p.Requirements, drawRequirement(t, fmt.Sprint("check", i)))
		}
	}
	return p, e
}

// TestPassingIsProven: whatever passed under a confidence has every deciding
// bound on the good side, and whatever passed has values that do.
func TestPassingIsProven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := Judge(drawMeasured(t))
		if !v.Passed() {
			return
		}
		for _, c := range v.deciding() {
			if len(c.Findings) == 0 {
				t.Fatalf("%s passed on nothing", c.Name)
			}
			for _, f := range c.Findings {
				for _, condition := range f.Conditions {
					switch {
					case !(condition.Margin >= 0):
						t.Fatalf("%s passed with margin %v:\n%s", c.Name, condition.Margin, show(v))
					case f.Confidence > 0 && condition.Status == Passed && condition.StandardError > 0 && !(condition.Lower >= 0):
						t.Fatalf("%s passed with lower bound %v:\n%s", c.Name, condition.Lower, show(v))
					case condition.Status != Passed && !f.Allowed:
						t.Fatalf("%s passed with a condition %s:\n%s", c.Name, condition.Status, show(v))
					}
				}
			}
		}
	})
}

func TestAbsentMeasuresNeverPass(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := drawMeasured(t)
		v := Judge(p, e)
		for _, c := range v.deciding() {
			for _, f := range c.Findings {
				absent := !f.Challenger.Present() || e.Champion != "" && !f.Champion.Present() && slices.ContainsFunc(f.Conditions, func(c ConditionFinding) bool { return c.Kind != Threshold })
				if absent && (c.Passes() || v.Passed()) {
					t.Fatalf("passed without %s:\n%s", f.Metric, show(v))
				}
			}
		}
		if blocked, known := v.Blocked(); known && blocked == v.MetricsPassed() {
			t.Fatalf("blocked %v, and the metrics passed %v:\n%s", blocked, v.MetricsPassed(), show(v))
		}
	})
}

// TestMoreChecksNeverHelp: a further check that decides cannot make a verdict
// pass that did not, but where nothing decided before; one that is only
// reported changes nothing.
func TestMoreChecksNeverHelp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := drawMeasured(t)
		if len(p.Requirements) == 0 {
			p.Requirements = []Requirement{drawRequirement(t, "first")}
		}
		before := Judge(p, e)
		more := drawRequirement(t, "more")
		p.Requirements = append(slices.Clone(p.Requirements), more)
		if after := Judge(p, e); after.Passed() && !before.Passed() {
			t.Fatalf("one check more, and it passes:\n%s", show(after))
		}
		p.Requirements[len(p.Requirements)-1].DryRun = true
		if after := Judge(p, e); after.Passed() != before.Passed() || after.MetricsPassed() != before.MetricsPassed() {
			t.Fatalf("a dry run changed the verdict:\n%s", show(after))
		}
	})
}

// TestSensesAreSymmetric: turning every number of a metric, and which way is
// better, changes no status.
func TestSensesAreSymmetric(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := drawMeasured(t)
		r := drawRequirement(t, "check")
		r.Metric, r.File, r.GreaterIsBetter, r.Segments = "mine", "f.json", true, nil
		p.Requirements = []Requirement{r}
		before := Judge(p, e).Check("check")

		turned := sums{estimates: map[string]paired.Estimate{}}
		for key, est := range e.Measured.(sums).estimates {
			est.Champion, est.Challenger = negative(est.Champion), negative(est.Challenger)
			turned.estimates[key] = est
		}
		e.Measured = turned
		r.GreaterIsBetter, r.Conditions = false, slices.Clone(r.Conditions)
		for i, c := range r.Conditions {
			if c.Kind == Threshold && c.Limit.Sign() != 0 {
				r.Conditions[i].Limit = metrics.MustDecimal("-" + c.Limit.String())
			}
		}
		p.Requirements = []Requirement{r}
		after := Judge(p, e).Check("check")
		if before.Status != after.Status || before.Passes() != after.Passes() {
			t.Fatalf("%s\n%s", before.Text, after.Text)
		}
	})
}

func negative(v metrics.Value) metrics.Value {
	if !v.Present() {
		return v
	}
	return metrics.Exact(v.Rat().Neg(v.Rat()))
}

// TestJudgeIsNoPromotion: a verdict made without a registry is never one to
// promote by.
func TestJudgeIsNoPromotion(t *testing.T) {
	t.Parallel()
	passed := false
	rapid.Check(t, func(t *rapid.T) {
		p, e := drawMeasured(t)
		v := JudgeAlone(p, e)
		if v.Passed() {
			t.Fatalf("promoted without a registry:\n%s", show(v))
		}
		if whole := Judge(p, e); whole.Passed() && !v.MetricsPassed() || whole.MetricsPassed() != v.MetricsPassed() {
			t.Fatalf("the metrics alone do not pass, and everything does:\n%s", show(whole))
		}
		passed = passed || v.MetricsPassed()
	})
	if !passed && !testing.Short() { // of 100 draws about nine pass, of 20 sometimes none
		t.Error("nothing ever passed: the property was tried on failures alone")
	}
}

// TestWordsOfMeasuredChecks: one line each, whatever was drawn, and as long as
// people read; everything that does not pass says what would.
func TestWordsOfMeasuredChecks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := Judge(drawMeasured(t))
		lines := Explain(v)
		if len(lines) != len(v.Checks) {
			t.Fatalf("%d lines for %d checks", len(lines), len(v.Checks))
		}
		for i, c := range v.Checks {
			for _, text := range append([]string{c.Text, c.Found, c.Needed, lines[i]}, c.Warnings...) {
				if text == "" || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
					t.Fatalf("%s: %q", c.Name, text)
				}
			}
			for _, f := range c.Findings {
				if (f.Status == Passed) != (f.Would == "") || f.Reason == "" {
					t.Fatalf("%s, %s %s: would %q, reason %q", c.Name, f.Segment, f.Status, f.Would, f.Reason)
				}
			}
		}
	})
}

func TestNumbersInWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ got, want string }{
		{text.Grouped(0), "0"}, {text.Grouped(999), "999"}, {text.Grouped(1000), "1,000"}, {text.Grouped(1234567), "1,234,567"},
		{text.Grouped(about(10_345)), "11,000"}, {text.Grouped(about(99)), "99"}, {text.Grouped(about(101)), "110"},
		{percent(0.9), "90%"}, {percent(0.996875), "99.69%"}, {percent(0.99999999), "99.999999%"},
		{shortened(big.NewRat(19, 20)), "0.95"}, {shortened(big.NewRat(999_999_999, 1_000_000_000)), "0.999999999"},
		{beyond(big.NewRat(1, 3), true, big.NewRat(1, 2)), "0.3334"}, {beyond(big.NewRat(1, 3), false, big.NewRat(1, 2)), "0.3333"},
		{Segment{}.String(), "all rows"}, {Segment{[]string{"a", "b"}, []string{"", "x"}}.String(), "a=(missing), b=x"},
	} {
		if test.got != test.want {
			t.Errorf("got %s, want %s", test.got, test.want)
		}
	}
}

// TestBounds: what the challenger must reach, by hand.
func TestBounds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind     ConditionKind
		sense    int
		bound    string
		champion string
		want     string
		change   string
	}{
		{Threshold, 1, "0.7", "0.5", "0.7", ""},
		{Threshold, -1, "0.7", "0.5", "0.7", ""},
		{MinAbsoluteChange, 1, "0.1", "0.5", "0.6", "0.1"},
		{MinAbsoluteChange, -1, "0.1", "0.5", "0.4", "-0.1"},
		{MaxAbsoluteRegression, 1, "0.1", "0.5", "0.4", "-0.1"},
		{MaxAbsoluteRegression, -1, "0.1", "0.5", "0.6", "0.1"},
		{MaxAbsoluteRegression, 1, "-0.1", "0.5", "0.6", "0.1"},
		{MinRelativeChange, 1, "0.1", "0.5", "0.55", "10%"},
		{MinRelativeChange, -1, "0.1", "0.5", "0.45", "-10%"},
		{MaxRelativeRegression, 1, "0.1", "0.5", "0.45", "-10%"},
		{MaxRelativeRegression, -1, "0.1", "0.5", "0.55", "10%"},
		{MinRelativeChange, 1, "0.1", "-0.5", "-0.45", "10%"},
		{MinRelativeChange, -1, "0.1", "-0.5", "-0.55", "-10%"},
		{MaxRelativeRegression, 1, "0.1", "-0.5", "-0.55", "-10%"},
		{MaxRelativeRegression, -1, "0.1", "-0.5", "-0.45", "10%"},
		{MinRelativeChange, 1, "0.1", "0", "0", "10%"},
	} {
		d := demand{Condition: Condition{test.kind, metrics.MustDecimal(test.bound)}, sense: test.sense}
		if got := d.at(metrics.MustDecimal(test.champion).Rat()); got.Cmp(metrics.MustDecimal(test.want).Rat()) != 0 {
			t.Errorf("%s %s of %s, sense %d: %s, expected %s", test.kind, test.bound, test.champion, test.sense, got.FloatString(4), test.want)
		}
		if got := d.change(); test.change != "" && got != test.change {
			t.Errorf("%s %s, sense %d: %s, expected %s", test.kind, test.bound, test.sense, got, test.change)
		}
	}
}

var boundedText = regexp.MustCompile(`(\S+) \(\S+ interval (\S+) … (\S+)\)(?: from champion \S+)? (?:against )?([≥≤<>]) (\S+?)(?:;| at |$)`)

// TestPrintedBoundsAreTrue reads the texts under a confidence back: which side
// of what is needed the value and both ends of its interval are printed on is
// what the status says.
func TestPrintedBoundsAreTrue(t *testing.T) {
	t.Parallel()
	read := 0
	rapid.Check(t, func(t *rapid.T) {
		p, e := drawMeasured(t)
		p.EpsilonAuto = false
		for _, c := range Judge(p, e).Metrics() {
			for _, f := range c.Findings {
				for _, condition := range f.Conditions {
					m := boundedText.FindStringSubmatch(condition.Reason)
					if m == nil || f.Confidence == 0 {
						continue
					}
					read++
					near, far := m[2], m[3]
					if condition.demand.sense < 0 {
						near, far = far, near
					}
					target := parse(t, m[5])
					reaches := func(number string) bool { return condition.demand.reached(parse(t, number), target) }
					is := map[Status]bool{Passed: reaches(near) && reaches(m[1]), Failed: !reaches(far) && !reaches(m[1]), Inconclusive: true}
					if condition.cause == "" {
						is[Inconclusive] = !reaches(near) && reaches(far) && reaches(m[1]) == condition.met
					}
					if !is[condition.Status] {
						t.Fatalf("%s, printed as %q", condition.Status, condition.Reason)
					}
				}
			}
		}
	})
	if read == 0 {
		t.Error("no text was read back")
	}
}
