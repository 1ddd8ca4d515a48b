package gate

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

// drawn is evidence drawn about a truth: every segment of equal size misses the
// limit by nothing at all, and all rows are their mean.
type drawn struct {
	segments []SegmentRows
	values   map[string]*big.Rat
	noise    float64 // standard error of a segment
}

func draw(segments int, noise float64, r *rand.Rand) drawn {
	d := drawn{values: map[string]*big.Rat{}, noise: noise}
	sum := new(big.Rat)
	for i := range segments {
		s := Segment{Columns: []string{"contract"}, Values: []string{string(rune('a' + i))}}
		value := big.NewRat(int64(math.Round(1e6*noise*r.NormFloat64())), 1e6) // few digits are quick
		d.segments = append(d.segments, SegmentRows{s, 500})
		d.values[s.String()] = value
		sum.Add(sum, value)
	}
	d.values[Segment{}.String()] = sum.Quo(sum, big.NewRat(int64(segments), 1))
	return d
}

func (d drawn) Estimate(_ Requirement, s Segment) paired.Estimate {
	variance, rows := d.noise*d.noise, 500
	if len(s.Columns) == 0 {
		variance, rows = variance/float64(len(d.segments)), rows*len(d.segments)
	}
	half := big.NewRat(1, 2)
	return paired.Estimate{
		Champion: metrics.Exact(half), Challenger: metrics.Exact(new(big.Rat).Add(half, d.values[s.String()])),
		Parts: []paired.Part{{Freedom: math.Inf(1), VarDifference: variance}}, Rows: rows, Positives: rows / 2,
		Effective: paired.Effective{Rows: float64(rows), Positives: float64(rows / 2), Negatives: float64(rows / 2)},
	}
}

func (d drawn) Segments([]string) ([]SegmentRows, bool) { return d.segments, true }

// fails is before a finding has its words.
func (f Finding) fails() bool {
	return slices.ContainsFunc(f.Conditions, func(c ConditionFinding) bool { return c.Status == Failed })
}

// TestFailedWrongly holds the promise of calling a check failed: where every
// condition holds on all rows and on every segment, with nothing to spare, it
// happens one time in twenty at most. The uncorrected rule, and one that
// corrects the segments alone or each condition by itself, do not keep it.
func TestFailedWrongly(t *testing.T) {
	t.Parallel()
	const trials = 2000
	for name, c := range map[string]struct {
		segments   int
		allRows    bool
		conditions []Condition
		least      float64 // that it does happen: a rule that never fails keeps every promise
	}{
		"segments":     {4, false, []Condition{{MaxAbsoluteRegression, metrics.Decimal{}}}, 0.03},
		"all rows too": {2, true, []Condition{{MaxAbsoluteRegression, metrics.Decimal{}}}, 0.03},
		"two conditions": {3, true, []Condition{
			{MaxAbsoluteRegression, metrics.Decimal{}}, {MinAbsoluteChange, metrics.MustDecimal("0")}}, 0.015},
		"a condition alone": {1, false, []Condition{{MaxAbsoluteRegression, metrics.Decimal{}}}, 0.03},
	} {
		r := rand.New(rand.NewPCG(7, uint64(c.segments)))
		q := Requirement{Name: "by contract", Metric: CheckAUC, Conditions: c.conditions, AllRows: c.allRows, Segments: []SegmentBy{{Columns: []string{"contract"}}}}
		p := Policy{Confidence: metrics.MustDecimal("0.95"), Requirements: []Requirement{q}}
		failed := 0
		for range trials {
			e := Evidence{Champion: "7", Challenger: "8", Measured: draw(c.segments, 0.01, r)}
			rule := p.test(q, e)
			all, parts := rule.wholes(e), rule.segments(e, &Check{})
			holm(all, parts, rule.risk())
			if slices.ContainsFunc(append(all, parts...), Finding.fails) {
				failed++
			}
		}
		if share := float64(failed) / trials; share > 0.0646 || share < c.least { // 0.05 and three standard errors
			t.Errorf("%s: called failed wrongly in %.4f, expected %g to 0.0646", name, share, c.least)
		}
	}
}
