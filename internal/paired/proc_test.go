package paired

import (
	"encoding/json"
	"math"
	"math/big"
	"os"
	"strconv"
	"testing"

	"github.com/org/ct-action/internal/rank"
)

// A procCase is what R's pROC says of two models (testdata/make_delong.R).
type procCase struct {
	Name                         string
	Over                         float64
	Label                        []int
	Champion, Challenger         []float64
	ChampionAUC                  float64 `json:"champion_auc"`
	ChallengerAUC                float64 `json:"challenger_auc"`
	Difference, Variance, Low, P float64
	High                         float64
	Z                            any // a number, or the text of an infinite one
}

// TestPROC holds the difference, its standard error, the 95 % interval and the
// p-value to R's pROC. Where both models rank alike, pROC's variance is 0, its
// interval a point and its p-value 1; so are ours. A standard error of 0 beside
// a difference is its infinite Z: that interval is a point too, and the gate
// calls it inconclusive.
func TestPROC(t *testing.T) {
	t.Parallel()
	var cases []procCase
	content, err := os.ReadFile("testdata/delong.json")
	if err == nil {
		err = json.Unmarshal(content, &cases)
	}
	if err != nil || len(cases) < 12 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.check(t)
		})
	}
}

func (c procCase) check(t *testing.T) {
	e := FromRanks(c.sums())
	better, worse := e.Contrast(1, big.NewRat(1, 1), new(big.Rat)), e.Contrast(-1, big.NewRat(1, 1), new(big.Rat))
	low, high := better.Normal(0.95)
	near(t, "champion's AUC", e.Champion.Float64(), c.ChampionAUC)
	near(t, "challenger's AUC", e.Challenger.Float64(), c.ChallengerAUC)
	near(t, "difference", better.Value, c.Difference)
	near(t, "standard error", better.StandardError, math.Sqrt(c.Variance))
	near(t, "low", low, c.Low)
	near(t, "high", high, c.High)
	near(t, "two-sided p-value", min(1, 2*better.PValue(false), 2*worse.PValue(false)), c.P)
	if better.StandardError > 0 {
		near(t, "z", better.Value/better.StandardError, c.z())
	}
}

func (c procCase) sums() rank.Sums {
	positive := make([]bool, len(c.Label))
	for i := range c.Label {
		positive[i] = c.Label[i] == 1
		c.Champion[i] /= c.Over
		c.Challenger[i] /= c.Over
	}
	return rank.Compare(positive, c.Champion, c.Challenger)
}

func (c procCase) z() float64 {
	if text, isText := c.Z.(string); isText {
		z, _ := strconv.ParseFloat(text, 64)
		return z
	}
	return c.Z.(float64)
}

// near is 1e-9 relative; absolute where pROC says 0. pROC's own interval ends
// and Z lose digits where the difference does.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9*math.Abs(want)) && !(want == 0 && math.Abs(got) <= 1e-9) {
		t.Errorf("%s: %.17g, pROC says %.17g", what, got, want)
	}
}
