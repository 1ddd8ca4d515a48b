package triggers

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
	"github.com/org/ct-action/internal/state"
)

// The AUC of a champion that is exactly at the floor is found below it in half of
// all weekly looks, and in several weeks of a year by more than its own noise.
// With a performance-confidence c the looks therefore
// share a year's risk of 1 − c. Half of the risk goes to each of two rules, and
// either one raises the alarm:
//
// Looks at new rows add up, as an e-detector (Shin, Ramdas and Rinaldo 2024) of
// the kind of Shiryaev and Roberts. Let p be the p-value of "the AUC is the floor
// or above" on a look's rows, and z its normal quantile. For a size λ of a fall,
// in standard errors, e = exp(λz − λ²/2) has an expectation of at most 1 while the
// AUC is at or above the floor, whatever earlier looks have shown: an e-value
// (Vovk and Wang 2021; Grünwald, de Heide and Koolen 2024). With w the part of a
// year since the last such look,
//
//	M ← e·(M + w)
//
// grows by at most w in expectation, however often and whenever one looks: M less
// the years that have passed is a supermartingale. The mean over the sizes λ grows
// no faster, and finds a fall whose size nobody knows. The alarm is M ≥ 2/(1 − c),
// and M begins at 0 anew once the alarm is answered. Hence (alarms)·2/(1 − c) + M −
// (years) is a supermartingale too, and the needless alarms that are expected are
// at most (1 − c)/2 a year.
//
// Any look, also at rows that were seen before, is tested by itself at (1 − c)/2
// times the part of a year since the last look: the risks add up to the other
// half, however much the looks have in common (Bonferroni's inequality). It is
// what files that overlap or grow are left with; Podkopaev and Ramdas (2022)
// monitor a deployed model likewise, by bounds that hold at all times at once.
var sizes = []float64{0.5, 1, 1.5, 2.5}

const (
	year = 365 * day

	// lookEvery is how far apart looks are that are tested by themselves: of
	// hourly looks at a growing file each would have next to no risk to spend.
	lookEvery = 12 * time.Hour

	// leastP is the smallest p-value that counts. A smaller one says more about
	// how p-values are approximated than about the model.
	leastP = 1e-9

	// mostEvidence bounds what is on record: a fall that nobody answers for years
	// must not make it infinite.
	mostEvidence = 1e9

	// shownAt is the confidence of each bound that is shown: 90 % lie between both.
	shownAt = 0.95
)

// A Look is what a look at the champion's AUC shows under a
// performance-confidence.
type Look struct {
	AUC       metrics.Value
	Low, High float64 // interval of 90 %
	Rows      int
	Positives int
	P         float64       // of an AUC at or above the floor, one-sided, by this look's rows
	Looks     int           // that add up, with this one
	During    time.Duration // since the champion serves, or its last alarm was answered
	Sum       float64       // what they add up to
	Needed    float64       // for an alarm
	Found     string        // a remark on this look's rows; empty where they are added up
}

// half is the risk that either rule has in a year, (1 − performance-confidence)/2.
// needed, its inverse, is the evidence at which the looks together raise the alarm.
func (p Policy) half() (half, needed float64) {
	risk := new(big.Rat).Sub(big.NewRat(1, 1), p.PerformanceConfidence.Rat())
	risk.Quo(risk, big.NewRat(2, 1))
	half, _ = risk.Float64()
	needed, _ = risk.Inv(risk).Float64()
	return half, needed
}

// confident reports whether the trigger asks for evidence.
func (p Policy) confident() bool { return p.PerformanceConfidence.Rat().Sign() > 0 }

// below is the contrast floor − AUC of the rows. It is absent where there are no
// rows, or where they give it no standard error.
func (r Rolling) below(p Policy) (c paired.Contrast, present bool) {
	if r.sample.Rows == 0 {
		return paired.Contrast{}, false
	}
	auc, _ := metrics.Lookup("auc")
	c = paired.Measure(auc, r.sample, metrics.Decimal{}).AtThreshold(-1, p.AUCFloor.Rat())
	return c, c.StandardError > 0 && !math.IsNaN(c.PValue(true))
}

// interval is the 90 % interval of the AUC, from a contrast floor − AUC.
func interval(p Policy, c paired.Contrast) (low, high float64) {
	floor, _ := p.AUCFloor.Rat().Float64()
	return max(0, floor-c.Upper(shownAt)), min(1, floor-c.Lower(shownAt))
}

// weigh weighs the champion's rows together with the record of earlier looks. next
// is the record with this look in it, nil where this look adds nothing.
func weigh(p Policy, s Signals, c paired.Contrast) (found Look, next *state.Performance, alarm bool) {
	now, r := s.Now.UTC().Truncate(time.Second), s.Performance.Rolling
	seen := windowOf(r.sample)
	last := begun(p, s)
	half, needed := p.half()
	found = Look{AUC: r.AUC, Rows: r.Rows, Positives: r.Positives, P: c.PValue(true), Needed: needed}
	found.Low, found.High = interval(p, c)
	shared, changed := seen.shares(last), seen.digest != last.Digest
	fresh := changed && shared <= mostShared
	due := changed && now.Sub(last.LookedAt) >= lookEvery
	alone := due && found.P <= half*years(last.LookedAt, now)
	after := last
	switch {
	case fresh:
		after.count(found.P, years(last.CountedAt, now))
		after.CountedAt, after.Rows, after.Sketch = now, r.Rows, seen.sketch
	case changed:
		found.Found = fmt.Sprintf("about %.0f%% of the rows counted before", 100*shared)
	default:
		found.Found = "the rows of the last look"
	}
	if due {
		after.LookedAt = now
	}
	found.Looks, found.During, found.Sum = after.Looks, max(0, now.Sub(after.Since)), after.sum()
	if !fresh && !due {
		return found, nil, last.Alarm
	}
	after.Digest = seen.digest
	after.Alarm = alone || after.sum() >= needed || last.Alarm && !fresh
	if alone {
		found.Found = "enough by themselves"
	}
	record := state.Performance(after)
	return found, &record, after.Alarm
}

// years are the part of a year between two times, one at most.
func years(from, to time.Time) float64 { return min(1, max(0, float64(to.Sub(from))/float64(year))) }

// An account is the record as the looks change it.
type account state.Performance

// begun is the record of this champion at this floor, else a new one that begins
// when the champion began to serve.
func begun(p Policy, s Signals) account {
	if r := s.Performance.Record; r != nil && r.Champion == s.Champion.Version && r.Floor == p.AUCFloor.String() && len(r.Evidence) == len(sizes) {
		a := account(*r) // times of a clock that was ahead would hold up every look
		for _, at := range []*time.Time{&a.Since, &a.CountedAt, &a.LookedAt} {
			if at.After(s.Now) {
				*at = s.Now.UTC().Truncate(time.Second)
			}
		}
		return a
	}
	since := s.Champion.Since
	if since.IsZero() || since.After(s.Now) {
		since = s.Now
	}
	since = since.UTC().Truncate(time.Second)
	return account{
		Champion: s.Champion.Version, Floor: p.AUCFloor.String(), Since: since,
		Evidence: make([]float64, len(sizes)), CountedAt: since, LookedAt: since,
	}
}

// count multiplies a look in.
func (a *account) count(p, waited float64) {
	z := paired.NormalQuantile(max(p, leastP))
	a.Evidence = slices.Clone(a.Evidence) // the record is the caller's
	for i, size := range sizes {
		a.Evidence[i] = min(mostEvidence, math.Exp(size*z-size*size/2)*(a.Evidence[i]+waited))
	}
	a.Looks++
}

// sum is the evidence over all sizes of a fall.
func (a account) sum() float64 {
	total := 0.0
	for _, m := range a.Evidence {
		total += m
	}
	return total / float64(len(sizes))
}
