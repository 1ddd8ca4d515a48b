package paired

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/org/ct-action/internal/metrics"
)

type calibrationCase struct {
	Weights, Groups      bool
	Champion, Challenger struct {
		Reliability, Resolution, Uncertainty float64
		Expected                             float64 // 0: not said
		Bins                                 []struct {
			Bin, Rows                       int
			Weight, Score, Share, Low, High float64
		}
	}
	ReliabilityError float64 `json:"reliability_error"`
	ResolutionError  float64 `json:"resolution_error"`
}

// Diagrams, Murphy's terms and what chance makes of a calibrated model are
// numpy's; the standard errors of the terms are a bootstrap's.
func TestCalibration(t *testing.T) {
	t.Parallel()
	var cases []calibrationCase
	var file oracles
	read(t, "calibration.json", &cases)
	read(t, "oracles.json", &file)
	near := func(what string, got, want, within float64) {
		t.Helper()
		if !(math.Abs(got-want) <= within) {
			t.Errorf("%s: %v, expected %v within %v", what, got, want, within)
		}
	}
	for _, c := range cases {
		s := file.sample("binary")
		if c.Weights {
			s.Weights = file.Rows.Weights
		}
		if c.Groups {
			s.Groups = file.Rows.Groups
		}
		e := measure(t, "ece", s, half)
		name := fmt.Sprintf("weights %v, groups %v", c.Weights, c.Groups)
		for m, got := range []Diagram{e.Calibration.Champion, e.Calibration.Challenger} {
			bias, wanted := e.ChampionBias, c.Champion
			if m == 1 {
				bias, wanted = e.ChallengerBias, c.Challenger
			}
			near(name+" reliability", got.Reliability, wanted.Reliability, 1e-12)
			near(name+" resolution", got.Resolution, wanted.Resolution, 1e-12)
			near(name+" uncertainty", got.Uncertainty, wanted.Uncertainty, 1e-12)
			if wanted.Expected > 0 {
				near(name+" expected of a calibrated model", bias, wanted.Expected, 1e-12)
			}
			if len(got.Bins) != len(wanted.Bins) || len(got.Bins) < 10 {
				t.Fatalf("%s: %d bins, expected %d", name, len(got.Bins), len(wanted.Bins))
			}
			for i, b := range got.Bins {
				w := wanted.Bins[i]
				if b.Rows != w.Rows || b.From != float64(w.Bin)/15 || b.To != float64(w.Bin+1)/15 {
					t.Errorf("%s: bin %+v, expected %+v", name, b, w)
				}
				near(name+" weight", b.Weight, w.Weight, 1e-9)
				near(name+" score", b.Score, w.Score, 1e-12)
				near(name+" share", b.Share, w.Share, 1e-12)
				near(name+" low", b.Low, w.Low, 1e-12)
				near(name+" high", b.High, w.High, 1e-12)
			}
		}
		near(name+" standard error of reliability", e.Calibration.Reliability.StandardError/c.ReliabilityError, 1, 0.25)
		near(name+" standard error of resolution", e.Calibration.Resolution.StandardError/c.ResolutionError, 1, 0.15)
	}
}

// The expected calibration error of few rows is that of all labels that they
// can have, each as probable as the scores say.
func TestChanceGap(t *testing.T) {
	t.Parallel()
	for _, scores := range [][]float64{{0.01, 0.02, 0.05, 0.06}, {0.95, 0.97, 0.99}, {0.47, 0.5, 0.52, 0.53}} {
		want := 0.0
		for labels := range 1 << len(scores) {
			probability, gap := 1.0, 0.0
			for i, p := range scores {
				if labels>>i&1 == 1 {
					probability, gap = probability*p, gap+p-1
				} else {
					probability, gap = probability*(1-p), gap+p
				}
			}
			want += probability * math.Abs(gap)
		}
		if got := chanceGap(scores, metrics.Bin(scores[0])); math.Abs(got-want) > 1e-14 {
			t.Errorf("%v: %v, by all labels %v", scores, got, want)
		}
	}
}

// A contrast's bounds, its p-value and its corrected value are of one piece.
func TestCalibrationContrast(t *testing.T) {
	t.Parallel()
	var file oracles
	read(t, "oracles.json", &file)
	s := file.sample("binary")
	e := measure(t, "ece", s, half)
	for _, c := range []Contrast{
		e.Contrast(-1, one, none), e.Contrast(1, one, none), e.Contrast(-1, one, big.NewRat(-1, 200)),
		e.NonInferiority(-1, one, big.NewRat(1, 20)), e.NonInferiority(-1, big.NewRat(11, 10), none), e.AtThreshold(-1, big.NewRat(1, 10)),
	} {
		p := c.PValue(true)
		if p > 0 && p < 0.5 {
			if low := c.Lower(1 - p); math.Abs(low) > 1e-6 {
				t.Errorf("%+v: at its p-value %v the lower bound is %v, expected 0", c, p, low)
			}
		}
		if low, high := c.Lower(0.95), c.Upper(0.95); !(low < c.Value && c.Value < high) || !(c.Lower(0.99) < low) || !(c.Upper(0.99) > high) {
			t.Errorf("bounds %v and %v of %v, at 0.99 %v and %v", low, high, c.Value, c.Lower(0.99), c.Upper(0.99))
		}
	}
	plain, _ := new(big.Rat).Sub(e.Challenger.Rat(), e.Champion.Rat()).Float64()
	if got, want := e.Contrast(1, one, none).Value, plain-(e.ChallengerBias-e.ChampionBias); math.Abs(got-want) > 1e-12 {
		t.Errorf("the difference %v, expected %v", got, want)
	}
	same := s
	same.Champion = same.Challenger
	if c := measure(t, "ece", same, half).NonInferiority(-1, one, big.NewRat(1, 50)); c.StandardError != 0 {
		t.Errorf("identical models: standard error %v, expected 0", c.StandardError)
	}
	alone := s
	alone.Champion = metrics.Predictions{}
	a, b := measure(t, "ece", alone, half).AtThreshold(-1, big.NewRat(1, 10)), e.AtThreshold(-1, big.NewRat(1, 10))
	if math.Abs(a.Lower(0.95)-b.Lower(0.95)) > 1e-9 || math.Abs(a.Upper(0.95)-b.Upper(0.95)) > 1e-9 {
		t.Errorf("a threshold without a champion: %v to %v, with one %v to %v", a.Lower(0.95), a.Upper(0.95), b.Lower(0.95), b.Upper(0.95))
	}
}

// BenchmarkCalibration is a check of a million rows.
func BenchmarkCalibration(b *testing.B) {
	good, _ := bent(0.3, separation(0.83), 0, bends[0])
	s := drawCalibrated(0.3, 0.9, 1_000_000, [2]scorer{good, good}, rand.New(rand.NewPCG(1, 1)))
	for b.Loop() {
		calibrationEstimate(s)
	}
}
